"""Injection: attempts to take the avatar over, unmask it or make it somebody else."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from engage.triage.features import Shape
from workers.training.examples import Example, rows
from workers.training.followers import followers, wishes
from workers.training.ordinary import asked_of_people, dialogues, ordinary, questions, sentences, signed
from workers.training.recipe import Recipe
from workers.training.written import other_matters, written

_FOLDER = "prompt_injection"
_ATTEMPT = 4.0
_ATTACK = 6.0  # attacks are few beside ordinary talk
_HARMLESS = 8.0  # what looks alike counts more than what nobody would take for an attack
_SCENARIO = 10  # neighbouring rows of a source are one scenario in several languages
_ENGLISH_SCENARIO = 5
_HINDI_BLOCK = 751  # from here on the multilingual rows are the English ones again, in Hindi
_NUMBER = re.compile(r"\d+")
_LANGUAGE_ENDING = re.compile(r"-(?:ga|gd|sq|zu)$")


def read(folder: Path) -> list[Example]:
    """Attacks of four collections in 18 languages, what only sounds like them, and ordinary talk in 26 languages."""
    talk = [*ordinary(folder), *questions(folder), *sentences(folder), *dialogues(folder), *followers(), *wishes()]
    talk += [*other_matters(), *asked_of_people(folder), *signed(questions(folder))]
    return [*attacks(folder), *written("attack", _ATTEMPT, _HARMLESS), *harmless(folder), *talk]


def attacks(folder: Path) -> Iterator[Example]:
    """Texts of one scenario are one group, in whatever language they are."""
    for row in rows(folder / _FOLDER / "attacks.jsonl"):
        yield Example(row["text"], True, scenario(row), row["kind"], row["lang"], _ATTACK)


def harmless(folder: Path) -> Iterator[Example]:
    """Questions with the words of attacks, real chat of the years before there were any, and requests for advice."""
    for name in ("benign_lookalikes", "benign_real_chat", "restricted_requests"):
        for row in rows(folder / _FOLDER / f"{name}.jsonl"):
            yield Example(row["text"], False, row["id"], name, row["lang"], _HARMLESS)


def scenario(row: dict[str, Any]) -> str:
    """The name of what a row's text is a version of."""
    name: str = row["id"]
    number = int((_NUMBER.findall(name) or ["0"])[-1])
    if name.startswith("pl-ml") and number < _HINDI_BLOCK:
        return f"scenario {number // _SCENARIO}"
    if name.startswith("pl-"):
        return f"english scenario {(number - _HINDI_BLOCK * name.startswith('pl-ml')) // _ENGLISH_SCENARIO}"
    return _LANGUAGE_ENDING.sub("", name)


RECIPE = Recipe(
    "injection",
    read,
    languages="",
    doubt=(0.003, 0.998),
    lean=0.6,
    words_lean=-0.4,  # one line of a chat in seventy is taken for an attack by words alone
    shape=Shape(longest=4, few=30),
    kept=30_000,
    groups=3,
    ridge=0.5,
)
