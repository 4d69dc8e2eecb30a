"""Messages as bags of parts, of which one says it: fitting to the parts that ask most clearly, when only messages are
labelled (multiple-instance learning)."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engage.triage.asked import NEVER, has_pattern
from engage.triage.normalise import clean, fold, plain, without_links
from engage.triage.parts import FEW, Seen, seen_parts
from workers.training.examples import Example
from workers.training.matrix import Numbers, Rows, Sparse
from workers.training.regression import Problem, fit

_FREE = 1e-3  # the ridge of the constant: next to none
_ROUNDS = 1  # fits after the first; more change little


@dataclass(frozen=True, slots=True)
class Bags:
    """features: a row a part; owners: each part's message; deserves, shares, found: a message's label, weight and
    whether the patterns are in it."""

    names: list[str]
    features: Sparse
    owners: Rows
    deserves: Numbers
    shares: Numbers
    found: Numbers

    def of_features(self, chosen: Rows) -> "Bags":
        """The same messages with some of the features."""
        names = [self.names[place] for place in chosen]
        return replace(self, names=names, features=self.features.columns_of(chosen))

    def best(self, weights: Numbers) -> Numbers:
        """(messages,) odds of the part that asks most clearly."""
        best = np.full(len(self.deserves), NEVER)
        np.maximum.at(best, self.owners, self.features.times(weights))
        return best


def bags(examples: Sequence[Example], least: int) -> Bags:
    """The messages of the examples. least: parts that must have a feature."""
    folded = [fold(without_links(clean(example.text))) for example in examples]
    parts = [list(seen_parts(plain(text))) for text in folded]
    every = [seen for some in parts for seen in some]
    counted = Counter(name for seen in every for names in seen for name in names)
    names = sorted(name for name, count in counted.items() if count >= least)
    return Bags(
        names,
        _matrix(every, names),
        np.repeat(np.arange(len(parts)), [len(some) for some in parts]),
        np.array([float(example.deserves) for example in examples]),
        np.array([example.weight for example in examples]),
        np.array([float(has_pattern(text)) for text in folded]),
    )


def fit_bags(bags: Bags, chosen: Rows, ridge: float) -> Numbers:
    """(features,) weights, learnt from some of the messages.

    At first all parts of an asking message ask a little; then the one that asks most clearly by what was learnt.
    """
    parts = np.flatnonzero(np.isin(bags.owners, chosen))
    owners = bags.owners[parts]
    asks = bags.deserves[owners] > 0
    many = np.bincount(bags.owners, minlength=len(bags.deserves))[owners]
    shares = bags.shares[owners] * np.where(asks, 1 / many, 1.0)
    weights = _fit(bags, parts, shares, ridge, None)
    for _ in range(_ROUNDS):
        odds = bags.features.times(weights[:-1])[parts]
        clearest = odds >= bags.best(weights[:-1])[owners] - 1e-9
        kept = ~asks | clearest
        weights = _fit(bags, parts[kept], bags.shares[owners][kept], ridge, weights)
    return weights


def _fit(bags: Bags, parts: Rows, shares: Numbers, ridge: float, start: Numbers | None) -> Numbers:
    """(features + 1,) weights, the constant last."""
    features, width = bags.features.rows(parts), bags.features.width
    ridges = np.full(width + 1, ridge)
    ridges[-1] = _FREE
    problem = Problem(
        lambda weights: features.times(weights[:-1]) + weights[-1],
        lambda factors: np.concatenate([features.transposed(factors), [factors.sum()]]),
        bags.deserves[bags.owners[parts]],
        shares,
        ridges,
    )
    return fit(problem, np.zeros(width + 1) if start is None else start)


def _matrix(every: Sequence[Seen], names: Sequence[str]) -> Sparse:
    places = {name: place for place, name in enumerate(names)}
    columns: list[int] = []
    values: list[NDArray[np.float32]] = []
    starts = [0]
    for seen in every:
        for sort, few in zip(seen, FEW.values(), strict=True):
            known = [places[name] for name in sort if name in places]
            columns += known
            values.append(np.full(len(known), 1 / max(few, len(sort)) ** 0.5, dtype=np.float32))
        starts.append(len(columns))
    return Sparse(np.concatenate(values), np.array(columns, np.int32), np.array(starts, np.int64), len(names))
