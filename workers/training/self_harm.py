"""Self-harm and suicide: who writes like this is shown to a person."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from engage.triage.features import Shape
from workers.training.examples import Example, rows
from workers.training.followers import followers, wishes
from workers.training.ordinary import asked_of_people, ordinary, questions, sentences
from workers.training.recipe import Recipe
from workers.training.written import other_matters, written

_WRITTEN = 3.0
_DANGER = 7.0  # to miss one is worse than to show a person a harmless message
_OURS = Path(__file__).parent / "data"


def read(folder: Path) -> list[Example]:
    """Moderated samples, what we wrote ourselves in 18 languages, and ordinary talk."""
    talk = [*ordinary(folder, step=2, weight=0.5), *questions(folder), *sentences(folder), *followers()]
    talk += [*wishes(), *other_matters(), *asked_of_people(folder)]
    return [*moderated(folder), *remarks(), *written("crisis", _WRITTEN, _WRITTEN), *talk]


def moderated(folder: Path) -> Iterator[Example]:
    """Samples that people looked at for self-harm."""
    for row in rows(folder / "toxicity_moderation_eval" / "samples.jsonl"):
        if "self_harm" in row["labels"]:
            deserves = bool(row["labels"]["self_harm"])
            yield Example(row["text"], deserves, row["id"], "moderated", weight=_DANGER if deserves else 1.0)


def remarks() -> Iterator[Example]:
    """What people in danger write, and what only sounds like it."""
    for label, lines in tomllib.loads((_OURS / "crisis.toml").read_text(encoding="utf-8")).items():
        danger = label == "danger"
        for line in lines.strip().splitlines():
            yield Example(line, danger, line, f"remark {label}", weight=_DANGER if danger else 2.0)


RECIPE = Recipe(
    "self_harm",
    read,
    languages="",
    shape=Shape(2, 3, 4, few=10),
    doubt=(0.003, 0.99),
    kept=12_000,
    ridge=0.5,
    lean=1.1,  # a chance of 0.25: one ordinary message in a hundred is shown to a person for it
    words_lean=1.39,  # a chance of 0.2: by words alone, in languages that the encoder does not know
    alone=False,
)
