"""docs/benchmarks.md from saved results: tables of medians, each figure beside its reference, and plots."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engage.errors import ConfigError
from workers.bench import plots, results
from workers.bench.results import Result

PICTURES = "pictures"
Table = list[tuple[str, str]]  # what a row says, and the figure's path


@dataclass(frozen=True, slots=True)
class Section:
    """A measurement on the page."""

    bench: str
    variant: str
    title: str
    command: str
    about: str
    rows: Table
    picture: str = ""


INTAKE: Table = [
    ("events a second, committed before their 2xx, Redis down", "events_per_s"),
    ("p50, ms", "p50_ms"),
    ("p99, ms", "p99_ms"),
    ("errors", "errors"),
    ("events a second, Redis up", "redis_up.events_per_s"),
    ("p99, ms, Redis up", "redis_up.p99_ms"),
    ("reference: bare ASGI with the same durable write, events a second", "reference.durable_server.events_per_s"),
    ("ratio to it", "reference.ratio"),
    ("reference: bare ASGI that writes nothing, events a second", "reference.bare_server.events_per_s"),
    ("ratio to it", "reference.ratio_to_bare"),
]

SECTIONS = [
    Section(
        "intake",
        "PostgreSQL",
        "Intake, PostgreSQL",
        "engage bench intake --database pg",
        "Signed webhooks over real HTTP from 64 connections on the same machine. The bare server verifies nothing and "
        "writes the same row in groups, straight to the driver.",
        INTAKE,
        "intake",
    ),
    Section("intake", "SQLite", "Intake, SQLite", "engage bench intake", "The same on SQLite (WAL, FULL).", INTAKE),
    Section(
        "storm",
        "SQLite",
        "A storm of duplicates",
        "engage bench storm",
        "Each delivery one to five times, eight at a time.",
        [("sent", "sent"), ("different", "expected"), ("rows", "deliveries"), ("turns", "turns"), ("errors", "errors")],
    ),
    Section(
        "pipeline",
        "PostgreSQL",
        "Pipeline",
        "engage bench pipeline",
        "A follower's message on the sandbox network, its webhook, a model that takes 800 ms over real HTTP, the "
        "reply on the network; all processes on this machine. CPU: every process but the model and the network. The "
        "references ask the same model and keep no ledger, verify, recall and post nothing; ElizaOS gets 100 messages "
        "at once in rooms of their own, then 300 at once in 20 rooms.",
        [
            ("replies a second at full speed", "replies_per_s"),
            ("p50 at 100 messages a second, ms", "p50_ms"),
            ("p95 at 100 messages a second, ms", "p95_ms"),
            ("CPU ms a reply", "cpu_ms_per_reply"),
            ("lost", "lost"),
            ("duplicates", "duplicates"),
            ("300 messages at once in 20 live chats: accounted for", "bursts.300_in_20.accounted"),
            ("… replies", "bursts.300_in_20.replies"),
            ("100 messages at once in one live chat: accounted for", "bursts.100_in_1.accounted"),
            ("… replies", "bursts.100_in_1.replies"),
            (
                "reference: asyncio on Redis Streams, aiohttp, replies a second",
                "reference.asyncio_streams.replies_per_s",
            ),
            ("ratio to it", "reference.asyncio_streams.ratio"),
            ("its CPU ms a reply", "reference.asyncio_streams.cpu_ms_per_reply"),
            ("reference: stock Celery, 2 x 100 threads, replies a second", "reference.stock_celery.replies_per_s"),
            ("ratio to it", "reference.stock_celery.ratio"),
            ("its CPU ms a reply", "reference.stock_celery.cpu_ms_per_reply"),
            ("reference: ElizaOS, replies a second", "reference.elizaos.replies_per_s"),
            ("ratio to it", "reference.elizaos.ratio"),
            ("its CPU ms a reply", "reference.elizaos.cpu_ms_per_reply"),
            ("ElizaOS, replies to 300 messages in 20 rooms", "reference.elizaos.300_in_20_rooms.replies"),
            ("ElizaOS was skipped", "reference.elizaos.skipped"),
        ],
        "pipeline",
    ),
    Section(
        "fairness",
        "PostgreSQL",
        "Fairness",
        "engage bench fairness",
        "One creator at 1,000 messages a second beside 999 quiet ones, who get 33 a second together. Jain's index: "
        "over the shares of the quiet creators' messages that are answered within twice the p95 of before. Memory: "
        "RSS of all of Engage's processes, without the database.",
        [
            ("quiet p95 before, ms", "quiet_p95_before_ms"),
            ("quiet p95 during, ms", "quiet_p95_during_ms"),
            ("ratio", "ratio"),
            ("Jain's index", "jain_index"),
            ("quiet messages lost", "quiet_lost"),
            ("messages to the flooded creator, sent", "hot.sent"),
            ("… committed", "hot.committed"),
            ("… answered by the end", "hot.answered"),
            ("memory before, workers, MB", "memory_mb_before.worker"),
            ("memory after, workers, MB", "memory_mb_after.worker"),
            ("growth of all processes", "memory_growth"),
        ],
        "fairness",
    ),
    Section(
        "pacing",
        "SQLite",
        "Pacing",
        "engage bench pacing",
        "Eight workers before a network with a strict limit.",
        [("429s", "rate_limited"), ("share of the limit used", "share_of_limit"), ("duplicates", "duplicates")],
    ),
    Section(
        "recall",
        "",
        "Recall",
        "engage bench recall",
        "One creator's passages in a real Chroma server, through the search that answers use: encoder, vectors, words. "
        "3,000 passages have vectors of the encoder's own, the others varied ones. Adding is Chroma's part of it.",
        [
            ("passages", "passages"),
            ("imported a second", "imported_per_s"),
            ("found before it has a vector", "searchable_at_once"),
            ("vectors added to Chroma a second", "add_per_s"),
            ("encoded behind an import a second", "encoded_per_s"),
            ("index held by a process, MB", "held_mb"),
            ("Chroma, MB", "chroma_mb"),
            ("p50, ms", "p50_ms"),
            ("p95, ms", "p95_ms"),
            ("Chroma alone, p50, ms", "chroma_alone.p50_ms"),
            ("Chroma alone, p95, ms", "chroma_alone.p95_ms"),
            ("of the 8 nearest, Chroma finds", "chroma_alone.recall_at_8"),
            ("reference: exact numpy, p50, ms", "reference.exact_numpy.p50_ms"),
            ("reference: exact numpy, p95, ms", "reference.exact_numpy.p95_ms"),
            ("times as long as it", "reference.ratio"),
        ],
        "recall",
    ),
    Section(
        "scale",
        "PostgreSQL",
        "Scale",
        "engage bench scale --database pg",
        "A ledger of very many accounts, of which one in a hundred has something waiting.",
        [
            ("accounts", "accounts"),
            ("active", "active"),
            ("sweep p95, ms", "sweep_ms_p95"),
            ("claim p50, ms", "claim_p50_ms"),
            ("claim p95, ms", "claim_p95_ms"),
            ("reference: a bare transaction, p95, ms", "reference.bare_transaction.p95"),
            ("listener memory, MB", "listener_rss_mb"),
        ],
    ),
]


def write(folder: Path, page: Path) -> str:
    """The page and its plots → '' or why there are no plots. Raises ConfigError where the results are missing."""
    try:
        found = results.read(folder)
    except OSError as error:
        fix = "Give the folder that `engage bench all` named at its end"
        raise ConfigError(str(error), key="results", place="--results", fix=fix) from None
    pictures = page.parent / PICTURES
    pictures.mkdir(parents=True, exist_ok=True)
    drawn, skipped = plots.draw(found, pictures)
    page.write_text(text(found, drawn), encoding="utf-8")
    return skipped


def text(found: Sequence[Result], drawn: Sequence[str]) -> str:
    """The page. `drawn`: the plots there are. Pure."""
    runs_of = ((section, results.of(found, section.bench, section.variant)) for section in SECTIONS)
    parts = [HEAD, _machine(found), *(_section(section, runs, drawn) for section, runs in runs_of if runs)]
    return "\n\n".join(parts) + "\n"


HEAD = """# Benchmarks

