"""Figures computed by hand."""

import pytest

from engage.evaluate.figures import Figure, distance, figure, interval


def test_a_figure_is_the_mean_beside_its_ceiling_and_floor() -> None:
    found = figure([1.0, 0.0, 1.0, 0.0, 1.0], [1.0, 1.0], [0.0, 0.5])
    assert (found.value, found.ceiling, found.floor, found.n) == (0.6, 1.0, 0.25, 5)
    assert found.of_ceiling == 0.6


def test_the_interval_holds_the_mean_and_is_the_same_on_every_run() -> None:
    values = [0.0, 1.0] * 20
    low, high = interval(values)
    assert low is not None
    assert high is not None
    assert 0.3 < low < 0.5 < high < 0.7
    assert interval(values) == (low, high)


def test_items_that_all_agree_leave_no_doubt() -> None:
    assert interval([1.0] * 8) == (1.0, 1.0)


def test_of_a_few_items_no_interval_is_told_and_of_none_no_value() -> None:
    assert interval([1.0, 0.0]) == (None, None)
    assert figure([]) == Figure(None)
    assert figure([]).as_json() == {
        "value": None,
        "ceiling": None,
        "floor": None,
        "low": None,
        "high": None,
        "of_ceiling": None,
        "n": 0,
    }


def test_nothing_is_a_share_of_a_ceiling_of_nothing() -> None:
    assert figure([0.5], [0.0]).of_ceiling is None


def test_the_distance_of_two_distributions_is_how_far_their_quantiles_are_apart() -> None:
    assert distance([1.0, 2.0, 3.0], [3.0, 4.0, 5.0]) == pytest.approx(2.0)
    assert distance([1.0, 2.0], [2.0, 1.0]) == 0
    assert distance([], [1.0]) is None
