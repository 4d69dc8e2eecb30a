"""`engage bench`: figures of this machine, with the reference measured beside them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

BENCH = typer.Typer(no_args_is_help=True, help="Measure the real processes on this machine.")


def register(app: typer.Typer) -> None:
    app.add_typer(BENCH, name="bench")


Database = Annotated[str, typer.Option(help="An empty database, or pg: a PostgreSQL of its own; default: SQLite")]
AsJson = Annotated[bool, typer.Option("--json", help="Machine-readable")]


@BENCH.command()
def intake(
    seconds: Annotated[float, typer.Option(min=1, help="How long to send")] = 20,
    database: Database = "",
    as_json: AsJson = False,
) -> int:
    """Signed webhooks over real HTTP, each committed before its 2xx, beside bare servers."""
    from workers.bench.intake import measure

    with _database(database) as url:
        found = measure(seconds, url)
    _show("intake", found, as_json=as_json)
    return 0 if found["errors"] == 0 else 1


@BENCH.command()
def storm(
    count: Annotated[int, typer.Option(min=1, help="Deliveries, each sent 1-5 times")] = 10_000,
    callers: Annotated[int, typer.Option(min=1, help="Requests at a time")] = 8,
    database: Database = "",
    as_json: AsJson = False,
) -> int:
    """A storm of duplicate webhooks: how many rows come of it."""
    from workers.bench.intake import storm as run

    with _database(database) as url:
        found = run(count, callers, url)
    _show("storm", found, as_json=as_json)
    return 0 if found["errors"] == 0 and found["deliveries"] == found["turns"] == count else 1


@BENCH.command()
def triage(
    rows: Annotated[Path | None, typer.Option(help="JSON Lines with a text each; default: ordinary prose")] = None,
    as_json: AsJson = False,
) -> int:
    """CPU time of triage a message, with and without the sentence encoder, and the memory it takes."""
    from workers.bench.triage import measure
    from workers.cli.rows import Rows, text_of

    texts: list[str] = []
    if rows is not None:
        with rows.open("rb") as file:
            texts = [text_of(row) for _, row in Rows(file)]
    _show("triage", measure(texts), as_json=as_json)
    return 0


@BENCH.command()
def pacing(
    workers: Annotated[int, typer.Option(min=1, help="Worker processes")] = 8,
    seconds: Annotated[float, typer.Option(min=1, help="How long to send")] = 60,
    limit: Annotated[int, typer.Option(min=1, help="Replies that the platform lets in …")] = 100,
    per: Annotated[float, typer.Option(min=0.1, help="… during any span of so many seconds")] = 10,
    flush: Annotated[bool, typer.Option(help="A second run, with Redis emptied in its middle")] = True,
    database: Database = "",
    as_json: AsJson = False,
) -> int:
    """Many workers before a strict rate limit: 429s, and how much of the limit they use."""
    from dataclasses import replace

    from workers.bench.pacing import Plan, measure

    plan = Plan(workers, seconds, limit, per, database=database)
    calm = measure(plan)
    flushed = measure(replace(plan, flush=True)) if flush else None
    _show("pacing", {**calm, "redis_emptied": flushed}, as_json=as_json)
    return 0 if not calm["rate_limited"] and not (flushed and flushed["rate_limited"]) else 1


@BENCH.command()
def isolation(
    creators: Annotated[int, typer.Option(min=2, help="Creators, each with secrets in their words")] = 100,
    followers: Annotated[int, typer.Option(min=2, help="Followers of each, who tell secrets in direct messages")] = 100,
    probes: Annotated[int, typer.Option(min=1, help="Questions for what others told")] = 2000,
    database: Database = "",
    as_json: AsJson = False,
) -> int:
    """Secrets of many creators and followers before a model that gives back its whole prompt."""
    from workers import logs
    from workers.bench.isolation import measure
    from workers.bench.planted import Plan

    logs.configure("ERROR")
    with _database(database) as url:
        found = measure(Plan(creators, followers, probes, database=url))
    _show("isolation", found, as_json=as_json)
    return 1 if found["foreign_in_prompts"] or found["foreign_in_texts"] else 0


@BENCH.command()
def pipeline(
    model_ms: Annotated[float, typer.Option(min=0, help="How long the mock model takes for an answer")] = 800,
    replies: Annotated[int, typer.Option(min=1, help="Messages at full speed")] = 5000,
    window: Annotated[int, typer.Option(min=1, help="Of these, at most so many unanswered at a time")] = 600,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second of the second phase")] = 100,
    seconds: Annotated[float, typer.Option(min=1, help="How long the second phase takes")] = 30,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes")] = 2,
    database: Database = "pg",
    references: Annotated[bool, typer.Option(help="Measure asyncio, stock Celery and ElizaOS in the same run")] = True,
    as_json: AsJson = False,
) -> int:
    """Webhook in, reply out: every process, a mock model over HTTP; full speed first, then a steady rate."""
    from workers.bench.pipeline import Plan, measure
    from workers.bench.references import beside
    from workers.cli.console import say

    plan = Plan(model_ms, replies, window, rate, seconds, workers=workers, database=database)
    found = measure(plan, say)
    found["reference"] = beside(found["replies_per_s"], model_ms) if references else {}
    _show("pipeline", found, as_json=as_json)
    return 0 if found["lost"] == found["duplicates"] == 0 else 1


@BENCH.command()
def fairness(
    creators: Annotated[int, typer.Option(min=2, help="All creators, the flooded one too")] = 1000,
    flood: Annotated[float, typer.Option(min=1, help="Messages a second to the one")] = 1000,
    quiet: Annotated[float, typer.Option(min=1, help="Messages a second to the others together")] = 33,
    seconds: Annotated[float, typer.Option(min=1, help="How long before, and how long the flood")] = 30,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes")] = 2,
    model_ms: Annotated[float, typer.Option(min=0, help="How long the mock model takes for an answer")] = 800,
    database: Database = "pg",
    one_follower: Annotated[bool, typer.Option(help="The flood is one follower's")] = False,
    as_json: AsJson = False,
) -> int:
    """What one creator's flood does to all the others: the whole stack, before and during."""
    from workers.bench.fairness import Scene, measure
    from workers.cli.console import say

    found = measure(Scene(creators, flood, quiet, seconds, workers, model_ms, database, one_follower), say)
    _show("fairness", found, as_json=as_json)
    return 0 if found["quiet_lost"] == 0 else 1


