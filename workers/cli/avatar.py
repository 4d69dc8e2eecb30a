"""What the avatar would do: triage, reply, parse. Previews; nothing here can post."""

import asyncio
from collections.abc import Awaitable
from typing import Annotated, Any

import typer

from workers.cli.context import opened
from workers.cli.corpus import CreatorName, RowCreators

AT_ONCE = 8  # previews in flight: a model call waits, it does not compute


def register(app: typer.Typer) -> None:
    app.command()(triage)
    app.command()(reply)
    app.command()(parse)


def triage(creator: CreatorName = "") -> int:
    """JSON Lines {"id","text",…} in; whether and how carefully each would be answered out."""
    from engage.triage import triage as judge
    from workers import build
    from workers.cli.console import put
    from workers.cli.rows import Rows
    from workers.cli.turns import anybody, turn_of

    rows = Rows()
    with opened() as ledger:
        policy = build.policy_of(ledger.settings)
        creators = RowCreators(ledger, creator)
        for number, row in rows:
            try:
                persona = creators.of(row) if creator or row.get("creator") else anybody()
                turn = turn_of(row, persona)
            except ValueError as error:
                rows.reject(number, str(error))
                continue
            verdict = judge(turn, persona, policy, meaning=build.meaning)
            put(
                {
                    "id": str(row["id"]),
                    "decision": verdict.decision,
                    "reasons": list(verdict.reasons),
                    "labels": {name: round(value, 4) for name, value in verdict.labels.items()},
                    "flags": list(verdict.flags),
                    "language": verdict.language,
                }
            )
    return rows.exit_code


def reply(
    creator: CreatorName = "",
    model: Annotated[str, typer.Option(help="`extractive` or provider:model; default: the settings' model")] = "",
) -> int:
    """JSON Lines {"id","text",…,"history"?} in; the reply each would get out. Posts nothing."""
    from workers import build
    from workers.cli.rows import Rows

    rows = Rows()
    with opened() as ledger, build.memory(ledger.settings, ledger.db) as memory:
        settings = ledger.settings.model_copy(update={"model": model or ledger.settings.model})
        avatar = build.assemble(settings, memory)
        asyncio.run(_closed(avatar, _previews(rows, avatar, RowCreators(ledger, creator))))
    return rows.exit_code


async def _closed(avatar: Any, previews: Awaitable[None]) -> None:
    try:
        await previews
    finally:
        await avatar.aclose()


async def _previews(rows: Any, avatar: Any, creators: Any) -> None:
    """In the order of the input, AT_ONCE at a time."""
    from engage.errors import EngageError
    from workers.cli.console import put
    from workers.cli.turns import preview, turn_of

    places = asyncio.Semaphore(AT_ONCE)
    waiting: asyncio.Queue[tuple[int, asyncio.Task[dict[str, Any]]] | None] = asyncio.Queue(AT_ONCE)

    async def one(turn: Any, persona: Any) -> dict[str, Any]:
        async with places:
            return await preview(avatar, turn, persona)

    async def start() -> None:
        for number, row in rows:
            try:
                persona = creators.of(row)
                turn = turn_of(row, persona)
            except ValueError as error:
                rows.reject(number, str(error))
                continue
            await waiting.put((number, asyncio.create_task(one(turn, persona))))
        await waiting.put(None)

    starting = asyncio.create_task(start())
    while (item := await waiting.get()) is not None:
        number, task = item
        try:
            put(await task)
        except EngageError as error:
            rows.reject(number, f"{type(error).__name__}: {error}")
    await starting


def parse(platform: str) -> int:
    """JSON Lines of platform payloads in; the events in normal form out."""
    import connectors
    from engage.errors import Malformed
    from workers.cli.console import put
    from workers.cli.rows import Rows
    from workers.cli.turns import event_json

    rows = Rows()
    parser = connectors.parser(platform)
    for number, row in rows:
        payload = row["payload"] if "payload" in row and "id" in row else row
        try:
            events = parser(payload, str(row.get("account_user_id", "")))
        except Malformed as error:
            rows.reject(number, str(error))
            continue
        named = {"id": row["id"]} if "payload" in row and "id" in row else {"id": str(number)}
        put({**named, "events": [event_json(event) for event in events]})
    return rows.exit_code
