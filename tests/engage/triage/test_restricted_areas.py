"""What needs a licence or takes a side is left to a person, area by area; what looks alike is answered."""

import tomllib
from pathlib import Path

import pytest

from engage.models import Persona
from engage.triage.scores import by_rules

NOBODY = Persona("c", "c", "C")
AREAS: dict[str, dict[str, list[str]]] = tomllib.loads(Path(__file__).with_name("restricted.toml").read_text("utf-8"))


def share(texts: list[str]) -> float:
    return sum(by_rules(text, NOBODY)["restricted"] >= 0.5 for text in texts) / len(texts)


@pytest.mark.parametrize("area", AREAS)
def test_requests_are_left_to_a_person(area: str) -> None:
    assert len(AREAS[area]["left_to_a_person"]) == 40
    assert share(AREAS[area]["left_to_a_person"]) >= 0.92


@pytest.mark.parametrize("area", AREAS)
def test_harmless_ones_that_look_alike_are_answered(area: str) -> None:
    assert share(AREAS[area]["answered"]) <= 0.08
