"""Follows the ledger and shows each decision once: an answer when it is posted, the others at once."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engage.ledger.database import Database
from engage.ledger.tables import creators, decisions, followers, messages, replies, turns
from workers.demo.account import UNPOSTED

EVERY = 0.2  # seconds


@dataclass(frozen=True, slots=True)
class Shown:
    """One decision as the demo prints it."""

    turn_id: str
    creator: str
    follower: str
    surface: str
    asked: str
    outcome: str
    reasons: tuple[str, ...]
    reply: str
    pending: bool


class Watch:
    """Calls `show` for every decision, oldest first."""

    def __init__(self, db: Database, show: Callable[[Shown], None]) -> None:
        self._db = db
        self._show = show
        self._seen: set[str] = set()
        self._over = asyncio.Event()

    async def run(self) -> None:
        while not self._over.is_set():
            await self._look(final=False)
            await asyncio.sleep(EVERY)
        await self._look(final=True)

    def finish(self) -> None:
        """Show what is left, and end."""
        self._over.set()

    async def _look(self, *, final: bool) -> None:
        for item in await self._db.read(decided):
            if item.turn_id not in self._seen and (final or not item.pending):
                self._seen.add(item.turn_id)
                self._show(item)


def decided(tx: Connection) -> list[Shown]:
    """Every decision, oldest first."""
    query = (
        select(
            turns.c.id,
            turns.c.surface,
            creators.c.name.label("creator"),
            followers.c.name.label("follower"),
            decisions.c.outcome,
            decisions.c.card,
            replies.c.text.label("reply"),
            replies.c.state.label("reply_state"),
        )
        .select_from(decisions)
        .join(turns, turns.c.id == decisions.c.turn_id)
        .join(creators, creators.c.id == turns.c.creator_id)
        .join(followers, followers.c.id == turns.c.follower_id)
        .outerjoin(replies, (replies.c.turn_id == turns.c.id) & (replies.c.surface == turns.c.surface))
        .order_by(decisions.c.created_at)
    )
    rows = tx.execute(query).all()
    asked: dict[str, list[str]] = {}
    texts = select(messages.c.turn_id, messages.c.text).where(messages.c.turn_id.is_not(None))
    for turn_id, text in tx.execute(texts.order_by(messages.c.sent_at)):
        asked.setdefault(turn_id, []).append(text)
    return [
        Shown(
            turn_id=row.id,
            creator=row.creator,
            follower=row.follower,
            surface=row.surface,
            asked=" / ".join(asked.get(row.id, [])),
            outcome=row.outcome,
            reasons=tuple(row.card.get("reasons", ())),
            reply=row.reply or "",
            pending=(row.reply_state or "") in UNPOSTED,
        )
        for row in rows
    ]
