"""Does memory find what answers? The best of the first k recalled passages, held against the real reply. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engage.evaluate.backtest import DEEPEST, Trial
from engage.evaluate.figures import SEED, Figure, figure
from engage.evaluate.likeness import Likenesses, best_of_first
from engage.models import Passage, PassageKind

HEADLINE = 5  # passages, as `engage recall` gives


@dataclass(frozen=True, slots=True)
class Curve:
    """Likenesses to the real reply: (k, trials) of the recalled and of random passages; of the best there is."""

    recalled: Sequence[Sequence[float]]
    random: Sequence[Sequence[float]]
    best: Sequence[float]

    def at(self, k: int) -> Figure:
        """The figure of the first k passages."""
        if not self.best:
            return Figure(None)
        return figure(self.recalled[k - 1], self.best, self.random[k - 1])

    def as_json(self) -> list[dict[str, object]]:
        points = [(k, self.at(k)) for k in range(1, len(self.recalled) + 1)]
        return [{"k": k, **one.as_json()} for k, one in points]


def curve(trials: Sequence[Trial], passages: Sequence[Passage]) -> Curve:
    """One point for each depth. Private passages are never recalled, so they are no ceiling."""
    known = [passage for passage in passages if passage.kind is not PassageKind.PRIVATE]
    place = {passage.id: at for at, passage in enumerate(known)}
    compared = Likenesses([passage.text for passage in known])
    chance = np.random.default_rng(SEED)
    found, drawn, best = [], [], []
    for one in trials if known else ():
        near = compared.to(one.pair.reply)
        at = [place[scored.passage.id] for scored in one.found if scored.passage.id in place]
        found.append(best_of_first(near[at].tolist(), DEEPEST))
        drawn.append(best_of_first(near[chance.integers(0, len(known), DEEPEST)].tolist(), DEEPEST))
        best.append(float(near.max()))
    return Curve(_by_depth(found), _by_depth(drawn), best)


def _by_depth(rows: Sequence[Sequence[float]]) -> list[list[float]]:
    """(trials, k) → (k, trials)."""
    return [[row[k] for row in rows] for k in range(DEEPEST)]
