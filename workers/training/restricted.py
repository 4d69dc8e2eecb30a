"""Restricted requests: advice on health, law and money, and taking sides in elections."""

import tomllib
from pathlib import Path

from engage.triage.features import Shape
from workers.training.examples import Example, rows
from workers.training.followers import followers, wishes
from workers.training.injection import harmless
from workers.training.ordinary import asked_of_people, dialogues, ordinary, questions, sentences
from workers.training.recipe import Recipe
from workers.training.written import written as texts_written

TEXTS = Path(__file__).parent / "requests.toml"
PHRASED = Path(__file__).parent / "data" / "requests"
_WEIGHT = 2.0  # requests are few beside ordinary talk
_HARMLESS = 8.0  # and to turn away who asks for no advice is the worse error
_PHRASED = 10.0  # as followers write it, slips and all, in many languages
_LOOKALIKE = 10.0


def read(folder: Path) -> list[Example]:
    """Requests written for the project and asked of a bank's assistant, and ordinary talk, in many languages."""
    talk = [*ordinary(folder), *questions(folder), *harmless(folder), *sentences(folder), *dialogues(folder)]
    talk += [*followers(), *wishes(), *asked_of_people(folder)]
    kept = [one for one in talk if one.kind != "restricted_requests"]
    ours = [*written(), *phrased(), *texts_written("restricted", _PHRASED, _HARMLESS / 2)]
    return [*ours, *asked_of_a_bank(folder), *kept]


def written() -> list[Example]:
    """The requests of the file beside this one, and what is harmless in it; each is a group of its own."""
    found = []
    for area, entry in tomllib.loads(TEXTS.read_text(encoding="utf-8")).items():
        for answer, texts in entry.items():
            deserves = answer == "left_to_a_person"
            weight = _WEIGHT if deserves else _HARMLESS
            found += [Example(text, deserves, text, area, weight=weight) for text in texts]
    return found


def phrased() -> list[Example]:
    """Requests and look-alikes as followers of creators write them, a file a language, a line each."""
    found = []
    for path in sorted(PHRASED.glob("*.toml")):
        for area, entry in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for answer, lines in entry.items():
                deserves = answer == "left_to_a_person"
                kind = f"{area}, {answer.replace('_', ' ')}"
                weight = _PHRASED if deserves else _LOOKALIKE
                found += [Example(text, deserves, text, kind, path.stem, weight) for text in lines.strip().splitlines()]
    return found


def asked_of_a_bank(folder: Path) -> list[Example]:
    """Plain requests for personal investment advice."""
    found = rows(folder / "prompt_injection" / "restricted_requests.jsonl")
    return [Example(row["text"], True, row["id"], "bank", row["lang"]) for row in found]


RECIPE = Recipe(
    "restricted",
    read,
    languages="",
    doubt=(0.001, 0.999),
    shape=Shape(2, 2, 5),
    alone=False,
    kept=19_500,
    ridge=1.0,
)
