"""What trials are worth, on a creator small enough to be counted by hand."""

from dataclasses import replace

import pytest

from engage.evaluate import Known, judge
from engage.evaluate.backtest import DEEPEST
from engage.models import Passage
from tests.engage.evaluate.builders import GREASE, OIL, PRIVATE, TILLY, declined, drafted, known

ASKED = "how often should I oil it?"
MANY_OWN = [f"righto, a drop of oil on number {n} and off you pop 🔧" for n in range(40)]
MANY_OTHER = [f"Dear friend! Thank You so much for Message {n}!!! Kisses!!!" for n in range(80)]


def test_a_sentence_stands_where_the_cited_passage_bears_it() -> None:
    trials = [
        drafted(ASKED, "Weekly.", "Every 200 kilometres, and after rain.", OIL),
        drafted(ASKED, "Weekly.", "Every 300 kilometres, and after snow.", OIL),
    ]
    found = judge(trials, TILLY, known(), "extractive").figures
    assert (found["grounding"].value, found["grounding"].n) == (0.5, 2)
    assert (found["numbers"].value, found["numbers"].n) == (0.5, 2)


def test_the_real_replies_are_held_against_what_was_recalled() -> None:
    trials = [drafted(ASKED, "Every 200 kilometres, mate.", "Every 200 kilometres, and after rain.", OIL)]
    assert judge(trials, TILLY, known(), "extractive").figures["numbers"].ceiling == 1.0


def test_kind_words_need_no_ground() -> None:
    found = judge([drafted("thanks!", "cheers", "Thank you!")], TILLY, known(), "extractive").figures
    assert found["grounding"].n == 0


def test_the_retrieval_curve_is_the_best_of_the_first_k() -> None:
    """The real reply is the second passage's own text."""
    curve = judge([drafted(ASKED, GREASE.text, "", found=(OIL, GREASE))], TILLY, known(), "extractive").curve
    assert [row[0] for row in curve.recalled] == [0.0, *[1.0] * (DEEPEST - 1)]
    assert curve.best == [1.0]


def test_private_words_are_no_ceiling_of_retrieval() -> None:
    trials = [declined("when do we meet?", PRIVATE.text, "unsupported", found=(OIL,))]
    assert judge(trials, TILLY, known(OIL, PRIVATE), "extractive").curve.best[0] < 1


def test_coverage_counts_the_drafts_and_the_reasons_of_the_rest() -> None:
    trials = [
        drafted(ASKED, "Weekly.", "Every 200 kilometres.", OIL),
        declined("and Peru?", "No idea.", "thanks", "unsupported"),
        declined("and Chile?", "No idea.", "thanks", "unsupported"),
        declined("buy followers", "No.", "spam"),
    ]
    found = judge(trials, TILLY, known(), "extractive", [declined("who?", "", "unsupported")] * 2)
    assert (found.figures["coverage"].value, found.figures["coverage"].floor) == (0.25, 0.0)
    assert found.reasons == {"thanks, unsupported": 2, "spam": 1}
    assert found.outcomes == {"answer": 1, "skip": 3}


def test_a_draft_in_another_language_is_noticed() -> None:
    question = "how often should I put oil on the chain of my old bicycle?"
    trials = [
        drafted(question, "Every week, and after a ride in the rain.", "Every two hundred kilometres of riding."),
        drafted(question, "Every week, and after a ride in the rain.", "Toutes les semaines, et après chaque pluie."),
    ]
    found = judge(trials, TILLY, known(), "m").figures["language"]
    assert (found.value, found.ceiling) == (0.5, 1.0)


def test_an_unmarked_copy_counts_and_a_marked_one_does_not() -> None:
    said = "Marine grease keeps the water out of a bottom bracket for years."
    trials = [drafted(ASKED, "No.", said, GREASE), drafted(ASKED, "No.", said, OIL)]
    found = judge(trials, TILLY, known(), "m").figures
    assert (found["copy_rate"].value, found["quoted"].value) == (0.5, 1.0)
    assert (found["copy_rate"].ceiling, found["copy_rate"].floor) == (0.0, 0.0)


