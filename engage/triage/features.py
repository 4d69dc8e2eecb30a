"""What a linear model sees of a text: its words and runs of letters, each once, as anyone may read them. Pure.

A text is read in its plain view (look-alikes, leetspeak and spaced-out letters undone), without links and mentions, and
taken apart into words, marks and, in scripts without blanks, single letters.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from engage.triage.normalise import fold, plain, without_links
from engage.triage.signs import with_signs

EDGE = "▁"  # stands for the blank between two words, so that a run of letters can be read in a file
WORD, RUN = "w ", "c "  # what a feature's name begins with
_READ = 1200  # characters: more would cost time, and what a text is shows before
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_MARKS = r"!-&(-/:-@\[-`{-~¡¿«»“”„…、。，！？；：「」।॥،؟؛"
_PIECE = re.compile(rf"[{_UNSPACED}]|[^\s{_MARKS}{_UNSPACED}]+|[!?\"«»“”„「」*]")
_UNSPACED_LETTER = re.compile(rf"[{_UNSPACED}]")


@dataclass(frozen=True, slots=True)
class Shape:
    """Which runs are looked at: up to `words` words, and from `shortest` to `longest` letters.

    few: a text with fewer runs of a sort counts as if it had so many: one word alone says little. signs: addresses,
    sums and handles are seen, as signs for what they are.
    """

    words: int = 3
    shortest: int = 2
    longest: int = 5
    few: int = 1
    signs: bool = False


def pieces(text: str, *, signs: bool = False) -> list[str]:
    """The words, marks and letters of a text, in order."""
    read = text[:_READ]
    return _PIECE.findall(plain(fold(with_signs(read) if signs else without_links(read))))


@lru_cache(maxsize=8)  # several models look at the same text, one after the other
def features(text: str, shape: Shape) -> tuple[list[str], list[str]]:
    """The names of the runs of words in a text, and of those of letters, each once. They must not be changed."""
    found = pieces(text, signs=shape.signs)
    return list(dict.fromkeys(_words(found, shape.words))), list(dict.fromkeys(_letters(found, shape)))


def _words(found: list[str], longest: int) -> Iterator[str]:
    edged = [EDGE, *found, EDGE]  # that a word opens or closes a text says something
    for length in range(1, longest + 1):
        for start in range(len(edged) - length + 1):
            if length > 1 or edged[start] is not EDGE:
                yield WORD + " ".join(edged[start : start + length])


def _letters(found: list[str], shape: Shape) -> Iterator[str]:
    text = EDGE + _glued(found) + EDGE
    for length in range(shape.shortest, shape.longest + 1):
        for start in range(len(text) - length + 1):
            yield RUN + text[start : start + length]


def _glued(found: list[str]) -> str:
    """Words with an edge between them; letters of scripts without blanks stand side by side, as they were written."""
    parts: list[str] = []
    for before, piece in zip(["", *found], found, strict=False):
        joined = not before or (_UNSPACED_LETTER.match(before) and _UNSPACED_LETTER.match(piece))
        parts.append(piece if joined else EDGE + piece)
    return "".join(parts)
