"""The name in "my name is Ana": the words behind the phrase, as far as they can be a name. Pure.

Better no name than a wrong one: where a name might go on, or might be another word, there is none.
"""

import re
import unicodedata

from engage.triage.normalise import fold
from engage.triage.words import phrases

LONGEST = 40  # characters
_WORDS = 3
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u9fff]")
_UNSPACED_LONGEST = {"\u0e00": 12, "\u3040": 10, "\u3400": 4}  # characters, by the first letter of the block
_HANGUL = re.compile("[\uac00-\ud7a3]")
_AND = "\u0648"  # Arabic writes "and" in one word with the next
_MARKS = " \"'“”«»„*_:-–—!.~…。！"


def name_in(rest: str, *, capital: bool = False) -> str:
    """The name that `rest` begins with; "" where it is none for sure. capital: it must be written with one."""
    rest = rest.strip(_MARKS)
    name = _unspaced(rest) if _UNSPACED.match(rest) else _spaced(rest, capital)
    return name if len(name) <= LONGEST and not any(letter.isdigit() for letter in name) else ""


def _unspaced(rest: str) -> str:
    """All of what is left, without its particles: a name is not told apart from a sentence any other way."""
    name = rest
    while found := _at_end(name):
        name = name[:found].rstrip(_MARKS)
    block = max(first for first in _UNSPACED_LONGEST if first <= rest[0])
    fits = 2 <= len(name) <= _UNSPACED_LONGEST[block] and all(map(_is_letter, name))
    return name if fits and not phrases("told", "name_not").search(fold(name)) else ""


def _at_end(name: str) -> int:
    """Where the last particle begins; 0: there is none."""
    folded = fold(name)
    if len(folded) != len(name):
        return 0
    return next((start for start in range(1, len(name)) if phrases("told", "name_end").fullmatch(folded[start:])), 0)


def _spaced(rest: str, capital: bool) -> str:
    words = rest.split()
    count = _length(words)
    if not count:
        return ""
    first = words[0]
    if not _has_case(first):
        ended = count == len(words) or _ends_name(words[count])
        return " ".join(words[:count]) if ended else ""
    if first[0].isupper():
        return " ".join(words[:1] if rest.isupper() else words[:count])
    return first if not capital and (len(words) == 1 or _ends_name(words[1])) else ""


def _length(words: list[str]) -> int:
    """How many of the first words can be the name."""
    if words and _HANGUL.match(words[0]):
        words[:] = [_unspaced_ending(words[0]), *words[1:]]
        return 1 if _is_name(words[0]) and len(words) == 1 else 0
    cased = bool(words) and _has_case(words[0])
    for count, word in enumerate(words[:_WORDS]):
        more = count > 0 and (_ends_name(word) or word.startswith(_AND) or (cased and not word[0].isupper()))
        if more or not _is_name(word.strip(_MARKS)):
            return count
        if word[-1] in _MARKS:
            words[count] = word.strip(_MARKS)
            return count + 1
    return min(len(words), _WORDS)


def _unspaced_ending(word: str) -> str:
    found = _at_end(word)
    return word[:found] if found else word


def _is_name(word: str) -> bool:
    wrong = phrases("told", "name_not", whole=True).match(fold(word)) or _ends_name(word)
    return not wrong and 0 < len(word) <= 20 and all(map(_is_letter, word)) and word[0] not in "'’-"


def _ends_name(word: str) -> bool:
    """Small words end a name. "Ho" and "De" may be part of one; only the English "I" is written large."""
    large = _has_case(word) and not word[0].islower() and not word.startswith("I")
    return not large and bool(phrases("told", "name_end", whole=True).match(fold(word)))


def _has_case(word: str) -> bool:
    return word[:1].lower() != word[:1].upper()


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LM" or letter in "'’-ー・"
