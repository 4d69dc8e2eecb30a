"""The shipped network belongs to the shipped models."""

import pytest

from engage.triage import network
from engage.triage.linear import MODELS, load
from workers.training.hearing import HEARING

LABELS = network.load().labels


def test_every_model_that_hears_meanings_weighs_each_label_of_the_network() -> None:
    assert tuple(recipe.name for recipe in HEARING) == LABELS
    for label in LABELS:
        model = load(label)
        assert model is not None
        assert model.meaning is not None
        assert model.meaning.weights.shape == (len(LABELS),)


def test_no_other_model_has_a_head_for_it() -> None:
    others = {path.stem for path in MODELS.glob("*.tsv")} - {*LABELS, "network"}
    assert not [name for name in others if (model := load(name)) and model.meaning]


@pytest.mark.parametrize("text", ["#labels\ta b\n1 2", "#labels\ta b\n#layer\t1 1\n0.5 one"])
def test_what_is_no_network_is_refused(text: str) -> None:
    with pytest.raises((IndexError, ValueError)):
        network.read(text)
