"""Who asks whether a machine writes is told so, however they ask; who talks about machines is not."""

from collections.abc import Callable
from itertools import cycle

import pytest

from engage.compose.disclosure import texts
from engage.models import Surface
from engage.triage import FixedText, Verdict
from engage.triage.normalise import clean, fold, without_links
from engage.triage.wishes import asks_for_human, asks_if_bot
from tests.engage.triage.phrasings import around, lines

Judge = Callable[..., Verdict]
FILES = ("bot", "bot_more", "bot_third", "bot_fourth")
TRUTHFUL = {FixedText.BOT, FixedText.HUMAN}  # "a real person, please" says that it is automated too
MISSED = 0.04  # one line of 25
BY_LANGUAGE = [(file, language) for file in FILES for language in lines(file, "asks")]


def test_every_language_with_fixed_texts_has_phrasings() -> None:
    assert {language for _, language in BY_LANGUAGE} >= set(texts())


def test_twelve_languages_have_fifty_phrasings_and_twenty_five_look_alikes() -> None:
    asks, likes = lines("bot", "asks"), lines("bot", "likes")
    assert len(asks) >= 12
    assert all(len(asks[language]) >= 50 and len(likes[language]) >= 25 for language in asks)


@pytest.mark.parametrize(("file", "language"), BY_LANGUAGE)
def test_whoever_asks_for_a_machine_gets_the_fixed_truth(judge: Judge, file: str, language: str) -> None:
    asked = lines(file, "asks")[language]
    missed = [text for text in asked if judge(text, Surface.DM).fixed_text not in TRUTHFUL]
    assert len(missed) <= len(asked) * MISSED, missed


@pytest.mark.parametrize(("file", "language"), BY_LANGUAGE)
def test_the_question_is_heard_inside_a_sentence(file: str, language: str) -> None:
    forms = cycle(around(file)[language])
    asked = [form.format(text) for text, form in zip(lines(file, "asks")[language], forms, strict=False)]
    missed = [text for text in asked if not _heard(text)]
    assert len(missed) <= len(asked) * MISSED, missed


@pytest.mark.parametrize(("file", "language"), BY_LANGUAGE)
def test_talk_about_machines_and_people_is_not_taken_for_the_question(file: str, language: str) -> None:
    assert [text for text in lines(file, "likes")[language] if _heard(text)] == []


def _heard(text: str) -> bool:
    words = fold(without_links(clean(text)))
    return asks_if_bot(words) or asks_for_human(words)