@BENCH.command()
def recall(
    passages: Annotated[int, typer.Option(min=100, help="Passages of all creators together")] = 100_000,
    creators: Annotated[int, typer.Option(min=1, help="Creators who share them")] = 1,
    as_json: AsJson = False,
) -> int:
    """Search over many passages: a real Chroma server, real text, beside exact numpy."""
    from workers.bench.recall import measure, measure_many

    found = measure(passages) if creators == 1 else measure_many(creators, max(1, passages // creators))
    _show("recall", found, as_json=as_json)
    return 0


@BENCH.command()
def scale(
    accounts: Annotated[int, typer.Option(min=100, help="Registered accounts, each of a creator")] = 1_000_000,
    active: Annotated[int, typer.Option(min=10, help="Of them, those with something waiting")] = 10_000,
    ended: Annotated[int, typer.Option(min=0, help="Ended deliveries, turns and replies, each")] = 1_000_000,
    seconds: Annotated[float, typer.Option(min=1, help="How long the listener polls")] = 60,
    database: Annotated[str, typer.Option(help="An empty database, or pg: one that lives for this run")] = "",
    as_json: AsJson = False,
) -> int:
    """A ledger of very many accounts: what a sweep, a claim and the listener cost."""
    from workers.bench.population import Population
    from workers.bench.scale import measure

    _show("scale", measure(Population(accounts, active, ended), database, seconds), as_json=as_json)
    return 0


@BENCH.command()
def soak(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long")] = 30,
    rate: Annotated[float, typer.Option(min=1, help="Messages a second")] = 100,
    workers: Annotated[int, typer.Option(min=1, help="Worker processes")] = 2,
    database: Database = "pg",
    as_json: AsJson = False,
) -> int:
    """A steady rate for long: memory, queue ages, nothing lost."""
    from workers.bench.pipeline import Plan
    from workers.bench.soak import measure
    from workers.cli.console import say

    found = measure(minutes, rate, Plan(workers=workers, database=database), say)
    _show("soak", found, as_json=as_json)
    return 0 if found["lost"] == found["duplicates"] == 0 else 1


@contextmanager
def _database(chosen: str) -> Iterator[str]:
    """The URL to measure on; '' is SQLite in the home of the measurement."""
    if chosen != "pg":
        yield chosen
        return
    from workers.postgres import running

    with running() as server:
        yield server.url


def _show(name: str, found: dict[str, object], *, as_json: bool) -> None:
    from workers.cli.console import put, table

    if as_json:
        put({"bench": name, **found})
    else:
        table(f"bench {name}", ["figure", "value"], [[key, str(value)] for key, value in found.items()])
