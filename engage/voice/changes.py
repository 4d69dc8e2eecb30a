"""What an edit changed, in a few words each: "shorter by 40 %", "no emoji", "begins with a greeting". Pure.

`differences` says what differs between two texts' measures, `told` how that is said. The first also names how a draft
differs from a voice whose measures are known.
"""

from dataclasses import dataclass
from enum import StrEnum

from engage.voice.measures import Measures, measure

TELLING_SHARE = 0.1  # a length that differs by less is the same length …
TELLING_WORDS = 2  # … and so is one that differs by fewer words
TIMES = 3.0  # from this much longer on people say "3 times as long"
MOSTLY = 0.5  # share of sentences from which one does something as a habit


class Measure(StrEnum):
    """What can differ."""

    LENGTH = "length"
    CAPITALS = "capitals"
    SHOUTED = "shouted"
    EXCLAMATIONS = "exclamations"
    EMOJI = "emoji"
    GREETING = "greeting"
    LINKS = "links"
    QUESTION = "question"
    FORMALITY = "formality"


@dataclass(frozen=True, slots=True)
class Difference:
    """One measure of two texts. LENGTH counts words; GREETING, QUESTION and CAPITALS are 0 or 1."""

    measure: Measure
    before: float
    after: float


def changes(before: str, after: str) -> tuple[str, ...]:
    """What an edit from one text to the other changed, the largest first; () where nothing that is measured did."""
    return tuple(map(told, differences(measure(before), measure(after))))


def differences(before: Measures, after: Measures) -> tuple[Difference, ...]:
    """The measures that differ enough to be told, length first."""
    pairs = [(Measure.LENGTH, before.words, after.words)] if _tells(before.words, after.words) else []
    if before.capitals is not None and after.capitals is not None:
        pairs.append((Measure.CAPITALS, before.capitals > MOSTLY, after.capitals > MOSTLY))
    pairs += [
        (Measure.SHOUTED, before.shouted, after.shouted),
        (Measure.EXCLAMATIONS, before.exclamations, after.exclamations),
        (Measure.EMOJI, before.emoji, after.emoji),
        (Measure.GREETING, before.greets, after.greets),
        (Measure.LINKS, before.links, after.links),
        (Measure.QUESTION, before.asks, after.asks),
        (Measure.FORMALITY, before.formality, after.formality),
    ]
    return tuple(Difference(what, was, now) for what, was, now in pairs if was != now)


def told(one: Difference) -> str:
    """A difference as people say it."""
    was, now = one.before, one.after
    match one.measure:
        case Measure.LENGTH:
            return _length(was, now)
        case Measure.CAPITALS:
            return "sentences begin with a capital" if now else "sentences begin small"
        case Measure.SHOUTED:
            return _count(was, now, "word in capitals", "words in capitals")
        case Measure.EXCLAMATIONS:
            return _count(was, now, "exclamation mark", "exclamation marks")
        case Measure.EMOJI:
            return _count(was, now, "emoji", "emoji")
        case Measure.LINKS:
            return _count(was, now, "link", "links")
        case Measure.GREETING:
            return "begins with a greeting" if now else "no greeting"
        case Measure.QUESTION:
            return "asks back" if now else "no question back"
        case Measure.FORMALITY:
            return "more formal" if now > was else "less formal"


def _tells(was: float, now: float) -> bool:
    return abs(now - was) >= max(TELLING_WORDS, TELLING_SHARE * was)


def _length(was: float, now: float) -> str:
    if was <= 0:
        return f"{now:.0f} words long"
    if now / was >= TIMES:
        return f"{now / was:.0f} times as long"
    share = round(100 * abs(now - was) / was)
    return f"shorter by {share} %" if now < was else f"longer by {share} %"


def _count(was: float, now: float, one: str, many: str) -> str:
    if not now:
        return f"no {many}"
    by = round(abs(now - was))
    return f"{by} {one if by == 1 else many} {'more' if now > was else 'fewer'}"
