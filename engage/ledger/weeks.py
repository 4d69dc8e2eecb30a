"""What the avatar wrote for a creator, week by week: the newest of each week, as it was drafted."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from engage.ledger.tables import decisions, replies
from engage.models import Disclosure

WEEKS = 8
EACH = 300  # newest replies of a week that are looked at


def written(tx: Connection, creator_id: str, now: datetime, weeks: int = WEEKS) -> list[tuple[date, list[str]]]:
    """(Monday of the week in UTC, drafts without their disclosure) of posted automated replies, newest week first."""
    this = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    starts = [this - timedelta(weeks=n) for n in range(weeks)]
    return [(start.date(), _drafts(tx, creator_id, start, start + timedelta(weeks=1))) for start in starts]


def _drafts(tx: Connection, creator_id: str, start: datetime, end: datetime) -> list[str]:
    query = (
        select(decisions.c.card)
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
    return [card["draft"] for card in tx.execute(query).scalars() if card.get("draft")]
