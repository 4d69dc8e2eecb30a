"""What a model is made from: its examples, and how closely it may follow them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engage.memory.floats import Floats
from engage.triage.features import Shape
from engage.triage.linear import Linear
from workers.training.examples import Example

Encode = Callable[[Sequence[str]], Floats]  # texts → (texts, width) numbers: their vectors, or what is heard in them


@dataclass(frozen=True, slots=True)
class Recipe:
    """name: the label. card: of its page in docs/models, where that is another. read: the examples in a data folder;
    raises OSError where files are missing.

    languages: those that the model speaks for (empty: any). meaning: whether it hears what a text means. doubt: the
    chances by words between which that is asked for. least: texts that must have a feature; groups: groups of
    deserving texts that must have it, if any has: what one scenario is about is no sign. lean: log-odds that the
    meaning's head adds, words_lean: that the words' head adds where it speaks alone: over 0 where to miss one is worse
    than a false alarm. ruled: whether the label has rules, whose score is a sign too. alone: whether the model is asked
    without an encoder. kept: features in the file. ridge and meaning_ridge: the higher, the less a single
    feature may say. fit and figures: how to fit it and what to tell of it, where that is not the usual way.
    """

    name: str
    read: Callable[[Path], list[Example]]
    languages: str
    meaning: bool = True
    doubt: tuple[float, float] = (0.02, 0.98)
    shape: Shape = Shape()  # noqa: RUF009 - frozen
    least: int = 3
    groups: int = 1
    kept: int = 40_000
    ridge: float = 1.0
    meaning_ridge: float = 0.05
    ruled: bool = True
    alone: bool = True
    lean: float = 0.0
    words_lean: float = 0.0
    card: str = ""
    fit: Callable[[list[Example], Encode | None], Linear] | None = None
    figures: Callable[[list[Example]], Iterator[str]] | None = None
