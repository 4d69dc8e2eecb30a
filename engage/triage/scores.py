"""How much a text looks like an attack, advertising, abuse, a cry for help or a restricted request. Pure.

Each label is a file of weighted patterns (data/*.toml). Signs are joined as independent chances: 1 - product(1 - w);
dampers ("lol", "he called me a ...") then take their share off. Where the rules are not sure, the label's model
(models/*.tsv), if it has one, is asked: docs/adr/0018-how-a-score-comes-about.md.
"""

from collections.abc import Iterable, Mapping, Sequence

from engage.models import Persona
from engage.triage.linear import Linear, Meaning, load
from engage.triage.normalise import fold, views
from engage.triage.verdict import LABELS
from engage.triage.words import Rule, rules

SURE = 0.8  # a score of the rules that needs no second opinion
_FILES = {"injection": "injection", "spam": "spam", "abuse": "abuse", "self_harm": "crisis", "restricted": "restricted"}
_SETTLING = ("injection", "spam", "abuse", "self_harm")  # a topic to avoid hides none of them
_ORDER = 0.5  # from which somebody complains about an order or places one
_ONLY_RAISED = ("self_harm",)  # a model may hear a cry for help that rules missed, never unhear one
_AVOIDED = 0.8  # a topic the creator has named
_HEAD, _TAIL = 3000, 1000  # characters read of a very long message


def shorten(text: str) -> str:
    """The beginning and the end of a very long text: where its point is, at a bounded cost."""
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def score_labels(
    text: str,
    persona: Persona,
    language: str = "en",
    meaning: Meaning | None = None,
    labels: Sequence[str] = LABELS,
) -> dict[str, float]:
    """Every label, or some, with its score, 0..1, rounded to hundredths. meaning: an encoder, asked where a doubt is
    left."""
    shown = shorten(text)
    found = by_rules(shown, persona, labels)
    return by_models(found, shown, language, None if settled(found) else meaning)


def settled(found: Mapping[str, float]) -> bool:
    """Whether the rules alone are sure of what a message is: no encoder need be asked."""
    return any(found.get(label, 0.0) >= SURE for label in _SETTLING)


def passes(text: str, language: str) -> bool:
    """Whether any model that hears meanings could find something in a text; where no word of it suggests so, none of
    them is asked (docs/models/gate.md)."""
    gate = load("gate")
    return gate is None or gate.by_words(text, language=language) > 0


def by_models(
    found: Mapping[str, float], text: str, language: str, meaning: Meaning | None = None, *, passed: bool = True
) -> dict[str, float]:
    """The labels' scores, 0..1, rounded to hundredths: those of the rules, and what the models say. passed: whether
    those that hear meanings are asked."""
    asked = {label: model for label in found if (model := load(label)) and (passed or not model.meaning)}
    return {
        label: round(_weighed(score, asked.get(label), text, language, meaning), 2) for label, score in found.items()
    }


def by_rules(text: str, persona: Persona, labels: Sequence[str] = LABELS) -> dict[str, float]:
    """Every label, or some, with its score by rules alone."""
    folded = fold(text)
    seen = views(text)
    scores = {label: max(score(rules(_FILES[label]).matching(view)) for view in seen) for label in labels}
    if "restricted" in scores and _avoided(folded, persona):
        scores["restricted"] = max(scores["restricted"], _AVOIDED)
    return scores


def joined(found: float, model: Linear, text: str, language: str, meaning: Meaning | None) -> float:
    """What the rules found and what the model says, as one score: sure rules stand, else the model decides, knowing
    what they found. In a language that it was not fitted on, or without an encoder it needs, the rules stand alone; a
    model that needs one, or knows no word of the text, adds to what they found and takes nothing away."""
    if found >= SURE or not model.speaks(language, meaning):
        return found
    chance = model.probability(text, found, language, meaning)
    return chance if model.alone and model.knows(text, language) else max(found, chance)


def concerns_an_order(folded: str) -> bool:
    """Whether somebody complains about an order of their own, or places one."""
    return score(rules("service").matching(folded)) >= _ORDER


def score(signs: Iterable[Rule]) -> float:
    """The joint chance of the signs found in one view of a text."""
    clear, share = 1.0, 1.0
    for sign in signs:
        clear *= 1.0 - max(0.0, sign.weight)
        share *= 1.0 + min(0.0, sign.weight)
    return (1.0 - clear) * share


def flags(labels: Mapping[str, float], thresholds: Mapping[str, float]) -> tuple[str, ...]:
    """The labels at or over their threshold."""
    return tuple(label for label, value in labels.items() if value >= thresholds.get(label, 0.5))


def _weighed(found: float, model: Linear | None, text: str, language: str, meaning: Meaning | None) -> float:
    if model is None:
        return found
    weighed = joined(found, model, text, language, meaning)
    return max(found, weighed) if model.name in _ONLY_RAISED else weighed


def _avoided(folded: str, persona: Persona) -> bool:
    """Whether a topic of the creator's own list comes up; in scripts without blanks, anywhere in the text."""
    words = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in folded).split())} "
    topics = [fold(topic) for topic in persona.avoid_topics]
    return any(f" {topic} " in words or (not topic.isascii() and topic in folded) for topic in topics if topic)
