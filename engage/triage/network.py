"""What the models of all labels hear together in a sentence vector: a small network, learnt for all of them at once.

Cries, attacks and wishes are told apart by the same few hundred ideas; a network that learns them for all labels needs
fewer examples of each than a sum over the vector's numbers does for one (docs/adr/0025-one-network-for-all-labels.md).
What it says of a label, the label's model (engage/triage/linear.py) weighs beside the text's words. Pure.

The file is a text: `#name<tab>value` lines, then `#layer<tab>inputs outputs` before the lines of each layer, one unit a
line: its bias, and its weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from engage.memory.floats import Floats
from engage.triage.linear import MODELS


@dataclass(frozen=True, slots=True)
class Layer:
    """weights: (inputs, outputs); biases: (outputs,)."""

    weights: Floats
    biases: Floats

    def __call__(self, values: Floats) -> Floats:
        """(..., inputs) → (..., outputs)."""
        found: Floats = values @ self.weights + self.biases
        return found


@dataclass(frozen=True, slots=True)
class Network:
    """labels: what its outputs are about. Between layers, what is below zero is cut off (ReLU)."""

    labels: tuple[str, ...]
    layers: Sequence[Layer]

    def log_odds(self, vectors: Floats) -> Floats:
        """(..., width of a sentence vector) → (..., labels)."""
        *hidden, last = self.layers
        for layer in hidden:
            vectors = np.maximum(layer(vectors), 0.0)
        return last(vectors)


@cache
def load() -> Network:
    """The shipped network, read once."""
    return read((MODELS / "network.tsv").read_text(encoding="utf-8"))


def read(written: str) -> Network:
    """A network from the text of its file. Raises IndexError or ValueError where it is none."""
    labels: tuple[str, ...] = ()
    units: list[list[Floats]] = []
    for line in written.splitlines():
        key, _, value = line.partition("\t")
        if key == "#labels":
            labels = tuple(value.split())
        elif key == "#layer":
            units.append([])
        elif not key.startswith("#"):
            units[-1].append(np.array(line.split(), dtype=np.float32))
    return Network(labels, tuple(_layer(np.stack(each)) for each in units))


def _layer(units: Floats) -> Layer:
    return Layer(np.ascontiguousarray(units[:, 1:].T), units[:, 0])
