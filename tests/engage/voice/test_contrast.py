"""Leave-one-out in closed form, and measures made one chance."""

import numpy as np
import pytest

from engage.voice import contrast, logistic
from engage.voice.contrast import Group
from engage.voice.features import grams
from tests.engage.voice.test_voice import cheerful, formal


def test_what_is_said_of_a_text_left_out_is_what_a_fit_without_it_says() -> None:
    own = [grams(cheerful(n)) for n in range(60)]
    others = [grams(formal(n) if n % 3 else cheerful(n + 500)) for n in range(60)]  # some of them sound like the writer
    whole, left_out = contrast.fit([Group(own, 0.5, 1), Group(others, 0.5, -1)])
    inside, without = [], []
    for n in range(0, 30, 3):
        again, _ = contrast.fit([Group(own, 0.5, 1), Group(others[:n] + others[n + 1 :], 0.5, -1)])
        inside.append(whole.of(others[n]))
        without.append(again.of(others[n]))
    told = left_out[60:90:3]
    assert np.abs(told - without).mean() < np.abs(np.array(inside) - without).mean() / 3


def test_own_texts_fall_above_and_others_below() -> None:
    groups = [
        Group([grams(cheerful(n)) for n in range(40)], 0.5, 1),
        Group([grams(formal(n)) for n in range(40)], 0.5, -1),
    ]
    fitted, left_out = contrast.fit(groups)
    assert left_out[:40].min() > 0 > left_out[40:].max()
    assert fitted.of(grams(cheerful(200))) > 0 > fitted.of(grams(formal(200)))


def test_an_empty_text_is_measured_too() -> None:
    fitted, _ = contrast.fit([Group([grams("a b")], 0.5, 1), Group([grams("c d")], 0.5, -1)])
    assert np.isfinite(fitted.of(grams("")))


@pytest.mark.parametrize("separable", [True, False])
def test_chances_are_calibrated_and_finite(separable: bool) -> None:
    made = np.random.default_rng(1)
    own = np.arange(400) < 200
    shift = 50.0 if separable else 1.0
    measures = np.column_stack([made.normal(np.where(own, shift, -shift), 1.0), made.normal(size=400)])
    weights = logistic.fit(measures, own, np.full(400, 1.0))
    found = logistic.chances(measures, weights)
    assert np.isfinite(weights).all()
    assert abs(found.mean() - 0.5) < 0.05
    assert found[own].mean() > 0.75 > 0.25 > found[~own].mean()


def test_each_kind_weighs_what_it_is_said_to_weigh() -> None:
    measures = np.zeros((101, 1))
    own = np.arange(101) < 1
    shares = np.where(own, 0.5, 0.5 / 100) * 101
    assert logistic.chances(measures[0], logistic.fit(measures, own, shares)) == pytest.approx(0.5, abs=1e-6)
