"""Personal data in a text: who can be reached by it, and what they pay with. Pure.

The one home of these patterns: logs are masked with them, public replies are held against them, and what is learnt from
followers loses them. Checksums and the words around a number tell it from a price, a date or the number of a model.
"""

import re
from collections.abc import Callable, Iterator

from engage.personal import addresses, contacts, payments
from engage.personal.kinds import Kind, Span

__all__ = ["CONTACTS", "Kind", "Span", "find", "is_payment", "mask"]

CONTACTS = frozenset({Kind.MAIL, Kind.PHONE, Kind.ADDRESS})
_WIDE = str.maketrans("０１２３４５６７８９＠＋－（）．", "0123456789@+-().")
_DIGIT = re.compile(r"\d")
_AT = re.compile(r"@|\b(?:at|arroba)\b|corner", re.IGNORECASE)
_MANY_DIGITS = re.compile(r"\d(?:\D{0,3}\d){5}")  # fewer are neither a telephone's nor a card's
# In the order in which they take what several would have: what a checksum proves comes first. What a text must hold
# for each is looked for before: most texts hold nothing.
_FINDERS: tuple[tuple[Callable[[str], Iterator[Span]], re.Pattern[str]], ...] = (
    (contacts.mails, _AT),
    (payments.ibans, _DIGIT),
    (payments.cards, _MANY_DIGITS),
    (payments.social_security_numbers, _MANY_DIGITS),
    (contacts.phones, _MANY_DIGITS),
    (addresses.streets, _DIGIT),
)


def find(text: str) -> list[Span]:
    """What a text holds, in its order, nothing twice."""
    text = text.translate(_WIDE)
    found: list[Span] = []
    for finder, needed in _FINDERS:
        if needed.search(text):
            found += [span for span in finder(text) if not any(span.meets(other) for other in found)]
    return sorted(found, key=lambda span: span.start)


def is_payment(text: str) -> bool:
    """Whether it holds a number that somebody pays with, or is known to the state by."""
    text = text.translate(_WIDE)
    finders = (payments.ibans, payments.cards, payments.social_security_numbers)
    return _DIGIT.search(text) is not None and any(True for finder in finders for _ in finder(text))


def mask(text: str) -> str:
    """The text with `[phone]` and the like in place of what was found."""
    for span in reversed(find(text)):
        text = f"{text[: span.start]}[{span.kind}]{text[span.end :]}"
    return text
