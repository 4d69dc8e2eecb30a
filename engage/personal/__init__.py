"""Personal data in a text: who can be reached by it, and what they pay with. Pure.

The one home of these patterns: logs are masked with them, public replies are held against them, and what is learnt from
followers loses them. Checksums and the words around a number tell it from a price, a date or the number of a model.
"""

from collections.abc import Callable, Collection, Iterator

from engage.personal import addresses, contacts, payments
from engage.personal.kinds import Kind, Span

__all__ = ["CONTACTS", "PAYMENTS", "Kind", "Span", "find", "mask"]

CONTACTS = frozenset({Kind.MAIL, Kind.PHONE, Kind.ADDRESS})
PAYMENTS = frozenset({Kind.CARD, Kind.IBAN, Kind.SSN})
_WIDE = str.maketrans("０１２３４５６７８９＠＋－（）．", "0123456789@+-().")
# In the order in which they take what several would have: what a checksum proves comes first.
_FINDERS: tuple[Callable[[str], Iterator[Span]], ...] = (
    contacts.mails,
    payments.ibans,
    payments.cards,
    payments.social_security_numbers,
    contacts.phones,
    addresses.streets,
)


def find(text: str) -> list[Span]:
    """What a text holds, in its order, nothing twice."""
    text = text.translate(_WIDE)
    found: list[Span] = []
    for finder in _FINDERS:
        found += [span for span in finder(text) if not any(span.meets(other) for other in found)]
    return sorted(found, key=lambda span: span.start)


def mask(text: str, kinds: Collection[Kind] = frozenset(Kind)) -> str:
    """The text with `[phone]` and the like in place of what was found."""
    for span in reversed(find(text)):
        if span.kind in kinds:
            text = f"{text[: span.start]}[{span.kind}]{text[span.end :]}"
    return text
