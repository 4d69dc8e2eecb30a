"""How much a text looks like an attack, advertising, abuse, a cry for help or a restricted request. Pure.

Each label is a file of weighted patterns (data/*.toml). Signs are joined as independent chances: 1 - product(1 - w);
dampers ("lol", "he called me a ...") then take their share off.
"""

from collections.abc import Iterable, Mapping

from engage.models import Persona
from engage.triage.normalise import fold, plain
from engage.triage.verdict import LABELS
from engage.triage.words import Rule, rules

_FILES = {"injection": "injection", "spam": "spam", "abuse": "abuse", "self_harm": "crisis", "restricted": "restricted"}
_SURE = 0.5  # of a complaint or an order
_AVOIDED = 0.8  # a topic the creator has named
_HEAD, _TAIL = 3000, 1000  # characters read of a very long message


def shorten(text: str) -> str:
    """The beginning and the end of a very long text: where its point is, at a bounded cost."""
    return text if len(text) <= _HEAD + _TAIL else f"{text[:_HEAD]}\n{text[-_TAIL:]}"


def score_labels(text: str, persona: Persona, labels: Iterable[str] = LABELS) -> dict[str, float]:
    """Every label, or some, with its score, 0..1, rounded to hundredths."""
    folded = fold(shorten(text))
    views = tuple(dict.fromkeys((folded, plain(folded))))
    scores = {label: max(score(rules(_FILES[label]).matching(view)) for view in views) for label in labels}
    if "restricted" in scores and _avoided(folded, persona):
        scores["restricted"] = max(scores["restricted"], _AVOIDED)
    return {label: round(value, 2) for label, value in scores.items()}


def concerns_an_order(folded: str) -> bool:
    """Whether somebody complains about an order of their own, or places one."""
    return score(rules("service").matching(folded)) >= _SURE


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


def _avoided(folded: str, persona: Persona) -> bool:
    """Whether a topic of the creator's own list comes up; in scripts without blanks, anywhere in the text."""
    words = f" {' '.join(''.join(c if c.isalnum() else ' ' for c in folded).split())} "
    topics = [fold(topic) for topic in persona.avoid_topics]
    return any(f" {topic} " in words or (not topic.isascii() and topic in folded) for topic in topics if topic)
