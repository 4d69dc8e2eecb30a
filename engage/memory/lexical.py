"""Search by words: BM25 over a creator's passages, in memory, rebuilt when the corpus changes."""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engage.memory.floats import Floats

K1 = 1.5
B = 0.75
STEM = 5  # letters of a word that count: "shipping" finds "shipped", "camisetas" finds "camiseta"
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUNS = re.compile(f"[{_UNSPACED}]+|[^\\W_{_UNSPACED}]+")
_IS_UNSPACED = re.compile(f"[{_UNSPACED}]")


def tokens(text: str) -> list[str]:
    """Folded word beginnings; pairs of characters in scripts that write no spaces."""
    found: list[str] = []
    for run in _RUNS.findall(fold(text)):
        if _IS_UNSPACED.match(run):
            found.extend(run[n : n + 2] for n in range(max(1, len(run) - 1)))
        else:
            found.append(run[:STEM])
    return found


def fold(text: str) -> str:
    """Lower case without accents: followers type "cuanto cuesta" and mean "¿Cuánto cuesta?"."""
    if text.isascii():
        return text.casefold()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


@dataclass(frozen=True, slots=True)
class Lexicon:
    """BM25 of some texts. `weight` is each known token's idf, `rare` that of a token no text has."""

    retriever: Any  # bm25s.BM25; None without any token
    weight: dict[str, float]
    rare: float
    size: int
    places: NDArray[np.int64]  # of the texts that have a token

    def scores(self, query: Sequence[str]) -> Floats:
        """How well each text covers a query's tokens, by their rarity: (texts,), 0..1."""
        asked = list(dict.fromkeys(query))
        best = sum(self.weight.get(token, self.rare) for token in asked)
        known = [token for token in asked if token in self.weight]
        if not known or best <= 0:
            return np.zeros(self.size, dtype=np.float32)
        raw: NDArray[np.float32] = self.retriever.get_scores(known)
        # A word met once in a text of common length gets 1 / (1 + K1) of its idf: that counts as covered.
        covered: Floats = np.zeros(self.size, dtype=np.float32)
        covered[self.places] = np.minimum(raw * np.float32((1 + K1) / best), np.float32(1))
        return covered


def build(texts: Sequence[str]) -> Lexicon:
    """Index texts; 10,000 passages take half a second.

    Empty ones count for nothing: beside a thousand posts that answer no question, every question would be a long one.
    """
    import bm25s

    found = [tokens(text) for text in texts]
    places = np.array([at for at, row in enumerate(found) if row], np.int64)
    words = [row for row in found if row]
    seen: dict[str, int] = {}
    for row in words:
        for token in set(row):
            seen[token] = seen.get(token, 0) + 1
    rare = _idf(0, len(words))
    if not seen:
        return Lexicon(None, {}, rare, len(texts), places)
    retriever = bm25s.BM25(k1=K1, b=B)
    retriever.index(words, show_progress=False)
    weight = {token: _idf(count, len(words)) for token, count in seen.items()}
    return Lexicon(retriever, weight, rare, len(texts), places)


def _idf(count: int, size: int) -> float:
    return float(np.log(1 + (size - count + 0.5) / (count + 0.5)))
