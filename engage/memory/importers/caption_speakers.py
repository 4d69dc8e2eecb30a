"""Whose words captions are: by the names before them, and what the creator says in them as one document."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from engage.memory.importers.captions import Line, running
from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Me, Source
from engage.memory.importers.rows import OTHERS, Dropped, Said, clean
from engage.memory.importers.speakers import Speakers

_CHANGE = re.compile(r"(?:>>+|»)\s*")
_NAMED = re.compile(r"(?P<name>[^\W\d_][^:：\n<>()\[\]]{0,39}?)\s?(?::(?:\s+|\Z)|：)\s*(?P<rest>.*)", re.DOTALL)
_MOST_WORDS = 4  # of a name
_SUFFIX = re.compile(
    r"(?:(?:\.[a-z]{2,3}(?:-\w{2,8})*)?\.(?:srt|vtt|json3)|\.(?:json|txt|text|md|markdown))\Z", re.IGNORECASE
)
_VIDEO = re.compile(r"\s*\[([\w-]{11})\]\Z")  # as yt-dlp names what it saves
_UNNAMED = "its speakers change and have no names: write NAME: before what each says, and the creator's with --me NAME"


def named(lines: Sequence[Line], me: Me) -> list[Line]:
    """The lines with the speakers that stand before the words, as in `TILLY: Hello`, `>> Tilly: Hello`, `>> Hello`."""
    found = [_split(line) for line in lines]
    names = _names(found, me)
    return [
        line
        for before, (name, rest) in zip(lines, found, strict=True)
        if (line := _with_speaker(before, name if name in names else "", rest)).text
    ]


def talk(source: Source, lines: Sequence[Line]) -> Iterator[Said | Dropped]:
    """One document of what the creator says. Raises Unreadable where others speak and nobody is known to be them."""
    own = _own(source, lines)
    others = len(lines) - len(own)
    text = clean(running(own))
    if not text and not others:
        raise Unreadable(source.path, "nobody says anything in it: was the right file exported?")
    if text:
        title, url = title_of(source.file.name)
        yield Said(source.stem, text, title=title, url=url)
    if others:
        yield Dropped(source.path, OTHERS, others)


def title_of(name: str) -> tuple[str | None, str | None]:
    """What a recording is called by its file's name, and the video's address where that has its id."""
    stem = _SUFFIX.sub("", PurePosixPath(name).name)
    found = _VIDEO.search(stem)
    title = clean(_VIDEO.sub("", stem).replace("_", " "))
    return title or None, f"https://www.youtube.com/watch?v={found[1]}" if found else None


def _own(source: Source, lines: Sequence[Line]) -> list[Line]:
    marks = [line.speaker for line in lines if line.speaker is not None]
    if not any(marks):
        if len(marks) > 1:
            raise Unreadable(source.path, _UNNAMED)
        return list(lines)
    own: list[Line] = []
    speakers, current = Speakers(), ""
    for line in lines:
        current = current if line.speaker is None else line.speaker
        speakers.hear(current, mine=current in source.me)
        if current in source.me:
            own.append(line)
    if reason := speakers.refusal():
        raise Unreadable(source.path, reason)
    return own


def _split(line: Line) -> tuple[str, str]:
    """("" or a name, the words behind it)."""
    text = _CHANGE.sub("", line.text, count=1) if _CHANGE.match(line.text) else line.text
    found = _NAMED.fullmatch(text)
    return (found["name"].strip(), found["rest"].strip()) if found and is_name(found["name"]) else ("", text)


def is_name(text: str) -> bool:
    """Whether it may be the name of a speaker: few words, none of which begins small."""
    words = text.split()
    return 0 < len(words) <= _MOST_WORDS and not any(word[0].islower() for word in words)


def _names(found: Sequence[tuple[str, str]], me: Me) -> set[str]:
    """What is a name and no other word before a colon: it comes again, and others do too, or it begins the text."""
    counts = Counter(name for name, _ in found if name)
    names = {name for name, count in counts.items() if count > 1 or name in me or name.isupper()}
    first = next((name for name, _ in found), "")
    known = any(name in me for name in names)
    return names if known or len(names) > 1 or first in names else set()


def _with_speaker(line: Line, name: str, rest: str) -> Line:
    if name:
        return replace(line, text=rest, speaker=name)
    changes = _CHANGE.match(line.text)
    if changes and line.speaker is None:
        return replace(line, text=line.text[changes.end() :], speaker="")
    return line