def test_length_is_held_against_what_was_imported() -> None:
    passages = own(MANY_OWN)
    words = len(MANY_OWN[0].split()) - 1
    trials = [drafted("how?", " ".join(["oil"] * words), "oil " * words), drafted("how?", "no", "oil " * 90)]
    found = judge(trials, TILLY, known(*passages), "m").figures
    assert (found["length"].value, found["length"].ceiling) == (0.5, 0.5)
    assert found["length_distance"].value > found["length_distance"].ceiling  # type: ignore[operator]


def own(texts: list[str]) -> list[Passage]:
    return [replace(OIL, id=f"o{n}", text=text) for n, text in enumerate(texts)]


def test_style_lies_between_other_creators_and_the_creators_own_replies() -> None:
    trials = [drafted("how?", MANY_OWN[3], "righto, a drop of oil and off you pop 🔧") for _ in range(3)]
    found = judge(trials, TILLY, known(*own(MANY_OWN), others=[MANY_OTHER]), "m")
    style, authorship = found.figures["style"], found.figures["authorship"]
    assert style.value is not None
    assert style.floor is not None
    assert style.floor < 0.3 < 0.7 < style.value
    assert (authorship.value, authorship.ceiling, authorship.floor) == (1.0, 1.0, 0.0)
    assert found.floor_of == "creators"


def test_judges_have_not_read_what_the_drafts_quote() -> None:
    """Every passage is cited: without them no style is left, and the report says how it was told all the same."""
    passages = own(MANY_OWN)
    trials = [drafted("how?", "righto", one.text, one) for one in passages]
    found = judge(trials, TILLY, known(*passages, others=[MANY_OTHER]), "m")
    assert any("knows the passages" in note for note in found.notes)
    assert found.figures["authorship"].value is None


def test_without_enough_texts_or_other_creators_it_says_what_cannot_be_told() -> None:
    found = judge([drafted(ASKED, "Weekly.", "Every 200 kilometres.", OIL)], TILLY, known(), "m")
    assert found.figures["style"].value is None
    assert found.figures["authorship"].value is None
    assert found.judged[0].style is None
    assert found.floor_of == "followers"
    assert any("only 2 texts" in note for note in found.notes)
    assert any("what followers wrote" in note for note in found.notes)


def test_replies_that_are_imported_are_pointed_out() -> None:
    found = judge([declined("how often oil the chain?", OIL.text, "x")], TILLY, known(), "m")
    assert found.in_corpus == 1
    assert any("not held back" in note for note in found.notes)


def test_a_creator_without_a_word_can_be_evaluated() -> None:
    found = judge([declined("hi", "hello", "unsupported")], TILLY, Known(()), "m")
    assert found.figures["retrieval"].value is None
    assert any("drafted no answer" in note for note in found.notes)
    assert found.as_json()["pairs"] == 1


def test_nothing_is_told_where_every_question_failed() -> None:
    found = judge([], TILLY, known(), "m").as_json()
    assert found["pairs"] == 0
    assert found["coverage"]["value"] is None  # type: ignore[index]


def test_it_says_the_same_on_every_run() -> None:
    trials = [drafted("how?", one, f"{one} yes") for one in MANY_OWN]
    some, again = (judge(trials, TILLY, known(*own(MANY_OWN), others=[MANY_OTHER]), "m").as_json() for _ in range(2))
    assert some == again


@pytest.mark.parametrize("size", [1, 7])
def test_the_json_has_a_value_ceiling_and_floor_for_each_figure(size: int) -> None:
    found = judge([drafted(ASKED, "Weekly.", "Every 200 kilometres.", OIL)] * size, TILLY, known(), "m").as_json()
    for name in ("style", "grounding", "retrieval", "language", "length", "copy_rate"):
        assert {"value", "ceiling", "floor", "n"} <= set(found[name])  # type: ignore[call-overload]
