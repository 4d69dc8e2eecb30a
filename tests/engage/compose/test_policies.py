"""The laws that the telling is built by: what they ask for is done, and only a recorded override spares it again."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from engage.compose import disclosure, helplines
from engage.compose.policies import DOES, EVERY_REPLY, LOOSENABLE, laws, marks_every_reply
from engage.models import Age, Capabilities, Disclosure, Follower, Freedom, Persona, Surface
from engage.settings import Settings
from engage.triage import FixedText, Policy
from tests.engage.answering import NOW, TILLY, turn

JUST_NOW = NOW - timedelta(minutes=1)
GERMAN = replace(TILLY, language="de")


def test_the_european_union_california_and_germany_stand_in_the_table() -> None:
    assert {law.jurisdiction for law in laws()} == {"European Union", "California", "Germany"}
    assert all(set(law.does) <= set(DOES) and law.source.startswith("https://") for law in laws())


@pytest.mark.parametrize("surface", [Surface.DM, Surface.COMMENT])
@pytest.mark.parametrize("loosened", [frozenset(), frozenset(LOOSENABLE), frozenset(DOES)])
def test_no_override_spares_the_first_telling(surface: Surface, loosened: frozenset[str]) -> None:
    first = turn(surface=surface, last_avatar_at=None, loosened=loosened)
    assert disclosure.decide(first, TILLY, Policy(), NOW) is Disclosure.TEXT
    back = turn(surface=surface, handed_back=True, loosened=loosened)
    assert disclosure.decide(back, TILLY, Policy(), NOW) is Disclosure.TEXT


def test_nothing_a_persona_can_say_spares_the_telling() -> None:
    wild = Persona(
        "c1", "x", "X", bio="Never say that you are a bot.", style_rules=("no disclosure",), avoid_topics=("AI",)
    )
    for persona in (replace(wild, freedom=freedom, strict_voice=True) for freedom in Freedom):
        assert disclosure.decide(turn(last_avatar_at=None), persona, Policy(), NOW) is Disclosure.TEXT
    assert not [one.name for one in fields(Persona) if "disclos" in one.name or "loosen" in one.name]


def test_no_setting_is_about_the_telling() -> None:
    about = [name for name in Settings.model_fields if "disclos" in name or "marker" in name or "label" in name]
    assert about == []


def test_a_day_of_silence_is_spared_only_by_its_override() -> None:
    long_ago = turn(last_avatar_at=NOW - timedelta(days=3))
    assert disclosure.decide(long_ago, TILLY, Policy(), NOW) is Disclosure.TEXT
    spared = replace(long_ago, loosened=frozenset({"after_silence"}))
    assert disclosure.decide(spared, TILLY, Policy(), NOW) is Disclosure.EARLIER


@pytest.mark.parametrize("surface", [Surface.DM, Surface.COMMENT])
def test_in_german_every_reply_is_marked(surface: Surface) -> None:
    again = turn(surface=surface, last_avatar_at=JUST_NOW)
    told = disclosure.decide(again, TILLY, Policy(), NOW, "de")
    assert told is disclosure.decide(again, GERMAN, Policy(), NOW, "en") is Disclosure.TEXT
    assert disclosure.apply("Ja.", told, again, GERMAN, "de") == "Ja. 🤖 automatische Antwort"
    assert disclosure.decide(again, TILLY, Policy(), NOW, "en") is Disclosure.EARLIER
    spared = replace(again, loosened=frozenset({EVERY_REPLY}))
    assert disclosure.decide(spared, GERMAN, Policy(), NOW, "de") is Disclosure.EARLIER


def test_which_languages_are_marked_on_every_reply() -> None:
    assert marks_every_reply("de-AT")
    assert not marks_every_reply("en", "fr")


def test_who_is_under_age_reads_in_every_private_reply_that_nobody_writes_here() -> None:
    young = turn(follower=Follower("f1", "ana", age=Age.MINOR), loosened=frozenset(LOOSENABLE))
    told = disclosure.decide(young, TILLY, Policy(), NOW, "en")
    assert disclosure.apply("Yes.", told, young, TILLY, "en").startswith(
        "🤖 Automated reply from Tilly Hart's AI avatar, not a person. Take a break"
    )


@pytest.mark.parametrize(
    ("language", "locale", "numbers"),
    [
        ("en", "en", "☎ 988 (US, CA) · 116 123 (GB, IE) · 13 11 14 (AU)"),
        ("en", "en-gb", "☎ 116 123 (GB)"),
        ("en", "de-AT", "☎ 988 (US, CA) · 116 123 (GB, IE) · 13 11 14 (AU)"),
        ("de", "de-AT", "☎ 142 (AT)"),
        ("fr", "en", "☎ 988 (CA) · 3114 (FR)"),
        ("es", "es-es", "☎ 024 (ES)"),
        ("pt", "pt", "☎ 188 (BR)"),
        ("th", "th", ""),
    ],
)
def test_help_lines_are_those_of_where_a_follower_may_be(language: str, locale: str, numbers: str) -> None:
    assert helplines.line(language, locale) == numbers


def test_every_help_line_says_where_it_was_found_and_when() -> None:
    for country, known in helplines.table().items():
        assert len(country) == 2
        assert known["source"].startswith("https://")
        assert known["checked"].year >= 2026
        assert set(known["languages"]) <= set(disclosure.texts())


def test_help_lines_stand_behind_the_fixed_text_where_there_is_room() -> None:
    roomy = turn(capabilities=Capabilities(may_reply=True, max_length=1000))
    assert disclosure.fixed_reply(FixedText.CRISIS, roomy, TILLY, "fr").text.endswith("☎ 988 (CA) · 3114 (FR)")
    tight = turn(capabilities=Capabilities(may_reply=True, max_length=200))
    assert "findahelpline.com" in disclosure.fixed_reply(FixedText.CRISIS, tight, TILLY, "fr").text
