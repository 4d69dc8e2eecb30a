"""A linear model over a text's words and runs of letters, what the rules found, and its meaning where given. Pure.

A model is a text file that can be read and argued with (models/*.tsv): a head of `#name<tab>value` lines, then one
feature and its weight a line. It has two heads. The words' head needs the text alone: every feature found adds its
weight over the root of how many there are. The meaning's head weighs what the words said beside what the network heard
in the sentence vector (engage/triage/network.py), of this label and of the others; it is asked where an encoder is at
hand and words left a doubt.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from pathlib import Path
from sys import intern
from typing import TYPE_CHECKING

from engage.triage.features import Shape, features, has_roles

if TYPE_CHECKING:
    from engage.memory.floats import Floats

MODELS = Path(__file__).parent / "models"
Meaning = Callable[[str], "Floats"]  # a text → what the network hears in it, a number a label


@dataclass(frozen=True, slots=True)
class MeaningHead:
    """doubt: the chances by words between which it is asked."""

    weights: "Floats"
    slope: float  # of what the words said
    bias: float
    doubt: tuple[float, float]

    def weigh(self, odds: float, text: str, meaning: Meaning | None) -> float:
        """The log-odds of the label, from those by words; the same where there is no encoder, or no doubt."""
        if meaning is None or not self.doubt[0] <= chance(odds) <= self.doubt[1]:
            return odds
        return self.bias + self.slope * odds + float(self.weights @ meaning(text))


@dataclass(frozen=True, slots=True)
class Linear:
    """A fitted model. languages: those it was fitted on; in others the rules stand alone. Empty: any.

    alone: whether it is to be asked without an encoder; where words tell too little, the rules then stand alone too.
    """

    name: str
    shape: Shape
    weights: Mapping[str, float]
    bias: float
    rules: float  # the weight of the rules' score
    languages: frozenset[str]
    meaning: MeaningHead | None = None
    alone: bool = True

    def speaks(self, language: str, meaning: Meaning | None) -> bool:
        """Whether the model can say something about a text in that language, with that encoder or none."""
        return (not self.languages or language in self.languages) and (self.alone or meaning is not None)

    def knows(self, text: str, language: str) -> bool:
        """Whether it knows what any word of the text does; where the language was guessed wrong, it does not."""
        return not self.shape.roles or has_roles(text, self.shape, language)

    def by_words(self, text: str, rules: float = 0.0, language: str = "en") -> float:
        """The log-odds of the label by the text's words, and by what the rules found (their score, 0..1)."""
        return self.bias + self.rules * rules + sum(map(self._share, features(text, self.shape, language)))

    def probability(self, text: str, rules: float = 0.0, language: str = "en", meaning: Meaning | None = None) -> float:
        """The chance, 0..1, that the text deserves the label. `meaning` is asked only where it counts."""
        odds = self.by_words(text, rules, language)
        return chance(self.meaning.weigh(odds, text, meaning) if self.meaning else odds)

    def _share(self, found: list[str]) -> float:
        weights = map(self.weights.get, found, repeat(0.0))
        return sum(weights) / math.sqrt(max(len(found), self.shape.few))


def chance(odds: float) -> float:
    """Log-odds as a chance, 0..1."""
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, odds))))


@cache
def load(name: str) -> Linear | None:
    """The model of that name, read once; None where there is none."""
    path = MODELS / f"{name}.tsv"
    return read(path.read_text(encoding="utf-8")) if path.is_file() else None


def read(written: str) -> Linear:
    """A model from the text of its file. Raises KeyError or ValueError where it is none."""
    number = cache(float)
    head: dict[str, str] = {}
    weights: dict[str, float] = {}
    for line in written.splitlines():
        key, _, value = line.partition("\t")
        if key.startswith("#"):
            head[key[1:]] = value
        else:
            weights[intern(key)] = number(value)  # many runs stand in several models, many weights are equal: 9 MB
    return Linear(
        head["name"],
        _shape(head),
        weights,
        float(head["bias"]),
        float(head["rules"]),
        frozenset(head["languages"].split()),
        _meaning(head) if "meaning" in head else None,
        head.get("alone") != "no",
    )


def _shape(head: Mapping[str, str]) -> Shape:
    shortest, longest = map(int, head["letters"].split("-"))
    seen = (head.get(name) == "yes" for name in ("signs", "roles"))
    return Shape(int(head["words"]), shortest, longest, int(head.get("few", "1")), *seen)


def _meaning(head: Mapping[str, str]) -> MeaningHead:
    import numpy as np  # pages of the studio import this module and ask no model

    low, high = map(float, head["doubt"].split())
    return MeaningHead(
        np.array(head["meaning"].split(), dtype=np.float32),
        float(head["meaning-slope"]),
        float(head["meaning-bias"]),
        (low, high),
    )
