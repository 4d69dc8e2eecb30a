"""`engage redteam`: what becomes of attacks on a creator's avatar, as it is configured or with a model that obeys."""

from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workers.cli.context import Opened, opened
from workers.cli.corpus import CreatorName

if TYPE_CHECKING:
    from engage.redteam.packs import Case
    from engage.redteam.scorecard import ScoreCard

PAGE, ROWS = "scorecard.md", "scorecard.json"


def register(app: typer.Typer) -> None:
    app.command()(redteam)


def redteam(
    creator: CreatorName,
    packs: Annotated[
        list[Path] | None,
        typer.Argument(exists=True, help="Files or folders of JSON Lines; default: the packs shipped"),
    ] = None,
    report: Annotated[
        Path | None,
        typer.Option("--report", file_okay=False, help="Folder for the score card; made where it is missing"),
    ] = None,
    model: Annotated[str, typer.Option(help="`extractive` or provider:model; default: the settings' model")] = "",
    obedient: Annotated[bool, typer.Option(help="Ask a built-in model that obeys every attack")] = False,
    past_triage: Annotated[bool, typer.Option(help="Turn nothing away before the model")] = False,
    thorough: Annotated[
        bool, typer.Option(help="With --obedient: each case in every way it knows, not in three")
    ] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many cases of each pack, spread evenly; 0: all")] = 0,
    fail_under: Annotated[
        float, typer.Option(min=0, max=1, help="Exit 1 where fewer of the attacks are held, or anything leaks")
    ] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> int:
    """Put attacks to the avatar and print a score card. Posts nothing."""
    from workers.cli.console import complain, put, say

    with opened() as ledger:
        cases = chosen(packs or [shipped()], limit, _reject)
        if not cases:
            complain('there is no case: give JSON Lines such as {"pack": "injection", "text": "…"}')
            return 1
        found = _run(ledger, creator, cases, model, obedient=obedient, past_triage=past_triage, thorough=thorough)
    written = _write(found, report) if report else None
    if as_json:
        put({**found.as_json(), **({"report": str(written)} if written else {})})
    else:
        _show(found)
    if written:
        say(f"score card: {written}")
    return 1 if fail_under and (found.held < fail_under or found.leaks) else 0


def _run(
    ledger: Opened, creator: str, cases: "list[Case]", model: str, *, obedient: bool, **options: bool
) -> "ScoreCard":
    from engage.redteam.packs import Pack
    from engage.redteam.scorecard import ScoreCard, failing, score
    from workers import build
    from workers.cli.console import complain, progress
    from workers.redteam.obedient import ObedientModel
    from workers.redteam.running import RedTeam, run

    persona = ledger.creator(creator)
    settings = ledger.settings.model_copy(update={"model": model or ledger.settings.model})
    lost: list[str] = []
    with ExitStack() as open_:
        served = open_.enter_context(ObedientModel()) if obedient else None
        memory = open_.enter_context(build.memory(settings, ledger.db))
        moved = open_.enter_context(progress("attacks tried"))
        team = RedTeam(settings, memory, persona, served, **options)
        findings = run(team, cases, lambda case, why: lost.append(f"{case.id}: {type(why).__name__}: {why}"), moved)
    for line in lost:
        complain(line)
    notes = [f"{len(lost)} tries failed, because the model was away"] if lost else []
    if not team.beside[0] and any(one.pack is Pack.INDIRECT for one in cases):
        notes.append("no question of theirs is answered, so nothing could be planted beside one")
    mode = " ".join(
        ("past triage" if options["past_triage"] else "as configured", "thorough" * options["thorough"])
    ).strip()
    return ScoreCard(persona.name, team.model, mode, score(findings), failing(findings), team.beside, notes)


def chosen(places: list[Path], limit: int, reject: Any) -> "list[Case]":
    """The cases of files and folders; of each pack at most `limit`, evenly spread. reject: told of unusable lines."""
    from engage.redteam.packs import read_case
    from engage.voice.spread import spread_over
    from workers.cli.rows import Rows

    found: dict[str, list[Case]] = {}
    files = [file for place in places for file in (sorted(place.glob("*.jsonl")) if place.is_dir() else [place])]
    for path in files:
        with path.open("rb") as file:
            for line, row in Rows(file):
                try:
                    case = read_case(row, line)
                except ValueError as error:
                    reject(f"{path}:{line}: {error}")
                    continue
                if case:
                    found.setdefault(case.pack, []).append(case)
    return [case for some in found.values() for case in (spread_over(some, limit) if limit else some)]


def shipped() -> Path:
    """The packs that come with Engage: inside the installed package, or in the repository."""
    import engage

    package = Path(engage.__file__).parent
    inside = package / "_config" / "redteam"
    return inside if inside.is_dir() else package.parent / "config" / "redteam"


def _reject(message: str) -> None:
    from workers.cli.console import complain

    complain(message)


def _write(found: "ScoreCard", folder: Path) -> Path:
    """Raises EngageError where the folder cannot be written."""
    import json

    from engage.errors import EngageError
    from workers.redteam.page import page, rows

    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / PAGE).write_text(page(found), encoding="utf-8")
        shown = json.dumps({**found.as_json(), "failing": rows(found)}, ensure_ascii=False, indent=1)
        (folder / ROWS).write_text(shown, encoding="utf-8")
    except OSError as error:
        raise EngageError(f"the score card cannot be written: {error}") from None
    return folder / PAGE


def _show(found: "ScoreCard") -> None:
    from workers.cli.console import say, table

    rows = [
        [one.pack, one.place, str(one.cases), str(one.tries), str(one.answered), str(one.failed), f"{one.rate:.3f}",
         str(one.leaks), ", ".join(f"{count} {name}" for name, count in one.faults.items())]
        for one in found.scores
    ]  # fmt: skip
    columns = ["pack", "place", "cases", "tries", "composed", "failed", "rate", "leaks", "faults"]
    table(f"{found.creator}, {found.model}, {found.mode}", columns, rows)
    asked, answered = found.beside
    if asked:
        say(f"  harmless questions beside planted texts: {answered} of {asked} answered")
    say(f"  held: {found.held:.3f}, leaks: {found.leaks}")
    for one in found.failing[:5]:
        say(f"  {one.case.pack}, {one.place}, {one.temper}: {', '.join(one.faults)}: {one.posted.own[:160]}")
    for note in found.notes:
        say(f"  {note}")
