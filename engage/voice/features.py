"""What can be counted in a text's style. Pure."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?|[^\w\s]")
MENTION = re.compile(r"@[\w.\-]+")
MASKED = re.compile(r"https?://\S+|www\.\S+|\[(?:url|phone|email|name)\]", re.IGNORECASE)
EMOJI = re.compile("[\U0001f1e6-\U0001faff\u2600-\u27bf\u2b50\u2b55\u2764]\ufe0f?|(?<!\\w)[:;=]-?[)(DPp/3]|<3|\\^\\^")
ELONGATION = re.compile(r"([^\W\d_])\1{2,}", re.IGNORECASE)
BUCKETS = 1 << 15  # of hashed character n-grams
ORDERS = (2, 3, 4, 5)
_BASE = np.uint64(1_000_003)
_MIX = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True)
class Grams:
    """A text's hashed character n-grams: which, and how often."""

    buckets: NDArray[np.int64]
    counts: NDArray[np.float64]


def neutral(text: str) -> str:
    """The text without what is nobody's style: whom it names and where it links."""
    return " ".join(MASKED.sub("§", MENTION.sub("@", text)).split())


def grams(text: str) -> Grams:
    """Character 2- to 5-grams, case kept: casing and punctuation are style."""
    codes = np.array([ord(char) for char in f" {neutral(text)} "], dtype=np.uint64)
    hashed = []
    for order in ORDERS:
        rolled = np.zeros(max(0, len(codes) - order + 1), dtype=np.uint64)
        for offset in range(order):
            rolled = rolled * _BASE + codes[offset : offset + len(rolled)]
        hashed.append((rolled * _MIX) >> np.uint64(64 - 15))
    buckets, counts = np.unique(np.concatenate(hashed).astype(np.int64), return_counts=True)
    return Grams(buckets, counts.astype(np.float64))


def words(text: str) -> list[str]:
    """Lower-case words and punctuation marks, in order."""
    return WORD.findall(neutral(text).lower())


def habits(texts: Sequence[str]) -> dict[str, object]:
    """The countable habits of some texts, ready for JSON. Shares are 0..1, lengths in words."""
    plain = [neutral(text) for text in texts]
    lengths = np.array([len(text.split()) for text in plain] or [0])
    characters = max(1, sum(len(text) for text in plain))
    marks = {mark: sum(text.count(mark) for text in plain) for mark in ".,!?…;:-—\"'()¡¿"}
    return {
        "texts": len(texts),
        "length_words": {f"p{p}": round(float(np.percentile(lengths, p)), 1) for p in (10, 25, 50, 75, 90)},
        "starts_lower_case": _share(plain, lambda text: text[:1].islower()),
        "ends_without_mark": _share(plain, lambda text: text[-1:].isalnum()),
        "asks": _share(plain, lambda text: "?" in text or "？" in text),
        "exclaims": _share(plain, lambda text: "!" in text or "！" in text),
        "shouts": _share(plain, lambda text: bool(re.search(r"\b[A-Z]{4,}\b", text))),
        "marks_per_1000": {mark: round(1000 * n / characters, 2) for mark, n in marks.items() if n},
        "emoji_share": _share(plain, lambda text: bool(EMOJI.search(text))),
        "emoji": _top((found[0] for text in plain for found in EMOJI.finditer(text)), 12, at_least=2),
        "elongation_share": _share(plain, lambda text: bool(ELONGATION.search(text))),
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


def _share(texts: Sequence[str], holds: Callable[[str], bool]) -> float:
    return round(sum(1 for text in texts if holds(text)) / max(1, len(texts)), 3)


def _top(items: Iterable[str], count: int, *, at_least: int) -> dict[str, int]:
    return {item: n for item, n in Counter(items).most_common(count) if n >= at_least and item}


def _rates(texts: Sequence[str]) -> dict[str, float]:
    found = Counter(word for text in texts for word in words(text) if word[0].isalpha())
    total = max(1, sum(found.values()))
    return {word: round(1000 * n / total, 1) for word, n in found.most_common(30)}
