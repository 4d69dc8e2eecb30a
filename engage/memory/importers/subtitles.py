"""Subtitles and captions of a recording (SRT, WebVTT): what the creator says in it, as one document.

How they are written: www.w3.org/TR/webvtt1; YouTube's automatic captions roll, see captions.py. Read 2026-11-27.
"""

import re
from collections.abc import Iterator

import pysubs2

from engage.memory.importers.caption_speakers import named, talk
from engage.memory.importers.captions import Line, unrolled, words_of
from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import Dropped, Said

HELP = "Subtitles and captions (SRT, WebVTT): a file a talk; where speakers are named, the creator's part of it"
_VTT = re.compile(r"WEBVTT(?:[ \t\r\n]|\Z)")
_SRT = re.compile(r"(?:\d+[ \t]*\r?\n)?\d{1,2}:\d\d:\d\d[,.]\d{1,3}[ \t]*-->[ \t]*\d{1,2}:\d\d:\d\d[,.]\d{1,3}")
_BLOCK = re.compile(r"(\n[ \t]*\n)(?:NOTE|STYLE|REGION)(?:[ \t][^\n]*)?\n(?:(?![ \t]*\n)[^\n]+(?:\n|\Z))*")
_NUMBER = re.compile(r"(\n[ \t]*\n)[^\n]+\n(?=[^\n]*-->)")  # or another name of a caption
_WORD_TIME = re.compile(r"<\d[\d:.]*>")
_VOICE = re.compile(r"<v(?:\.[^\s<>]*)?[ \t]+([^<>\n]*)>")
_DASH = re.compile(r"[-–—]\s*(?=\S)")


def sniff(sample: Sample) -> bool:
    """It begins as one of both does."""
    text = sample.text.lstrip()
    return bool(_VTT.match(text) or _SRT.match(text))


def read(source: Source) -> Iterator[Said | Dropped]:
    """What the creator says, and how many lines others do. Raises Unreadable where it does not tell who that is."""
    text = source.text.lstrip().replace("\r\n", "\n").replace("\r", "\n")
    kind = "vtt" if _VTT.match(text) else "srt"
    try:
        captions = pysubs2.SSAFile.from_string(_prepared(text), format_=kind, keep_html_tags=True)
    except ValueError:  # of times without hours, as in :00:01.000
        raise Unreadable(source.path, "a caption's time is broken: write it as 00:00:01.000") from None
    lines = unrolled(_lines(one.start / 1000, one.end / 1000, one.text.replace(r"\N", "\n")) for one in captions)
    yield from talk(source, named(lines, source.me))


def _prepared(text: str) -> str:
    """Without what pysubs2 takes for words: notes, names of captions, and lines with the times of two words."""
    return _NUMBER.sub(r"\1", _BLOCK.sub(r"\1", _WORD_TIME.sub("", text)))


def _lines(start: float, end: float, caption: str) -> list[Line]:
    """The lines with words. Where one person after the other speaks in a caption, each has a dash."""
    found: list[Line] = []
    parts = _VOICE.split(caption)
    for place in range(0, len(parts), 2):
        speaker: str | None = parts[place - 1].strip() if place else None
        for words in filter(None, map(words_of, parts[place].split("\n"))):
            found.append(Line(start, end, words, speaker))
            speaker = None
    if sum(_DASH.match(line.text) is not None for line in found) > 1:
        return [_turn(line) for line in found]
    return found


def _turn(line: Line) -> Line:
    dash = _DASH.match(line.text)
    return Line(line.start, line.end, line.text[dash.end() :], line.speaker or "") if dash else line


FORMAT = Format("subtitles", HELP, sniff, read, (".srt", ".vtt"))
