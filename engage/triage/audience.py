"""Rules about who writes, and how much: no word of the text is read but for repetition. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from engage.models import Role, Surface, Turn
from engage.triage.normalise import fold, has_letters
from engage.triage.verdict import Decision, Policy

REPEATED_WITHIN = timedelta(hours=24)


def closed(turn: Turn, now: datetime) -> str | None:
    """Why this follower cannot be answered at all: bot, blocked, opted_out or may_not_reply."""
    if all(message.author.is_bot or message.author.is_self for message in turn.messages):
        return "bot"
    if turn.follower.blocked:
        return "blocked"
    if turn.follower.opted_out:
        return "opted_out"
    ends_at = turn.capabilities.window_ends_at
    if not turn.capabilities.may_reply or (ends_at is not None and ends_at <= now):
        return "may_not_reply"
    return None


def worn_out(turn: Turn, policy: Policy, now: datetime) -> tuple[Decision, str] | None:
    """Whether the exchange has gone on long enough: loop, fatigue or repeated."""
    if turn.avatar_depth > policy.max_depth:
        return (Decision.ESCALATE if turn.surface is Surface.DM else Decision.SKIP), "loop"
    if turn.follower.replies_last_hour >= policy.replies_per_hour:
        return Decision.SKIP, "fatigue"
    if _repeats(turn, now):
        return Decision.SKIP, "repeated"
    return None


def over_budget(turn: Turn, policy: Policy) -> tuple[Decision, str] | None:
    """Whether the creator's avatar has said enough this hour. A direct message is left to a person."""
    if not 0 < policy.creator_replies_per_hour <= turn.creator_replies_last_hour:
        return None
    return (Decision.ESCALATE if turn.surface is Surface.DM else Decision.SKIP), "creator_budget"


def _repeats(turn: Turn, now: datetime) -> bool:
    """The same words as in an earlier line. One word ("hi", "thanks") may come again once."""
    said = _skeleton(turn.text)
    times = sum(line == said for line in _earlier(turn, now))
    return times > (0 if " " in said or len(said) > 12 else 1)


def _earlier(turn: Turn, now: datetime) -> Iterator[str]:
    for line in turn.history:
        if line.role is Role.FOLLOWER and (line.at is None or now - line.at < REPEATED_WITHIN):
            yield _skeleton(line.text)
    yield from map(_skeleton, turn.follower.recent_texts)


def _skeleton(text: str) -> str:
    words = "".join(letter if letter.isalnum() or letter.isspace() else " " for letter in fold(text)).split()
    return " ".join(words) if has_letters(text) else text.strip()
