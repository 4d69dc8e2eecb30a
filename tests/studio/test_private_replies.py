"""A turn with a public line and a private reply: both are shown, and each is decided about by itself."""

from datetime import timedelta

import pytest

from engage.ledger import by_hand, overview, taught, views
from engage.ledger.database import Database
from engage.ledger.tables import replies
from engage.ledger.views import Exchange, Filter
from engage.models import Card, Disclosure, Escalate, Mode, Reply, Surface
from tests.studio.builders import World, make_world
from workers.cli.ledger import _inbox_line
from workers.demo import account, watch
from workers.studio import actions, words
from workers.studio.actions import Act, NotNow

PUBLIC, PRIVATE = "A person is told.", "You can write here, in private."
BOTH = Escalate(
    Card(reasons=("service",), private=PRIVATE),
    Reply(PUBLIC, Disclosure.TEXT),
    private=Reply(PRIVATE, Disclosure.TEXT),
)


@pytest.fixture
def world(db: Database) -> World:
    made = make_world(db)
    made.mode(Surface.DM, Mode.AUTO)
    return made


def complain(world: World, mode: Mode = Mode.AUTO) -> str:
    """A complaint about an order, concluded in a mode. Returns its turn."""
    world.mode(Surface.COMMENT, mode)
    turn_id = world.write("Where is my order?")
    world.decide(turn_id, BOTH)
    return turn_id


def inbox(world: World) -> dict[bool, Exchange]:
    with world.db.reading() as tx:
        return {item.private: item for item in views.inbox(tx)}


def test_in_review_both_wait_and_each_is_approved_by_itself(world: World) -> None:
    complain(world, Mode.REVIEW)
    waiting = inbox(world)
    assert (waiting[False].reply, waiting[True].reply) == (PUBLIC, PRIVATE)
    assert {item.kind for item in waiting.values()} == {"held"}
    assert waiting[False].key != waiting[True].key
    assert all(actions.possible(item) == (Act.APPROVE, Act.EDIT, Act.REJECT) for item in waiting.values())
    with world.db.transaction() as tx:
        actions.approve(tx, "owner", str(waiting[True].reply_id), world.at)
        actions.reject(tx, "owner", str(waiting[False].reply_id), world.at)
    with world.db.reading() as tx:
        states = {row.surface: row.state for row in tx.execute(replies.select())}
    assert states == {"dm": "due", "comment": "recalled"}


def test_once_both_are_out_the_question_waits_once(world: World) -> None:
    turn_id = complain(world)
    world.send()
    assert [(item.kind, item.private) for item in inbox(world).values()] == [("escalated", False)]
    with world.db.transaction() as tx:
        actions.dismiss(tx, "owner", turn_id, world.at)
    assert inbox(world) == {}


def test_a_refused_one_is_told_beside_its_question_and_goes_with_it(world: World) -> None:
    turn_id = complain(world)
    world.send("refused", "this comment already had its private reply")
    refused = inbox(world)[True]
    assert (refused.kind, actions.possible(refused)) == ("refused", ())
    assert "in public stands" in words.inbox_help(refused)
    assert "already had its private reply" in words.why(refused)
    with world.db.transaction() as tx:
        actions.dismiss(tx, "owner", turn_id, world.at)
    assert inbox(world) == {}


def test_an_uncertain_one_is_settled_by_itself(world: World) -> None:
    complain(world)
    world.send("uncertain")
    doubtful = inbox(world)[True]
    assert actions.possible(doubtful) == (Act.POSTED, Act.AGAIN)
    with world.db.transaction() as tx:
        actions.settle(tx, "owner", str(doubtful.reply_id), world.at, posted=True)
    assert inbox(world).keys() == {False}


