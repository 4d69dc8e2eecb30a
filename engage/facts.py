"""What a follower told the avatar about themselves. Plain values, no I/O."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class FactKind(StrEnum):
    """What kind of fact it is."""

    NAME = "name"  # what they want to be called
    PREFERENCE = "preference"  # in their own words: "I prefer decaf"
    QUESTION = "question"  # what they asked, as they asked it


MOST = {FactKind.NAME: 1, FactKind.PREFERENCE: 12, FactKind.QUESTION: 7}  # of one follower; newer ones push out older


@dataclass(frozen=True, slots=True)
class Fact:
    """One fact. message_id: the platform's id of the direct message it was told in; expires_at: forgotten then."""

    kind: FactKind
    value: str
    message_id: str
    told_at: datetime
    expires_at: datetime
