"""From a few measures to one chance: logistic regression by Newton's method. Pure."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
_RIDGE = 1e-2  # keeps a weight finite where a measure tells the two apart without a mistake
_STEPS = 50
_STILL = 1e-8


def fit(measures: Numbers, own: NDArray[np.bool_], shares: Numbers) -> Numbers:
    """(texts, n) measures, which texts are the writer's, what each weighs → (n + 1,) weights, the constant last."""
    rows = np.column_stack([measures, np.ones(len(measures))])
    weights = np.zeros(rows.shape[1])
    ridge = _RIDGE * np.eye(rows.shape[1])
    for _ in range(_STEPS):
        chance = chances(measures, weights)
        slope = rows.T @ (shares * (chance - own)) + ridge @ weights
        curve = (rows * (shares * chance * (1 - chance))[:, None]).T @ rows + ridge
        step = np.linalg.solve(curve, slope)
        weights = weights - step
        if float(np.abs(step).max()) < _STILL:
            break
    return weights


def chances(measures: Numbers, weights: Numbers) -> Numbers:
    """(texts, n) or (n,) measures → 0..1 each."""
    total: Numbers = 1 / (1 + np.exp(-np.clip(measures @ weights[:-1] + weights[-1], -30, 30)))
    return total
