"""From the four ways a passage can be near a question to one calibrated score. Pure.

Two logistic regressions: does its text answer, and was it the answer to this very question before? How they were
fitted, and how well they do on creators they were not fitted on, is in docs/adr/0003-recall-scores.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engage.memory.agreeing import newest_first, without_repeats
from engage.memory.floats import Floats
from engage.models import Passage, PassageKind, Scored

SUPPORTED = 0.5  # the best passage's score from which the creator counts as having answered
LEAD = 0.05  # what an approved answer or a correction is put before others by …
DECIDED_MATCH = 0.75  # … where its question matches as well as this
STRANGE = (
    0.47  # how far above its English background an encoder's is for a language that it hardly knows: as _BACKGROUND
)
CAUTION = 0.5  # what a cosine counts for in scripts the encoder hardly knows
_TEXT = (6.2, 2.0, -3.5)  # weights of cosine and words, and the constant
_TEXT_ALIKE = (6.0, 2.28, -4.0)  # with near synonyms in the place of words
_ASKED = (7.0, 2.5, -4.3)
# Without vectors words have to carry it alone; the text of a passage is then never enough.
_TEXT_WORDS = (0.0, 2.5, -2.6)
_ASKED_WORDS = (0.0, 8.0, -3.2)
# Where pairs of characters tell more than the encoder, half of a question's pairs make it the same question.
_ASKED_PAIRS = (0.0, 8.0, -4.0)

# The mean cosine of two unrelated sentences of a language: the encoder learnt English, and the less it knows of a
# language, the more alike its sentences look. Measured on 24 to 40 sentences each.
_BACKGROUND = {
    "en": 0.08, "de": 0.31, "fr": 0.34, "nl": 0.37, "ro": 0.38, "es": 0.42, "it": 0.43, "pt": 0.43, "id": 0.46,
    "tl": 0.48, "tr": 0.48, "sv": 0.49, "ja": 0.52, "zh": 0.53, "pl": 0.54, "ko": 0.55, "th": 0.55, "vi": 0.55,
    "ru": 0.56, "uk": 0.59, "ta": 0.62, "ar": 0.65, "fa": 0.68, "hi": 0.74, "el": 0.75, "bn": 0.85,
}  # fmt: skip
_OTHER_BACKGROUND = 0.48
_HARDLY_KNOWN = frozenset(("ja", "zh", "ko", "th", "ru", "uk", "ta", "ar", "fa", "hi", "el", "bn", "he", "ur"))
# Of them, where pairs of characters are known to tell one question from another: docs/adr/0003-recall-scores.md.
_TOLD_BY_PAIRS = frozenset(("zh",))


@dataclass(frozen=True, slots=True)
class Evidence:
    """How near some passages are to a text, a place in each array for a passage: (passages,)."""

    text_words: Floats  # shares of the text's words that they cover
    asked_words: Floats  # ... that the questions cover which they answered
    text_cosine: Floats  # the encoder's; NaN where it was not measured
    asked_cosine: Floats  # to the questions they answered
    text_alike: Floats  # shares of the text's words that they have, or near synonyms; NaN where it was not measured

    def of(self, at: Sequence[int]) -> "Evidence":
        """That of some of the passages."""
        chosen = list(at)
        return Evidence(
            self.text_words[chosen],
            self.asked_words[chosen],
            self.text_cosine[chosen],
            self.asked_cosine[chosen],
            self.text_alike[chosen],
        )


@dataclass(frozen=True, slots=True)
class Scale:
    """What the cosines of some passages are worth, and what speaks for and against them: (passages,) each."""

    background: Floats
    caution: Floats
    english: NDArray[np.bool_]
    by_pairs: NDArray[np.bool_]  # the words of a question tell more than its cosine
    doubt: Floats  # logits that the relevance of the text loses
    prior: Floats  # logits in the order of passages; no part of the score

    def of(self, at: Sequence[int]) -> "Scale":
        """That of some of the passages."""
        chosen = list(at)
        return Scale(
            self.background[chosen],
            self.caution[chosen],
            self.english[chosen],
            self.by_pairs[chosen],
            self.doubt[chosen],
            self.prior[chosen],
        )

    def without_pairs(self) -> "Scale":
        """The same for a text too short for its pairs of characters to tell it from another."""
        return replace(self, by_pairs=np.zeros_like(self.by_pairs))


def scale_of(
    languages: Sequence[str],
    doubt: Floats | None = None,
    prior: Floats | None = None,
    measured: Mapping[str, float] | None = None,
) -> Scale:
    """Of passages in these languages. measured: another encoder's backgrounds, "" for any other language."""
    nothing = np.zeros(len(languages), np.float32)
    known = measured or {**_BACKGROUND, "": _OTHER_BACKGROUND}
    hardly = _hardly_known(measured) if measured else _HARDLY_KNOWN
    return Scale(
        np.array([known.get(language, known.get("", _OTHER_BACKGROUND)) for language in languages], np.float32),
        np.array([CAUTION if language in hardly else 1.0 for language in languages], np.float32),
        np.array([language == "en" for language in languages], np.bool_),
        np.array([language in hardly & _TOLD_BY_PAIRS for language in languages], np.bool_),
        nothing if doubt is None else doubt,
        nothing if prior is None else prior,
    )


