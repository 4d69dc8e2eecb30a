"""A model's file is read, and its weights decide as they say."""

import numpy as np
import pytest

from engage.memory.floats import Floats
from engage.triage.features import Shape, features
from engage.triage.linear import Linear, read
from engage.triage.scores import joined

FILE = """#note\tfor this test
#name\tabuse
#languages\ten es
#words\t1
#letters\t3-3
#bias\t-2.0
#rules\t4.0
#doubt\t0.1 0.9
#meaning-slope\t1.0
#meaning-bias\t0.5
#meaning\t3.0 0.0
w awful\t6.0
c ▁aw\t1.0
"""


@pytest.fixture
def model() -> Linear:
    return read(FILE)


class Encoder:
    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, text: str) -> Floats:
        self.asked.append(text)
        return np.array([1.0, 0.0], dtype=np.float32)


def test_a_word_weighs_the_less_the_more_words_there_are(model: Linear) -> None:
    assert model.probability("awful") > model.probability("awful weather on this island") > model.probability("nice")


def test_tricks_of_writing_are_undone_before_a_model_looks(model: Linear) -> None:
    assert model.by_words("A w f u l") == model.by_words("4wful") == model.by_words("awful")


def test_what_the_rules_found_counts(model: Linear) -> None:
    assert model.probability("hello", rules=0.7) > 0.5 > model.probability("hello")


def test_the_encoder_is_asked_where_words_leave_a_doubt(model: Linear) -> None:
    encoder = Encoder()
    assert model.probability("hello", meaning=encoder) > 0.5
    assert encoder.asked == ["hello"]


def test_the_encoder_is_not_asked_for_nothing(model: Linear) -> None:
    encoder = Encoder()
    assert model.probability("awful", meaning=encoder) == model.probability("awful")
    assert encoder.asked == []


def test_a_sure_rule_stands_whatever_the_model_says(model: Linear) -> None:
    assert joined(0.9, model, "nice", "en", None) == 0.9


def test_a_model_says_nothing_in_a_language_it_was_not_fitted_on(model: Linear) -> None:
    assert joined(0.3, model, "awful", "ja", None) == 0.3


def test_a_model_that_knows_no_word_of_a_text_does_not_overrule_the_rules() -> None:
    knowing = read(FILE.replace("#bias", "#roles\tyes\n#bias"))
    assert joined(0.7, knowing, "gibberish", "en", None) == 0.7
    assert joined(0.1, knowing, "awful gibberish", "en", None) > 0.7
    assert joined(0.7, read(FILE.replace("4.0", "0.0")), "gibberish", "en", None) < 0.2


def test_a_model_that_needs_the_encoder_says_nothing_without() -> None:
    needing = read(FILE.replace("#bias", "#alone\tno\n#bias"))
    assert joined(0.3, needing, "awful", "en", None) == 0.3
    assert joined(0.3, needing, "awful", "en", Encoder()) > 0.5


def test_features_can_be_read() -> None:
    assert features("So good!", Shape(2, 4, 4)) == (
        ["w so", "w good", "w !", "w ▁ so", "w so good", "w good !", "w ! ▁"],
        ["c ▁so▁", "c so▁g", "c o▁go", "c ▁goo", "c good", "c ood▁", "c od▁!", "c d▁!▁"],
    )


def test_scripts_without_blanks_are_read_letter_by_letter() -> None:
    assert features("好吃", Shape(2, 2, 2))[0] == ["w 好", "w 吃", "w ▁ 好", "w 好 吃", "w 吃 ▁"]


@pytest.mark.parametrize("file", ["", FILE.replace("-2.0", "low"), FILE.replace("#rules\t4.0\n", "")])
def test_a_file_that_is_no_model_is_refused(file: str) -> None:
    with pytest.raises((KeyError, ValueError)):
        read(file)


def test_one_word_alone_says_less_where_the_file_says_so() -> None:
    careful = read(FILE.replace("#bias", "#few\t25\n#bias"))
    assert careful.by_words("awful") < read(FILE).by_words("awful")
    assert careful.shape == Shape(words=1, shortest=3, longest=3, few=25)


def test_a_model_of_meaning_says_nothing_without_an_encoder() -> None:
    model = read(FILE.replace("#bias", "#alone\tno\n#bias"))
    assert joined(0.1, model, "awful", "en", None) == 0.1
    assert joined(0.1, model, "awful", "en", Encoder()) > 0.5
