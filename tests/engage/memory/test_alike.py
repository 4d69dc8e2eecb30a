"""Words that are alike: what of a question a text has, in the same words or in others."""

import pytest

from engage.memory.encoder import SentenceEncoder


def shares(encoder: SentenceEncoder, asked: str, *texts: str) -> list[float]:
    found: list[float] = encoder.words_alike.shares(asked, texts).tolist()
    return found


@pytest.mark.parametrize(
    ("asked", "near", "far"),
    [
        ("how heavy is it?", "the weight is 3 pounds", "the color is red"),
        ("where can I buy it?", "you may purchase it here", "you may touch it here"),
        ("is there a guarantee?", "it has two years of warranty", "it has two rows of buttons"),
        ("is it for kids?", "made for children", "made for sailors"),
    ],
)
def test_another_word_for_what_was_asked_counts(encoder: SentenceEncoder, asked: str, near: str, far: str) -> None:
    by_it, by_chance = shares(encoder, asked, near, far)
    assert by_it > by_chance


def test_the_same_words_are_all_of_them_in_any_order_and_case(encoder: SentenceEncoder) -> None:
    assert shares(encoder, "Blue linen scarf?", "a scarf: LINEN, blue") == pytest.approx([1.0])


def test_a_rare_word_counts_for_more_than_those_of_every_question(encoder: SentenceEncoder) -> None:
    rare, frequent = shares(encoder, "is it made of bakelite", "bakelite", "is it made of")
    assert rare > frequent


def test_what_holds_no_words_has_none_of_them(encoder: SentenceEncoder) -> None:
    assert shares(encoder, "is it blue?", "", "?!", "😀") == [0.0, 0.0, 0.0]
    assert shares(encoder, "?", "it is blue") == [0.0]
    assert shares(encoder, "is it blue?") == []
    between = shares(encoder, "blue", "red", "", "blue")
    assert between[1] == 0.0
    assert between[2] == pytest.approx(1.0)
