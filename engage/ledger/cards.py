"""Decisions as rows: which state an outcome ends a turn in, and the card that says why."""

from collections.abc import Mapping
from dataclasses import asdict
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
        "card": _plain(asdict(outcome.card)),
        "open": isinstance(outcome, Escalate),
        "created_at": now,
    }


def _plain(value: Any) -> Any:
    """JSON-ready: times as ISO 8601."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
