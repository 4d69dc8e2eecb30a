"""Recall: the passages of a creator that answer a question, and whether any of them does."""

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from engage.errors import ConfigError, Malformed, Retryable, Unavailable
from engage.ledger.changes import changes_of
from engage.ledger.database import Database
from engage.ledger.indexes import BUILT_IN, serving
from engage.memory.corpora import Corpus, index, scale_for
from engage.memory.corpus import load_passages, replies_of_others, versions, waiting
from engage.memory.evidence import SUPPORTED
from engage.memory.found import Found
from engage.memory.freshness import Freshness
from engage.memory.kept import Kept
from engage.memory.near import Near
from engage.memory.texts import bare, vector_ids, vector_texts
from engage.memory.vectors import holder_of
from engage.models import Passage, Recall

if TYPE_CHECKING:
    from engage.memory.encoder import SentenceEncoder
    from engage.memory.encoding import Encoder, Encoders
    from engage.memory.floats import Floats
    from engage.memory.vectors import Vectors

DENSE = 40  # nearest vectors whose passages are looked at
# Characters. A search that waits for nothing takes 2-4 ms of computing for such a text: to hand it to a thread and back
# costs the loop about a third of that again, and in a process with one interpreter lock brings nothing.
SHORT = 240
ANSWERED = 16  # past answers to what is most like the text: what exemplars of the manner are chosen from
KEPT_PASSAGES = 200_000  # in memory, of all creators together: about 1 KB each
ASKING = 32  # questions that wait for a provider's vectors at the same time, apart from the process's other threads
LATE = 16  # passages without stored vectors that a search encodes itself: corrections, not imports

T = TypeVar("T")


