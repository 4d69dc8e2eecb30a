"""A recorded conversation, turn by turn: what the creator was asked in it and answered, and what they told. Pure."""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from engage.memory.importers.caption_speakers import title_of
from engage.memory.importers.content import Unreadable
from engage.memory.importers.format import Source
from engage.memory.importers.rows import OTHERS, BadRow, Dropped, Pair, Rejected, Said, clean
from engage.memory.importers.speakers import Speakers

LONG = 60  # words: an answer of so many also stands for itself
_SIGNAL = 2  # words: "Mhm", "Oh really" while somebody else talks on
_ASKS = re.compile(r"[?？؟]\W*\Z")
_PARTS = 4  # turns of other people that are one question


@dataclass(frozen=True, slots=True)
class Turn:
    """What somebody says until somebody else does. line: where it begins, 1 is the first."""

    speaker: str
    text: str
    line: int = 0


def exchanges(source: Source, turns: Sequence[Turn]) -> Iterator[Said | Pair | Rejected | Dropped]:
    """The creator's part. Raises Unreadable where nobody is known to be them."""
    speakers = Speakers()
    for turn in turns:
        speakers.hear(turn.speaker, mine=turn.speaker in source.me)
    if reason := speakers.refusal():
        raise Unreadable(source.path, reason)
    before: list[Turn] = []
    asked = 0
    merged = _merged(source, turns)
    for turn in merged:
        if turn.speaker not in source.me:
            before = [*before, turn][-_PARTS:]
            continue
        try:
            rows = [*_rows(source, turn, _question(before, turn))]
        except BadRow as error:
            rows = []
            yield Rejected(source.path, turn.line, str(error))
        yield from rows
        asked += len(before) if any(isinstance(row, Pair) for row in rows) else 0
        before = []
    if others := sum(turn.speaker not in source.me for turn in merged) - asked:
        yield Dropped(source.path, OTHERS, others)


def _merged(source: Source, turns: Sequence[Turn]) -> list[Turn]:
    """Turns of one speaker in a row as one; a word of the creator's does not end what somebody else tells."""
    found: list[Turn] = []
    for place, turn in enumerate(turns):
        ahead = turns[place + 1].speaker if place + 1 < len(turns) else ""
        if found and turn.speaker in source.me and found[-1].speaker == ahead and _is_signal(found[-1], turn):
            continue
        if found and found[-1].speaker == turn.speaker:
            found[-1] = replace(found[-1], text=f"{found[-1].text} {turn.text}")
        else:
            found.append(turn)
    return found


def _is_signal(before: Turn, turn: Turn) -> bool:
    return len(turn.text.split()) <= _SIGNAL and not _ASKS.search(before.text) and not _ASKS.search(turn.text)


def _question(before: Sequence[Turn], turn: Turn) -> str:
    """What the creator answers; "" where it is the creator who asks."""
    asked = "\n".join(one.text for one in before)
    return "" if _ASKS.search(turn.text) and not re.search("[?？؟]", asked) else asked


def _rows(source: Source, turn: Turn, question: str) -> Iterator[Said | Pair]:
    text, asked = clean(turn.text), clean(question)
    key = hashlib.sha256("\n".join((source.stem, asked, text)).encode(errors="surrogatepass")).hexdigest()[:20]
    if asked and text:
        yield Pair(f"transcript:{key}", asked, text)
    if text and (not asked or len(text.split()) >= LONG):
        title, url = title_of(source.file.name)
        yield Said(f"transcript:{key}", text, title=title, url=url)
