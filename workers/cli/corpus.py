"""The creator's words: import, recall."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from engage.models import Persona
from workers.cli.context import Opened, opened

CreatorName = Annotated[str, typer.Option("--creator", help="Name of the creator")]


def register(app: typer.Typer) -> None:
    app.command("import")(import_words)
    app.command()(recall)


def import_words(
    paths: Annotated[list[str] | None, typer.Argument(help="Files, folders, and addresses (https://…)")] = None,
    creator: CreatorName = "",
    create_missing: Annotated[bool, typer.Option(help="Add the creator where there is none of that name")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
    me: Annotated[
        list[str] | None,
        typer.Option("--me", help="A name, handle or id by which the creator goes in chats; may be given again"),
    ] = None,
    formats: Annotated[bool, typer.Option("--formats", help="List the formats that are recognised")] = False,
) -> int:
    """Read what a creator said and wrote. Repeating an import changes nothing."""
    if formats:
        return _list_formats(as_json=as_json)
    if not creator or not paths:
        raise typer.BadParameter("name the creator (--creator NAME) and at least one file, folder or address")
    from workers.sources import is_address

    missing = [path for path in paths if not is_address(path) and not Path(path).exists()]
    if missing:
        raise typer.BadParameter(f"there is no {missing[0]}")
    with opened() as ledger:
        persona = _find_or_add(ledger, creator) if create_missing else ledger.creator(creator)
        return _import(ledger, persona, paths, me or [], as_json=as_json)


def _list_formats(*, as_json: bool) -> int:
    from engage.memory.importers import formats
    from workers.cli.console import put, table

    if as_json:
        put(formats())
    else:
        table("Formats, recognised by content", ["format", "what it holds"], [[*item] for item in formats().items()])
    return 0


def _find_or_add(ledger: Opened, name: str) -> Any:
    from datetime import UTC, datetime

    from engage.ledger.creators import UnknownCreator, add_creator
    from engage.models import Persona

    try:
        return ledger.creator(name)
    except UnknownCreator:
        with ledger.db.transaction() as tx:
            return add_creator(tx, Persona(id="", name=name, display_name=name), datetime.now(UTC))


def _import(ledger: Opened, persona: Persona, paths: list[str], me: list[str], *, as_json: bool) -> int:
    from dataclasses import asdict

    from engage.memory.importers import Me
    from engage.memory.library import import_read
    from workers.cli.console import progress, put, say
    from workers.sources import read_sources

    with progress("rows read") as done:
        names = Me.of(persona.name, persona.display_name, *me)
        report = import_read(ledger.db, persona.id, read_sources(paths, names), done)
    _index(ledger, persona.id)
    rejected = [asdict(row) for row in report.rejected]
    result = {**asdict(report.stored), "dropped": dict(report.dropped), "rejected": rejected}
    if orders := _with_orders(ledger, persona.id):
        result["orders_to_a_model"] = orders
    if report.characters:
        result["refused"] = _adopt(ledger, persona.id, report.characters)
    if as_json:
        put(result)
    else:
        counts = ", ".join(f"{value} {key}" for key, value in asdict(report.stored).items())
        say(f"imported: {counts}, {len(rejected)} rejected")
        for reason, count in report.dropped.items():
            say(f"  left out: {count} {reason}")
        if orders:
            say(f"  {orders}")
        for row in rejected[:20]:
            say(f"  {row['path']}:{row['line']}: {row['reason']}")
        for one in result.get("refused", []):
            say(f"  not taken into the persona: {one['line']}: {one['reason']}")
    return 1 if rejected else 0


def _with_orders(ledger: Opened, creator_id: str) -> str:
    """What is to be said of passages that give a model orders; "" where none does."""
    from workers.planted import planted, told

    with ledger.db.reading() as tx:
        found = planted(tx, creator_id)
    return told(found) if found else ""


def _adopt(ledger: Opened, creator_id: str, characters: Sequence[Any]) -> list[dict[str, Any]]:
    """Characters into the creator's persona; the lines that were refused."""
    from dataclasses import asdict

    from engage.characters import adopt
    from engage.ledger.creators import get_creator, update_persona

    with ledger.db.transaction() as tx:
        known = get_creator(tx, creator_id, lock=True)
        adopted, refused = adopt(known, characters)
        if adopted != known:
            update_persona(tx, adopted)
    return [asdict(one) for one in refused]


def _index(ledger: Opened, creator_id: str) -> None:
    from engage.memory import corpus
    from engage.memory.encoding import NotEncoded
    from workers import build
    from workers.cli.console import progress, say
    from workers.encoders import Encoders, note_failure

    with ledger.db.reading() as tx:
        waiting = corpus.counts(tx, creator_id)["waiting"]
    if waiting:
        encoders = Encoders(ledger.settings, ledger.db)
        try:
            with build.chroma(ledger.settings) as url, progress("passages indexed", waiting) as done:
                if not build.index_creator(ledger.db, url, creator_id, encoders, done):
                    say("a worker is indexing it")
        except NotEncoded as error:
            note_failure(ledger.db, error)
            say(f"imported, and found by words alone until the workers have indexed it: {error}")


def recall(creator: CreatorName = "", k: Annotated[int, typer.Option(min=1, max=100)] = 5) -> int:
    """JSON Lines {"id","text"} in; the passages that answer each one out."""
    from workers import build
    from workers.cli.console import put
    from workers.cli.rows import Rows, id_of, text_of

    rows = Rows()
    with opened() as ledger, build.memory(ledger.settings, ledger.db) as memory:
        creators = _Creators(ledger, creator)
        for number, row in rows:
            try:
                found = memory.search(creators.of(row).id, text_of(row), k)
                answer = {"id": id_of(row), "passages": [_passage(p) for p in found.passages]}
            except ValueError as error:
                rows.reject(number, str(error))
                continue
            put({**answer, "supported": found.supported, **({"note": found.note} if found.note else {})})
    return rows.exit_code


def _passage(scored: Any) -> dict[str, Any]:
    passage = scored.passage
    fields = {"id": passage.id, "source_id": passage.source_id, "text": passage.text}
    return {**fields, "score": round(scored.score, 4), **({"question": passage.question} if passage.question else {})}


class _Creators:
    """The creator of each row: its own "creator", else the command's."""

    def __init__(self, ledger: Opened, default: str) -> None:
        self._ledger = ledger
        self._default = default
        self._known: dict[str, Any] = {}
        if default:
            self._known[default] = ledger.creator(default)

    def of(self, row: dict[str, Any]) -> Any:
        """Raises ValueError where the row names nobody that exists."""
        from engage.ledger.creators import UnknownCreator

        name = str(row.get("creator") or self._default)
        if not name:
            raise ValueError('no creator: give --creator NAME or a "creator" field')
        if name not in self._known:
            try:
                self._known[name] = self._ledger.creator(name)
            except UnknownCreator as error:
                raise ValueError(str(error)) from None
        return self._known[name]


RowCreators = _Creators
