"""What is known of a creator's passages for one text, and which of them are best."""

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engage.memory.corpora import Corpus
from engage.memory.evidence import Evidence, question_match, rank, relevance
from engage.memory.lexical import tokens
from engage.memory.texts import QUESTION, matter, vector_ids
from engage.models import Passage, PassageKind, Scored, Surface

if TYPE_CHECKING:
    from engage.memory.alike import WordsAlike

LEXICAL = 12  # passages the words alone may bring in
TELLING_PAIRS = 5  # pairs of characters from which they tell a question: "why is that?" is part of many
COMPARED = 16  # of the likeliest candidates every word is compared: reading those of texts met first takes time


class Found:
    """What is known of the passages for one text; the candidates begin with those its words bring in."""

    def __init__(self, corpus: Corpus, text: str) -> None:
        self.corpus = corpus
        asked = tokens(text)
        size = len(corpus.passages)
        self._scale = corpus.scale if len(set(asked)) >= TELLING_PAIRS else corpus.scale.without_pairs()
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
        at = [one for one in sorted(self._candidates) if self._scale.english[one]]
        at = [one for one in at if not np.isnan(self._evidence.text_cosine[one])]
        if len(at) > COMPARED:
            likely = relevance(self._evidence.of(at), self._scale.of(at))
            at = [at[place] for place in np.sort(np.argpartition(-likely, COMPARED)[:COMPARED])]
        self._evidence.text_alike[at] = words.shares(text, [matter(self.corpus.passages[one]) for one in at])

    def best(self, k: int) -> tuple[Scored, ...]:
        """The k candidates that answer the text best."""
        at = sorted(self._candidates)
        passages = [shown(self.corpus.passages[one]) for one in at]
        return rank(passages, self._evidence.of(at), self._scale.of(at), k)

    def nearest_questions(self, k: int) -> tuple[Scored, ...]:
        """The k candidates whose question is most like the text; their score is how much."""
        at = [one for one in sorted(self._candidates) if self.corpus.passages[one].question]
        matches = question_match(self._evidence.of(at), self._scale.of(at)).tolist()
        best = sorted(zip(matches, at, strict=True), reverse=True)[:k]
        return tuple(Scored(shown(self.corpus.passages[one]), match, question_match=match) for match, one in best)


def shown(passage: Passage) -> Passage:
    """As those see it who are no party to it: what a follower asked in private is compared, and never told."""
    private = passage.kind is PassageKind.CORRECTION and passage.surface is Surface.DM
    return replace(passage, question=None) if private else passage