def test_dry_means_dry_for_the_private_one_alone(world: World) -> None:
    complain(world, Mode.REVIEW)
    world.mode(Surface.DM, Mode.SHADOW)
    waiting = inbox(world)
    assert actions.possible(waiting[True]) == (Act.REJECT,)
    with world.db.transaction() as tx, pytest.raises(NotNow, match="shadow"):
        actions.approve(tx, "owner", str(waiting[True].reply_id), world.at)
    with world.db.transaction() as tx:
        actions.approve(tx, "owner", str(waiting[False].reply_id), world.at)


@pytest.mark.parametrize(("surface", "left"), [(Surface.COMMENT, set()), (Surface.DM, {"comment"})])
def test_switching_comments_off_takes_both_back_and_direct_messages_the_private_one(
    world: World, surface: Surface, left: set[str]
) -> None:
    complain(world, Mode.REVIEW)
    with world.db.transaction() as tx:
        taken = actions.set_mode(tx, "owner", world.account_id, surface, Mode.OFF, timedelta(0), world.at)
        states = {row.surface: row.state for row in tx.execute(replies.select())}
    assert taken == 2 - len(left)
    assert {where for where, state in states.items() if state == "held"} == left


def test_what_a_person_writes_there_instead_is_nobody_else_s(world: World) -> None:
    turn_id = complain(world, Mode.REVIEW)
    private = inbox(world)[True]
    with world.db.transaction() as tx:
        learnt = actions.approve(tx, "owner", str(private.reply_id), world.at, "Write me, Ana, I have your parcel.")
        assert (learnt.learnt, taught.use_of(tx, world.creator.id, turn_id)) == (None, None)
    assert "held" not in {item.reply_state for key, item in inbox(world).items() if key}


def test_by_the_turn_the_public_one_is_meant_first(world: World) -> None:
    turn_id = complain(world, Mode.REVIEW)
    public, private = (str(inbox(world)[which].reply_id) for which in (False, True))
    with world.db.transaction() as tx:
        assert by_hand.held_reply(tx, turn_id) == public
        by_hand.approve(tx, public, world.at)
        assert by_hand.held_reply(tx, turn_id) == private


def test_the_activity_shows_both_and_counts_one(world: World) -> None:
    turn_id = complain(world)
    with world.db.reading() as tx:
        for chosen in (Filter(), Filter(surface="comment"), Filter(outcome="escalated")):
            shown = views.activity(tx, chosen)
            assert [(item.turn_id, item.private, item.reply) for item in shown] == [
                (turn_id, False, PUBLIC),
                (turn_id, True, PRIVATE),
            ]
        assert overview.counts(tx, world.at - timedelta(hours=1))["escalated"] == 1
    assert [words.answer(item) for item in shown] == ["Answer", "Answer, in private"]


def test_a_page_hears_of_what_becomes_of_the_private_one(world: World) -> None:
    complain(world, Mode.REVIEW)
    with world.db.transaction() as tx:
        before = views.inbox_stamp(tx), views.activity_stamp(tx, Filter())
        by_hand.approve(tx, str(inbox(world)[True].reply_id), world.at)
        after = views.inbox_stamp(tx), views.activity_stamp(tx, Filter())
    assert before[0] != after[0]
    assert before[1] != after[1]


def test_in_shadow_the_card_tells_what_would_be_said_in_private(world: World) -> None:
    turn_id = complain(world, Mode.SHADOW)
    with world.db.reading() as tx:
        found = views.decision(tx, turn_id)
        assert tx.execute(replies.select()).all() == []
    assert found is not None
    assert found.card["private"] == PRIVATE


def test_the_demo_tells_of_the_public_one(world: World) -> None:
    complain(world)
    with world.db.reading() as tx:
        assert [fate.reply for fate in account.fates(tx).values()] == [PUBLIC]
        assert [shown.reply for shown in watch.decided(tx)] == [PUBLIC]


def test_the_command_line_tells_them_apart(world: World) -> None:
    complain(world, Mode.REVIEW)
    shown = {line[2]: line[4] for line in map(_inbox_line, inbox(world).values())}
    assert shown == {"comment": PUBLIC, "comment, in private": PRIVATE}
