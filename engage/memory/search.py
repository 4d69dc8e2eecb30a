"""Recall: the passages of a creator that answer a question, and whether any of them does."""

import asyncio
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from engage.errors import Unavailable
from engage.ledger.database import Database
from engage.memory.corpus import load_passages, versions
from engage.memory.evidence import SUPPORTED, Evidence, main_languages, rank
from engage.memory.kept import Kept
from engage.memory.near import Near
from engage.models import Passage, PassageKind, Recall

if TYPE_CHECKING:
    from engage.memory.bert import Floats
    from engage.memory.encoder import SentenceEncoder
    from engage.memory.lexical import Lexicon
    from engage.memory.vectors import Vectors

DENSE = 40  # nearest vectors whose passages are looked at
LEXICAL = 12  # passages the words alone may bring in
KEPT_PASSAGES = 200_000  # in memory, of all creators together: about 1 KB each
FRESH_SECONDS = 2.0  # how long an import by another process may go unnoticed
_NAMED = re.compile(r"@[\w.\-]+|\[(?:url|phone|email|name|image)\]|https?://\S+", re.IGNORECASE)
TEXT, QUESTION = "t", "q"  # the two vectors of a passage


@dataclass(frozen=True, slots=True)
class Corpus:
    """A creator's passages as they are searched. vectors: their version; checked_at: monotonic seconds."""

    version: str
    passages: tuple[Passage, ...]
    position: Mapping[str, int]
    texts: "Lexicon"
    questions: "Lexicon"
    languages: frozenset[str]
    vectors: str = ""
    checked_at: float = 0.0


class Memory:
    """Search over every creator's words. Thread-safe; one a process."""

    def __init__(self, db: Database, vectors: "Vectors | None", encoder: "SentenceEncoder | None" = None) -> None:
        """vectors: None searches by words only. encoder: the shared one, loaded at first use, where not given."""
        self._db = db
        self._near = Near(vectors) if vectors is not None else None
        self._encoder = encoder
        self._kept: Kept[Corpus] = Kept(KEPT_PASSAGES, lambda corpus: len(corpus.passages))

    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """The k best passages for a text. Raises Unavailable only where the ledger is down."""
        return await asyncio.to_thread(self.search, creator_id, text, k)

    async def passages(self, creator_id: str) -> Sequence[Passage]:
        """All the creator's passages, as last imported."""
        return (await asyncio.to_thread(self.corpus, creator_id)).passages

    def search(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """`recall` for callers without an event loop."""
        corpus = self.corpus(creator_id)
        text = bare(text.strip())
        if not corpus.passages or not text:
            return Recall((), supported=False)
        found = Found(corpus, text)
        note = ""
        try:
            self._by_meaning(creator_id, text, found)
        except Unavailable:
            note = "vectors unavailable"
        best = rank([(corpus.passages[at], evidence) for at, evidence in found.evidence.items()], k, corpus.languages)
        return Recall(best, supported=bool(best) and best[0].score >= SUPPORTED, note=note)

    def corpus(self, creator_id: str) -> Corpus:
        """The creator's passages with their word index, from memory where they have not changed."""
        return self._kept.get(creator_id, _is_fresh, lambda known: self._read(creator_id, known))

    def _read(self, creator_id: str, known: Corpus | None) -> Corpus:
        with self._db.reading() as tx:
            version, vectors = versions(tx, creator_id)
            corpus = known if known and known.version == version else index(version, load_passages(tx, creator_id))
        return replace(corpus, vectors=vectors, checked_at=time.monotonic())

    def _by_meaning(self, creator_id: str, text: str, found: "Found") -> None:
        """Adds the nearest vectors' passages, and the cosines of those found by their words."""
        if self._near is None:
            raise Unavailable("no vectors")
        for hit in self._near.hits(creator_id, found.corpus.vectors, self._encode(text), DENSE, found.vectors()):
            found.add(hit.id, hit.cosine)

    def _encode(self, text: str) -> "Floats":
        if self._encoder is None:
            from engage.memory.encoder import shared_encoder

            self._encoder = shared_encoder()
        return self._encoder.encode_query(text)


def _is_fresh(corpus: Corpus) -> bool:
    return time.monotonic() - corpus.checked_at < FRESH_SECONDS


class Found:
    """What is known of the candidates for one text; begins with those its words bring in."""

    def __init__(self, corpus: Corpus, text: str) -> None:
        self.corpus = corpus
        self._texts = corpus.texts.scores(text)
        self._questions = corpus.questions.scores(text)
        self.evidence: dict[int, Evidence] = {}
        best = np.maximum(self._texts, self._questions)
        count = min(LEXICAL, len(best))
        for at in np.argpartition(-best, count - 1)[:count]:
            if best[at] > 0:
                self._candidate(int(at))

    def vectors(self) -> list[str]:
        """Ids of the candidates' vectors."""
        return [name for at in self.evidence for name in vector_ids(self.corpus.passages[at])]

    def add(self, vector_id: str, cosine: float) -> None:
        """A vector's nearness; vectors of passages that an import has just replaced are no candidates."""
        passage_id, _, which = vector_id.rpartition("|")
        if (at := self.corpus.position.get(passage_id)) is None:
            return
        if which == QUESTION:
            self._candidate(at).asked_cosine = cosine
        else:
            self._candidate(at).text_cosine = cosine

    def _candidate(self, at: int) -> Evidence:
        words = Evidence(text_words=float(self._texts[at]), asked_words=float(self._questions[at]))
        return self.evidence.setdefault(at, words)


def index(version: str, passages: Sequence[Passage]) -> Corpus:
    """A corpus ready to be searched."""
    from engage.memory.lexical import build

    return Corpus(
        version,
        tuple(passages),
        {passage.id: at for at, passage in enumerate(passages)},
        build([matter(passage) for passage in passages]),
        build([bare(passage.question or "") for passage in passages]),
        main_languages(passage.language for passage in passages),
    )


def matter(passage: Passage) -> str:
    """What of a passage is searched as its text: a post's title belongs to it."""
    return f"{passage.title}\n{passage.text}" if passage.title and passage.kind is PassageKind.POST else passage.text


def bare(text: str) -> str:
    """A question without whom it names and what was masked in it; the text itself where nothing else is in it."""
    return " ".join(_NAMED.sub(" ", text).split()) or text


def vector_ids(passage: Passage) -> list[str]:
    """The ids of a passage's vectors: its text, and the question it answered where there is one."""
    text = f"{passage.id}|{TEXT}"
    return [text, f"{passage.id}|{QUESTION}"] if passage.question else [text]
