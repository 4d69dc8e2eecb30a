"""Messages are labelled as a whole, and a model learns which of their parts ask."""

from pathlib import Path

import numpy as np
import pytest

from engage.triage.asked import shares
from engage.triage.parts import seen_parts
from workers.training.asked import RECIPE, figures, fitted, written
from workers.training.bags import bags, fit_bags
from workers.training.examples import Example

TALK = ["i baked the bread today.", "the lamp is on the shelf, really.", "who won the match last night?"]
ASKING = [f"{talk} are you a bot?" for talk in TALK]
EXAMPLES = [
    Example(text, text in ASKING, f"{text} {copy}", "made up", weight=3.0)
    for copy in range(6)
    for text in TALK + ASKING
]


def test_the_part_that_asks_is_found_though_only_messages_are_labelled() -> None:
    full = bags(EXAMPLES, 2)
    weights = fit_bags(full, np.arange(len(EXAMPLES)), 0.1)
    told = dict(zip(full.names, weights.tolist(), strict=False))
    asking, talk = (max(shares(seen, told.get) for seen in seen_parts(text)) for text in ("are you a bot?", TALK[2]))
    assert asking > talk + 2


def test_a_fitted_model_tells_them_apart() -> None:
    model = fitted(EXAMPLES, None)
    odds = [
        model.bias + max(shares(seen, model.weights.get) for seen in seen_parts(text))
        for text in ("so, are you a bot?", TALK[2])
    ]
    assert odds[0] > odds[1]


def test_the_figures_are_told_by_kind_and_language() -> None:
    assert [line.split(":")[0] for line in figures(EXAMPLES)] == ["made up", "made up en"]


def test_the_same_line_in_all_languages_is_one_group() -> None:
    groups = {(example.language, example.text): example.group for example in written()}
    assert groups["en", "Are you a bot?"] == groups["de", "Bist du ein Bot?"]


def test_what_is_asked_and_what_looks_like_it_are_never_the_same_text() -> None:
    asks = {(one.language, one.text) for one in written() if one.deserves}
    assert not asks & {(one.language, one.text) for one in written() if not one.deserves}


def test_a_folder_without_the_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="gitter"):
        RECIPE.read(tmp_path)
