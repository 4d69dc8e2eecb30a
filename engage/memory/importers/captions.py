"""Timed lines of speech: marks of sounds taken out, rolling captions unrolled, lines joined to running text. Pure."""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

PAUSE = 3.0  # seconds of silence that end a paragraph
_TOUCH = 0.1  # seconds: captions further apart are no rolling ones
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>|<\d[\d:.]*>|\{\\[^{}\n]*\}")
_SOUND = re.compile(r"[\[［【][^\[\]［］【】\n]{0,60}[\]］】]")
_ASIDE = re.compile(r"[*(（][^*()（）\n]{0,60}[*)）]")
_SONG = re.compile("[♪♫♬]")  # the words of a song are seldom the speaker's
_SPACES = re.compile(r"[ \t\u00a0\u200b\u3000]+")
_UNSPACED = "[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]"  # written without spaces: where lines meet there is none
_BETWEEN = re.compile(f"(?<={_UNSPACED}) (?={_UNSPACED})")


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a caption. speaker: who begins to speak; "" somebody without a name, None nobody new. Seconds."""

    start: float
    end: float
    text: str
    speaker: str | None = None


def words_of(marked: str) -> str:
    """A line's words without tags and what stands for sounds; "" where nothing is said."""
    text = _SPACES.sub(" ", _SOUND.sub(" ", html.unescape(_TAG.sub("", marked)))).strip()
    return "" if _SONG.search(text) or _ASIDE.fullmatch(text) else text


def unrolled(captions: Iterable[Sequence[Line]]) -> list[Line]:
    """Each line once: a rolling caption shows again what the one before it showed, and may grow word by word."""
    shown: Sequence[Line] = ()
    kept: list[Line] = []
    for caption in captions:
        if not caption:
            continue
        rolls = bool(shown) and caption[0].start - shown[-1].end <= _TOUCH
        again = _overlap(shown, caption) if rolls else 0
        if again:
            kept[-1] = replace(kept[-1], text=caption[again - 1].text)
        kept.extend(caption[again:])
        shown = caption
    return kept


def running(lines: Sequence[Line]) -> str:
    """The lines as running text; a new paragraph after a pause."""
    parts: list[str] = []
    before: Line | None = None
    for line in lines:
        if before:
            parts.append("\n" if line.start - before.end >= PAUSE else " ")
        parts.append(line.text)
        before = line
    return _BETWEEN.sub("", "".join(parts))


def _overlap(shown: Sequence[Line], caption: Sequence[Line]) -> int:
    """How many lines of a caption were shown before; the last of them may have grown."""
    for size in range(min(len(shown), len(caption)), 0, -1):
        *before, last = zip(shown[-size:], caption, strict=False)
        if all(_is_same(old, new) for old, new in before) and (_is_same(*last) or _grows(*last)):
            return size
    return 0


def _is_same(old: Line, new: Line) -> bool:
    return old.text == new.text and _is_one(old, new)


def _grows(old: Line, new: Line) -> bool:
    return new.text.startswith(f"{old.text} ") and old.text[-1] not in ".!?…,;:" and _is_one(old, new)


def _is_one(old: Line, new: Line) -> bool:
    """Two may say the same, one after the other."""
    return not (old.speaker and new.speaker) or old.speaker == new.speaker
