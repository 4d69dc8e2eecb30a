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
from engage.memory.corpus import load_passages, replies_of_others, versions, waiting
from engage.memory.evidence import SUPPORTED, Evidence, Scale, question_match, rank, relevance, scale_of, trusted
from engage.memory.kept import Kept
from engage.memory.lexical import tokens
from engage.memory.near import Near
from engage.memory.standing import doubts, priors
from engage.models import Passage, PassageKind, Recall, Scored, Surface

if TYPE_CHECKING:
    from engage.memory.alike import WordsAlike
    from engage.memory.encoder import SentenceEncoder
    from engage.memory.floats import Floats
    from engage.memory.lexical import Lexicon
    from engage.memory.vectors import Vectors

DENSE = 40  # nearest vectors whose passages are looked at
LEXICAL = 12  # passages the words alone may bring in
# Characters. A search that waits for nothing takes 2-4 ms of computing for such a text: to hand it to a thread and back
# costs the loop about a third of that again, and in a process with one interpreter lock brings nothing.
SHORT = 240
COMPARED = 16  # of the likeliest candidates every word is compared: reading those of texts met first takes time
KEPT_PASSAGES = 200_000  # in memory, of all creators together: about 1 KB each
# How long words that another process stored may go unnoticed. Less than the debounce of 1.5 s: what the creator has
# just corrected is known to the very next message.
FRESH_SECONDS = 1.0
LATE = 16  # passages without stored vectors that a search encodes itself: corrections, not imports
_NAMED = re.compile(r"@[\w.\-]+|\[(?:url|phone|email|name|image)\]|https?://\S+", re.IGNORECASE)
TEXT, QUESTION = "t", "q"  # the two vectors of a passage