Written by `make bench` (`engage bench all`); drawn again from saved results by `engage bench page --results DIR`. Every
reference ran on the same machine in the same run. Client, servers, database and model share its cores."""


def _machine(found: Sequence[Result]) -> str:
    (newest, *_) = [*reversed(results.of(found, "machine"))] or [Result("machine", "", "", 0.0, {})]
    told = newest.figures
    versions = ", ".join(f"{name} {number}" for name, number in told.get("versions", {}).items())
    rows = [
        ("processor", f"{told.get('processor', '?')}, {told.get('cores', '?')} cores"),
        ("memory", f"{told.get('memory_gb', '?')} GB"),
        ("system", str(told.get("system", "?"))),
        ("Python", str(told.get("python", "?"))),
        ("packages", versions),
        ("measured", newest.at),
    ]
    return _table(("machine", ""), rows)


def _section(section: Section, runs: Sequence[Result], drawn: Sequence[str]) -> str:
    loads = ", ".join(f"{one.load_average:g}" for one in runs)
    made = f"Median of {len(runs)}, lowest and highest beside it" if len(runs) > 1 else "One run"
    rows = [(label, shown) for label, path in section.rows if (shown := _figure(runs, path))]
    parts = [
        f"## {section.title}",
        section.about,
        f"`{section.command}`. {made}. Load average before: {loads}.",
        _table(("figure", "measured"), rows),
    ]
    if section.picture in drawn:
        parts.append(f"![{section.title}]({PICTURES}/{plots.file_of(section.picture)})")
    return "\n\n".join(parts)


def _figure(runs: Sequence[Result], path: str) -> str:
    """'' where no run has it."""
    values = [value for one in runs if (value := one.figure(path)) is not None]
    numbers = sorted(value for value in values if isinstance(value, int | float))
    if not numbers:
        return str(values[0]) if values else ""
    middle = results.median(runs, path)
    assert middle is not None
    if numbers[0] == numbers[-1]:
        return _number(middle)
    return f"{_number(middle)} ({_number(numbers[0])}–{_number(numbers[-1])})"


def _number(value: float) -> str:
    if value == int(value):
        return f"{int(value):,}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.3g}"


def _table(head: tuple[str, str], rows: Sequence[tuple[Any, Any]]) -> str:
    lines = [f"| {head[0]} | {head[1]} |", "|---|---|", *(f"| {label} | {value} |" for label, value in rows)]
    return "\n".join(lines)
