"""Reading a pair."""

import pytest

from engage.evaluate import HeldBack, read_pair
from engage.models import Surface

ROW = {"id": "1", "question": "how often?", "reply": "weekly"}


def test_a_pair_is_what_an_import_takes_with_who_asked_and_where() -> None:
    row = {**ROW, "date": "2026-01-01", "asker": "gwen", "surface": "dm", "likes": 3, "creator": "tilly"}
    assert read_pair(row, "tilly", 7) == HeldBack("1", "how often?", "weekly", "gwen", Surface.DM, 7)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"reply": ""}, "needs a reply"),
        ({"question": 3}, "question"),
        ({"id": None}, "id"),
        ({"date": "never"}, "never"),
        ({"surface": "radio"}, "radio"),
        ({"creator": "capucine"}, "one creator at a time"),
        ({"reply": None, "answer": "a FAQ's"}, "no past answer"),
    ],
)
def test_what_is_no_pair_is_told(change: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        read_pair({**ROW, **change}, "tilly")
