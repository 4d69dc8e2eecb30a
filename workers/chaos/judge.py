"""What was lost or said twice: the network held against the ledger. Pure but for its one query."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, select

from engage.ledger.sendings import NEVER
from engage.ledger.tables import deliveries, drafts, replies, turns
from workers.demo.account import OPEN, Fate

ENDED = {"", "sent", "uncertain", "expired", "dead", "refused", "recalled", "held"}
GIVEN_UP = {"expired", "dead", "refused", "recalled"}


def is_over(tx: Connection) -> bool:
    """Nothing moves any more; what only the creator can settle may stay."""
    waiting = (
        select(func.count()).where(deliveries.c.state == "received"),
        select(func.count()).where(turns.c.state.in_(OPEN)),
        select(func.count()).where(replies.c.state.in_(("due", "sending"))),
        select(func.count()).where(replies.c.state == "uncertain", replies.c.due_at < NEVER),
    )
    return not any(tx.execute(query).scalar_one() for query in waiting)


def uncertain(tx: Connection) -> list[dict[str, Any]]:
    """Every reply whose fate is open, with what is known."""
    rows = tx.execute(select(replies).where(replies.c.state == "uncertain").order_by(replies.c.id))
    return [
        {
            "reply": row.id,
            "in_reply_to": row.in_reply_to,
            "attempts": row.attempts,
            "first_sent_at": row.first_sent_at.isoformat() if row.first_sent_at else None,
            "reason": row.reason,
        }
        for row in rows
    ]


def written_twice(tx: Connection) -> int:
    """Turns whose text was written again although a reply of theirs was stored: a failed send must never do that."""
    finished = select(drafts.c.turn_id).where(~drafts.c.stale).group_by(drafts.c.turn_id).having(func.count() > 1)
    return int(tx.execute(select(func.count()).select_from(finished.subquery())).scalar_one())


def verdict(
    written: Sequence[str], shown: Sequence[Mapping[str, Any]], known: Mapping[str, Fate], unsettled: int, again: int
) -> dict[str, Any]:
    """The counts. lost: written by a follower, and the ledger has no end for it, or says "sent" and nobody sees it."""
    replies_of = {message["id"]: [one for one in message["replies"] if not one["deleted"]] for message in shown}
    unseen = [key for key in written if key in known and known[key].reply_state == "sent" and not replies_of.get(key)]
    lost = [key for key in written if not _has_ended(known.get(key))] + unseen
    twice = [key for key in written if len(replies_of.get(key, [])) > 1]
    silent = Counter(_silence(known[key]) for key in written if key in known and not replies_of.get(key))
    return {
        "events": len(written),
        "lost": len(lost),
        "duplicates": sum(len(replies_of[key]) - 1 for key in twice) + again,
        "uncertain": unsettled,
        "answered": sum(bool(replies_of.get(key)) for key in written),
        "unanswered": dict(silent),
        "sent_but_unseen": len(unseen),
        "seen_but_given_up": [key for key in written if replies_of.get(key) and _is_given_up(known.get(key))],
        "lost_ids": lost[:20],
        "duplicate_ids": twice[:20],
    }


def _has_ended(fate: Fate | None) -> bool:
    return fate is not None and fate.outcome != "open" and fate.reply_state in ENDED


def _is_given_up(fate: Fate | None) -> bool:
    """The ledger says that nobody saw a reply."""
    return fate is not None and fate.reply_state in GIVEN_UP


def _silence(fate: Fate) -> str:
    return fate.reply_state or f"{fate.outcome}: {', '.join(fate.reasons)}"