def _hardly_known(measured: Mapping[str, float]) -> frozenset[str]:
    """Languages whose sentences an encoder finds much more alike than English ones."""
    least = measured.get("", 0.0)
    return frozenset(one for one, mean in measured.items() if (mean - least) / (1 - least) > STRANGE)


def relevance(evidence: Evidence, scale: Scale) -> Floats:
    """The chance of each passage that it answers the text: (passages,), 0..1."""
    text_near = above_chance(evidence.text_cosine, scale)
    asked_near = above_chance(evidence.asked_cosine, scale)
    measured = ~(np.isnan(evidence.text_cosine) & np.isnan(evidence.asked_cosine))
    text = np.where(
        measured, _score(_TEXT, text_near, evidence.text_words), _score(_TEXT_WORDS, 0.0, evidence.text_words)
    )
    text = np.where(np.isnan(evidence.text_alike), text, _score(_TEXT_ALIKE, text_near, evidence.text_alike))
    text -= scale.doubt
    asked = np.where(
        measured, _score(_ASKED, asked_near, evidence.asked_words), _score(_ASKED_WORDS, 0.0, evidence.asked_words)
    )
    asked[measured & np.isnan(evidence.asked_cosine)] = -np.inf
    by_pairs = _score(_ASKED_PAIRS, 0.0, evidence.asked_words)
    asked = np.where(scale.by_pairs, np.maximum(asked, by_pairs), asked)
    chances: Floats = (1 / (1 + np.exp(-np.clip(np.maximum(text, asked), -50, 50)))).astype(np.float32)
    return chances


def question_match(evidence: Evidence, scale: Scale) -> Floats:
    """How near the text is to the question that each passage answered: (passages,), 0..1."""
    near = above_chance(evidence.asked_cosine, scale)
    near = np.where(scale.by_pairs, np.maximum(near, evidence.asked_words), near)
    matches: Floats = np.clip(np.where(np.isnan(evidence.asked_cosine), evidence.asked_words, near), 0, 1)
    return matches


def above_chance(cosine: Floats, scale: Scale) -> Floats:
    """Cosines on one scale for all languages: 0 is what two unrelated sentences have, 1 the same sentence."""
    relative = (np.nan_to_num(cosine, nan=0.0) - scale.background) / (1 - scale.background)
    # The same sentence is the same sentence in every script; anything less says little in some.
    counted = np.where(relative < 0.95, relative * scale.caution, relative)
    near: Floats = np.where(np.isnan(cosine), 0, counted).astype(np.float32)
    return near


def built_in_background(language: str) -> float:
    """The mean cosine of two unrelated sentences, for the built-in encoder."""
    return _BACKGROUND.get(language, _OTHER_BACKGROUND)


def trusted(languages: Sequence[str]) -> list[str]:
    """The languages of a creator's passages, with those they hardly write in taken for one they do."""
    main = main_languages(languages)
    likeliest = min(main, key=built_in_background, default="en")
    return [language if language in main else likeliest for language in languages]


def main_languages(languages: Iterable[str]) -> frozenset[str]:
    """The languages a creator writes in: those of a tenth of the passages. Short texts are often told wrong."""
    counts: dict[str, int] = {}
    for language in languages:
        if language:
            counts[language] = counts.get(language, 0) + 1
    total = sum(counts.values())
    return frozenset(language for language, count in counts.items() if count * 10 >= total)


def rank(passages: Sequence[Passage], evidence: Evidence, scale: Scale, k: int) -> tuple[Scored, ...]:
    """The k best, best first: of texts that say the same one, of those that contradict each other the newest first.

    What the creator decided for this very question comes before what scores as much: models read the first ones first.
    """
    scores, matches = _rounded(relevance(evidence, scale)), _rounded(question_match(evidence, scale))
    dense = _rounded(np.maximum(np.nan_to_num(evidence.text_cosine), np.nan_to_num(evidence.asked_cosine)))
    lexical = _rounded(np.maximum(evidence.text_words, evidence.asked_words))
    worth = [score + _lead(passage, match) for passage, score, match in zip(passages, scores, matches, strict=True)]
    ahead = _logits(worth) + scale.prior
    order = sorted(range(len(passages)), key=lambda at: (-ahead[at], -matches[at], passages[at].id))
    ranked = (Scored(passages[at], scores[at], dense[at], lexical[at], matches[at]) for at in order)
    return newest_first(without_repeats(ranked, k))


def _logits(chances: Sequence[float]) -> Floats:
    bounded = np.clip(np.array(chances, np.float32), 1e-4, 1 - 1e-4)
    logits: Floats = np.log(bounded / (1 - bounded))
    return logits


def _lead(passage: Passage, match: float) -> float:
    return LEAD if passage.kind in (PassageKind.FAQ, PassageKind.CORRECTION) and match >= DECIDED_MATCH else 0.0


def _rounded(numbers: Floats) -> list[float]:
    """To four places, as they are shown and compared."""
    found: list[float] = np.round(numbers.astype(np.float64), 4).tolist()
    return found


def _score(weights: tuple[float, float, float], cosine: Floats | float, words: Floats) -> Floats:
    scores: Floats = np.asarray(weights[0] * cosine + weights[1] * words + weights[2], np.float32)
    return scores
