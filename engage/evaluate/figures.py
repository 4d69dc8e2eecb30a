"""A figure with what it can be compared with, and how sure it is. Pure and the same on every run."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RESAMPLES = 1000
SEED = 20_261_127
FEWEST = 5  # items an interval can be told from


@dataclass(frozen=True, slots=True)
class Figure:
    """A mean over n items of the drafts, with the 95 % interval of a bootstrap.

    ceiling: the same of the creator's own held-back replies; floor: of other people's texts. None: cannot be told.
    """

    value: float | None
    ceiling: float | None = None
    floor: float | None = None
    n: int = 0
    low: float | None = None
    high: float | None = None

    @property
    def of_ceiling(self) -> float | None:
        """The value as a share of the ceiling."""
        return None if self.value is None or not self.ceiling else self.value / self.ceiling

    def as_json(self) -> dict[str, float | int | None]:
        shown = {
            "value": self.value,
            "ceiling": self.ceiling,
            "floor": self.floor,
            "low": self.low,
            "high": self.high,
            "of_ceiling": self.of_ceiling,
        }
        return {**{key: None if one is None else round(one, 4) for key, one in shown.items()}, "n": self.n}


def figure(values: Sequence[float], ceiling: Sequence[float] = (), floor: Sequence[float] = ()) -> Figure:
    """The means of what each text measured."""
    low, high = interval(values)
    return Figure(mean(values), mean(ceiling), mean(floor), len(values), low, high)


def mean(values: Sequence[float]) -> float | None:
    """None of nothing."""
    return float(np.mean(values)) if len(values) else None


def interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    """The 95 % percentile interval of the mean (Efron 1979), of items drawn again with replacement."""
    if len(values) < FEWEST:
        return None, None
    drawn = np.random.default_rng(SEED).integers(0, len(values), (RESAMPLES, len(values)))
    means = np.asarray(values, np.float64)[drawn].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return float(low), float(high)


def distance(some: Sequence[float], others: Sequence[float]) -> float | None:
    """How far apart two distributions are: 1-Wasserstein, the mean distance between equal quantiles, in their unit."""
    if not len(some) or not len(others):
        return None
    at = (np.arange(RESAMPLES) + 0.5) / RESAMPLES
    return float(np.abs(np.quantile(some, at) - np.quantile(others, at)).mean())
