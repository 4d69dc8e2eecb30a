"""Examples made ready for fitting: their features, what the rules find, their vectors, and what they weigh."""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from engage.memory.floats import Floats
from engage.models import Persona
from engage.triage.features import features
from engage.triage.language import identify
from engage.triage.scores import by_rules, shorten
from workers.training.examples import Example
from workers.training.matrix import Numbers, Rows, Sparse, matrix, vocabulary
from workers.training.recipe import Encode, Recipe
from workers.training.regression import Problem, fit

FOLDS = 5
NOBODY = Persona(id="", name="", display_name="")
_FREE = 1e-3  # the ridge of the constant and of the rules' weight: next to none


@dataclass(frozen=True, slots=True)
class Labels:
    """(rows,) each: whether they deserve the label (1 or 0), and what they weigh."""

    deserves: Numbers
    shares: Numbers


@dataclass(frozen=True, slots=True)
class Design:
    """One row an example. languages: as triage guesses them; found: the rules' scores; vectors: (rows, 384) or None."""

    names: list[str]
    features: Sparse
    found: Numbers
    deserves: Numbers
    shares: Numbers
    groups: list[str]
    languages: list[str]
    vectors: Floats | None

    @property
    def labels(self) -> Labels:
        """Of all rows."""
        return Labels(self.deserves, self.shares)

    def rows(self, chosen: Rows) -> "Design":
        """Some of the examples."""
        vectors = None if self.vectors is None else self.vectors[chosen]
        return replace(
            self,
            features=self.features.rows(chosen),
            found=self.found[chosen],
            deserves=self.deserves[chosen],
            shares=self.shares[chosen],
            groups=[self.groups[place] for place in chosen],
            languages=[self.languages[place] for place in chosen],
            vectors=vectors,
        )

    def of_features(self, chosen: Rows) -> "Design":
        """The same examples with some of the features."""
        names = [self.names[place] for place in chosen]
        return replace(self, names=names, features=self.features.columns_of(chosen))


def prepare(examples: Sequence[Example], recipe: Recipe, encode: Encode | None) -> Design:
    """The design of the examples, with vectors where an encoder is given."""
    texts = [shorten(example.text) for example in examples]
    languages = [identify(text).language for text in texts]
    read = list(zip(texts, languages, strict=True))
    names = vocabulary(read, recipe.shape, recipe.least)
    names = shared(names, examples, recipe) if recipe.groups > 1 else names
    return Design(
        names,
        matrix(read, recipe.shape, names),
        np.array([found_by_rules(text, recipe) for text in texts]),
        np.array([float(example.deserves) for example in examples]),
        np.array([example.weight for example in examples]),
        [example.group for example in examples],
        languages,
        None if encode is None else encode(texts),
    )


def found_by_rules(text: str, recipe: Recipe) -> float:
    """The score of the label's rules; 0 where it has none."""
    return by_rules(text, NOBODY, [recipe.name])[recipe.name] if recipe.ruled else 0.0


def shared(names: Sequence[str], examples: Sequence[Example], recipe: Recipe) -> list[str]:
    """The features without those that deserving texts of too few groups have."""
    having: dict[str, set[str]] = {}
    for example in examples:
        if example.deserves:
            for found in features(shorten(example.text), recipe.shape):
                for name in found:
                    having.setdefault(name, set()).add(example.group)
    return [name for name in names if not 0 < len(having.get(name, ())) < recipe.groups]


def fit_words(design: Design, ridge: float) -> Numbers:
    """(features + 2,) weights: the features', the rules' and the constant."""
    width = design.features.width

    def transposed(factors: Numbers) -> Numbers:
        return np.concatenate([design.features.transposed(factors), [factors @ design.found, factors.sum()]])

    ridges = np.full(width + 2, ridge)
    ridges[width:] = _FREE
    return fit(
        Problem(lambda weights: odds_of(design, weights), transposed, design.deserves, design.shares, ridges),
        np.zeros(width + 2),
    )


def odds_of(design: Design, weights: Numbers) -> Numbers:
    """(rows,) log-odds by words."""
    *_, rules, constant = weights
    odds: Numbers = design.features.times(weights[:-2]) + rules * design.found + constant
    return odds


def fit_dense(measures: Numbers, labels: Labels, ridge: float) -> Numbers:
    """(measures + 1,) weights of numbers that every row has, the constant last; the first measure costs no ridge."""
    table = np.column_stack([measures, np.ones(len(measures))])
    ridges = np.full(table.shape[1], ridge)
    ridges[[0, -1]] = _FREE
    problem = Problem(lambda w: table @ w, lambda f: table.T @ f, labels.deserves, labels.shares, ridges)
    return fit(problem, np.zeros(table.shape[1]))


def folds(groups: Sequence[str], count: int = FOLDS) -> list[Rows]:
    """The rows of each fold; a group is in one, whatever the order of the rows."""
    number = np.array([zlib.crc32(group.encode()) % count for group in groups])
    return [np.flatnonzero(number == fold) for fold in range(count) if (number == fold).any()]


def out_of_fold(design: Design, ridge: float, parts: Sequence[Rows] | None = None) -> Numbers:
    """(rows,) log-odds by words, each by a model that has not seen the row's group (or part)."""
    odds = np.zeros(len(design.deserves))
    everything = np.arange(len(odds))
    for part in folds(design.groups) if parts is None else parts:
        weights = fit_words(design.rows(np.setdiff1d(everything, part)), ridge)
        odds[part] = odds_of(design.rows(part), weights)
    return odds
