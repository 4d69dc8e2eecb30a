"""What personal data is told apart, and where it stands."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The value stands in masked texts."""

    MAIL = "email"
    PHONE = "phone"
    CARD = "card"
    IBAN = "iban"
    SSN = "ssn"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True)
class Span:
    """Where something of a kind begins and ends, in characters."""

    kind: Kind
    start: int
    end: int

    def meets(self, other: "Span") -> bool:
        return self.start < other.end and other.start < self.end
