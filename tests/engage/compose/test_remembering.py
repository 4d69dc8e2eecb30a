"""The answer to "what do you know about me": true, whole, in the follower's language, within the platform's length."""

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from engage.compose.disclosure import fixed_reply, texts
from engage.compose.lengths import measure
from engage.compose.remembering import known_reply
from engage.facts import Fact, FactKind
from engage.models import Author, Capabilities, Disclosure, Follower, LengthUnit, Message, Persona, Surface, Turn
from engage.triage.decision import triage
from engage.triage.verdict import FixedText, Policy

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TILLY = Persona("c1", "tilly", "Tilly Hart")
FACTS = (
    Fact(FactKind.NAME, "Ana", "m1", NOW, NOW),
    Fact(FactKind.PREFERENCE, "I prefer decaf", "m2", NOW, NOW),
    Fact(FactKind.QUESTION, "Do you ship to Canada?", "m3", NOW, NOW),
)


def turn(facts: tuple[Fact, ...] = FACTS, surface: Surface = Surface.DM, **allowed: object) -> Turn:
    message = Message("m9", "v1", surface, Author("f1", "ana"), "What do you know about me?", NOW)
    plain = Turn("t1", "c1", surface, (message,), Follower("f1", "ana", facts=facts))
    return replace(plain, capabilities=Capabilities(True, **{"max_length": 2000, **allowed}))  # type: ignore[arg-type]


def test_everything_that_was_told_is_listed_as_it_was_told() -> None:
    reply = known_reply(turn(), TILLY, "en")
    assert reply.disclosure is Disclosure.TEXT
    assert reply.text.splitlines()[1:] == [
        "• name: Ana",
        "• you said: I prefer decaf",
        "• you asked: Do you ship to Canada?",
    ]


@pytest.mark.parametrize("language", sorted(texts()))
def test_the_list_is_in_the_followers_language(language: str) -> None:
    text = known_reply(turn(), TILLY, language).text
    assert all(fact.value in text for fact in FACTS)
    assert text.startswith(texts()[language]["known"])
    assert text.count("•") == 3


@pytest.mark.parametrize("language", sorted(texts()))
def test_the_words_by_which_one_is_forgotten_are_understood(language: str) -> None:
    [words] = re.findall(r"[“«„「](.+?)[”»“」]", texts()[language]["known"])
    asked = turn()
    asked = replace(asked, messages=(replace(asked.messages[0], text=words.strip()),))
    assert triage(asked, TILLY, Policy()).fixed_text is FixedText.FORGOTTEN


@pytest.mark.parametrize("unit", LengthUnit)
@pytest.mark.parametrize("limit", [60, 200, 400, 700])
def test_what_has_no_room_is_counted(limit: int, unit: LengthUnit) -> None:
    many = tuple(Fact(FactKind.QUESTION, f"Do you ship to country {n}?", "m", NOW, NOW) for n in range(20))
    text = known_reply(turn(many, max_length=limit, unit=unit), TILLY, "en").text
    assert measure(text, unit) <= limit
    left = re.search(r"\+(\d+)\Z", text)
    if limit >= 200:
        assert left
        assert text.count("•") + int(left[1]) == 20


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
def test_nothing_is_listed_in_public_whoever_filled_it_in(surface: Surface) -> None:
    public = turn(surface=surface)
    assert public.told == ()
    assert "Ana" not in known_reply(public, TILLY, "en").text


@pytest.mark.parametrize("language", sorted(texts()))
def test_who_is_forgotten_reads_nothing_of_words_that_stay(language: str) -> None:
    """They are erased a moment later, with all that they wrote."""
    told = texts()[language]["forgotten"]
    assert "{name}" not in told
    assert fixed_reply(FixedText.FORGOTTEN, turn(), TILLY, language).text.startswith(told[:20])
