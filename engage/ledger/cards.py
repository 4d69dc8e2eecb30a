"""Decisions as rows: which state an outcome ends a turn in, and the card that says why."""

from datetime import datetime
from typing import Any

from sqlalchemy import Row

from engage.models import Answer, Escalate, Mode, Outcome, Skip

ENDED_AS = {Answer: "answered", Skip: "skipped", Escalate: "escalated"}
CARD_NAME = {Answer: "answer", Skip: "skip", Escalate: "escalate"}


def decision(turn: Row[Any], outcome: Outcome, mode: Mode, now: datetime) -> dict[str, Any]:
    """The decisions row of a turn."""
    return {
        "turn_id": turn.id,
        "creator_id": turn.creator_id,
        "outcome": CARD_NAME[type(outcome)],
        "mode": mode.value,
        "card": outcome.card,
        "open": isinstance(outcome, Escalate),
        "created_at": now,
    }
