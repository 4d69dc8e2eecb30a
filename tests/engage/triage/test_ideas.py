"""A text's words are read as ideas, in whatever language they are."""

import pytest

from engage.triage.ideas import ideas
from engage.triage.normalise import fold


def names(text: str) -> list[str]:
    return [idea.name for idea in ideas(fold(text))]


@pytest.mark.parametrize(
    "text",
    [
        "a bot or a human",
        "un robot o una persona",
        "ein Roboter oder ein Mensch",
        "робот или человек",
        "机器人或者真人",
        "ロボットそれとも人間",
        "로봇 아니면 사람",
        "روبوت أم إنسان",
        "रोबोट या इंसान",
    ],
)
def test_the_same_said_in_another_language_is_the_same_run_of_ideas(text: str) -> None:
    found = iter(names(text))
    assert all(name in found for name in ("bot", "or", "human"))  # in this order


@pytest.mark.parametrize("text", ["about", "bottle", "email", "machinery"])
def test_a_word_inside_another_says_nothing(text: str) -> None:
    assert not {"bot", "ai"} & set(names(text))


@pytest.mark.parametrize("text", ["botなの", "你是bot吗", "bot이야"])
def test_a_latin_word_ends_where_another_script_begins(text: str) -> None:
    assert "bot" in names(text)


def test_a_longer_word_counts_alone() -> None:
    assert names("language model") == ["ai"]
    assert names("real person") == ["human"]
