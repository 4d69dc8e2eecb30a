"""Who wants no more messages, or a person, is heard in their own words; who only uses such words is not."""

from collections.abc import Callable

import pytest

from engage.models import Surface
from engage.triage import Decision, FixedText, Verdict
from engage.triage.normalise import clean, fold, without_links
from engage.triage.wishes import asks_for_human, opts_out
from tests.engage.triage.phrasings import lines

Judge = Callable[..., Verdict]
LANGUAGES = list(lines("stop", "asks"))


def test_twelve_languages_have_thirty_phrasings_of_each_wish() -> None:
    for file in ("stop", "human"):
        asks = lines(file, "asks")
        assert len(asks) >= 12
        assert all(len(asked) >= 30 for asked in asks.values())


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_says_stop_is_left_alone(judge: Judge, language: str) -> None:
    heard = [(text, judge(text, Surface.DM)) for text in _asked("stop", language)]
    assert [text for text, said in heard if (said.decision, said.reasons) != (Decision.SKIP, ("opt_out",))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_whoever_asks_for_a_person_gets_one(judge: Judge, language: str) -> None:
    heard = [(text, judge(text, Surface.DM)) for text in _asked("human", language)]
    assert [text for text, said in heard if (said.decision, said.fixed_text) != PERSON] == []


PERSON = (Decision.ESCALATE, FixedText.HUMAN)


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_like_those_are_no_wish(language: str) -> None:
    assert [text for text in lines("stop", "likes")[language] if opts_out(_words(text), direct=True)] == []
    assert [text for text in lines("human", "likes")[language] if asks_for_human(_words(text))] == []


def test_a_long_story_is_no_wish_to_be_left_alone() -> None:
    story = "And then she said: stop messaging me. " + "It went on like that for weeks. " * 20
    assert not opts_out(_words(story), direct=False)


def _asked(wish: str, language: str) -> list[str]:
    return lines(wish, "asks")[language] + lines(f"{wish}_more", "asks")[language]


def _words(text: str) -> str:
    return fold(without_links(clean(text)))
