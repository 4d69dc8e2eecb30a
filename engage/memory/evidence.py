"""From the four ways a passage can be near a question to one calibrated score. Pure.

The weights are a logistic regression; docs/adr/0003-recall-scores.md says on what, and how well it does elsewhere.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from engage.models import Passage, Scored

SUPPORTED = 0.5  # the best passage's score from which the creator counts as having answered


@dataclass(slots=True)
class Evidence:
    """How near one passage is to a text: cosines of the encoder, and shares of the text's words it covers."""

    text_cosine: float = 0.0
    asked_cosine: float = 0.0  # to the question the passage answered
    text_words: float = 0.0
    asked_words: float = 0.0


def relevance(evidence: Evidence) -> float:
    """The chance, 0..1, that the passage answers the text."""
    answers = 9.0 * evidence.text_cosine + 3.0 * evidence.text_words - 5.5
    asked = 10.0 * evidence.asked_cosine + 4.0 * evidence.asked_words - 8.0
    return max(_logistic(answers), _logistic(asked))


def question_match(evidence: Evidence) -> float:
    """How near the text is to the question the passage answered, 0..1."""
    return max(0.0, min(1.0, 0.7 * evidence.asked_cosine + 0.3 * evidence.asked_words))


def rank(found: Sequence[tuple[Passage, Evidence]], k: int) -> tuple[Scored, ...]:
    """The k best, best first; of passages with the same words only the best."""
    scored = sorted((_scored(passage, evidence) for passage, evidence in found), key=_order)
    kept: dict[str, Scored] = {}
    for one in scored:
        kept.setdefault(" ".join(one.passage.text.casefold().split()), one)
    return tuple(list(kept.values())[:k])


def _scored(passage: Passage, evidence: Evidence) -> Scored:
    return Scored(
        passage,
        score=round(relevance(evidence), 4),
        dense=round(max(evidence.text_cosine, evidence.asked_cosine), 4),
        lexical=round(max(evidence.text_words, evidence.asked_words), 4),
        question_match=round(question_match(evidence), 4),
    )


def _order(one: Scored) -> tuple[float, float, str]:
    return (-one.score, -one.question_match, one.passage.id)


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, x))))
