"""A sieve finds exactly what searching every pattern finds."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.triage.sieve import NONE, Sieve, needed
from engage.triage.words import load

PATTERNS = [
    r"\bfree\s+(?:gift|money)s?\b",
    r"(?:send|sent) (?:me )?\d+",
    r"colou?r",
    r"(?:ab){2,}c?",
    r"x*y",
    r"[0-9]{6,}",
    r"(\w{2,})\W+\1",
    r"^no\b|\byes$",
    r"a.c",
    r"(?<!not )good(?! bye)",
    r"",
]


@pytest.mark.parametrize(
    ("pattern", "literals"),
    [
        (r"\bfree\s+(?:gift|money)s?\b", {"free"}),
        (r"\b(?:gift|money)s?\b", {"gift", "money"}),
        (r"colou?r", {"colo"}),
        (r"(?:ab){2,}c?", {"ab"}),
        (r"x*", NONE),
        (r"(?:one|)", NONE),
        (r"[ab]", NONE),
        (r"(?i)free", NONE),
        (r"(?i:free)", NONE),
        (r"(?=free)", NONE),
    ],
)
def test_what_a_pattern_cannot_match_without(pattern: str, literals: set[str]) -> None:
    assert needed(pattern) == literals


def by_hand(patterns: list[str], text: str) -> list[int]:
    return [place for place, pattern in enumerate(patterns) if re.search(pattern, text)]


@given(st.text(alphabet="abcdefgimnorsuxy no0123456789 ", max_size=40))
def test_any_text_gives_what_each_pattern_alone_gives(text: str) -> None:
    assert list(Sieve(PATTERNS).matching(text)) == by_hand(PATTERNS, text)


@pytest.mark.parametrize("text", ["free  gifts", "send me 20", "ababab", "good bye", "not good", "la la land", "yes"])
def test_known_texts_give_it_too(text: str) -> None:
    assert list(Sieve(PATTERNS).matching(text)) == by_hand(PATTERNS, text)
    assert Sieve(PATTERNS[:-1]).any(text) == bool(by_hand(PATTERNS[:-1], text))


@pytest.mark.parametrize("file", ["injection", "spam", "abuse", "crisis", "restricted"])
def test_nearly_every_pattern_of_the_shipped_files_has_something_to_be_known_by(file: str) -> None:
    patterns = [pattern for name, entry in load(file).items() if name != "lists" for pattern in entry["patterns"]]
    assert sum(not needed(re.sub(r"\{[a-z_]+\}", "word", pattern)) for pattern in patterns) < len(patterns) / 20


def test_no_patterns_find_nothing() -> None:
    assert not Sieve([]).any("anything")
