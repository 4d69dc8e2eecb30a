"""A follower's words without who wrote them, whom they name, and how to reach anybody. Pure."""

import re
from collections.abc import Iterable

from engage import personal

_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_LONG = re.compile(r"(?<![\w.])(?!\d{4}-\d\d-\d\d\b)\+?\d(?:[\s().\-/]{0,2}\d){7,}(?!\w)")  # of an order, of a customer
_MENTION = re.compile(r"(?<![\w.])@[\w.\-]*\w")
_SIGNED = re.compile(r"\b(my name is|i am called|me llamo|mein name ist|je m'appelle|mi chiamo) \w+", re.IGNORECASE)
SHORTEST_NAME = 3  # letters: "Al" stands in too many words


def without_people(text: str, names: Iterable[str] = ()) -> str:
    """The text with masks for links, personal data, long numbers, handles, and these names, in any case."""
    text = personal.mask(_LINK.sub("[url]", text))
    for pattern, mask in ((_LONG, "[number]"), (_MENTION, "[name]")):
        text = pattern.sub(mask, text)
    text = _SIGNED.sub(r"\1 [name]", text)
    if parts := sorted({part for name in names for part in _parts(name)}, key=len, reverse=True):
        text = re.sub(rf"(?<!\w)(?:{'|'.join(map(re.escape, parts))})(?!\w)", "[name]", text, flags=re.IGNORECASE)
    return text


def _parts(name: str) -> list[str]:
    """A name whole, and its words: "Ana Costa" signs as Ana."""
    whole = name.strip().lstrip("@")
    words = [word for word in re.split(r"[\W_]+", whole) if len(word) >= SHORTEST_NAME and not word.isdigit()]
    return [whole, *words] if len(whole) >= SHORTEST_NAME else words
