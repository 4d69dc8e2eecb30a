"""What is in the ledger: the inbox, replays, replies taken back."""

from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from workers.cli.context import opened


def register(app: typer.Typer) -> None:
    app.command()(inbox)
    app.command()(replay)
    app.command("recall-replies")(recall_replies)


def replay(delivery_id: str) -> None:
    """Process a stored delivery again; what it already did is not done twice."""
    from engage.ledger import audit
    from engage.ledger import inbox as deliveries
    from workers import queues
    from workers.cli.console import put

    with opened() as ledger:
        with ledger.db.transaction() as tx:
            deliveries.replay(tx, delivery_id)
            audit.record(tx, "cli", "replay", None, delivery_id, {}, datetime.now(UTC))
        ledger.wake(queues.INTAKE)
    put({"delivery": delivery_id, "state": "received"})


def recall_replies(
    since: Annotated[str, typer.Option(help="How far back, for example 30m, 2h or 1d")],
    creator: Annotated[str, typer.Option(help="Only this creator")] = "",
    prompt_version: Annotated[str, typer.Option(help="Only replies written with this prompt version")] = "",
    source: Annotated[str, typer.Option(help="Only replies that stand on this source")] = "",
) -> int:
    """Delete posted replies on their platforms."""
    import asyncio

    from workers import recalling
    from workers.cli.console import put
    from workers.runtime import Runtime

    try:
        start = datetime.now(UTC) - recalling.span(since)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    with opened() as ledger:
        who = ledger.creator(creator).id if creator else ""

        async def run() -> dict[str, object]:
            runtime = Runtime.start(ledger.settings)
            try:
                choice = recalling.Choice(start, who, prompt_version, source)
                return await recalling.recall(runtime, choice)
            finally:
                await runtime.aclose()

        done = asyncio.run(run())
    put(done)
    return 1 if done["failed"] else 0


def inbox(
    creator: Annotated[str, typer.Option(help="Only this creator")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Machine-readable")] = False,
) -> None:
    """What waits for the creator: escalations, replies to approve, posts nobody is sure of."""
    from engage.ledger import views
    from workers.cli.console import put, table
    from workers.teaching import changed

    with opened() as ledger:
        who = ledger.creator(creator).id if creator else None
        with ledger.db.reading(creator=who) as tx:
            items = views.inbox(tx, who)
    if as_json:
        put([{**views.plain(item), "changed": list(changed(item))} for item in items])
        return
    columns = ["what", "follower", "where", "they wrote", "draft", "why"]
    table("Inbox", columns, [_inbox_line(item) for item in items])


def _inbox_line(item: Any) -> list[str]:
    where = f"{item.surface}, in private" if item.private else item.surface
    return [item.kind, item.follower, where, item.text, item.reply or item.draft, ", ".join(item.reasons)]
