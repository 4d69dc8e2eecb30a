"""Questions that the creator's words did not answer: what suggestions for the FAQ are made of. Read only."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, or_, select

from engage.ledger.conversations import living_of
from engage.ledger.tables import decisions, followers, turns
from engage.models import Surface

# On a decision card: nothing the creator said answers it, or what was written does not stand on what they said.
REASONS = ("unsupported", "ungrounded", "declined")
COURTESIES = ("greeting", "praise", "thanks")  # with one of these it was no question
MOST = 2_000  # questions
LOOKED_AT = 20_000  # decisions that left something unanswered: most of them for other reasons, in a flood of spam


@dataclass(frozen=True, slots=True)
class Asked:
    """One turn that was left unanswered for want of the creator's words."""

    turn_id: str
    follower_id: str
    names: tuple[str, ...]  # of the follower
    surface: Surface
    language: str
    text: str
    at: datetime


def unanswered(tx: Connection, creator_id: str, since: datetime) -> list[Asked]:
    """The newest, MOST at most. What a person answered by hand since is not among them."""
    rows = tx.execute(_newest(creator_id, since)).all()
    living = living_of(tx, [row.id for row in rows])
    return [
        Asked(
            turn_id=row.id,
            follower_id=row.follower_id,
            names=(row.name, row.platform_user_id),
            surface=Surface(row.surface),
            language=row.language or "",
            text="\n".join(message.text for message in living[row.id]),
            at=row.opened_at,
        )
        for row in rows
        if row.id in living
    ]


def newest_decision(tx: Connection, creator_id: str) -> datetime | None:
    """When something was last decided: before that nothing new can be unanswered."""
    query = select(func.max(decisions.c.created_at)).where(decisions.c.creator_id == creator_id)
    return tx.execute(query).scalar_one_or_none()


def _newest(creator_id: str, since: datetime) -> Any:
    left = select(decisions.c.turn_id, decisions.c.card, decisions.c.created_at)
    left = left.where(decisions.c.creator_id == creator_id, decisions.c.created_at >= since)
    left = left.where(decisions.c.outcome.in_(("skip", "escalate")))
    near = left.order_by(decisions.c.created_at.desc()).limit(LOOKED_AT).subquery()
    reasons = near.c.card["reasons"].as_string()  # a JSON list as text
    query = select(turns.c.id, turns.c.follower_id, turns.c.surface, turns.c.opened_at)
    query = query.add_columns(followers.c.name, followers.c.platform_user_id)
    query = query.add_columns(near.c.card["language"].as_string().label("language"))
    query = query.join(near, near.c.turn_id == turns.c.id).join(followers, followers.c.id == turns.c.follower_id)
    query = query.where(or_(*(reasons.contains(f'"{word}"') for word in REASONS)))
    query = query.where(*(~reasons.contains(f'"{word}"') for word in COURTESIES))
    query = query.where(turns.c.state.in_(("skipped", "escalated")))
    return query.order_by(near.c.created_at.desc(), turns.c.id.desc()).limit(MOST)
