"""The private reply beside a public one: a second row of the outbox, to the follower alone.

It stands in the conversation of the comment it answers, on the surface of direct messages: by that it is known.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from engage.ledger.among import among
from engage.ledger.creators import SurfaceMode
from engage.ledger.outbox import recall_unposted, reply_row
from engage.ledger.tables import conversations, messages, replies, turns
from engage.models import Mode, Reply, Surface

AGAIN = timedelta(hours=24)  # a follower gets no second one within this time, however much they write
_GIVEN = ("held", "due", "sending", "uncertain", "sent")


def mode_of(public: SurfaceMode, direct: SurfaceMode) -> SurfaceMode | None:
    """The more careful of both surfaces' modes; None where the creator has no direct messages written."""
    modes = (public.mode, direct.mode)
    if not all(mode in (Mode.REVIEW, Mode.AUTO) for mode in modes):
        return None
    return SurfaceMode(Mode.REVIEW if Mode.REVIEW in modes else Mode.AUTO, max(public.undo, direct.undo))


def row_of(
    turn: Row[Any], in_reply_to: str, reply: Reply, mode: SurfaceMode, expires_at: datetime, now: datetime
) -> dict[str, Any]:
    """It as it is stored. It has a line of its own: neither does it wait for others in the thread, nor they for it."""
    row = reply_row(turn, in_reply_to, reply, mode, expires_at, now)
    return {**row, "surface": Surface.DM.value, "order_key": f"{turn.conversation_id}:{turn.follower_id}"}


def is_beside(tx: Connection, reply: Row[Any]) -> bool:
    """Whether a row of the outbox is one: its turn is of another surface."""
    return bool(tx.execute(select(turns.c.surface).where(turns.c.id == reply.turn_id)).scalar_one() != reply.surface)


def spoken_to(tx: Connection, follower_ids: Collection[str], now: datetime) -> frozenset[str]:
    """Those of the followers who had one within AGAIN, or to whom a person is writing in private now."""
    if not follower_ids:
        return frozenset()
    had = select(replies.c.follower_id).join(turns, turns.c.id == replies.c.turn_id)
    had = had.where(among(replies.c.follower_id, follower_ids), replies.c.created_at > now - AGAIN)
    had = had.where(turns.c.surface != replies.c.surface, replies.c.state.in_(_GIVEN))
    talk = select(messages.c.follower_id).join(conversations, conversations.c.id == messages.c.conversation_id)
    talk = talk.where(among(messages.c.follower_id, follower_ids))
    talk = talk.where(conversations.c.surface == Surface.DM.value, conversations.c.human_until > now)
    return frozenset(follower_id for query in (had, talk) for follower_id in tx.execute(query).scalars())


def recall(tx: Connection, account_id: str, surface: Surface, reason: str) -> int:
    """Withdraw those beside replies on a surface, as they are withdrawn. Returns how many."""
    query = select(replies.c.id).join(turns, turns.c.id == replies.c.turn_id)
    beside = (replies.c.account_id == account_id, turns.c.surface == surface.value, replies.c.surface != surface.value)
    ids = tx.execute(query.where(*beside, replies.c.state.in_(("held", "due")))).scalars().all()
    return sum(len(recall_unposted(tx, reason, id=reply_id)) for reply_id in ids)
