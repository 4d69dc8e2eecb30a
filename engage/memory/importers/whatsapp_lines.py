"""The lines of an exported WhatsApp chat as messages, whatever the phone's language wrote the dates in. Pure.

WhatsApp publishes no layout: the forms are those that public readers of such files know, among them
mlomb/chat-analytics, pipeline/parse/parsers/WhatsAppParser.ts, read 2026-11-27.
Times have no zone: they are taken as UTC.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

MARK = "\u200e"  # stands before what an iPhone says itself: left out pictures, calls, notices
_UNSEEN = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_SPACES = re.compile("[\u00a0\u2007\u2009\u202f]")
_STAMP = (
    r"(?P<a>\d{1,4})(?:[/.\-]|\. )(?P<b>\d{1,2})(?:[/.\-]|\. )(?P<c>\d{1,4})\.?[,،]?(?: à| at| um| klo)? {1,2}"
    r"(?P<before>[^\d\s\[\]]{1,9} ?)?(?P<hour>\d{1,2})[:.](?P<minute>\d{2})(?:[:.](?P<second>\d{2}))?"
    r"(?P<after> ?[^\d\s\[\]:-][^\d\[\]:-]{0,11}?)?"
)
_HEADER = re.compile(rf"(?:\[{_STAMP}\] ?|{_STAMP.replace('?P<', '?P<x')} [-–] )(?P<rest>.*)", re.DOTALL)
_NAMED = re.compile(r"(?P<name>[^:\n]{1,100}?) ?:(?: (?P<text>.*)|(?P<none>))", re.DOTALL)
_AFTERNOON = ("pm", "下午", "午後", "오후", "nachm", "μμ", "م", "ch", "ös", "晚上", "中午", "tarde", "noite")
_MORNING = ("am", "上午", "午前", "오전", "vorm", "πμ", "ص", "sa", "öö", "凌晨", "早上", "mañana", "manhã")
_ORDERS = ("dmy", "mdy", "ymd")  # the first is meant where nothing tells


@dataclass(frozen=True, slots=True)
class Entry:
    """One message. line: where it begins, 1 is the first. stamp: its time as it is written. name: "" for a notice.

    text: with the marks that are in it.
    """

    line: int
    stamp: str
    moment: tuple[int, ...]  # the date's three numbers as written, then hour, minute and second
    name: str
    text: str


def entries(text: str) -> Iterator[Entry]:
    """Every message, in order; lines without a time belong to the message before."""
    current: Entry | None = None
    more: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), start=1):
        begun = _begun(line, number)
        if begun is None:
            more.append(line)
            continue
        if current:
            yield replace(current, text="\n".join((current.text, *more)))
        current, more = begun, []
    if current:
        yield replace(current, text="\n".join((current.text, *more)))


def order_of(found: Iterable[Entry]) -> str:
    """In which order the dates of a file are: the one by which they are dates and grow; the day first where all do."""
    bad, falls = dict.fromkeys(_ORDERS, 0), dict.fromkeys(_ORDERS, 0)
    last: dict[str, datetime] = {}
    for entry in found:
        for order in _ORDERS:
            if (moment := moment_of(entry, order)) is None:
                bad[order] += 1
            else:
                falls[order] += order in last and moment < last[order]
                last[order] = moment
    return min(_ORDERS, key=lambda order: (bad[order], falls[order]))


def moment_of(entry: Entry, order: str) -> datetime | None:
    """When it was written; None where the order makes no date of it."""
    numbers = dict(zip(order, entry.moment, strict=False))
    year = numbers["y"] if numbers["y"] > 99 else 2000 + numbers["y"]
    hour, minute, second = entry.moment[3:]
    try:
        return datetime(year, numbers["m"], numbers["d"], hour, minute, second, tzinfo=UTC)
    except ValueError:
        return None


def plain(text: str) -> str:
    """Without the marks of direction and with ordinary spaces."""
    return _SPACES.sub(" ", _UNSEEN.sub("", text))


def _begun(line: str, number: int) -> Entry | None:
    header = _HEADER.fullmatch(_SPACES.sub(" ", _UNSEEN.sub("", line)))
    if header is None:
        return None
    fields = header.groupdict()
    part = {key: fields[key] or fields[f"x{key}"] or "" for key in ("a", "b", "c", "hour", "minute", "second")}
    half = (fields["before"] or fields["xbefore"] or "") + (fields["after"] or fields["xafter"] or "")
    numbers = [int(value or 0) for value in part.values()]
    named = _NAMED.fullmatch(fields["rest"])
    name = named["name"].strip().removeprefix("~").strip() if named else ""
    # With its marks: only they tell what an iPhone says itself.
    text = _marked(line, named["text"] or "") if named else fields["rest"]
    stamp = " ".join([*part.values(), half.strip()])
    return Entry(number, stamp, (*numbers[:3], _hour(numbers[3], half), *numbers[4:]), name, text)


def _marked(line: str, text: str) -> str:
    """A line's last part that reads as the text, with the marks in it and before it."""
    if not _UNSEEN.search(line):
        return text
    left = len(text)
    for place in range(len(line) - 1, -1, -1):
        if not _UNSEEN.match(line[place]):
            if not left:
                return line[place + 1 :]
            left -= 1
    return line


def _hour(hour: int, half: str) -> int:
    told = re.sub(r"[\s.]", "", half).casefold()
    if told.startswith(_AFTERNOON) and hour < 12:
        return hour + 12
    return 0 if told.startswith(_MORNING) and hour == 12 else hour
