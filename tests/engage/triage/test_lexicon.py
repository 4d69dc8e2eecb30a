"""What words do in a sentence is read alike in every language."""

import pytest

from engage.triage.lexicon import roles
from engage.triage.pieces import pieces


def read(text: str, language: str) -> list[str]:
    return roles(pieces(text), language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("women are vermin", "en"),
        ("las mujeres son escoria", "es"),
        ("les femmes sont des ordures", "fr"),
        ("Frauen sind Abschaum", "de"),
        ("le donne sono feccia", "it"),
        ("kobiety to śmieci", "pl"),
        ("женщины мусор", "ru"),
        ("النساء حثالة", "ar"),
        ("女人是垃圾", "zh"),
        ("auratein kachra hain", "hi"),
    ],
)
def test_a_group_and_an_insult_are_seen_in_any_language(text: str, language: str) -> None:
    assert [role for role in read(text, language) if role in {"group", "insult"}] == ["group", "insult"]


def test_a_denial_is_seen_before_what_it_denies() -> None:
    assert read("No woman is scum", "en") == ["not", "group", "insult"]


def test_a_word_counts_in_its_own_language_only() -> None:
    assert "violence" in read("die", "en")
    assert "violence" not in read("die Sonne", "de")


def test_the_longest_words_count() -> None:
    assert read("go to hell", "en") == ["curse"]


def test_groups_misspelt_on_purpose_are_seen() -> None:
    assert read("womn", "en") == read("wmoen", "en") == ["group"]


@pytest.mark.parametrize("text", ["black friday", "back to work", "the background is black"])
def test_colours_and_neighbours_in_spelling_are_no_groups(text: str) -> None:
    assert "group" not in read(text, "en")


def test_a_language_without_a_lexicon_has_marks_only() -> None:
    assert read("hvad er det?", "da") == ["ask"]
