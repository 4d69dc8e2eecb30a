"""What can be counted in a writer's texts, for people to read and for a model to be told. Pure."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from engage.voice.features import ELONGATION, neutral, words
from engage.voice.measures import EMOJI
from engage.voice.usual import usual_of

_MARKS = ".,!?…;:-—\"'()¡¿。，！？"
_SHARES = {
    "elongates": ELONGATION,
    "laughs": re.compile(r"\b(?:a?(?:ha){2,}h?|(?:ja){2,}|(?:he){2,}|lo+l|lmao)\b|哈哈|ㅋㅋ|笑", re.I),
}


def habits(texts: Sequence[str]) -> dict[str, object]:
    """The countable habits of some texts, ready for JSON. Shares are 0..1, lengths in words."""
    plain = [neutral(text) for text in texts]
    characters = max(1, sum(len(text) for text in plain))
    marks = {mark: sum(text.count(mark) for text in plain) for mark in _MARKS}
    return {
        **usual_of(texts).as_json(),
        **{name: _share(plain, sign) for name, sign in _SHARES.items()},
        "marks_per_1000": {mark: round(1000 * n / characters, 2) for mark, n in marks.items() if n},
        "emoji_used": _top((found[0] for text in plain for found in EMOJI.finditer(text)), 12, at_least=2),
        "openings": _top((_edge(text, 0) for text in plain), 10, at_least=3),
        "endings": _top((_edge(text, -1) for text in plain), 10, at_least=3),
        "phrases": phrases(plain),
        "words_per_1000": _rates(plain),
    }


def phrases(texts: Iterable[str], count: int = 12) -> list[str]:
    """Runs of 3 to 5 words the writer repeats in several texts; the longest form of each only."""
    seen: Counter[tuple[str, ...]] = Counter()
    for text in texts:
        line = [word for word in words(text) if word[0].isalnum()]
        runs = {tuple(line[n : n + size]) for size in (3, 4, 5) for n in range(len(line) - size + 1)}
        seen.update(runs)
    kept: list[str] = []
    for run, times in sorted(seen.items(), key=lambda item: (-item[1] * len(item[0]), item[0])):
        phrase = " ".join(run)
        if times < 3 or len(kept) == count:
            break
        if not any(phrase in known or known in phrase for known in kept):
            kept.append(phrase)
    return kept


def _edge(text: str, at: int) -> str:
    """The first sentence's opening word or two (at 0), or the closing ones (at -1), lower case."""
    found = [word for word in words(text) if word[0].isalnum()]
    return " ".join(found[:2] if at == 0 else found[-2:])


def _share(texts: Sequence[str], sign: re.Pattern[str]) -> float:
    return round(sum(1 for text in texts if sign.search(text)) / max(1, len(texts)), 3)


def _top(items: Iterable[str], count: int, *, at_least: int) -> dict[str, int]:
    return {item: n for item, n in Counter(items).most_common(count) if n >= at_least and item}


def _rates(texts: Sequence[str]) -> dict[str, float]:
    found = Counter(word for text in texts for word in words(text) if word[0].isalpha())
    total = max(1, sum(found.values()))
    return {word: round(1000 * n / total, 1) for word, n in found.most_common(30)}
