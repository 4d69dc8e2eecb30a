"""Self-harm and suicide: who writes like this is shown to a person."""

import tomllib
from collections.abc import Iterator
from pathlib import Path

from engage.triage.features import Shape
from workers.training.examples import Example, rows
from workers.training.ordinary import ordinary
from workers.training.recipe import Recipe

_DANGER = 7.0  # to miss one is worse than to show a person a harmless message
_REMARKS = Path(__file__).parent / "data" / "crisis.toml"


def read(folder: Path) -> list[Example]:
    """Moderated samples, remarks of our own, and ordinary chat."""
    return [*moderated(folder), *remarks(), *ordinary(folder, step=2, weight=0.5)]


def moderated(folder: Path) -> Iterator[Example]:
    """Samples that people looked at for self-harm."""
    for row in rows(folder / "toxicity_moderation_eval" / "samples.jsonl"):
        if "self_harm" in row["labels"]:
            deserves = bool(row["labels"]["self_harm"])
            yield Example(row["text"], deserves, row["id"], "moderated", weight=_DANGER if deserves else 1.0)


def remarks() -> Iterator[Example]:
    """What people in danger write, and what only sounds like it."""
    for label, lines in tomllib.loads(_REMARKS.read_text(encoding="utf-8")).items():
        danger = label == "danger"
        for line in lines.strip().splitlines():
            yield Example(line, danger, line, f"remark {label}", weight=_DANGER if danger else 2.0)


RECIPE = Recipe(
    "self_harm",
    read,
    languages="en",
    shape=Shape(2, 3, 4),
    doubt=(0.005, 0.98),
    kept=8_000,
    ridge=0.5,
    lean=0.62,
    alone=False,
)
