"""Logistic regression with a ridge, by L-BFGS. The same numbers in give the same weights out."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workers.training.matrix import Numbers

_MEMORY = 10  # steps remembered
_STEPS = 200
_STILL = 1e-4  # of the slope, in relation to where it began
_ENOUGH = 1e-4  # of the decrease that the slope promises


@dataclass(frozen=True, slots=True)
class Problem:
    """times: (columns,) weights → (rows,) odds; transposed: (rows,) → (columns,); ridge: of each column."""

    times: Callable[[Numbers], Numbers]
    transposed: Callable[[Numbers], Numbers]
    deserves: Numbers  # 0 or 1
    shares: Numbers  # what each row weighs
    ridge: Numbers

    def value(self, weights: Numbers) -> tuple[float, Numbers]:
        """The loss at these weights, and its slope."""
        odds = self.times(weights)
        loss = np.logaddexp(0.0, odds) - self.deserves * odds
        chances = 1 / (1 + np.exp(-np.clip(odds, -30, 30)))
        slope = self.transposed(self.shares * (chances - self.deserves)) + self.ridge * weights
        return float(self.shares @ loss + 0.5 * (self.ridge * weights) @ weights), slope


def fit(problem: Problem, start: Numbers) -> Numbers:
    """The weights of least loss."""
    weights = start
    loss, slope = problem.value(weights)
    known: deque[tuple[Numbers, Numbers]] = deque(maxlen=_MEMORY)
    still = _STILL * float(np.linalg.norm(slope))
    for _ in range(_STEPS):
        if float(np.linalg.norm(slope)) <= still:
            break
        step = -_scaled(slope, known)
        size, promised = (1.0 if known else 1 / float(np.linalg.norm(slope))), float(step @ slope)
        for _ in range(30):
            new_loss, new_slope = problem.value(weights + size * step)
            if new_loss <= loss + _ENOUGH * size * promised:
                break
            size /= 2
        else:
            break
        known.append((size * step, new_slope - slope))
        weights, loss, slope = weights + size * step, new_loss, new_slope
    return weights


def _scaled(slope: Numbers, known: deque[tuple[Numbers, Numbers]]) -> Numbers:
    """The slope by the inverse curvature that the last steps have shown (two-loop recursion)."""
    direction = slope.copy()
    shares: list[tuple[float, float]] = []
    for step, change in reversed(known):
        inverse = 1 / float(change @ step)
        share = inverse * float(step @ direction)
        direction -= share * change
        shares.append((inverse, share))
    if known:
        step, change = known[-1]
        direction *= float(step @ change) / float(change @ change)
    for (step, change), (inverse, share) in zip(known, reversed(shares), strict=True):
        direction += (share - inverse * float(change @ direction)) * step
    return direction