class Memory:
    """Search over every creator's words. Thread-safe; one a process."""

    def __init__(
        self,
        db: Database,
        vectors: "Vectors | None",
        encoder: "SentenceEncoder | None" = None,
        others: "Encoders | None" = None,
    ) -> None:
        """vectors: None searches by words only. encoder: the shared one, loaded at first use, where not given.

        others: gives encoders by spec, for the creators whom another than the built-in one serves.
        """
        self._db = db
        self._near = Near(vectors) if vectors is not None else None
        self._encoder = encoder
        self._others = others
        self._asking = ThreadPoolExecutor(ASKING, thread_name_prefix="recall")
        self._freshness = Freshness()
        self._beside: list[Callable[[Collection[str]], None]] = []
        self._kept: Kept[Corpus] = Kept(KEPT_PASSAGES, lambda corpus: len(corpus.passages))

    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """The k best passages for a text. Raises Unavailable only where the ledger is down."""
        if len(text) <= SHORT and self._is_at_hand(creator_id):
            return self.search(creator_id, text, k)
        return await self._on_a_thread(creator_id, lambda: self.search(creator_id, text, k))

    async def passages(self, creator_id: str) -> Sequence[Passage]:
        """All the creator's passages, as last imported."""
        return (await asyncio.to_thread(self.corpus, creator_id)).passages

    def search(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """`recall` for callers without an event loop."""
        corpus, text, note = self.corpus(creator_id), bare(text.strip()), ""
        if not corpus.passages or not text:
            return Recall((), supported=False)
        found = Found(corpus, text)
        try:
            self._by_meaning(creator_id, text, found)
        except (Retryable, Malformed, ConfigError):
            note = "vectors unavailable"
        best = found.best(k)
        supported = max((one.score for one in best), default=0.0) >= SUPPORTED
        return Recall(best, supported, note, found.nearest_questions(ANSWERED))

    def corpus(self, creator_id: str) -> Corpus:
        """The creator's passages with their word index, from memory where they have not changed."""
        return self._kept.get(creator_id, self._freshness.of(creator_id), lambda known: self._read(creator_id, known))

    def hear(self, creator_id: str, changes: int) -> None:
        """What `changes_of` has just read: spares this memory a look of its own, or tells it to look now."""
        self._freshness.hear(creator_id, changes)

    def beside(self, drop: Callable[[Collection[str]], None]) -> None:
        """What is learnt of creators' words elsewhere: `drop` is told whose words are still the ledger's."""
        self._beside.append(drop)

    def drop_stale(self) -> None:
        """Keep no words in memory that the ledger has no more, also of creators whom nobody asks about."""
        kept = self._kept.snapshot()
        with self._db.reading() as tx:
            counted = changes_of(tx, list(kept))
        stale = [creator_id for creator_id, corpus in kept.items() if corpus.changes != counted[creator_id]]
        self._kept.drop(stale)
        if self._near is not None:
            self._near.drop(stale)
        for drop in self._beside:
            drop(kept.keys() - stale)

    def replies_of_others(self, creator_id: str) -> list[str]:
        """What other creators here replied to followers, as much as tells a voice from theirs."""
        with self._db.reading() as tx:
            return replies_of_others(tx, creator_id)

    def is_known(self, creator_id: str) -> bool:
        """Whether `corpus` answers from memory."""
        return self._kept.has(creator_id, self._freshness.of(creator_id))

    def _is_at_hand(self, creator_id: str) -> bool:
        """Whether a search waits for nothing: neither the ledger nor Chroma, and no encoder has to be loaded."""
        if self._near is None or self._encoder is None or not self.is_known(creator_id):
            return False
        corpus = self.corpus(creator_id)
        return corpus.index.spec == BUILT_IN and self._near.holds(creator_id, corpus.vectors)

    async def _on_a_thread(self, creator_id: str, work: Callable[[], T]) -> T:
        """Where a provider is asked, on threads of their own: when it hangs, nothing else waits for it."""
        kept = self._kept.last(creator_id)
        if self._others is None or (kept is not None and kept.index.spec == BUILT_IN):
            return await asyncio.to_thread(work)
        return await asyncio.get_running_loop().run_in_executor(self._asking, work)

    def _read(self, creator_id: str, known: Corpus | None) -> Corpus:
        with self._db.reading(creator=creator_id) as tx:
            changes = changes_of(tx, [creator_id])[creator_id]  # first: what comes in between is then read again
            version, vectors = versions(tx, creator_id)
            served = serving(tx, creator_id)
            corpus = known if known and known.version == version else index(version, load_passages(tx, creator_id))
            late = () if vectors else waiting(tx, creator_id, LATE + 1)
        if corpus.index != served:
            if self._near is not None:
                self._near.look_again(holder_of(creator_id, served.spec))
            corpus = replace(corpus, index=served, scale=scale_for(corpus.passages, served))
        few = tuple(late) if len(late) <= LATE else ()
        return replace(corpus, vectors=vectors, late=few, checked_at=time.monotonic(), changes=changes)

    def _by_meaning(self, creator_id: str, text: str, found: "Found") -> None:
        """Adds the nearest vectors' passages, and the cosines of those found by their words."""
        if self._near is None:
            raise Unavailable("no vectors")
        spec = found.corpus.index.spec
        encoder = self._encoder_of(spec)
        vector = encoder.encode_query(text)
        holder = holder_of(creator_id, spec)
        for hit in self._near.hits(holder, found.corpus.vectors, vector, DENSE, found.vectors()):
            found.add(hit.id, hit.cosine)
        self._by_meaning_of_late(vector, found, encoder)
        found.compare(text, self._loaded().words_alike)

    def _by_meaning_of_late(self, vector: "Floats", found: "Found", encoder: "Encoder") -> None:
        """Passages whose vectors no worker has stored yet are encoded here: a correction counts at once."""
        named = [
            pair
            for passage in found.corpus.late
            for pair in zip(vector_ids(passage), vector_texts(passage), strict=True)
        ]
        if named:
            near = encoder.encode_remembered([one for _, one in named]) @ vector
            for (name, _), cosine in zip(named, near, strict=True):
                found.add(name, float(cosine))

    def _encoder_of(self, spec: str) -> "Encoder":
        """Of what serves, whatever the settings name meanwhile."""
        if spec == BUILT_IN:
            return self._loaded()
        if self._others is None:
            raise Unavailable(f"no embeddings {spec} here")
        return self._others(spec)

    def _loaded(self) -> "SentenceEncoder":
        if self._encoder is None:
            from engage.memory.encoder import shared_encoder

            self._encoder = shared_encoder()
        return self._encoder
