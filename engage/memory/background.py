"""What cosine two unrelated texts have for an encoder: measured on a creator's own passages. Pure.

`engage/memory/evidence.py` makes scores of how far a cosine is above it, so that they mean the same for any encoder.
"""

from collections.abc import Sequence

import numpy as np

from engage.memory.evidence import built_in_background, main_languages
from engage.memory.floats import Floats
from engage.models import Passage

SAMPLE = 200  # passages; all pairs of them
FEWEST = 12  # passages of a language from which on they tell something of it
MOST_TOPICAL = 0.5
HIGHEST = 0.95  # an encoder that finds everything alike tells nothing
# Unrelated sentences, for creators who have said too little: what they have in common is that they are sentences.
UNRELATED = (
    "The ferry leaves at half past six.", "Bake the bread until the crust sounds hollow.",
    "My grandmother kept bees behind the barn.", "The update fixes two bugs in the settings page.",
    "He sold his guitar to pay the rent.", "Rain is expected along the coast tonight.",
    "You can return the shoes within thirty days.", "The lawyer asked for another week.",
    "Stretch your shoulders before you lift.", "Our match was called off in the second half.",
    "The museum shows maps from the eighteenth century.", "I never learned how to whistle.",
    "Water the tomatoes early in the morning.", "The microphone picks up every passing truck.",
    "Their daughter started school in autumn.", "A new bridge will cross the river near the mill.",
)  # fmt: skip


def measure(passages: Sequence[Passage], vectors: Floats, built_in: Floats, unrelated: Floats) -> dict[str, float]:
    """The cosine of two unrelated texts by main language, and under "" that of the unrelated sentences.

    vectors: (passages, width) of their texts, built_in: (passages, 384) those of the built-in encoder, whose background
    is known; unrelated: of UNRELATED. A creator speaks of few things, so that their passages are less far from each
    other than unrelated texts are: by how much is what the built-in encoder finds above its own background.
    """
    found = {"": _bounded(_mean(unrelated, range(len(unrelated))))}
    for language in main_languages(one.language for one in passages):
        at = [place for place, one in enumerate(passages) if one.language == language]
        if len(at) >= FEWEST:
            sources = [passages[place].source_id for place in at]
            means = _mean(vectors[at], sources), _mean(built_in[at], sources)
            found[language] = _bounded(_without_topic(*means, language))
    return found


def _without_topic(mean: float, built_in: float, language: str) -> float:
    """A mean cosine less what all of a creator's passages have in common."""
    known = built_in_background(language)
    shared = min(max((built_in - known) / (1 - known), 0.0), MOST_TOPICAL)
    return (mean - shared) / (1 - shared)


def _mean(vectors: Floats, sources: Sequence[object]) -> float:
    """Over all pairs but those of one source: parts of one text are no strangers to each other."""
    places = np.unique([str(one) for one in sources], return_inverse=True)[1]
    apart = places[:, None] != places[None, :]
    cosines = (vectors @ vectors.T)[apart]
    return float(cosines.mean()) if len(cosines) else 0.0


def _bounded(background: float) -> float:
    return round(min(max(background, 0.0), HIGHEST), 4)
