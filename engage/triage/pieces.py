"""The words, marks and single letters that a text is made of. Pure."""

import re

from engage.triage.normalise import fold, plain, without_links
from engage.triage.signs import with_signs

EDGE = "▁"  # stands for the blank between two words, so that a run of letters can be read in a file
_READ = 1200  # characters: more would cost time, and what a text is shows before
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_MARKS = r"!-&(-/:-@\[-`{-~¡¿«»“”„…、。，！？；：「」।॥،؟؛"
_PIECE = re.compile(rf"[{_UNSPACED}]|[^\s{_MARKS}{_UNSPACED}]+|[!?\"«»“”„「」*]")
_UNSPACED_LETTER = re.compile(rf"[{_UNSPACED}]")


def pieces(text: str, *, signs: bool = False) -> list[str]:
    """The words, marks and letters of a text, in order, with tricks of writing undone, without links and mentions.

    signs: these stand as signs for what they are.
    """
    read = text[:_READ]
    return split(plain(fold(with_signs(read) if signs else without_links(read))))


def split(plain_text: str) -> list[str]:
    """The pieces of a text in its plain view; scripts without blanks are taken apart into letters."""
    return _PIECE.findall(plain_text)


def glued(found: list[str]) -> str:
    """Words with an edge between them; letters of scripts without blanks stand side by side, as they were written."""
    parts: list[str] = []
    before = ""
    for piece in found:
        joined = not before or (_UNSPACED_LETTER.match(before) and _UNSPACED_LETTER.match(piece))
        parts.append(piece if joined else EDGE + piece)
        before = piece
    return "".join(parts)
