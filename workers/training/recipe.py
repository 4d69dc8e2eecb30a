"""What a model is made from: its examples, and how closely it may follow them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from engage.triage.features import Shape
from engage.triage.linear import Linear
from workers.training.examples import Example


@dataclass(frozen=True, slots=True)
class Recipe:
    """name: the label. read: the examples in a data folder; raises OSError where files are missing.

    languages: those that the model speaks for (empty: any). meaning_languages: those in which the encoder is asked;
    empty: no such head. doubt: the chances by words between which it is asked. least: texts that must have a feature;
    groups: groups of deserving texts that must have it, if any has: what one scenario is about is no sign. lean:
    log-odds that the meaning's head adds, words_lean: that the words' head adds where it speaks alone: over 0 where
    to miss one is worse than a false alarm. alone: whether the model is asked without an encoder. kept: features in
    the file. ridge and meaning_ridge: the higher, the less a single feature may say. fit and figures: how to fit it and
    what to tell of it, where that is not the usual way.
    """

    name: str
    read: Callable[[Path], list[Example]]
    languages: str
    meaning_languages: str = "en"
    doubt: tuple[float, float] = (0.02, 0.98)
    shape: Shape = Shape()  # noqa: RUF009 - frozen
    least: int = 3
    groups: int = 1
    kept: int = 40_000
    ridge: float = 1.0
    meaning_ridge: float = 1.0
    alone: bool = True
    lean: float = 0.0
    words_lean: float = 0.0
    fit: Callable[[list[Example]], Linear] | None = None
    figures: Callable[[list[Example]], Iterator[str]] | None = None
