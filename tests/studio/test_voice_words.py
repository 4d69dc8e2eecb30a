"""What the page Voice says of figures and settings."""

from dataclasses import asdict
from datetime import date

import pytest

from engage.models import Freedom, PassageKind, Persona
from engage.triage import Intent
from engage.voice.drift import Drift
from engage.voice.occasions import HATE
from workers.studio import voice_words
from workers.studio.voice_drift import chart, told

MONDAY = date(2026, 11, 23)


def test_nothing_is_without_words() -> None:
    assert set(voice_words.FREEDOMS) == set(voice_words.FREEDOMS_MEAN) == set(Freedom)
    assert set(voice_words.REACTIONS) == {*Intent, HATE}
    assert set(voice_words.KNOWN) == set(PassageKind) - {PassageKind.PRODUCT}
    assert set(voice_words.SETTINGS) == set(asdict(Persona("", "", ""))) - {"id", "name"}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        (0, "None of your texts is known yet; a style can be learnt from 20. 20 more are missing."),
        (1, "1 of your texts is known yet; a style can be learnt from 20. 19 more are missing."),
        (19, "19 of your texts are known yet; a style can be learnt from 20. 1 more is missing."),
    ],
)
def test_how_many_texts_are_missing(texts: int, said: str) -> None:
    assert voice_words.missing(texts, 20) == said


def test_what_is_told_of_a_creator_is_told_to_them() -> None:
    assert voice_words.to_you("they never use emoji, this does") == "you never use emoji, this does"
    assert voice_words.to_you("They always greet.") == "You always greet."
    assert voice_words.difference("they never use emoji, this does") == "You never use emoji, this does."
    assert voice_words.difference("usually 9 words (3 to 20), here 52") == "Usually 9 words (3 to 20), here 52."


def test_the_newest_week_is_told_in_a_sentence() -> None:
    week = Drift(MONDAY, 8, 0.31, 0.75, 12.0, None)
    assert "less like you than you want. 75 % of the replies were below the border of 0.50." in told(week, 0.9, 0.5)
    assert "sounds like you. No reply was below" in told(Drift(MONDAY, 8, 0.8, 0.0, 12.0, None), 0.9, 0.5)


def test_the_chart_says_in_words_what_it_shows() -> None:
    weeks = [Drift(MONDAY, 3, 0.8, 0.0, 9.0, None), Drift(date(2026, 11, 16), 2, 0.7, 0.5, 9.0, None)]
    drawn = chart(weeks, 0.9, 0.5)
    assert "Median score a week: 2026-11-16: 0.70; 2026-11-23: 0.80. Your own texts 0.90, border 0.50." in drawn
    assert drawn.count('class="dot"') == 2
    assert chart(weeks[:1], 0.9, 0.5).count('class="dot"') == 1, "one week is a dot"
