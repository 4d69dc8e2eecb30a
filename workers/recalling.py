"""Taking posted replies back, for when a bad source or prompt has spoken."""

import asyncio
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from engage.errors import EngageError
from engage.ledger import audit, taught
from engage.ledger.states import move
from engage.ledger.tables import decisions, replies
from workers.moderating import pay_by_hand
from workers.runtime import Runtime, utc_now

AT_ONCE = 8
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which replies: posted since then, and where given of one creator, one prompt version, one source."""

    since: datetime
    creator_id: str = ""
    prompt_version: str = ""
    source: str = ""


def span(text: str) -> timedelta:
    """`30m`, `2h`, `1d`, `45s`. Raises ValueError."""
    match = re.fullmatch(r"(\d+)([smhd])", text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no span of time: write for example 30m, 2h or 1d")
    return timedelta(seconds=int(match[1]) * UNITS[match[2]])


def chosen(tx: Connection, choice: Choice) -> list[Any]:
    """The replies rows to take back, newest first."""
    query = (
        select(replies, decisions.c.card)
        .join(decisions, decisions.c.turn_id == replies.c.turn_id)
        .where(replies.c.state == "sent", replies.c.sent_at >= choice.since)
        .order_by(replies.c.sent_at.desc())
    )
    if choice.creator_id:
        query = query.where(replies.c.creator_id == choice.creator_id)
    return [row for row in tx.execute(query) if _fits(row.card, choice)]


def _fits(card: dict[str, Any], choice: Choice) -> bool:
    if choice.prompt_version and card.get("prompt_version") != choice.prompt_version:
        return False
    sources = {scored["passage"]["source_id"] for scored in card.get("sources", [])}
    return not choice.source or choice.source in sources


async def recall(runtime: Runtime, choice: Choice) -> dict[str, Any]:
    """Delete them on their platforms. What could not be deleted is named with its reason, and stays `sent`."""
    rows = await runtime.db.read(chosen, choice)
    places = asyncio.Semaphore(AT_ONCE)
    failed: list[dict[str, str]] = []

    async def take_back(row: Any) -> None:
        async with places:
            try:
                async with runtime.using(row.account_id) as connector:
                    await pay_by_hand(runtime.db, connector, row.account_id)
                    await connector.delete(row.receipt_id)
            except EngageError as error:
                failed.append({"reply": row.id, "error": str(error)})
                return
            await runtime.db.run(_note, row)

    await asyncio.gather(*map(take_back, rows))
    return {"recalled": len(rows) - len(failed), "failed": failed}


def _note(tx: Connection, row: Any) -> None:
    taught.withdraw(tx, [row.turn_id])  # what the creator wrote by hand and takes back is not said to others either
    move(tx, replies, row.id, "recalled", where=(replies.c.state == "sent",), reason="recalled by the creator")
    audit.record(tx, "cli", "recall", row.creator_id, row.id, {}, utc_now())
