"""`engage evaluate`: how good the avatar is, on real past answers that were kept out of its memory."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workers.cli.context import opened
from workers.cli.corpus import CreatorName

if TYPE_CHECKING:
    from engage.evaluate import Evaluation, HeldBack
    from workers.cli.rows import Rows

PAGE = "index.html"


def register(app: typer.Typer) -> None:
    app.command()(evaluate)


def evaluate(
    creator: CreatorName,
    pairs: Annotated[
        Path, typer.Option("--pairs", exists=True, dir_okay=False, readable=True, help="Held-back answers, JSON Lines")
    ],
    report: Annotated[
        Path | None, typer.Option("--report", file_okay=False, help="Folder for the report; made where it is missing")
    ] = None,
    model: Annotated[str, typer.Option(help="`extractive` or provider:model; default: the settings' model")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> int:
    """JSON Lines {"id","question","reply",…} in FILE; how near the avatar comes to them out. Posts nothing."""
    from workers.cli.console import complain, put, say
    from workers.cli.rows import Rows
    from workers.evaluation.running import evaluated

    with opened() as ledger, pairs.open("rb") as file:
        persona = ledger.creator(creator)
        rows = Rows(file)
        held = _read(rows, creator)
        if not held:
            complain(f'{pairs} has no past answer: give lines such as {{"id": "1", "question": "…", "reply": "…"}}')
            return 1
        settings = ledger.settings.model_copy(update={"model": model or ledger.settings.model})
        found = evaluated(settings, ledger.db, persona, held, partial(_report, rows))
    written = _write(found, report) if report else None
    if as_json:
        put({**found.as_json(), **({"report": str(written)} if written else {})})
    else:
        _show(found)
    if written:
        say(f"report: {written}")
    return rows.exit_code


def _read(rows: "Rows", creator: str) -> list["HeldBack"]:
    """The usable pairs; what is wrong with the other lines is reported."""
    from engage.evaluate import read_pair

    held = []
    for line, row in rows:
        try:
            held.append(read_pair(row, creator, line))
        except ValueError as error:
            rows.reject(line, str(error))
    return held


def _report(rows: "Rows", pair: "HeldBack", why: Exception) -> None:
    rows.reject(pair.line, f"{type(why).__name__}: {why}")


def _write(found: "Evaluation", folder: Path) -> Path:
    """Raises EngageError where the folder cannot be written."""
    from engage.errors import EngageError
    from workers.evaluation.page import page

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_text(page(found), encoding="utf-8")
    except OSError as error:
        raise EngageError(f"the report cannot be written: {error}") from None
    return folder / PAGE


def _show(found: "Evaluation") -> None:
    from workers.cli.console import say, table

    rows = [
        [name, *map(_shown, (one.value, one.low, one.high, one.ceiling, one.floor)), str(one.n)]
        for name, one in found.figures.items()
    ]
    columns = ["figure", "value", "low", "high", "ceiling", "floor", "n"]
    table(f"{found.creator}, {found.model}, {found.pairs} pairs", columns, rows)
    for reason, count in found.reasons.items():
        say(f"  no draft: {count} {reason}")
    for note in found.notes:
        say(f"  {note}")


def _shown(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
