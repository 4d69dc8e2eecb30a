"""What followers write to an avatar, in 25 languages, a file each, by what it is. Written for this project.

Wishes (to be left alone, for a person, to be forgotten, to hear what is known), cries for help, attempts to take the
avatar over, and what uses the same words and is none of it: of these, whatever is not looked for is to be left alone.
"""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workers.training.examples import Example, rows

NO_LABEL = ""  # that no text has
_DATA = Path(__file__).parent / "data"


def written(label: str, weight: float, others: float = 2.0) -> Iterator[Example]:
    """All of it; only what has the label deserves it. weight, others: how much a text with it and one without counts.

    A group is one idea, in all languages.
    """
    for path in sorted(_DATA.glob("written/*.jsonl")):
        for row in rows(path):
            deserves = row["label"] == label
            kind = f"written, {row['label']}"
            yield Example(row["text"], deserves, row["group"], kind, row["lang"], weight if deserves else others)


def other_matters(weight: float = 2.0) -> Iterator[Example]:
    """What was written for the models of other labels, as harmless texts: requests for advice, and whether it is a bot.

    The same line of a table is one group, in all languages.
    """
    for path in sorted((*_DATA.glob("requests/*.toml"), *_DATA.glob("asked*.toml"))):
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
        for name, lines in _lines(tables, path.stem):
            for number, line in enumerate(lines.strip().splitlines()):
                yield Example(line.strip(), False, f"{name} {number}", "other matters", weight=weight)


def _lines(table: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    for key, value in table.items():
        if isinstance(value, str):
            yield f"{name} {key}", value
        else:
            yield from _lines(value, f"{name} {key}")
