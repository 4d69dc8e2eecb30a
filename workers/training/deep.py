"""A small network for several labels, fitted by Adam with dropout. The same numbers in give the same network out.

The step rises, then falls in a line (arXiv 1412.6980); weights decay beside it (arXiv 1711.05101).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from engage.memory.floats import Floats
from engage.triage.network import Layer
from workers.training.matrix import Rows

HIDDEN = (256,)
EPOCHS = 16
BATCH = 256
STEP = 2e-3
RISING = 200  # batches
DECAY = 1e-2
DROPPED = 0.4  # of the hidden units, others in each batch
_MEAN, _SQUARE = 0.9, 0.999  # what is kept of what was known of a slope


@dataclass(frozen=True, slots=True)
class Lesson:
    """vectors: (rows, width); deserves: (rows, labels), 1 or 0; shares: (rows, labels), what each weighs, 0 where
    nothing is known."""

    vectors: Floats
    deserves: Floats
    shares: Floats

    def rows(self, chosen: Rows) -> "Lesson":
        """Some of the rows."""
        return Lesson(self.vectors[chosen], self.deserves[chosen], self.shares[chosen])


@dataclass(slots=True)
class _Parameter:
    """values: an array of weights or biases, changed in place."""

    values: Floats
    mean: Floats = field(init=False)
    square: Floats = field(init=False)

    def __post_init__(self) -> None:
        self.mean, self.square = np.zeros_like(self.values), np.zeros_like(self.values)

    def move(self, slope: Floats, step: float, number: int) -> None:
        """One step of Adam, the number-th."""
        self.mean += (1 - _MEAN) * (slope - self.mean)
        self.square += (1 - _SQUARE) * (slope * slope - self.square)
        usual = np.sqrt(self.square / (1 - _SQUARE**number)) + 1e-8
        decay = DECAY if self.values.ndim > 1 else 0.0
        self.values -= step * (self.mean / (1 - _MEAN**number) / usual + decay * self.values)


def learn(lesson: Lesson, seed: int = 0) -> list[Layer]:
    """Layers that take vectors as they come and give log-odds, of little cross-entropy over all labels."""
    mean, spread = lesson.vectors.mean(axis=0), lesson.vectors.std(axis=0) + 1e-8
    chance = np.random.default_rng(seed)
    layers = _start((lesson.vectors.shape[1], *HIDDEN, lesson.deserves.shape[1]), chance)
    parameters = [_Parameter(values) for layer in layers for values in (layer.weights, layer.biases)]
    rows = len(lesson.vectors)
    batches = EPOCHS * -(-rows // BATCH)
    for number, chosen in enumerate(_batches(rows, chance), 1):
        some = lesson.rows(chosen)
        slopes = _slopes(layers, Lesson((some.vectors - mean) / spread, some.deserves, some.shares), chance)
        step = STEP * min(1.0, number / RISING) * (1 - number / (batches + 1))
        for parameter, slope in zip(parameters, slopes, strict=True):
            parameter.move(slope, step, number)
    first, *others = layers
    weights = first.weights / spread[:, None]
    return [Layer(weights, first.biases - mean @ weights), *others]


def _start(sizes: Sequence[int], chance: np.random.Generator) -> list[Layer]:
    """Layers of random weights whose outputs are as large as their inputs (arXiv 1502.01852)."""
    return [
        Layer(
            chance.normal(0, np.sqrt(2 / inputs), (inputs, outputs)).astype(np.float32), np.zeros(outputs, np.float32)
        )
        for inputs, outputs in pairwise(sizes)
    ]


def _batches(rows: int, chance: np.random.Generator) -> Iterator[Rows]:
    for _ in range(EPOCHS):
        order = chance.permutation(rows)
        yield from (order[start : start + BATCH] for start in range(0, rows, BATCH))


def _slopes(layers: Sequence[Layer], lesson: Lesson, chance: np.random.Generator) -> list[Floats]:
    """Of the loss, by each layer's weights and biases in turn, with some hidden units dropped."""
    values: list[Floats] = [lesson.vectors]
    passed: list[Floats] = []
    for layer in layers[:-1]:
        found = layer(values[-1])
        kept = (found > 0) & (chance.random(found.shape, dtype=np.float32) >= DROPPED)
        passed.append(kept.astype(np.float32) / np.float32(1 - DROPPED))
        values.append(found * passed[-1])
    said: Floats = (1 / (1 + np.exp(-np.clip(layers[-1](values[-1]), -30, 30)))).astype(np.float32)
    slope: Floats = (said - lesson.deserves) * lesson.shares / np.float32(len(said))
    slopes: list[Floats] = []
    for place in reversed(range(len(layers))):
        slopes = [values[place].T @ slope, slope.sum(axis=0), *slopes]
        if place:
            slope = (slope @ layers[place].weights.T) * passed[place - 1]
    return slopes
