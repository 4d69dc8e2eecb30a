"""Claimed replies that may not be sent yet: back in line, as they were before the claim."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Connection, bindparam, case, func, null, or_, update

from engage.ledger.sendings import Sending
from engage.ledger.tables import modes, replies
from engage.ledger.types import UtcDateTime


@dataclass(frozen=True, slots=True)
class Waiting:
    """A claimed reply without a permit. `due_at`: when it is its turn; None: it keeps its place in line."""

    sending: Sending
    reason: str
    due_at: datetime | None = None


_BACK = (
    update(replies)
    .where(replies.c.id == bindparam("that"), replies.c.lease_owner == bindparam("owner"))
    .where(replies.c.state == "sending")
    .values(
        state="due",
        attempts=replies.c.attempts - 1,
        first_sent_at=case((bindparam("fresh", type_=Boolean), null()), else_=replies.c.first_sent_at),
        due_at=func.coalesce(bindparam("at", type_=UtcDateTime), replies.c.due_at),
        reason=bindparam("why"),
        lease_owner=None,
        lease_until=None,
    )
)


def put_back(tx: Connection, waiting: Sequence[Waiting]) -> None:
    """Nothing was sent and no attempt is used. Rows that another took meanwhile stay as they are."""
    rows = [
        {
            "that": one.sending.outgoing.id,
            "owner": one.sending.owner,
            "fresh": one.sending.fresh,
            "at": one.due_at,
            "why": one.reason,
        }
        for one in waiting
    ]
    if rows:
        tx.execute(_BACK, rows)


def pace(tx: Connection, account_id: str, surfaces: Collection[str], until: datetime) -> None:
    """Let no worker claim what is due there before then."""
    where = (modes.c.account_id == account_id, modes.c.surface.in_(surfaces))
    later = or_(modes.c.paced_until.is_(None), modes.c.paced_until < until)
    tx.execute(update(modes).where(*where, later).values(paced_until=until))
