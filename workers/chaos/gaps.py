"""The moments between two steps of a reply, and who is in the middle of them: where a kill is aimed."""

import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import Connection, func, select

from engage.ledger.tables import messages, replies, turns
from workers.chaos.model import mark_of
from workers.chaos.theatre import Theatre

LOOK_SECONDS = 0.004
PATIENCE_SECONDS = 10.0
# A claimed turn, a model call, a reply in the outbox, one that is being sent, one that the platform has committed.
GAPS = ("claimed", "answering", "due", "sending", "committed")


async def victim(theatre: Theatre, gap: str) -> int | None:
    """Waits for a moment inside the gap. Returns the pid of the worker in it, None where none came."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        pid = await _in_gap(theatre, gap)
        if pid is not None:
            return pid
        await asyncio.sleep(LOOK_SECONDS)
    return None


async def _in_gap(theatre: Theatre, gap: str) -> int | None:
    if gap in ("claimed", "answering"):
        held = await theatre.read(_answering)
        return _first(theatre, [owner for owner, who in held if (who in theatre.model.calls) == (gap == "answering")])
    if gap == "due":
        due, workers = await theatre.read(_is_any_due), theatre.pids("worker")
        return theatre.chance.choice(workers) if workers and due else None
    out = await theatre.read(_sending)
    if gap == "committed":
        shown = await theatre.shown() if out and await _is_ahead(theatre) else set()
        out = [(owner, message) for owner, message in out if message in shown]
    return _first(theatre, [owner for owner, _ in out])


def _first(theatre: Theatre, owners: Sequence[str]) -> int | None:
    """The first that lives: what the dead held stays theirs until the lease is over."""
    pids = (int(owner.split(":")[-2]) for owner in owners)
    return next((pid for pid in pids if pid not in theatre.out), None)


async def _is_ahead(theatre: Theatre) -> bool:
    """The network shows more replies than the ledger knows to be sent."""
    sent = await theatre.read(_count_sent)
    return int((await theatre.net.stats())["replies"]) > sent


def _answering(tx: Connection) -> list[tuple[str, str]]:
    """Owner and follower of the turns that are being answered, the latest first."""
    query = select(turns.c.lease_owner, messages.c.text).join(messages, messages.c.turn_id == turns.c.id)
    rows = tx.execute(query.where(turns.c.state == "answering").order_by(turns.c.id.desc()))
    return [(owner, mark_of(text)) for owner, text in rows]


def _sending(tx: Connection) -> list[tuple[str, str]]:
    """Owner of each reply on its way and the message it answers, the latest first."""
    query = select(replies.c.lease_owner, replies.c.in_reply_to).where(replies.c.state == "sending")
    return [(owner, message) for owner, message in tx.execute(query.order_by(replies.c.id.desc()))]


def _is_any_due(tx: Connection) -> bool:
    return tx.execute(select(replies.c.id).where(replies.c.state == "due").limit(1)).first() is not None


def _count_sent(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).where(replies.c.state == "sent")).scalar_one())
