"""Many strangers alike or hostile are a raid; many strangers with many questions are a good day."""

from datetime import timedelta

import pytest

from engage.models import Surface
from engage.raids import Arrival, Level, Thresholds, assess
from engage.triage import Decision, Policy, triage
from tests.engage.answering import NOW, TILLY, turn

USUAL = Thresholds()
QUESTIONS = (
    "how long do you bake it",
    "which camera is that",
    "where did you buy the blue scarf",
    "is there a recipe for the soup",
    "what song plays at the end",
    "when is the next stream",
    "can I use rye flour instead",
    "do you ship to Norway",
)


def crowd(count: int, *texts: str, hostile: bool = False) -> list[Arrival]:
    return [Arrival(f"f{n}", texts[n % len(texts)], hostile) for n in range(count)]


def viral(count: int) -> list[Arrival]:
    """Everybody with a question of their own, and kind words in between."""
    own = [Arrival(f"q{n}", f"{QUESTIONS[n % 8]} number {n} {chr(97 + n % 26)}{n}") for n in range(count // 2)]
    return own + [Arrival(f"p{n}", "love this video so much") for n in range(count // 2)]


@pytest.mark.parametrize(
    ("count", "level"), [(14, None), (15, Level.SLOW), (39, Level.SLOW), (40, Level.SILENT), (300, Level.SILENT)]
)
def test_the_same_words_from_many_strangers_are_a_raid(count: int, level: Level | None) -> None:
    found = assess(crowd(count, "go back to where you came from"), 0, USUAL)
    assert (found and found.level) == level
    assert found is None or found.people == count


def test_spelling_it_in_other_ways_does_not_hide_it() -> None:
    texts = (
        "nobody wants you here anymore",
        "NOBODY wants you here anymore!!!",
        "nobody wants u here anymore",
        "n0body wants you here anymore lol",
    )
    assert assess(crowd(20, *texts), 0, USUAL) is not None


def test_abuse_in_many_words_is_a_raid() -> None:
    assert assess(crowd(20, *QUESTIONS, hostile=True), 0, USUAL) is not None


@pytest.mark.parametrize("count", [40, 600])
def test_a_viral_moment_silences_nobody(count: int) -> None:
    assert assess(viral(count), 0, USUAL) is None


@pytest.mark.parametrize(
    "text",
    [
        "🔥🔥🔥",
        "first",
        "love this so much",
        "thank you so much for this",
        "wow",
        "what is the name of that song",
        "¿de dónde es?",
    ],
)
def test_cheers_and_one_question_of_many_are_no_raid(text: str) -> None:
    assert assess(crowd(200, text), 0, USUAL) is None


def test_one_person_alone_is_no_raid() -> None:
    assert assess([Arrival("f1", "go back to where you came from")] * 500, 0, USUAL) is None


def test_what_is_usual_for_a_creator_is_no_raid() -> None:
    same = crowd(100, "number seven to the front page")
    assert assess(same, 30, USUAL) is None
    assert assess(same, 10, USUAL) is not None


def test_a_few_alike_among_many_others_are_no_raid() -> None:
    assert assess([*viral(200), *crowd(20, "go back to where you came from")], 0, USUAL) is None


def test_chinese_raids_are_read_too() -> None:
    assert assess(crowd(20, "滚出去没人想看你的视频", "滚出去吧没人想看你的视频"), 0, USUAL) is not None


def test_it_can_be_switched_off() -> None:
    off = Thresholds(people=0, window=timedelta(minutes=10))
    assert assess(crowd(500, "go back to where you came from"), 0, off) is None


@pytest.mark.parametrize(
    ("level", "stranger", "surface", "answered"),
    [
        ("slow", True, Surface.COMMENT, False),
        ("slow", False, Surface.COMMENT, True),
        ("slow", True, Surface.DM, True),
        ("silent", False, Surface.COMMENT, False),
        ("silent", True, Surface.LIVE, False),
        ("silent", True, Surface.DM, True),
        ("", True, Surface.COMMENT, True),
    ],
)
def test_who_is_answered_meanwhile(level: str, stranger: bool, surface: Surface, answered: bool) -> None:
    verdict = triage(turn(surface=surface, raided=level, stranger=stranger), TILLY, Policy(), NOW)
    assert (verdict.decision is Decision.ANSWER) is answered
    assert answered or verdict.reasons == ("raid",)


def test_a_cry_for_help_is_heard_in_a_raid() -> None:
    crying = turn("I want to kill myself", Surface.COMMENT, raided="silent", stranger=True)
    assert triage(crying, TILLY, Policy(), NOW).reasons == ("crisis",)
