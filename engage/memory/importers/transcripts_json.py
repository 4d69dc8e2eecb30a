"""Transcripts that programs write as JSON: of Whisper and those around it, and YouTube's timed text (json3).

Layouts: openai/whisper, transcribe.py ({"text","segments":[{"start","end","text"}]}); m-bain/whisperX adds "speaker";
ggml-org/whisper.cpp, examples/cli ({"transcription":[{"offsets":{"from","to"},"text"}]}); json3 as players and yt-dlp
save it ({"wireMagic":"pb3","events":[{"tStartMs","segs":[{"utf8"}]}]}). Read 2026-11-27.
"""

import re
from collections.abc import Iterator
from typing import Any

from engage.memory.importers.caption_speakers import talk
from engage.memory.importers.captions import Line, unrolled, words_of
from engage.memory.importers.content import Unreadable
from engage.memory.importers.exchanges import Turn, exchanges
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import Dropped, Pair, Rejected, Said

HELP = "Transcripts as JSON (Whisper, whisper.cpp, WhisperX, YouTube's json3): a file a talk"
_OBJECT = re.compile(r"\s*\{")
_PARTS = (
    re.compile(r'"segments"\s*:\s*\[\s*\{[^{}]*"(?:start|end)"\s*:\s*[\d.]'),
    re.compile(r'"transcription"\s*:\s*\[\s*\{\s*"(?:timestamps|offsets)"\s*:'),
    re.compile(r'"events"\s*:\s*\[\s*\{[^{}\[]*"tStartMs"\s*:'),
)
_LONG_TEXT = re.compile(r'\s*\{\s*"text"\s*:\s*"(?:[^"\\\n]|\\.)*\\?\Z')  # longer than what is seen of the file


def sniff(sample: Sample) -> bool:
    """One object with a list of timed pieces, or of Whisper's form as far as its text is."""
    if not _OBJECT.match(sample.text):
        return False
    known = any(part.search(sample.text) for part in _PARTS)
    return known or (not sample.whole and _LONG_TEXT.match(sample.text) is not None)


def read(source: Source) -> Iterator[Said | Pair | Rejected | Dropped]:
    """What is said in it; where it tells speakers, the creator's part. Raises Unreadable."""
    value = source.json()
    found = value if isinstance(value, dict) else {}
    pieces = next((piece for key in _READERS if isinstance(piece := found.get(key), list)), None)
    if pieces is None:
        raise Unreadable(source.path, "no list of timed pieces in it: export it again, or save its text as .txt")
    reader = next(_READERS[key] for key in _READERS if isinstance(found.get(key), list))
    captions = [lines for place, piece in enumerate(pieces, start=1) if (lines := reader(piece, place))]
    lines = unrolled(captions)
    if any(line.speaker for line in lines):
        yield from exchanges(source, [Turn(line.speaker or "", line.text) for line in lines])
    else:
        yield from talk(source, lines)


def _segment(piece: Any, place: int) -> list[Line]:
    fields = piece if isinstance(piece, dict) else {}
    start = _number(fields.get("start"), place)
    speaker = fields.get("speaker")
    named = speaker.strip() if isinstance(speaker, str) else None
    return _lines(start, _number(fields.get("end"), start), fields.get("text"), named or None)


def _offsets(piece: Any, place: int) -> list[Line]:
    fields = piece if isinstance(piece, dict) else {}
    offsets = fields.get("offsets")
    times = offsets if isinstance(offsets, dict) else {}
    start = _number(times.get("from"), place * 1000)
    return _lines(start / 1000, _number(times.get("to"), start) / 1000, fields.get("text"))


def _event(piece: Any, place: int) -> list[Line]:
    fields = piece if isinstance(piece, dict) else {}
    segments = fields.get("segs")
    parts = [one.get("utf8") for one in segments if isinstance(one, dict)] if isinstance(segments, list) else []
    start = _number(fields.get("tStartMs"), place * 1000)
    end = start + _number(fields.get("dDurationMs"), 0)
    return _lines(start / 1000, end / 1000, "".join(part for part in parts if isinstance(part, str)))


def _lines(start: float, end: float, text: Any, speaker: str | None = None) -> list[Line]:
    lines = text.split("\n") if isinstance(text, str) else []
    return [Line(start, end, words, speaker) for words in filter(None, map(words_of, lines))]


def _number(value: Any, otherwise: float) -> float:
    """Seconds or milliseconds; some write them as texts."""
    try:
        return float(value) if isinstance(value, (int, float, str)) else otherwise
    except (ValueError, OverflowError):
        return otherwise


_READERS = {"segments": _segment, "transcription": _offsets, "events": _event}

FORMAT = Format("timed transcript", HELP, sniff, read)
