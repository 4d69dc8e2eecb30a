"""What the pages and `engage inbox` read."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import event

from engage.ledger import conversations as talk
from engage.ledger import creators, overview, turns, views
from engage.ledger.creators import SurfaceMode
from engage.ledger.database import Database
from engage.ledger.tables import messages
from engage.ledger.views import Exchange, Filter
from engage.models import Escalate, Mode, Surface
from tests.studio.builders import CARD, World, make_world

ALL = Filter()


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def activity(world: World, chosen: Filter = ALL) -> list[Exchange]:
    with world.db.reading() as tx:
        return views.activity(tx, chosen)


def inbox(world: World) -> list[Exchange]:
    with world.db.reading() as tx:
        return views.inbox(tx)


def test_an_exchange_tells_who_what_and_why(world: World) -> None:
    world.answered("Which camera?", "A small Sony.", "Ana", post_id="v1", post_text="The harbour")
    (item,) = activity(world)
    assert (item.creator, item.follower, item.text) == ("Maya Lindqvist", "Ana", "Which camera?")
    assert (item.platform, item.handle, item.surface, item.post_text) == ("sandbox", "@maya", "comment", "The harbour")
    assert (item.reply, item.reply_state, item.disclosure) == ("A small Sony.", "due", "text")
    assert item.reasons == ("question", "supported")


def test_every_turn_has_its_badge_and_the_newest_stands_first(world: World) -> None:
    world.answered("1", "yes")
    world.skipped("2", "spam")
    world.escalated("3", "human")
    world.mode(Surface.COMMENT, Mode.SHADOW)
    world.answered("4", "no")
    world.write("5")
    assert [item.badge for item in activity(world)] == ["waiting", "shadow", "escalated", "skipped", "answered"]


@pytest.mark.parametrize("outcome", views.OUTCOMES)
def test_a_filter_shows_its_outcome_only(world: World, outcome: str) -> None:
    test_every_turn_has_its_badge_and_the_newest_stands_first(world)
    assert [item.badge for item in activity(world, Filter(outcome=outcome))] == [outcome]


def test_filters_by_creator_and_surface(world: World, db: Database) -> None:
    other = make_world(db, "devon", "Devon")
    other.answered("hello", "hi")
    world.mode(Surface.DM, Mode.AUTO)
    world.answered("psst", "yes?", surface=Surface.DM)
    assert [item.text for item in activity(world, Filter(creator_id=other.creator.id))] == ["hello"]
    assert [item.text for item in activity(world, Filter(surface="dm"))] == ["psst"]
    assert activity(world, Filter(creator_id=other.creator.id, surface="dm")) == []


def test_a_shadow_answer_shows_what_would_be_sent(world: World) -> None:
    world.mode(Surface.COMMENT, Mode.SHADOW)
    world.answered("Which camera?", "A small Sony. (automated)")
    (item,) = activity(world)
    assert (item.draft, item.reply, item.reply_id) == ("A small Sony. (automated)", None, None)


def test_messages_of_one_turn_stand_together_and_what_was_taken_back_is_gone(world: World) -> None:
    turn_id = world.answered("first", "ok", conversation="c")
    with world.db.transaction() as tx:
        row = tx.execute(messages.select()).one()
        talk.delete_message(tx, row.id, world.at)
    assert activity(world)[0].turn_id == turn_id
    assert activity(world)[0].text == ""


def test_the_inbox_holds_what_waits_for_a_person(world: World) -> None:
    world.answered("sent", "ok")
    world.send()
    world.answered("refused", "ok")
    world.send("refused", "gone")
    world.answered("uncertain", "ok")
    world.send("uncertain", "lost")
    world.skipped("skipped", "spam")
    world.escalated("escalated", "human")
    world.mode(Surface.COMMENT, Mode.REVIEW)
    world.answered("held", "ok")
    assert {item.text: item.kind for item in inbox(world)} == {
        name: name for name in ("refused", "uncertain", "escalated", "held")
    }


def test_danger_first_then_what_goes_out_by_itself_then_the_oldest(world: World) -> None:
    world.escalated("old", "human")
    world.mode(Surface.COMMENT, Mode.AUTO, undo=60)
    world.answered("later", "ok")
    world.mode(Surface.COMMENT, Mode.AUTO, undo=30)
    world.answered("sooner", "ok")
    world.escalated("danger", "self_harm")
    assert [item.text for item in inbox(world)] == ["danger", "sooner", "later", "old"]


def test_a_dead_turn_waits_for_a_person(world: World) -> None:
    turn_id = world.write("hello?")
    with world.db.transaction() as tx:
        (claimed,) = turns.claim(tx, Surface.COMMENT, 1, "w", timedelta(minutes=1), world.at)
        turns.give_up(tx, claimed, "a bug", world.at)
    (item,) = inbox(world)
    assert (item.turn_id, item.kind, item.badge) == (turn_id, "escalated", "escalated")


def test_the_inbox_of_one_creator(world: World, db: Database) -> None:
    make_world(db, "devon", "Devon").escalated("for Devon", "human")
    world.escalated("for Maya", "human")
    with db.reading() as tx:
        assert [item.text for item in views.inbox(tx, world.creator.id)] == ["for Maya"]


def test_a_stamp_changes_with_what_is_shown_and_only_then(world: World) -> None:
    def stamp() -> object:
        with world.db.reading() as tx:
            return views.activity_stamp(tx, ALL), views.inbox_stamp(tx)

    seen = [stamp()]
    turn_id = world.write("Which camera?")
    seen.append(stamp())
    assert stamp() == seen[-1]
    world.decide(turn_id, Escalate(CARD))
    seen.append(stamp())
    with world.db.transaction() as tx:
        talk.delete_message(tx, tx.execute(messages.select()).one().id, world.at)
    seen.append(stamp())
    assert len({repr(one) for one in seen}) == 4


def test_a_stamp_is_one_query(world: World, db: Database) -> None:
    world.answered("Which camera?", "A small Sony.")
    asked: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *call: asked.append(call[2]))
    with db.reading() as tx:
        views.activity_stamp(tx, ALL)
    assert len([line for line in asked if line.startswith("SELECT")]) == 1


def test_a_decision_is_whole(world: World) -> None:
    turn_id = world.answered("Which camera?", "A small Sony.")
    world.send()
    with world.db.reading() as tx:
        found = views.decision(tx, turn_id)
        assert views.decision(tx, world.account_id) is None
    assert found is not None
    assert found.card["sources"][0]["passage"]["title"] == "My kit"
    assert (found.mode, found.drafts, found.card["tokens_in"]) == ("auto", 1, 412)
    assert found.receipt_id is not None


def test_the_overview_names_modes_states_and_pauses(world: World) -> None:
    with world.db.transaction() as tx:
        creators.pause_creator(tx, world.creator.id, world.at)
        creators.lose_access(tx, world.account_id, "revoked")
        (creator,) = overview.overview(tx)
    (account,) = creator.accounts
    assert creator.paused_at is not None
    assert (account.state, account.reason) == ("unauthorized", "revoked")
    assert account.modes == {Surface.COMMENT: SurfaceMode(Mode.AUTO)}


def test_the_pulse_counts_what_waits(world: World) -> None:
    world.escalated("help", "human")
    world.mode(Surface.COMMENT, Mode.REVIEW)
    world.answered("Which camera?", "A small Sony.")
    with world.db.transaction() as tx:
        creators.pause_everything(tx, world.at)
        found = overview.pulse(tx, world.at)
    assert found.waiting == 2
    assert found.everything_paused_at is not None
    assert found.creators == ((world.creator.id, "Maya Lindqvist", None),)


def test_counts_are_by_badge_and_from_a_moment_on(world: World) -> None:
    test_every_turn_has_its_badge_and_the_newest_stands_first(world)
    with world.db.reading() as tx:
        assert overview.counts(tx, world.at - timedelta(hours=1)) == dict.fromkeys(views.OUTCOMES, 1)
        assert overview.counts(tx, world.at + timedelta(hours=1)) == dict.fromkeys(views.OUTCOMES, 0)


def test_an_exchange_becomes_json(world: World) -> None:
    world.escalated("help", "human")
    (item,) = inbox(world)
    line = json.loads(json.dumps(views.plain(item)))
    assert (line["kind"], line["text"], line["reasons"]) == ("escalated", "help", ["human"])
    assert line["opened_at"].endswith("+00:00")
