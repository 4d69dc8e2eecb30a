"""Lengths as platforms count them, and cuts a reader does not stumble over."""

import pytest

from engage.compose.lengths import cut, measure
from engage.models import LengthUnit

FAMILY = "👨‍👩‍👧‍👦"


@pytest.mark.parametrize(
    ("unit", "length"),
    [
        (LengthUnit.CHARACTERS, 7),
        (LengthUnit.BYTES, 25),
        (LengthUnit.UTF16, 11),
        (LengthUnit.GRAPHEMES, 1),
        (LengthUnit.WEIGHTED, 2),
    ],
)
def test_a_family_is_as_long_as_the_platform_says(unit: LengthUnit, length: int) -> None:
    assert measure(FAMILY, unit) == length


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("hello", 5),
        ("日本", 4),
        ("Grüße", 5),
        ("see https://example.org/a/very/long/path?with=a&query now", 4 + 23 + 4),
        ("🇩🇪👍🏽", 4),
    ],
)
def test_x_counts_links_scripts_and_emoji_by_their_weight(text: str, length: int) -> None:
    assert measure(text, LengthUnit.WEIGHTED) == length


@pytest.mark.parametrize("unit", list(LengthUnit))
def test_a_text_that_fits_stays_as_it_is(unit: LengthUnit) -> None:
    assert cut("Two words.", 10, unit) == "Two words."


def test_whole_sentences_are_kept() -> None:
    text = "Boil it first. Then salt the water. Then wait."
    assert cut(text, 36, LengthUnit.CHARACTERS) == "Boil it first. Then salt the water."


def test_a_long_sentence_ends_at_a_word() -> None:
    assert cut("one two three four", 12, LengthUnit.CHARACTERS) == "one two…"


def test_chinese_sentences_are_cut_at_their_own_full_stop() -> None:
    assert cut("先煮水。再放面。最后加盐。", 9, LengthUnit.CHARACTERS) == "先煮水。再放面。"


@pytest.mark.parametrize("unit", list(LengthUnit))
@pytest.mark.parametrize("limit", range(12))
def test_no_cut_is_too_long_or_splits_a_grapheme(unit: LengthUnit, limit: int) -> None:
    short = cut(FAMILY * 30, limit, unit)
    assert measure(short, unit) <= limit
    assert short.rstrip("…") in ("", *(FAMILY * count for count in range(1, 13)))
