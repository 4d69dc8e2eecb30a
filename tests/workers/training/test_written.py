"""What was written to learn from: every text has a label, and deserves one model's and no other's."""

from collections import Counter

from workers.training.written import other_matters, written

LABELS = {"attack", "crisis", "stop", "human", "forget", "known", "bot", "restricted", "none"}


def test_what_is_written_for_one_label_is_harmless_to_the_others() -> None:
    attacks, cries = list(written("attack", 4.0)), list(written("crisis", 3.0, 1.0))
    assert {one.kind.removeprefix("written, ") for one in attacks} == LABELS
    assert {one.kind for one in attacks if one.deserves} == {"written, attack"}
    assert {one.kind for one in cries if one.deserves} == {"written, crisis"}
    assert {one.weight for one in cries if not one.deserves} == {1.0}


def test_no_text_deserves_a_label_in_one_row_and_not_in_another() -> None:
    labels: dict[str, set[str]] = {}
    for one in written("attack", 4.0):
        labels.setdefault(one.text.casefold(), set()).add(one.kind)
    assert [text for text, kinds in labels.items() if len(kinds) > 1] == []


def test_requests_for_advice_and_the_bot_question_are_harmless_to_other_models() -> None:
    found = list(other_matters())
    assert not any(one.deserves or not one.text for one in found)
    about = Counter(one.group.split()[0] for one in found)
    assert about["asked"] > 1000
    assert about["en"] > 300
