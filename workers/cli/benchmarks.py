"""`engage bench all` and `engage bench page`: everything measured, and a page of it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from workers.cli.console import complain, say
from workers.cli.measure import BENCH

PAGE = Path("docs") / "benchmarks.md"
Page = Annotated[Path, typer.Option(help="Where the page goes; its pictures go beside it, into pictures/")]


@BENCH.command("all")
def everything(
    out: Annotated[Path | None, typer.Option(help="Folder of the results; default: below ENGAGE_HOME")] = None,
    page: Page = PAGE,
    only: Annotated[list[str] | None, typer.Option(help="Some measurements, by their names")] = None,
    quick: Annotated[bool, typer.Option(help="Seconds instead of minutes: to see it run, not to quote")] = False,
    references: Annotated[bool, typer.Option(help="Also asyncio, stock Celery and ElizaOS")] = True,
) -> int:
    """Every measurement, each beside its reference; about an hour. Writes the page from the results."""
    from dataclasses import replace

    from engage.settings import load
    from workers.bench.everything import QUICK, Size, run

    folder = out or load().directory / "bench" / f"{datetime.now(UTC):%Y%m%d-%H%M%S}"
    size = replace(QUICK if quick else Size(), references=references)
    failed = run(size, folder, set(only or ()), say)
    say(f"results are in {folder}")
    for reason in failed:
        complain(reason)
    return max(draw(folder, page), int(bool(failed)))


@BENCH.command("page")
def draw(
    results: Annotated[Path, typer.Option(help="A folder that `engage bench all` wrote")],
    page: Page = PAGE,
) -> int:
    """Draw the page again from saved results."""
    from workers.bench.page import write

    skipped = write(results, page)
    say(f"{page} is written")
    if skipped:
        say(f"without plots: {skipped}")
    return 0


def register(app: typer.Typer) -> None:
    """The commands stand under `engage bench` once this module is imported."""
