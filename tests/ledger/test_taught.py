"""What was learnt of a turn goes with the words it answered."""

import pytest

from engage.ledger import by_hand, taught
from engage.ledger.tables import documents, passages, replies, suggestions, turns
from engage.memory import corrections
from engage.memory.corrections import Use
from engage.models import Mode
from tests.ledger.house import House


@pytest.fixture
def corrected(house: House) -> str:
    """A turn whose held reply the creator rewrote and sent."""
    house.set_mode(Mode.REVIEW)
    house.answered(id="m")
    turn_id = str(house.row(turns).id)
    with house.tx() as tx:
        by_hand.approve(tx, house.row(replies).id, house.now, "Forty minutes.")
        assert corrections.learn(tx, turn_id, "Forty minutes.", house.now).use is Use.ANSWERS
    house.post(house.claim_reply())
    return turn_id


def test_a_correction_is_one_document_of_the_turn(house: House, corrected: str) -> None:
    assert house.row(documents).id == f"correction:{corrected}"
    passage = house.row(passages)
    assert (passage.id, passage.source_id, passage.kind) == (f"correction:{corrected}#0", corrected, "correction")
    assert (passage.question, passage.text) == ("How long do you bake it?", "Forty minutes.")
    assert passage.indexed_at is None


def test_to_a_question_that_was_changed_the_creator_has_not_replied(house: House, corrected: str) -> None:
    house.tell("edited", "Are you a fraud?", id="m")
    assert (house.rows(documents), house.rows(passages)) == ([], [])
    assert house.row(replies).state == "sent"


def test_a_question_that_was_taken_back_is_kept_nowhere(house: House, corrected: str) -> None:
    with house.tx() as tx:
        row = {"creator_id": house.row(turns).creator_id, "turn_id": corrected, "question": "How long?"}
        tx.execute(suggestions.insert().values(**row, state="dismissed", settled_at=house.now))
    house.tell("deleted", id="m")
    assert [house.rows(table) for table in (documents, passages, suggestions)] == [[], [], []]


def test_an_edit_of_the_same_words_changes_nothing(house: House, corrected: str) -> None:
    house.tell("edited", "How long do you bake it?", id="m")
    assert len(house.rows(passages)) == 1


def test_withdrawing_of_no_turns_touches_nothing(house: House, corrected: str) -> None:
    with house.tx() as tx:
        assert taught.withdraw(tx, []) == 0
        assert taught.withdraw(tx, ["unknown"]) == 0
    assert len(house.rows(documents)) == 1
