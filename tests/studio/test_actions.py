"""Each action on the ledger alone: what it writes, what it refuses, who did it."""

from datetime import timedelta

import pytest

from engage.ledger import audit, creators, turns, views
from engage.ledger.database import Database
from engage.models import Mode, Surface
from tests.studio.builders import LEASE, World, make_world
from workers.studio import actions
from workers.studio.actions import Act, NotNow

DAY = timedelta(days=1)


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def held(world: World) -> tuple[str, str]:
    """A turn and its reply that waits for approval."""
    world.mode(Surface.COMMENT, Mode.REVIEW)
    turn_id = world.answered("Which lens?", "The kit lens.")
    return turn_id, world.reply_of(turn_id).id


def trail(world: World) -> list[tuple[str, str]]:
    with world.db.reading() as tx:
        return [(entry.actor, entry.action) for entry in audit.entries(tx)]


def offered(world: World) -> tuple[Act, ...]:
    with world.db.reading() as tx:
        (item,) = views.inbox(tx)
    return actions.possible(item)


def test_a_held_reply_is_approved_once(world: World) -> None:
    turn_id, reply_id = held(world)
    with world.db.transaction() as tx:
        actions.approve(tx, "owner", reply_id, world.at)
    assert world.reply_of(turn_id).state == "due"
    with world.db.transaction() as tx, pytest.raises(NotNow, match="“due” now"):
        actions.approve(tx, "owner", reply_id, world.at)
    assert trail(world) == [("owner", "approve")]


def test_a_reply_that_is_out_cannot_be_rejected(world: World) -> None:
    turn_id, reply_id = held(world)
    with world.db.transaction() as tx:
        actions.approve(tx, "owner", reply_id, world.at)
    world.send()
    with world.db.transaction() as tx, pytest.raises(NotNow):
        actions.reject(tx, "owner", reply_id, world.at)
    assert world.reply_of(turn_id).state == "sent"


@pytest.mark.parametrize("text", ["", "  \n"])
def test_nothing_is_never_sent(world: World, text: str) -> None:
    turn_id, reply_id = held(world)
    with world.db.transaction() as tx, pytest.raises(NotNow):
        actions.approve(tx, "owner", reply_id, world.at, text)
    assert world.reply_of(turn_id).state == "held"
    escalated = world.escalated("help", "human")
    with world.db.transaction() as tx, pytest.raises(NotNow):
        actions.answer(tx, "owner", escalated, text, DAY, world.at)


def test_dry_means_dry_also_for_a_person(world: World) -> None:
    _, reply_id = held(world)
    world.mode(Surface.COMMENT, Mode.SHADOW)
    assert offered(world) == (Act.REJECT,)
    with world.db.transaction() as tx, pytest.raises(NotNow, match="shadow"):
        actions.approve(tx, "owner", reply_id, world.at)
    turn_id = world.escalated("help", "human")
    with world.db.transaction() as tx, pytest.raises(NotNow, match="shadow"):
        actions.answer(tx, "owner", turn_id, "Hi.", DAY, world.at)


def test_one_answer_by_hand_and_no_second(world: World) -> None:
    turn_id = world.escalated("help", "human")
    assert offered(world) == (Act.ANSWER, Act.DISMISS)
    with world.db.transaction() as tx:
        actions.answer(tx, "owner", turn_id, " Of course. ", DAY, world.at)
    reply = world.reply_of(turn_id)
    assert (reply.text, reply.disclosure, reply.state) == ("Of course.", "person", "due")
    with world.db.transaction() as tx, pytest.raises(Exception, match="already"):
        actions.answer(tx, "owner", turn_id, "Again.", DAY, world.at)
    assert trail(world) == [("owner", "answer")]


def test_a_turn_that_failed_can_be_answered_by_hand(world: World) -> None:
    turn_id = world.write("hello?")
    with world.db.transaction() as tx:
        (claimed,) = turns.claim(tx, Surface.COMMENT, 1, "w", LEASE, world.at)
        turns.give_up(tx, claimed, "a bug", world.at)
    assert Act.ANSWER in offered(world)
    with world.db.transaction() as tx:
        actions.answer(tx, "owner", turn_id, "Hello!", DAY, world.at)
    assert world.reply_of(turn_id).state == "due"


def test_a_person_settles_what_nobody_else_can(world: World) -> None:
    turn_id = world.answered("Which lens?", "The kit lens.")
    world.send("uncertain", "lost")
    reply = world.reply_of(turn_id)
    assert offered(world) == (Act.POSTED, Act.AGAIN)
    with world.db.transaction() as tx:
        actions.settle(tx, "owner", reply.id, world.at, posted=False)
    again = world.reply_of(turn_id)
    assert (again.state, again.idempotency_key, again.text) == ("due", reply.idempotency_key, reply.text)
    world.send("uncertain", "lost")
    with world.db.transaction() as tx:
        actions.settle(tx, "owner", reply.id, world.at, posted=True)
    assert world.reply_of(turn_id).state == "sent"
    assert trail(world) == [("owner", "posted"), ("owner", "send_again")]


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
def test_a_quiet_mode_takes_back_what_is_not_sent(world: World, mode: Mode) -> None:
    first = world.answered("Which lens?", "The kit lens.")
    world.send()
    second, _ = held(world)
    world.mode(Surface.DM, Mode.AUTO)
    elsewhere = world.answered("psst", "yes?", surface=Surface.DM)
    with world.db.transaction() as tx:
        taken = actions.set_mode(tx, "owner", world.account_id, Surface.COMMENT, mode, timedelta(0), world.at)
    assert taken == 1
    assert [world.reply_of(turn).state for turn in (first, second, elsewhere)] == ["sent", "recalled", "due"]
    assert trail(world) == [("owner", "mode")]


def test_pauses_are_switched_and_noted(world: World) -> None:
    with world.db.transaction() as tx:
        actions.pause_everything(tx, "owner", world.at, on=True)
        assert creators.everything_paused_at(tx) == world.at
        actions.pause_everything(tx, "owner", world.at, on=False)
        assert creators.everything_paused_at(tx) is None
        actions.pause_creator(tx, "owner", world.creator.id, world.at, on=True)
        actions.pause_account(tx, "owner", world.account_id, world.at, on=True)
        actions.pause_account(tx, "owner", world.account_id, world.at, on=True)
        assert creators.get_account(tx, world.account_id).state == "paused"
    assert [action for _, action in trail(world)] == ["pause", "pause", "resume", "pause"]


def test_a_lost_access_is_not_paused_away(world: World) -> None:
    with world.db.transaction() as tx:
        creators.lose_access(tx, world.account_id, "revoked")
        with pytest.raises(NotNow, match="Connect it again"):
            actions.pause_account(tx, "owner", world.account_id, world.at, on=True)


def test_the_audit_holds_no_texts(world: World) -> None:
    _, reply_id = held(world)
    with world.db.transaction() as tx:
        actions.approve(tx, "owner", reply_id, world.at, "Secret words for Ana.")
        entry = audit.entries(tx)[0]
    assert (entry.action, entry.subject, entry.details) == ("edit", reply_id, {})