@dataclass(frozen=True, slots=True)
class Corpus:
    """A creator's passages as they are searched. vectors: their version; checked_at: monotonic seconds."""

    version: str
    passages: tuple[Passage, ...]
    private: tuple[Passage, ...]  # never found: the voice alone is learnt of them
    position: Mapping[str, int]
    texts: "Lexicon"
    questions: "Lexicon"
    scale: Scale
    vectors: str = ""
    late: tuple[Passage, ...] = ()  # a few whose vectors are still to come; none where there are many
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
        if len(text) <= SHORT and self._is_at_hand(creator_id):
            return self.search(creator_id, text, k)
        return await asyncio.to_thread(self.search, creator_id, text, k)

    async def passages(self, creator_id: str) -> Sequence[Passage]:
        """All the creator's passages, as last imported."""
        return (await asyncio.to_thread(self.corpus, creator_id)).passages

    async def answered(self, creator_id: str, text: str, k: int = 5) -> tuple[Scored, ...]:
        """The k passages that answered what is most like a text, whether or not they answer it."""
        if len(text) <= SHORT and self._is_at_hand(creator_id):
            return self._find(creator_id, text)[0].nearest_questions(k)
        return (await asyncio.to_thread(self._find, creator_id, text))[0].nearest_questions(k)

    def search(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """`recall` for callers without an event loop."""
        found, note = self._find(creator_id, text)
        best = found.best(k)
        return Recall(best, supported=max((one.score for one in best), default=0.0) >= SUPPORTED, note=note)

    def _find(self, creator_id: str, text: str) -> tuple["Found", str]:
        """What is known for a text, and why it is less than it could be."""
        text = bare(text.strip())
        found = Found(self.corpus(creator_id), text)
        if not text or not found.corpus.passages:
            return found, ""
        try:
            self._by_meaning(creator_id, text, found)
        except Unavailable:
            return found, "vectors unavailable"
        return found, ""

    def corpus(self, creator_id: str) -> Corpus:
        """The creator's passages with their word index, from memory where they have not changed."""
        return self._kept.get(creator_id, _is_fresh, lambda known: self._read(creator_id, known))

    def replies_of_others(self, creator_id: str) -> list[str]:
        """What other creators here replied to followers, as much as tells a voice from theirs."""
        with self._db.reading() as tx:
            return replies_of_others(tx, creator_id)

    def is_known(self, creator_id: str) -> bool:
        """Whether `corpus` answers from memory."""
        return self._kept.has(creator_id, _is_fresh)

    def _is_at_hand(self, creator_id: str) -> bool:
        """Whether a search waits for nothing: neither the ledger nor Chroma, and no encoder has to be loaded."""
        if self._near is None or self._encoder is None or not self.is_known(creator_id):
            return False
        return self._near.holds(creator_id, self.corpus(creator_id).vectors)

    def _read(self, creator_id: str, known: Corpus | None) -> Corpus:
        with self._db.reading() as tx:
            version, vectors = versions(tx, creator_id)
            corpus = known if known and known.version == version else index(version, load_passages(tx, creator_id))
            late = () if vectors else waiting(tx, creator_id, LATE + 1)
        few = tuple(late) if len(late) <= LATE else ()
        return replace(corpus, vectors=vectors, late=few, checked_at=time.monotonic())

    def _by_meaning(self, creator_id: str, text: str, found: "Found") -> None:
        """Adds the nearest vectors' passages, and the cosines of those found by their words."""
        if self._near is None:
            raise Unavailable("no vectors")
        for hit in self._near.hits(creator_id, found.corpus.vectors, self._encode(text), DENSE, found.vectors()):
            found.add(hit.id, hit.cosine)
        self._by_meaning_of_late(text, found)
        found.compare(text, self._loaded().words_alike)

    def _by_meaning_of_late(self, text: str, found: "Found") -> None:
        """Passages whose vectors no worker has stored yet are encoded here: a correction counts at once."""
        named = [
            pair
            for passage in found.corpus.late
            for pair in zip(vector_ids(passage), vector_texts(passage), strict=True)
        ]
        if named:
            near = self._loaded().encode_remembered([one for _, one in named]) @ self._encode(text)
            for (name, _), cosine in zip(named, near, strict=True):
                found.add(name, float(cosine))

    def _encode(self, text: str) -> "Floats":
        return self._loaded().encode_query(text)

    def _loaded(self) -> "SentenceEncoder":
        if self._encoder is None:
            from engage.memory.encoder import shared_encoder

            self._encoder = shared_encoder()
        return self._encoder


def _is_fresh(corpus: Corpus) -> bool:
    return time.monotonic() - corpus.checked_at < FRESH_SECONDS


class Found:
    """What is known of the passages for one text; the candidates begin with those its words bring in."""

    def __init__(self, corpus: Corpus, text: str) -> None:
        self.corpus = corpus
        asked = tokens(text)
        size = len(corpus.passages)
        self._evidence = Evidence(
            corpus.texts.scores(asked),
            corpus.questions.scores(asked),
            np.full(size, np.nan, np.float32),
            np.full(size, np.nan, np.float32),
            np.full(size, np.nan, np.float32),
        )
        best = np.maximum(self._evidence.text_words, self._evidence.asked_words)
        count = min(LEXICAL, size)
        likely = np.argpartition(-best, count - 1)[:count] if count else ()
        self._candidates = {int(at) for at in likely if best[at] > 0}

    def vectors(self) -> list[str]:
        """Ids of the candidates' vectors."""
        return [name for at in self._candidates for name in vector_ids(self.corpus.passages[at])]

    def add(self, vector_id: str, cosine: float) -> None:
        """A vector's nearness; vectors of passages that an import has just replaced are no candidates."""
        passage_id, _, which = vector_id.rpartition("|")
        if (at := self.corpus.position.get(passage_id)) is None:
            return
        cosines = self._evidence.asked_cosine if which == QUESTION else self._evidence.text_cosine
        cosines[at] = cosine
        self._candidates.add(at)

    def compare(self, text: str, words: "WordsAlike") -> None:
        """Looks for near synonyms in the candidates that are English: the table of words knows no other language."""
        at = [one for one in sorted(self._candidates) if self.corpus.scale.english[one]]
        at = [one for one in at if not np.isnan(self._evidence.text_cosine[one])]
        if len(at) > COMPARED:
            likely = relevance(self._evidence.of(at), self.corpus.scale.of(at))
            at = [at[place] for place in np.sort(np.argpartition(-likely, COMPARED)[:COMPARED])]
        self._evidence.text_alike[at] = words.shares(text, [matter(self.corpus.passages[one]) for one in at])

    def best(self, k: int) -> tuple[Scored, ...]:
        """The k candidates that answer the text best."""
        at = sorted(self._candidates)
        passages = [shown(self.corpus.passages[one]) for one in at]
        return rank(passages, self._evidence.of(at), self.corpus.scale.of(at), k)

    def nearest_questions(self, k: int) -> tuple[Scored, ...]:
        """The k candidates whose question is most like the text."""
        at = [one for one in sorted(self._candidates) if self.corpus.passages[one].question]
        evidence, scale = self._evidence.of(at), self.corpus.scale.of(at)
        scores, matches = relevance(evidence, scale).tolist(), question_match(evidence, scale).tolist()
        found = zip(at, scores, matches, strict=True)
        ranked = [Scored(shown(self.corpus.passages[n]), score, question_match=match) for n, score, match in found]
        return tuple(sorted(ranked, key=lambda one: -one.question_match)[:k])


def index(version: str, everything: Sequence[Passage]) -> Corpus:
    """A corpus ready to be searched."""
    from engage.memory.lexical import build

    passages = [passage for passage in everything if passage.kind is not PassageKind.PRIVATE]
    languages = [passage.language for passage in passages]
    return Corpus(
        version,
        tuple(passages),
        tuple(passage for passage in everything if passage.kind is PassageKind.PRIVATE),
        {passage.id: at for at, passage in enumerate(passages)},
        build([matter(passage) for passage in passages]),
        build([bare(passage.question or "") for passage in passages]),
        scale_of(trusted(languages), doubts(passages), priors(passages)),
    )


def shown(passage: Passage) -> Passage:
    """As those see it who are no party to it: what a follower asked in private is compared, and never told."""
    private = passage.kind is PassageKind.CORRECTION and passage.surface is Surface.DM
    return replace(passage, question=None) if private else passage


def matter(passage: Passage) -> str:
    """What of a passage is searched as its text: a post's title belongs to it."""
    return f"{passage.title}\n{passage.text}" if passage.title and passage.kind is PassageKind.POST else passage.text


def bare(text: str) -> str:
    """A question without whom it names and what was masked in it; the text itself where nothing else is in it."""
    return " ".join(_NAMED.sub(" ", text).split()) or text


def vector_ids(passage: Passage) -> list[str]:
    """The ids of a passage's vectors; private ones have none."""
    return [] if passage.kind is PassageKind.PRIVATE else vector_names(passage.id, asked=bool(passage.question))


def vector_texts(passage: Passage) -> list[str]:
    """What its vectors are made of, in their order."""
    return [text for text in (matter(passage), bare(passage.question or "")) if text]


def vector_names(passage_id: str, *, asked: bool) -> list[str]:
    """What vectors of a passage are called: of its text, and of the question it answered where there is one."""
    text = f"{passage_id}|{TEXT}"
    return [text, f"{passage_id}|{QUESTION}"] if asked else [text]
