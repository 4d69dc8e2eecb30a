"""The creator's style: show it, score texts against it, set how near a draft has to come, see whether it drifts."""

from functools import cache
from typing import Annotated, Any

import typer

from workers.cli.context import opened
from workers.cli.corpus import CreatorName, RowCreators

VOICE = typer.Typer(no_args_is_help=True, help="The creator's style: show it, score texts against it, watch it.")


def register(app: typer.Typer) -> None:
    app.add_typer(VOICE, name="voice")


@VOICE.command()
def show(creator: CreatorName) -> None:
    """The creator's style profile, as JSON."""
    from engage.voice.profile import as_json
    from workers.cli.console import put

    with opened() as ledger:
        put(as_json(_voice(ledger, ledger.creator(creator).id)))


@VOICE.command()
def score(creator: CreatorName = "") -> int:
    """JSON Lines {"id","text"} in; how much each sounds like the creator, 0..1, out."""
    from workers.cli.console import put
    from workers.cli.rows import Rows, id_of, text_of

    rows = Rows()
    with opened() as ledger:
        creators = RowCreators(ledger, creator)
        voice_of = cache(lambda creator_id: _voice(ledger, creator_id))
        for number, row in rows:
            try:
                voice = voice_of(creators.of(row).id)
                put({"id": id_of(row), "style": round(voice.score(text_of(row)), 4)})
            except ValueError as error:
                rows.reject(number, str(error))
    return rows.exit_code


@VOICE.command()
def border(
    creator: CreatorName,
    score: Annotated[str, typer.Argument(help="0 to 1, or `auto`: what four fifths of their own replies score")] = "",
    strict: Annotated[
        bool | None, typer.Option("--strict/--lenient", help="Hand drafts below it to the creator, or post them")
    ] = None,
) -> None:
    """How much a draft has to sound like the creator: below it is written once more. Without arguments, shows it."""
    from dataclasses import replace

    from engage.ledger.creators import update_persona
    from workers.cli.console import put

    with opened() as ledger:
        persona = ledger.creator(creator)
        wanted = persona.voice_border if not score else None if score == "auto" else _share(score)
        persona = replace(persona, voice_border=wanted, strict_voice=persona.strict_voice if strict is None else strict)
        with ledger.db.transaction(creator=persona.id) as tx:
            update_persona(tx, persona)
        learnt = _voice(ledger, persona.id).border
    put({"border": wanted if wanted is not None else learnt, "auto": wanted is None, "strict": persona.strict_voice})


@VOICE.command()
def drift(
    creator: CreatorName, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False
) -> None:
    """How much the avatar's replies of the last weeks sound like the creator."""
    from datetime import UTC, datetime

    from workers.cli.console import put, table
    from workers.voices import Learner

    with opened() as ledger:
        persona = ledger.creator(creator)
        learner = Learner(ledger.db)
        voice, weeks = learner.learnt(persona.id).voice, learner.beside(persona, datetime.now(UTC)).weeks
    rows = [
        {
            "week": one.begins_on.isoformat(),
            "replies": one.replies,
            "style": one.style,
            "ceiling": voice.ceiling,
            "below_border": one.below,
            "words": one.words,
            "delta": one.delta,
        }
        for one in weeks
    ]
    if as_json:
        put(rows)
    else:
        heads = ["week", "replies", "style", "ceiling", "below_border", "words", "delta"]
        table("The avatar beside the creator", heads, [[str(row[head]) for head in heads] for row in rows])


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise typer.BadParameter(f"{text!r} is neither a number from 0 to 1 nor `auto`")
    return value


def _voice(ledger: Any, creator_id: str) -> Any:
    from engage.memory.corpus import load_passages, replies_of_others
    from engage.voice import build_voice

    with ledger.db.reading() as tx:
        return build_voice(load_passages(tx, creator_id), replies_of_others(tx, creator_id))
