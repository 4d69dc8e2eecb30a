"""The page's pictures. matplotlib is an extra (`pip install engage-avatar[bench]`): without it there are none."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from workers.bench import results
from workers.bench.results import Result

OURS, THEIRS = "#3b6fd4", "#b9c0cc"
INK = "#2b2f36"
Bars = list[tuple[str, float | None, str]]  # label, height, colour


def file_of(name: str) -> str:
    return f"bench-{name}.png"


def draw(found: Sequence[Result], folder: Path) -> tuple[list[str], str]:
    """What was drawn, and '' or why nothing was."""
    try:
        import matplotlib as mpl
    except ImportError:
        return [], "matplotlib is not installed (pip install 'engage-avatar[bench]')"
    mpl.use("Agg")
    drawn = []
    for name, plot in PLOTS.items():
        panels = [panel for panel in plot(found) if any(height for _, height, _ in panel[1])]
        if panels:
            _save(panels, folder / file_of(name))
            drawn.append(name)
    return drawn, ""


def _save(panels: Sequence[tuple[str, Bars]], file: Path) -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * len(panels), 2.9), dpi=150, layout="constrained")
    for axes, (title, bars) in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        _bars(axes, title, [(label, height, colour) for label, height, colour in bars if height is not None])
    figure.savefig(file)


def _bars(axes: Any, title: str, bars: Sequence[tuple[str, float, str]]) -> None:
    """Lying bars, the first on top, each with its figure at its end."""
    labels, heights, colours = zip(*reversed(bars), strict=True)
    drawn = axes.barh(labels, heights, color=colours, height=0.62)
    axes.bar_label(drawn, [_short(height) for height in heights], padding=4, color=INK, fontsize=9)
    axes.set_title(title, loc="left", fontsize=10, color=INK)
    axes.set_xlim(0, max(heights) * 1.18)
    axes.tick_params(left=False, bottom=False, labelbottom=False, labelsize=9, labelcolor=INK)
    for side in axes.spines.values():
        side.set_visible(False)


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _intake(found: Sequence[Result]) -> list[tuple[str, Bars]]:
    paths = [
        ("Engage, Redis down", "events_per_s", OURS),
        ("Engage, Redis up", "redis_up.events_per_s", OURS),
        ("bare server, same write", "reference.durable_server.events_per_s", THEIRS),
        ("bare server, no write", "reference.bare_server.events_per_s", THEIRS),
    ]
    return [
        (f"Events a second, {variant}", _heights(results.of(found, "intake", variant), paths))
        for variant in ("PostgreSQL", "SQLite")
    ]


def _pipeline(found: Sequence[Result]) -> list[tuple[str, Bars]]:
    runs = results.of(found, "pipeline", "PostgreSQL")
    names = [
        ("Engage", "", OURS),
        ("asyncio, no ledger", "reference.asyncio_streams.", THEIRS),
        ("stock Celery, no ledger", "reference.stock_celery.", THEIRS),
        ("ElizaOS", "reference.elizaos.", THEIRS),
    ]
    return [
        (title, _heights(runs, [(label, f"{where}{key}", colour) for label, where, colour in names]))
        for title, key in (("Replies a second", "replies_per_s"), ("CPU ms a reply", "cpu_ms_per_reply"))
    ]


def _fairness(found: Sequence[Result]) -> list[tuple[str, Bars]]:
    paths = [
        ("p50 before", "quiet_p50_before_ms", THEIRS),
        ("p50 during the flood", "quiet_p50_during_ms", OURS),
        ("p95 before", "quiet_p95_before_ms", THEIRS),
        ("p95 during the flood", "quiet_p95_during_ms", OURS),
    ]
    return [("Quiet creators, ms to the reply", _heights(results.of(found, "fairness", "PostgreSQL"), paths))]


def _recall(found: Sequence[Result]) -> list[tuple[str, Bars]]:
    names = [("Engage's search", "", OURS), ("Chroma alone", "chroma_alone.", THEIRS)]
    names.append(("exact numpy", "reference.exact_numpy.", THEIRS))
    runs = results.of(found, "recall")
    return [
        (title, _heights(runs, [(label, f"{where}{key}", colour) for label, where, colour in names]))
        for title, key in (("Search p50, ms", "p50_ms"), ("Search p95, ms", "p95_ms"))
    ]


def _heights(runs: Sequence[Result], paths: Sequence[tuple[str, str, str]]) -> Bars:
    return [(label, results.median(runs, path), colour) for label, path, colour in paths]


PLOTS: dict[str, Callable[[Sequence[Result]], list[tuple[str, Bars]]]] = {
    "intake": _intake,
    "pipeline": _pipeline,
    "fairness": _fairness,
    "recall": _recall,
}
