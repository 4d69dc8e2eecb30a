"""What cosine two unrelated texts have for an encoder: measured on a creator's own passages. Pure.

`engage/memory/evidence.py` makes scores of how far a cosine is above it, so that they mean the same for any encoder.
"""

from collections.abc import Sequence

import numpy as np

from engage.memory.evidence import main_languages
from engage.memory.floats import Floats
from engage.models import Passage

SAMPLE = 400  # passages; all pairs of them
FEWEST = 12  # passages of a language from which on they tell something of it
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


def measure(passages: Sequence[Passage], vectors: Sequence[Floats], unrelated: Floats) -> dict[str, float]:
    """Mean cosine of two texts by main language, and under "" that of the unrelated sentences.

    vectors: of the passages' texts; unrelated: of UNRELATED.
    """
    found = {"": _mean(unrelated, range(len(unrelated)))}
    for language in main_languages(one.language for one in passages):
        at = [place for place, one in enumerate(passages) if one.language == language]
        if len(at) >= FEWEST:
            sources = [passages[place].source_id for place in at]
            found[language] = _mean(np.stack([vectors[place] for place in at]), sources)
    return found


def _mean(vectors: Floats, sources: Sequence[object]) -> float:
    """Over all pairs but those of one source: parts of one text are no strangers to each other."""
    places = np.unique([str(one) for one in sources], return_inverse=True)[1]
    apart = places[:, None] != places[None, :]
    cosines = (vectors @ vectors.T)[apart]
    mean = float(cosines.mean()) if len(cosines) else 0.0
    return round(min(max(mean, 0.0), HIGHEST), 4)
