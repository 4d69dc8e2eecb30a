"""From a design to a model: fit, leave out what says little, fit again, and make the odds mean what they say."""

import numpy as np

from engage.memory.floats import Floats
from engage.triage.linear import Linear, MeaningHead
from workers.training.design import Design, Labels, fit_dense, fit_words, out_of_fold
from workers.training.matrix import Numbers
from workers.training.recipe import Recipe


def model(design: Design, recipe: Recipe) -> Linear:
    """The fitted model. Its odds are calibrated on predictions for groups that were left out."""
    small = design.of_features(telling(design, fit_words(design, recipe.ridge), recipe.kept))
    odds = out_of_fold(small, recipe.ridge)
    slope, constant = (float(each) for each in fit_dense(odds[:, None], small.labels, 0.0))
    weights = slope * fit_words(small, recipe.ridge)
    head = meaning_head(small, slope * odds + constant, recipe)
    return Linear(
        recipe.name,
        recipe.shape,
        dict(zip(small.names, weights.tolist(), strict=False)),
        float(weights[-1]) + constant + recipe.words_lean,
        float(weights[-2]),
        frozenset(recipe.languages.split()),
        head,
        recipe.alone,
    )


def telling(design: Design, weights: Numbers, most: int) -> "np.ndarray[tuple[int], np.dtype[np.int64]]":
    """The columns whose weights move the odds of the rows most, in alphabetical order of their names."""
    moved = np.abs(weights[: design.features.width]) * np.sqrt(design.features.counts())
    return np.sort(np.argsort(-moved, kind="stable")[:most])


def meaning_head(design: Design, odds: Numbers, recipe: Recipe) -> MeaningHead | None:
    """What the vector adds to the odds by words, learnt where these were predictions; None without vectors."""
    return None if design.vectors is None else head_of(odds, design.vectors, design.labels, recipe)


def head_of(odds: Numbers, vectors: Floats, labels: Labels, recipe: Recipe) -> MeaningHead:
    """From (rows,) odds by words and (rows, width) vectors."""
    weights = fit_dense(np.column_stack([odds, vectors]), labels, recipe.meaning_ridge)
    slope = float(weights[0])
    bias = float(weights[-1]) + recipe.lean - slope * recipe.words_lean
    return MeaningHead(weights[1:-1].astype(np.float32), slope, bias, recipe.doubt)
