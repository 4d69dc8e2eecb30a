"""From the four ways a passage can be near a question to one calibrated score. Pure.

Two logistic regressions: does its text answer, and was it the answer to this very question before? How they were
fitted, and how well they do on creators they were not fitted on, is in docs/adr/0003-recall-scores.md.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from engage.models import Passage, Scored

SUPPORTED = 0.5  # the best passage's score from which the creator counts as having answered
CAUTION = 0.5  # what a cosine counts for in scripts the encoder hardly knows
_TEXT = (6.2, 2.0, -3.5)  # weights of cosine and words, and the constant
_ASKED = (7.0, 2.5, -4.3)
# Without vectors words have to carry it alone; the text of a passage is then never enough.
_TEXT_WORDS = (0.0, 2.5, -2.6)
_ASKED_WORDS = (0.0, 8.0, -3.2)

# The mean cosine of two unrelated sentences of a language: the encoder learnt English, and the less it knows of a
# language, the more alike its sentences look. Measured on 24 to 40 sentences each.
_BACKGROUND = {
    "en": 0.08, "de": 0.31, "fr": 0.34, "nl": 0.37, "ro": 0.38, "es": 0.42, "it": 0.43, "pt": 0.43, "id": 0.46,
    "tl": 0.48, "tr": 0.48, "sv": 0.49, "ja": 0.52, "zh": 0.53, "pl": 0.54, "ko": 0.55, "th": 0.55, "vi": 0.55,
    "ru": 0.56, "uk": 0.59, "ta": 0.62, "ar": 0.65, "fa": 0.68, "hi": 0.74, "el": 0.75, "bn": 0.85,
}  # fmt: skip
_OTHER_BACKGROUND = 0.48
_HARDLY_KNOWN = frozenset(("ja", "zh", "ko", "th", "ru", "uk", "ta", "ar", "fa", "hi", "el", "bn", "he", "ur"))


@dataclass(slots=True)
class Evidence:
    """How near one passage is to a text: cosines of the encoder, and shares of the text's words it covers."""

    text_words: float = 0.0
    asked_words: float = 0.0
    text_cosine: float | None = None  # None: not measured
    asked_cosine: float | None = None  # to the question the passage answered


def relevance(evidence: Evidence, language: str = "en") -> float:
    """The chance, 0..1, that the passage answers the text. language: the passage's."""
    if evidence.text_cosine is None and evidence.asked_cosine is None:
        text = _logistic(_TEXT_WORDS, 0.0, evidence.text_words)
        return max(text, _logistic(_ASKED_WORDS, 0.0, evidence.asked_words))
    text = _logistic(_TEXT, above_chance(evidence.text_cosine, language), evidence.text_words)
    if evidence.asked_cosine is None:
        return text
    return max(text, _logistic(_ASKED, above_chance(evidence.asked_cosine, language), evidence.asked_words))


def question_match(evidence: Evidence, language: str = "en") -> float:
    """How near the text is to the question the passage answered, 0..1."""
    near = above_chance(evidence.asked_cosine, language)
    return max(0.0, min(1.0, evidence.asked_words if evidence.asked_cosine is None else near))


def above_chance(cosine: float | None, language: str) -> float:
    """A cosine on one scale for all languages: 0 is what two unrelated sentences have, 1 the same sentence."""
    if cosine is None:
        return 0.0
    background = _BACKGROUND.get(language, _OTHER_BACKGROUND)
    relative = (cosine - background) / (1.0 - background)
    # The same sentence is the same sentence in every script; anything less says little in some.
    return relative * (CAUTION if language in _HARDLY_KNOWN and relative < 0.95 else 1.0)


def main_languages(languages: Iterable[str]) -> frozenset[str]:
    """The languages a creator writes in: those of a tenth of the passages. Short texts are often told wrong."""
    counts: dict[str, int] = {}
    for language in languages:
        if language:
            counts[language] = counts.get(language, 0) + 1
    total = sum(counts.values())
    return frozenset(language for language, count in counts.items() if count * 10 >= total)


def rank(found: Sequence[tuple[Passage, Evidence]], k: int, languages: frozenset[str]) -> tuple[Scored, ...]:
    """The k best, best first; of passages with the same words only the best. languages: the creator's."""
    usual = min(languages, key=lambda one: _BACKGROUND.get(one, _OTHER_BACKGROUND), default="en")
    ranked = []
    for passage, evidence in found:
        language = passage.language if passage.language in languages else usual
        score, match = round(relevance(evidence, language), 4), round(question_match(evidence, language), 4)
        ranked.append((-score, -match, passage.id, passage, evidence))
    ranked.sort(key=lambda one: one[:3])
    kept: dict[str, Scored] = {}
    for score, match, _, passage, evidence in ranked:
        kept.setdefault(" ".join(passage.text.casefold().split()), _scored(passage, evidence, -score, -match))
        if len(kept) == k:
            break
    return tuple(kept.values())


def _scored(passage: Passage, evidence: Evidence, score: float, match: float) -> Scored:
    return Scored(
        passage,
        score=score,
        dense=round(max(evidence.text_cosine or 0.0, evidence.asked_cosine or 0.0), 4),
        lexical=round(max(evidence.text_words, evidence.asked_words), 4),
        question_match=match,
    )


def _logistic(weights: tuple[float, float, float], cosine: float, words: float) -> float:
    x = weights[0] * cosine + weights[1] * words + weights[2]
    return 1.0 / (1.0 + math.exp(-max(-50.0, min(50.0, x))))
