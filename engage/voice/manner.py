"""What a model is told of how a creator writes: their habits, and past answers that show them. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engage.models import Passage
from engage.voice.usual import Usual, described

PHRASES, EDGES = 6, 4  # how many of theirs are told


@dataclass(frozen=True, slots=True)
class Manner:
    """habits: a sentence each, the same for every turn on a surface. exemplars: chosen for this turn."""

    habits: tuple[str, ...] = ()
    exemplars: tuple[Passage, ...] = ()


def told(usual: Usual, habits: Mapping[str, object]) -> tuple[str, ...]:
    """A creator's habits as sentences for a model."""
    lines = list(described(usual))
    for name, words, count in (
        ("Emoji they use", "emoji_used", EDGES),
        ("They often begin with", "openings", EDGES),
        ("They often end with", "endings", EDGES),
        ("Phrases of theirs", "phrases", PHRASES),
    ):
        if found := _listed(habits.get(words), count):
            lines.append(f"{name}: {'; '.join(found)}.")
    return tuple(lines)


def _listed(found: object, count: int) -> Sequence[str]:
    return [str(one) for one in found][:count] if isinstance(found, dict | list) else []
