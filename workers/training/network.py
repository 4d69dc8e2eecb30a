"""The network that all labels share: learnt from the examples of every model that hears what a message means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engage.memory.floats import Floats
from engage.triage.network import Network
from engage.triage.scores import shorten
from workers.training.deep import Lesson, learn
from workers.training.design import folds
from workers.training.hearing import HEARING
from workers.training.recipe import Encode

LABELS = tuple(recipe.name for recipe in HEARING)


@dataclass(frozen=True, slots=True)
class Texts:
    """Each text once: (texts,) what is said, and its group; and what is to be learnt from them."""

    texts: list[str]
    groups: list[str]
    lesson: Lesson


def gather(folder: Path, encode: Encode) -> Texts:
    """The examples of all labels. Raises OSError where files of the data folder are missing."""
    groups: dict[str, str] = {}
    known: dict[str, dict[int, tuple[bool, float]]] = {}
    for column, recipe in enumerate(HEARING):
        for example in recipe.read(folder):
            text = shorten(example.text)
            groups.setdefault(text, example.group)
            known.setdefault(text, {})[column] = (example.deserves, example.weight)
    texts = list(known)
    return Texts(texts, list(groups.values()), Lesson(encode(texts), *_judged(list(known.values()))))


def _judged(known: Sequence[dict[int, tuple[bool, float]]]) -> tuple[Floats, Floats]:
    """(texts, labels) twice: what deserves them, and the shares, such that texts of a label weigh 1 in the mean."""
    deserves = np.zeros((len(known), len(LABELS)), dtype=np.float32)
    shares = np.zeros_like(deserves)
    for row, columns in enumerate(known):
        for column, (deserving, weight) in columns.items():
            deserves[row, column], shares[row, column] = deserving, weight
    return deserves, shares / (shares.sum(axis=0) / (shares > 0).sum(axis=0))


def fitted(found: Texts) -> Network:
    """The network that is shipped."""
    return Network(LABELS, learn(found.lesson))


def left_out(found: Texts) -> Encode:
    """What the network says of each of these texts, by one that has not seen the text's group."""
    everything, said = np.arange(len(found.texts)), np.zeros_like(found.lesson.deserves)
    for part in folds(found.groups):
        seen = learn(found.lesson.rows(np.setdiff1d(everything, part)))
        said[part] = Network(LABELS, seen).log_odds(found.lesson.vectors[part])
    places = {text: row for row, text in enumerate(found.texts)}
    return lambda texts: said[[places[shorten(text)] for text in texts]]


def written(network: Network) -> str:
    """The file's text: `engage.triage.network.read` takes it in again."""
    return "\n".join(_lines(network)) + "\n"


def _lines(network: Network) -> Iterator[str]:
    yield "#note\tfitted by python -m workers.training network; its card is docs/models/network.md"
    yield f"#labels\t{' '.join(network.labels)}"
    for layer in network.layers:
        yield f"#layer\t{layer.weights.shape[0]} {layer.weights.shape[1]}"
        for bias, weights in zip(layer.biases, layer.weights.T, strict=True):
            yield " ".join(f"{value:.3g}" for value in (bias, *weights))
