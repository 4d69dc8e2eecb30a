"""Of passages that say the same one is kept; of those that contradict each other the newest counts. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from engage.memory.statements import currencies, denies, numbers, tokens
from engage.models import Passage, Scored
from engage.remembered import remembered

SAME = 0.85  # share of words in common from which two texts say the same
SAME_MATTER = 0.67  # … from which they speak of the same thing: "the wool scarf costs" is no "the silk scarf costs"
SAME_QUESTION = 0.6  # … and from which two questions do


def without_repeats(ranked: Iterable[Scored], k: int) -> list[Scored]:
    """The k best of different content, best first; of texts that say the same, the newest at the place of the best."""
    kept: list[Scored] = []
    for one in ranked:
        place = next((at for at, other in enumerate(kept) if _same(one.passage, other.passage)), None)
        if place is not None:
            if _newer(one.passage, kept[place].passage):
                kept[place] = replace(kept[place], passage=one.passage)
        elif len(kept) < k:
            kept.append(one)
        else:
            break
    return kept


def newest_first(ranked: Sequence[Scored]) -> tuple[Scored, ...]:
    """Where two contradict each other, the newer takes the better place, and the older is marked as superseded."""
    order = list(ranked)
    for first in range(len(order)):
        for second in range(first + 1, len(order)):
            one, other = order[first], order[second]
            if not one.superseded_by and not other.superseded_by and contradict(one.passage, other.passage):
                order[first], order[second] = _in_order(one, other)
    return tuple(order)


def contradict(one: Passage, other: Passage) -> bool:
    """Both dated, of the same matter, with other numbers or a denial."""
    if one.said_at is None or other.said_at is None or one.said_at == other.said_at:
        return False
    if not _same_matter(one, other):
        return False
    counts = (numbers(one.text), numbers(other.text))
    amounts = (currencies(one.text), currencies(other.text))
    other_numbers = all(counts) and counts[0].isdisjoint(counts[1]) and amounts[0] == amounts[1]
    return other_numbers or (not any(counts) and denies(one.text) != denies(other.text))


def _in_order(one: Scored, other: Scored) -> tuple[Scored, Scored]:
    """The newer with the better's score, then the older."""
    newer, older = (one, other) if _newer(one.passage, other.passage) else (other, one)
    score, match = max(one.score, other.score), max(one.question_match, other.question_match)
    first = replace(newer, score=score, question_match=match if newer.passage.question else newer.question_match)
    return first, replace(older, superseded_by=newer.passage.id)


def _same(one: Passage, other: Passage) -> bool:
    if _plain(one.text) == _plain(other.text):
        return True
    first, second = tokens(one.text), tokens(other.text)
    alike = _share(first, second) >= SAME and numbers(one.text) == numbers(other.text)
    return alike and denies(one.text) == denies(other.text)


@remembered
def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _same_matter(one: Passage, other: Passage) -> bool:
    if one.question and other.question and _share(tokens(one.question), tokens(other.question)) >= SAME_QUESTION:
        return True
    words = [frozenset(word for word in tokens(text.text) if not word[0].isdigit()) for text in (one, other)]
    return len(words[0] & words[1]) > 1 and _share(*words) >= SAME_MATTER


def _newer(one: Passage, other: Passage) -> bool:
    return one.said_at is not None and (other.said_at is None or one.said_at > other.said_at)


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / (len(one | other) or 1)
