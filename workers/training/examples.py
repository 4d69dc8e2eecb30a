"""Labelled texts to learn from."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Example:
    """A text and whether it deserves the label.

    group: texts of one origin (a template, an author); they are never on both sides of a cross-validation. kind: what
    the text tests, or where it is from; figures are told by it. weight: how much it counts while fitting.
    """

    text: str
    deserves: bool
    group: str
    kind: str
    language: str = "en"
    weight: float = 1.0


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The objects of a JSON Lines file. Raises OSError where it cannot be read."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)
