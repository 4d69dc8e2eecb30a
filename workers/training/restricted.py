"""Restricted requests: advice on health, law and money, and taking sides in elections."""

import tomllib
from pathlib import Path

from workers.training.examples import Example, rows
from workers.training.followers import followers
from workers.training.injection import harmless
from workers.training.ordinary import ordinary, questions
from workers.training.recipe import Recipe

TEXTS = Path(__file__).parent / "requests.toml"
_WEIGHT = 2.0  # requests are few beside ordinary talk
_HARMLESS = 8.0  # and to turn away who asks for no advice is the worse error


def read(folder: Path) -> list[Example]:
    """Requests written for the project and asked of a bank's assistant, and ordinary talk. In English."""
    talk = [*ordinary(folder), *questions(folder), *harmless(folder), *followers()]
    kept = [one for one in talk if one.kind != "restricted_requests" and one.language in ("en", "mul")]
    return [*written(), *asked_of_a_bank(folder), *kept]


def written() -> list[Example]:
    """The requests of the file beside this one, and what is harmless in it; each is a group of its own."""
    found = []
    for area, entry in tomllib.loads(TEXTS.read_text(encoding="utf-8")).items():
        for answer, texts in entry.items():
            deserves = answer == "left_to_a_person"
            weight = _WEIGHT if deserves else _HARMLESS
            found += [Example(text, deserves, text, area, weight=weight) for text in texts]
    return found


def asked_of_a_bank(folder: Path) -> list[Example]:
    """Plain requests for personal investment advice."""
    found = rows(folder / "prompt_injection" / "restricted_requests.jsonl")
    return [Example(row["text"], True, row["id"], "bank", row["lang"]) for row in found]


RECIPE = Recipe(
    "restricted", read, languages="en", doubt=(0.001, 0.999), alone=False, kept=5_000, ridge=3.0, meaning_ridge=0.1
)
