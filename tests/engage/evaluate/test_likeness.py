"""F1 of meaningful words."""

import pytest

from engage.evaluate.likeness import Likenesses, best_of_first, likeness


def test_likeness_is_the_f1_of_meaningful_words() -> None:
    """grease, bracket against grease, chain, rain: 1 in common of 2 and 3."""
    assert likeness("grease the bracket", "grease chain rain") == pytest.approx(2 * 1 / (2 + 3))
    assert likeness("grease the bracket", "the bracket, and grease!") == 1.0


def test_what_has_no_meaningful_words_is_like_nothing() -> None:
    assert likeness("it is", "it is") == 0
    assert likeness("", "grease") == 0


def test_chinese_is_compared_by_pairs_of_characters() -> None:
    assert 0 < likeness("今天写代码", "我写代码") < 1


def test_many_texts_compare_as_one_by_one() -> None:
    texts = ["grease the bracket", "", "chain oil", "今天写代码"]
    for asked in ("oil the bracket with grease", "写代码", ""):
        assert Likenesses(texts).to(asked).tolist() == pytest.approx([likeness(text, asked) for text in texts])


def test_no_texts_have_no_likenesses() -> None:
    assert Likenesses([]).to("grease").tolist() == []


def test_the_best_of_the_first_k_only_rises() -> None:
    assert best_of_first([0.1, 0.4, 0.2], 5) == [0.1, 0.4, 0.4, 0.4, 0.4]
    assert best_of_first([0.1, 0.4, 0.2], 2) == [0.1, 0.4]
    assert best_of_first([], 2) == [0.0, 0.0]
