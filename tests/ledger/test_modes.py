"""Dry means dry (law 7): what the creator wants now decides, not what they wanted when an answer was begun."""

import pytest

from engage.ledger.tables import replies
from engage.models import Mode
from tests.ledger.house import House, answer


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
def test_a_reply_that_is_due_stays_where_it_is_once_the_surface_is_dry(house: House, mode: Mode) -> None:
    house.answered("About an hour.")
    house.set_mode(mode)
    assert house.claim_replies() == []
    house.set_mode(Mode.AUTO)
    assert len(house.claim_replies()) == 1


@pytest.mark.parametrize(("mode", "states"), [(Mode.REVIEW, ["held"]), (Mode.SHADOW, [])])
def test_a_mode_chosen_while_the_answer_is_written_holds_for_it(house: House, mode: Mode, states: list[str]) -> None:
    house.tell()
    claimed = house.claim_one()
    house.set_mode(mode)
    assert house.conclude(claimed, answer()) == "done"
    assert [row.state for row in house.rows(replies)] == states
