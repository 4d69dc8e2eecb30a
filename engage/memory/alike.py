"""How much of a question's words a text has, near synonyms counted too: "buy" is met by "purchase", "fit" by "fits".

Two words are as alike as the vectors are that the encoder's own table keeps for them, before any sentence is read. What
a word counts for follows from its place in the vocabulary, which is sorted by how often English uses it: no list of
words that do not matter is needed.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engage.memory.floats import Floats
from engage.remembered import forgettable

if TYPE_CHECKING:
    from tokenizers import Tokenizer

REMEMBERED = 20_000  # texts whose word pieces are kept, at about 300 bytes
STRANGE = 0.3  # the cosine up to which two words have nothing to do with each other
FIRST = 1996  # of the vocabulary's words; numbers, letters and signs stand before them
ORDINARY = 2000  # the place among the words that numbers and letters count as having
SCALE = 300  # places, measured: 30 to 300 do alike

Pieces = NDArray[np.int64]


class WordsAlike:
    """For English, over one encoder's table of words. Thread-safe."""

    def __init__(self, table: Floats, tokenizer: "Tokenizer") -> None:
        """table: (vocabulary, width), shared, never written into."""
        self._table = table
        self._middle = table.mean(axis=0)  # what all words have in common tells none from another
        self._tokenizer = tokenizer
        self._pieces = forgettable(lru_cache(REMEMBERED)(self._read))

    def shares(self, asked: str, texts: Sequence[str]) -> Floats:
        """What share of the question's words each text has: (texts,), 0..1; 0 where there are no words."""
        wanted, given = self._pieces(asked), [self._pieces(text) for text in texts]
        found = np.zeros(len(texts), np.float32)
        written = [at for at, pieces in enumerate(given) if len(pieces)]
        if not written or not len(wanted):
            return found
        distinct, place = np.unique(np.concatenate([given[at] for at in written]), return_inverse=True)
        near = self._vectors(wanted) @ self._vectors(distinct).T
        alike = np.clip((near - STRANGE) / (1 - STRANGE), 0, 1)[:, place]
        ends = np.cumsum([0, *(len(given[at]) for at in written)])
        best = np.stack([alike[:, begin:end].max(axis=1) for begin, end in pairwise(ends)], axis=1)
        weights = _weights(wanted)
        found[written] = weights @ best / weights.sum()
        return found

    def _vectors(self, pieces: Pieces) -> Floats:
        vectors: Floats = self._table[pieces] - self._middle
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors

    def _read(self, text: str) -> Pieces:
        """The ids of a text's words and parts of words, without punctuation and what the vocabulary lacks."""
        read = self._tokenizer.encode(text, add_special_tokens=False)
        kept = [one for one, piece in zip(read.ids, read.tokens, strict=True) if piece.removeprefix("##").isalnum()]
        return np.array(kept, np.int64)


def _weights(pieces: Pieces) -> Floats:
    """By the rarity of each in English: (pieces,), above 0."""
    places = np.where(pieces >= FIRST, pieces - FIRST + 1, ORDINARY)
    weights: Floats = np.log1p(places / SCALE).astype(np.float32)
    return weights
