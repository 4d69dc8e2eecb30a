"""The moments between two steps of a reply, and who is in the middle of them."""

import asyncio
import time

from sqlalchemy import Connection, func, select

from engage.ledger.tables import replies, turns
from workers.chaos.theatre import Theatre

LOOK_SECONDS = 0.004
PATIENCE_SECONDS = 10.0
# What a worker may be killed between: claim and model call, model call and outbox, outbox and send, send and receipt.
GAPS = ("answering", "due", "sending", "committed")


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
    if gap == "answering":
        return _pid(await theatre.read(_owner_answering))
    if gap == "due":
        due, workers = await theatre.read(_is_any_due), theatre.pids("worker")
        return theatre.chance.choice(workers) if workers and due else None
    owner = await theatre.read(_owner_sending)
    if gap == "committed" and owner and not await _is_ahead(theatre):
        return None
    return _pid(owner)


async def _is_ahead(theatre: Theatre) -> bool:
    """The network shows more replies than the ledger knows to be sent."""
    sent = await theatre.read(_count_sent)
    return int((await theatre.net.stats())["replies"]) > sent


def _pid(owner: str | None) -> int | None:
    return int(owner.split(":")[-2]) if owner else None


def _owner_answering(tx: Connection) -> str | None:
    return tx.execute(select(turns.c.lease_owner).where(turns.c.state == "answering").limit(1)).scalar_one_or_none()


def _owner_sending(tx: Connection) -> str | None:
    return tx.execute(select(replies.c.lease_owner).where(replies.c.state == "sending").limit(1)).scalar_one_or_none()


def _is_any_due(tx: Connection) -> bool:
    return tx.execute(select(replies.c.id).where(replies.c.state == "due").limit(1)).first() is not None


def _count_sent(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).where(replies.c.state == "sent")).scalar_one())
