"""What an edit changed, as the creator reads it."""

import pytest

from engage.voice.changes import Difference, Measure, changes, differences, told
from engage.voice.measures import measure

LONG = "The scarf costs 35 euros and we send it within three days all over Europe."


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (LONG, "The scarf costs 35 euros and we send it.", "shorter by 40 %"),
        ("One two three four.", "One two three four five six.", "longer by 50 %"),
        ("One two.", "One two three four five six.", "3 times as long"),
        ("Yes we do. It is easy.", "yes we do. it is easy.", "sentences begin small"),
        ("yes we do. it is easy.", "Yes we do. It is easy.", "sentences begin with a capital"),
        ("Sure! Of course!", "Sure. Of course.", "no exclamation marks"),
        ("Sure. Of course.", "Sure! Of course.", "1 exclamation mark more"),
        ("Sure 😊 of course 👍🏽 yes", "Sure 😊 of course yes", "1 emoji fewer"),
        ("We are 👨‍👩‍👧 there", "We are there", "no emoji"),
        ("Hello Ana, we do.", "Yes, we really do.", "no greeting"),
        ("Wir liefern auch dorthin.", "Hallo, wir liefern dorthin.", "begins with a greeting"),
        ("See https://shop.example for it", "See the shop for it", "no links"),
        ("We do.", "We do, which one?", "asks back"),
        ("¿Cuál quieres?", "Lo tengo.", "no question back"),
        ("Do it NOW please", "Do it now please", "no words in capitals"),
        ("Haben Sie das gesehen", "Hast du das gesehen, schreib dir das auf", "less formal"),
        ("你们看", "请您看", "more formal"),
    ],
)
def test_each_measure_is_told_in_words(before: str, after: str, said: str) -> None:
    assert said in changes(before, after)


@pytest.mark.parametrize(("before", "after"), [("", ""), (LONG, LONG), ("We ship on Monday.", "We send on Monday.")])
def test_what_changes_no_measure_is_not_told(before: str, after: str) -> None:
    assert changes(before, after) == ()


def test_the_length_comes_first() -> None:
    assert changes(f"Hello! {LONG} 😊", "35 euros")[0].startswith("shorter by")


def test_scripts_without_spaces_are_measured_too() -> None:
    assert changes("我们发货到挪威，需要九天，一共十四欧元。", "九天到，十四欧元。")[0].startswith("shorter by")


def test_names_and_addresses_are_no_words_of_the_writers() -> None:
    assert measure("@ana see https://shop.example/a/long/path!").words == measure("see").words
    assert measure("@ana see https://shop.example/a!").exclamations == 0


def test_a_text_of_signs_has_no_capitals_to_lose() -> None:
    assert measure("12 + 3 👍").capitals is None
    assert "sentences begin small" not in changes("👍", "yes")


def test_a_voice_is_compared_by_the_same_measures() -> None:
    """`differences` takes measures, so that they may be those of many texts."""
    found = differences(measure(LONG), measure("yes 😊"))
    assert Difference(Measure.LENGTH, 15, 1) in found
    assert [told(one) for one in found] == ["shorter by 93 %", "sentences begin small", "1 emoji more"]
