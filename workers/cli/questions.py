"""What the creator teaches in a terminal: corrections of waiting replies, answers to questions that come again."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import typer

from workers.cli.context import Opened, opened

QUESTIONS = typer.Typer(no_args_is_help=True, help="Questions that several followers asked and nothing answers.")
CreatorName = Annotated[str, typer.Option("--creator", help="Name of the creator")]
BY = "cli"


def register(app: typer.Typer) -> None:
    app.add_typer(QUESTIONS, name="questions")
    app.command()(correct)


def correct(turn: str, text: Annotated[str, typer.Option(help="The creator's own words")]) -> None:
    """Answer a turn of the inbox by hand, or send its waiting reply in other words. The avatar learns from it."""
    from engage.ledger import by_hand
    from workers import queues
    from workers.cli.console import put
    from workers.studio import actions

    with opened() as ledger:
        now = datetime.now(UTC)
        with ledger.db.transaction() as tx:
            held = by_hand.held_reply(tx, turn)
            if held is not None:
                taught = actions.approve(tx, BY, held, now, text)
            else:
                expiry = timedelta(seconds=ledger.settings.reply_expiry)
                taught = actions.answer(tx, BY, turn, text, expiry, now)
        ledger.wake(queues.POST)
    learnt = taught.learnt.use.value if taught.learnt else "nothing"
    put({"turn": turn, "changed": list(taught.changed), "learnt": learnt, "told": taught.told})


@QUESTIONS.command("list")
def list_all(
    creator: CreatorName, as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False
) -> None:
    """Suggestions for the FAQ: what at least two followers asked, most followers first."""
    from workers.cli.console import put, table

    with opened() as ledger:
        found = _find(ledger, ledger.creator(creator).id)
    if as_json:
        put([_plain(one) for one in found])
        return
    lines = [[one.id, one.question, str(one.followers), str(one.times), ", ".join(one.surfaces)] for one in found]
    table("Questions", ["id", "question", "followers", "times", "where"], lines)


@QUESTIONS.command()
def answer(
    question_id: Annotated[str, typer.Argument(metavar="ID")],
    creator: CreatorName,
    text: Annotated[str, typer.Option(help="The answer, for everybody")],
    question: Annotated[str, typer.Option(help="The question in the creator's own words")] = "",
) -> None:
    """Approve an answer: it goes into the FAQ at once."""
    from workers import questions
    from workers.cli.console import put

    with opened() as ledger:
        who = ledger.creator(creator).id
        known = {one.id: one for one in _find(ledger, who)}.get(question_id)
        suggested = known.question if known is not None and not known.private else ""
        with ledger.db.transaction(creator=who) as tx:
            questions.approve(tx, BY, who, question_id, question or suggested, text, datetime.now(UTC))
    put({"id": question_id, "question": question or suggested, "state": "approved"})


@QUESTIONS.command()
def dismiss(question_id: Annotated[str, typer.Argument(metavar="ID")], creator: CreatorName) -> None:
    """Never suggest it again."""
    from workers import questions
    from workers.cli.console import put

    with opened() as ledger:
        who = ledger.creator(creator).id
        with ledger.db.transaction(creator=who) as tx:
            questions.dismiss(tx, BY, who, question_id, datetime.now(UTC))
    put({"id": question_id, "state": "dismissed"})


def _find(ledger: Opened, creator_id: str) -> list[Any]:
    from workers import questions

    with ledger.db.reading(creator=creator_id) as tx:
        asked, done = questions.read(tx, creator_id, datetime.now(UTC))
    return list(questions.Finder().find(creator_id, asked, done))


def _plain(one: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return {**asdict(one), "first_at": one.first_at.isoformat(), "last_at": one.last_at.isoformat()}
