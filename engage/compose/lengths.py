"""How long a text is in a platform's unit, and cutting it where a reader would. Pure."""

from collections.abc import Sequence

import regex  # type: ignore[import-untyped]

from engage.memory.sentences import split_sentences
from engage.models import LengthUnit

_GRAPHEME = regex.compile(r"\X")
_ELLIPSIS = "…"
# X counts these code points once and all others twice, a link as 23 (twitter-text configuration, version 3).
_LIGHT = ((0, 4351), (8192, 8205), (8208, 8223), (8242, 8247))
_LINK = regex.compile(r"https?://\S+", regex.IGNORECASE)
_LINK_WEIGHT = 23


def measure(text: str, unit: LengthUnit) -> int:
    """The length of `text` in `unit`."""
    if unit is LengthUnit.BYTES:
        return len(text.encode("utf-8"))
    if unit is LengthUnit.UTF16:
        return len(text.encode("utf-16-le")) // 2
    if unit is LengthUnit.GRAPHEMES:
        return sum(1 for _ in _GRAPHEME.finditer(text))
    if unit is LengthUnit.WEIGHTED:
        return sum(_weight(part) for part in _LINK.split(text)) + _LINK_WEIGHT * len(_LINK.findall(text))
    return len(text)


def _weight(text: str) -> int:
    """An emoji counts two, however many code points make it up."""
    graphemes = (match[0] for match in _GRAPHEME.finditer(text))
    return sum(2 if _is_emoji(one) else sum(map(_weight_of, one)) for one in graphemes)


def _weight_of(letter: str) -> int:
    return 1 if any(first <= ord(letter) <= last for first, last in _LIGHT) else 2


def _is_emoji(grapheme: str) -> bool:
    return bool(regex.search(r"\p{Extended_Pictographic}|\p{Regional_Indicator}", grapheme))


def cut(text: str, limit: int, unit: LengthUnit) -> str:
    """The text within `limit`: whole sentences where one fits, else whole words and "…", else whole characters."""
    if measure(text, unit) <= limit:
        return text
    sentences = split_sentences(text)
    for count in range(len(sentences) - 1, 0, -1):
        shorter = _keep(text, sentences[:count])
        if measure(shorter, unit) <= limit:
            return shorter
    return _cut_words(text, limit, unit)


def _keep(text: str, sentences: Sequence[str]) -> str:
    """`text` up to the end of its first sentences, with the blanks it had between them."""
    end = 0
    for sentence in sentences:
        end = text.index(sentence, end) + len(sentence)
    return text[:end].strip()


def _cut_words(text: str, limit: int, unit: LengthUnit) -> str:
    room = limit - measure(_ELLIPSIS, unit)
    if room <= 0:
        return _fit(text, limit, unit)
    start = _fit(text, room, unit)
    words = start.rsplit(None, 1)[0] if " " in start and not text[len(start) :].startswith(" ") else start
    return words.rstrip(" ,;:-–—") + _ELLIPSIS


def _fit(text: str, limit: int, unit: LengthUnit) -> str:
    """As many whole graphemes as fit: no letter loses its accent, no flag becomes two letters."""
    used, end = 0, 0
    for grapheme in _GRAPHEME.finditer(text):
        used += measure(grapheme[0], unit)
        if used > limit:
            break
        end = grapheme.end()
    return text[:end]
