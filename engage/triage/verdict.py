"""What triage is told and what it says."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from engage.models import Age


class Decision(StrEnum):
    """What should happen to a turn."""

    ANSWER = "answer"
    SKIP = "skip"
    ESCALATE = "escalate"


class Intent(StrEnum):
    """What the follower is doing."""

    QUESTION = "question"
    REQUEST = "request"  # asks for something without a question
    PRAISE = "praise"
    THANKS = "thanks"
    GREETING = "greeting"
    CHATTER = "chatter"  # says something and asks nothing


ASKS = frozenset({Intent.QUESTION, Intent.REQUEST})


class FixedText(StrEnum):
    """Replies that are never generated. The value is the key in compose/data: disclosure, remembering, service."""

    CRISIS = "crisis"
    BOT = "bot"
    HUMAN = "human"
    KNOWN = "known"  # what is remembered of the follower, who asked for it in private
    NOTHING_KNOWN = "nothing_known"
    KNOWN_IN_PRIVATE = "known_in_private"  # asked for in public
    MINOR = "minor"  # to who says to be under 18: this is no person
    CHILD = "child"  # to who says to be under 13, beside the person who is told
    FORGOTTEN = "forgotten"
    SERVICE = "service"  # a complaint about an order, or an order, in public
    SERVICE_PRIVATE = "service_private"  # beside it, to the follower alone
    FORGOTTEN_HERE = "forgotten_here"  # asked for in public, where a platform may know them by another id


FORGET_ME = "forget_me"  # the reason on the card of a turn whose follower wants to be forgotten: the ledger does it


TOLD_AGE = (
    "told_age_"  # with "minor" or "child", the reason by which the ledger notes what a follower said of their age
)


LABELS = ("injection", "spam", "abuse", "self_harm", "restricted")


@dataclass(frozen=True, slots=True)
class Policy:
    """The limits the avatar keeps. One value per installation; personas add their own topics and links."""

    replies_per_hour: int = 20  # to one follower
    creator_replies_per_hour: int = 0  # to all of a creator's followers; 0: no limit
    max_depth: int = 8  # replies of ours in a row before a person should look
    thresholds: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(LABELS, 0.5))
    sure: float = 0.8  # from here on a direct message is skipped instead of shown to a person
    languages: tuple[str, ...] = ()  # answered languages; empty: any
    disclose_after: timedelta = timedelta(hours=24)  # of silence
    passages: int = 6  # recalled for one turn
    price_in: float = 0.0  # of a million tokens
    price_out: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The result of triage.

    labels: every label with its score, 0..1; flags: the labels over their threshold; language: ISO 639-1.
    fixed_text: where set, it is the reply (or, when escalated, what is sent meanwhile).
    private_text: is sent to the follower alone, beside it.
    age: what the follower says now or said before.
    """

    decision: Decision
    reasons: tuple[str, ...]
    labels: Mapping[str, float] = field(default_factory=dict)
    flags: tuple[str, ...] = ()
    language: str = ""
    intent: Intent = Intent.CHATTER
    fixed_text: FixedText | None = None
    private_text: FixedText | None = None
    age: Age = Age.UNKNOWN

    @property
    def asks(self) -> bool:
        """The follower wants to know or to get something, so facts are needed."""
        return self.intent in ASKS
