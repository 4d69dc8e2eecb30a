"""A follower who says how old they are is believed; whoever speaks of somebody else's age is not meant."""

import pytest

from engage.models import Age
from engage.triage.age import told_age
from engage.triage.normalise import clean, fold, without_links
from tests.engage.triage.phrasings import lines

SAID = [("child", Age.CHILD), ("minor", Age.MINOR), ("neither", Age.UNKNOWN)]


@pytest.mark.parametrize("language", lines("age", "child"))
@pytest.mark.parametrize(("table", "age"), SAID, ids=[name for name, _ in SAID])
def test_what_they_say_of_their_age_is_heard(language: str, table: str, age: Age) -> None:
    said = {text: told_age(fold(without_links(clean(text)))) for text in lines("age", table)[language]}
    assert {text: heard for text, heard in said.items() if heard is not age} == {}


def test_thirteen_languages_and_more_are_heard() -> None:
    assert len(lines("age", "child")) >= 13
