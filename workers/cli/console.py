"""Standard output holds results, standard error speaks to people."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import orjson


def complain(message: str) -> None:
    """An error, for a person."""
    print(f"engage: {message}", file=sys.stderr)  # noqa: T201


def say(message: str) -> None:
    """Progress or advice, for a person."""
    print(message, file=sys.stderr)  # noqa: T201


def put(value: Any) -> None:
    """One JSON line of result."""
    sys.stdout.buffer.write(
        orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS, default=_plain)
    )
    sys.stdout.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    raise TypeError(type(value).__name__)


def table(title: str, columns: list[str], rows: list[list[str]]) -> None:
    """A table for people, on standard error."""
    from rich.console import Console
    from rich.table import Table

    drawn = Table(*columns, title=title, title_justify="left")
    for row in rows:
        drawn.add_row(*row)
    Console(stderr=True).print(drawn)


@contextmanager
def progress(title: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error; yields the function that moves it on by so many."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    parts = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*parts, TimeElapsedColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, advance=done)
