"""The gate: whether any model that hears what a message means could find something in it."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from engage.triage.features import Shape
from engage.triage.linear import Linear
from workers.training.design import Design, fit_words, out_of_fold, prepare
from workers.training.examples import Example
from workers.training.hearing import HEARING
from workers.training.modelling import telling
from workers.training.recipe import Encode, Recipe

_FINDS = 3.0  # what a text weighs in which one of them finds something
_GRAVE = 6.0  # and in which these do: a cry for help, and requests in plain words that many others have too
_GRAVELY = {"self_harm", "restricted"}
_UNKNOWN = 0.1  # the least log-odds of a text of which no word is known: it passes
PASSED = 0.995  # of these texts, of groups left out


@dataclass
class _Text:
    """One text in the examples of several models."""

    example: Example
    finders: list[str] = field(default_factory=list)


def read(folder: Path) -> list[Example]:
    """The examples of all models behind the gate, each text once. It should pass if one of them finds something."""
    texts: dict[str, _Text] = {}
    for recipe in HEARING:
        for example in recipe.read(folder):
            known = texts.setdefault(example.text, _Text(example))
            if example.deserves:
                known.example = example
                known.finders.append(recipe.name)
    return [_judged(known) for known in texts.values()]


def _judged(known: _Text) -> Example:
    kind = ", ".join(known.finders) or known.example.kind
    weight = _GRAVE if _GRAVELY & set(known.finders) else _FINDS if known.finders else 1.0
    return replace(known.example, kind=kind, weight=weight)


def fitted(examples: list[Example], _encode: Encode | None) -> Linear:
    """The model. Its bias is such that PASSED of the texts that should pass are over 0, groups left out."""
    design = prepare(examples, RECIPE, None)
    small = design.of_features(telling(design, fit_words(design, RECIPE.ridge), RECIPE.kept))
    weights = fit_words(small, RECIPE.ridge)
    border = _border(small)
    told = dict(zip(small.names, weights.tolist(), strict=False))
    return Linear(RECIPE.name, RECIPE.shape, told, max(_UNKNOWN, float(weights[-1]) - border), 0.0, frozenset())


def _border(design: Design) -> float:
    """The log-odds that PASSED of the deserving reach, by models that have not seen their group."""
    odds = out_of_fold(design, RECIPE.ridge)
    return float(np.quantile(odds[design.deserves > 0], 1 - PASSED))


RECIPE = Recipe(
    "gate",
    read,
    languages="",
    meaning=False,
    shape=Shape(2, 3, 4, few=10),
    kept=30_000,
    ridge=0.5,
    ruled=False,
    fit=fitted,
)
