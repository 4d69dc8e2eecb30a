"""Abuse: insults, hate and threats."""

from pathlib import Path

from workers.training.examples import Example, rows
from workers.training.ordinary import ordinary
from workers.training.recipe import Recipe

_HARMS = ("hate", "hate_threatening", "harassment")


def read(folder: Path) -> list[Example]:
    """HateCheck in English and the other languages, moderated samples, and ordinary chat."""
    return [*hatecheck(folder), *moderated(folder), *ordinary(folder)]


def hatecheck(folder: Path) -> list[Example]:
    """Functional tests; texts of one template are one group."""
    found = []
    for name in ("hatecheck_en", "mhc_multilingual"):
        for row in rows(folder / "toxicity_hatecheck" / f"{name}.jsonl"):
            group = f"{row['lang']} {row['template']}"
            deserves = row["label"] == "hateful"
            found.append(Example(row["text"], deserves, group, row["functionality"], row["lang"]))
    return found


def moderated(folder: Path) -> list[Example]:
    """Samples that people looked at for hate and harassment."""
    found = []
    for row in rows(folder / "toxicity_moderation_eval" / "samples.jsonl"):
        known = [row["labels"][harm] for harm in _HARMS if harm in row["labels"]]
        if len(known) >= 2 or any(known):
            found.append(Example(row["text"], any(known), row["id"], "moderated"))
    return found


RECIPE = Recipe("abuse", read, "de en es fr hi pt zh")
