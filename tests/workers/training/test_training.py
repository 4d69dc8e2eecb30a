"""A model is fitted from examples, written, and read again as the same."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from engage.memory.floats import Floats
from engage.triage.features import Shape
from engage.triage.linear import read
from workers.training.design import folds, out_of_fold, prepare
from workers.training.examples import Example
from workers.training.matrix import matrix, vocabulary
from workers.training.measuring import macro_f1
from workers.training.modelling import model
from workers.training.recipe import Recipe
from workers.training.writing import written

RUDE = ["you awful goblin", "what an awful goblin", "goblin go home", "awful awful goblin you are", "that goblin again"]
KIND = ["what a lovely day", "lovely bread", "which flour is this", "is the shop open on sunday", "thank you so much"]
EXAMPLES = [
    Example(f"{text} number {copy}", text in RUDE, f"{text} {copy}", "made up")
    for copy in range(6)
    for text in RUDE + KIND
]
RECIPE = Recipe("abuse", lambda _: EXAMPLES, languages="", shape=Shape(2, 3, 4), kept=300)


def encode(texts: Sequence[str]) -> Floats:
    return np.array([[1.0 if "goblin" in text else -1.0, 0.5] for text in texts], dtype=np.float32)


def vector(text: str) -> Floats:
    found: Floats = encode([text])[0]
    return found


def test_a_lean_of_the_words_counts_where_they_speak_alone_and_only_there() -> None:
    asked = replace(RECIPE, doubt=(0.0, 1.0))
    plain, leaning = (model(prepare(EXAMPLES, one, encode), one) for one in (asked, replace(asked, words_lean=2.0)))
    for text in ("a goblin", "lovely flour"):
        assert leaning.by_words(text) == pytest.approx(plain.by_words(text) + 2.0)
        assert leaning.probability(text, meaning=vector) == pytest.approx(plain.probability(text, meaning=vector))


def test_a_fitted_model_tells_what_it_has_not_seen() -> None:
    fitted = model(prepare(EXAMPLES, RECIPE, None), RECIPE)
    assert fitted.probability("a goblin, awful") > 0.5 > fitted.probability("lovely flour")


def test_a_written_model_is_read_as_the_same() -> None:
    fitted = model(prepare(EXAMPLES, RECIPE, encode), RECIPE)
    again = read(written(fitted, ["for this test"]))
    assert again.shape == fitted.shape
    assert again.meaning is not None
    for text in ("you goblin", "lovely bread"):
        assert again.probability(text, meaning=vector) == pytest.approx(
            fitted.probability(text, meaning=vector), abs=0.02
        )


def test_the_same_examples_give_the_same_file() -> None:
    first, second = (written(model(prepare(EXAMPLES, RECIPE, None), RECIPE), []) for _ in range(2))
    assert first == second


def test_texts_of_one_group_are_never_on_both_sides() -> None:
    groups = ["a", "b", "a", "c", "b", "a"]
    for part in folds(groups):
        inside = {groups[place] for place in part}
        assert all(place in part for place, group in enumerate(groups) if group in inside)


def test_a_text_is_judged_by_a_model_that_has_not_seen_it() -> None:
    odd = [Example("zebra zebra", True, "odd", "odd"), *EXAMPLES]
    assert out_of_fold(prepare(odd, RECIPE, None), 1.0)[0] < 1.0


def test_products_are_those_of_the_dense_matrix() -> None:
    read_ = [("a b", "en"), ("b c c", "en"), ("", "en")]
    names = vocabulary(read_, Shape(1, 1, 1), 1)
    sparse = matrix(read_, Shape(1, 1, 1), names)
    dense = np.column_stack([sparse.times(np.eye(len(names))[place]) for place in range(len(names))])
    weights, factors = np.arange(len(names), dtype=float), np.array([1.0, 2.0, 3.0])
    assert np.allclose(sparse.times(weights), dense @ weights)
    assert np.allclose(sparse.transposed(factors), dense.T @ factors)
    assert np.allclose(sparse.rows(np.array([1, 0])).times(weights), (dense @ weights)[[1, 0]])


@pytest.mark.parametrize(("flagged", "wanted"), [([True, False], 1.0), ([False, True], 0.0), ([True, True], 1 / 3)])
def test_macro_f1_counts_both_classes(flagged: list[bool], wanted: float) -> None:
    assert macro_f1([True, False], flagged) == pytest.approx(wanted)
