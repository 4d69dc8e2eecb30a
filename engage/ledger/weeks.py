"""What the avatar wrote for a creator, week by week: the newest of each week, as it was drafted."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from engage.ledger.tables import decisions, replies
from engage.models import Disclosure, Surface

WEEKS = 8
EACH = 300  # newest replies of a week that are looked at


@dataclass(frozen=True, slots=True)
class Drafted:
    """A posted automated reply. text: its draft, without the disclosure."""

    turn_id: str
    surface: Surface
    language: str
    text: str


def drafted(tx: Connection, creator_id: str, now: datetime, weeks: int = WEEKS) -> list[tuple[date, list[Drafted]]]:
    """(Monday of the week in UTC, posted automated replies), newest week first."""
    starts = [monday_of(now) - timedelta(weeks=n) for n in range(weeks)]
    return [(start.date(), _drafts(tx, creator_id, start, start + timedelta(weeks=1))) for start in starts]


def monday_of(now: datetime) -> datetime:
    """When the week began."""
    return (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)


def _drafts(tx: Connection, creator_id: str, start: datetime, end: datetime) -> list[Drafted]:
    query = (
        select(decisions.c.turn_id, decisions.c.card, replies.c.surface)
        .join(replies, replies.c.turn_id == decisions.c.turn_id)
        .where(
            replies.c.creator_id == creator_id,
            replies.c.created_at >= start,
            replies.c.created_at < end,
            replies.c.state == "sent",
            replies.c.disclosure != Disclosure.PERSON.value,
        )
        .order_by(replies.c.created_at.desc())
        .limit(EACH)
    )
    return [
        Drafted(row.turn_id, Surface(row.surface), row.card.get("language") or "", row.card["draft"])
        for row in tx.execute(query)
        if row.card.get("draft")
    ]
