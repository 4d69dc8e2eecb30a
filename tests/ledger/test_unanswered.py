"""Which questions count as unanswered, on both databases."""

from datetime import timedelta

import pytest

from engage.ledger import suggestions
from engage.ledger.database import Database
from engage.ledger.suggestions import APPROVED, DISMISSED, Settled
from engage.ledger.tables import messages
from engage.ledger.unanswered import newest_decision, unanswered
from engage.models import Mode, Surface
from tests.studio.builders import World, make_world
from workers.studio import actions

DAY = timedelta(days=1)


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def texts(world: World, since: timedelta = DAY) -> list[str]:
    with world.db.reading() as tx:
        return [one.text for one in unanswered(tx, world.creator.id, world.at - since)]


def test_what_no_words_of_the_creators_answer_is_found_newest_first(world: World) -> None:
    for reasons in (("unsupported",), ("ungrounded", "vectors unavailable"), ("declined",)):
        world.skipped(f"Is it {reasons[0]}?", *reasons)
        world.at += timedelta(minutes=1)
    world.escalated("Is it private?", "unsupported", surface=Surface.DM)
    assert texts(world) == ["Is it private?", "Is it declined?", "Is it ungrounded?", "Is it unsupported?"]


def test_what_was_left_for_other_reasons_is_not(world: World) -> None:
    world.skipped("Buy now?", "spam")
    world.skipped("Hello?", "greeting", "unsupported")
    world.escalated("A person please?", "asked_for_human")
    world.answered("Which lens?", "The kit lens.")
    world.skipped("Not unsupportedly so?", "unsupportable")
    assert texts(world) == []


def test_what_a_person_answered_or_the_follower_took_back_is_not(world: World) -> None:
    world.mode(Surface.COMMENT, Mode.REVIEW)
    turn_id = world.escalated("Which lens?", "unsupported")
    taken_back = world.skipped("Which mic?", "unsupported")
    with world.db.transaction() as tx:
        actions.answer(tx, "owner", turn_id, "The kit lens, always.", DAY, world.at)
        gone = messages.update().where(messages.c.turn_id == taken_back)
        tx.execute(gone.values(text="", deleted_at=world.at))
    assert texts(world) == []


def test_what_is_too_old_or_another_creators_is_not(world: World, db: Database) -> None:
    world.skipped("Which lens?", "unsupported")
    make_world(db, "bob", "Bob").skipped("Which mic?", "unsupported")
    assert texts(world) == ["Which lens?"]
    assert texts(world, since=timedelta(seconds=-1)) == []


def test_who_asked_is_known_by_every_name(world: World) -> None:
    world.skipped("Which lens?", "unsupported", who="Ana")
    with world.db.reading() as tx:
        (one,) = unanswered(tx, world.creator.id, world.at - DAY)
        assert newest_decision(tx, world.creator.id) == world.at
    assert (one.names, one.surface, one.language) == (("Ana", "u-Ana"), Surface.COMMENT, "en")


def test_a_question_is_settled_once_and_can_be_opened_again(world: World) -> None:
    turn_id = world.skipped("Which lens?", "unsupported")
    one = Settled(turn_id, "Which lens?", DISMISSED, world.at)
    with world.db.transaction() as tx:
        assert suggestions.stamp(tx, world.creator.id) == (0, None)
        assert suggestions.settle(tx, world.creator.id, one)
        assert not suggestions.settle(tx, world.creator.id, Settled(turn_id, "Which lens?", APPROVED, world.at))
        assert suggestions.settled(tx, world.creator.id) == suggestions.dismissed(tx, world.creator.id) == [one]
        assert suggestions.reopen(tx, world.creator.id, turn_id)
        assert not suggestions.reopen(tx, world.creator.id, turn_id)
