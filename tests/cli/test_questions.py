"""Teaching in a terminal: the same rules as in the studio."""

from datetime import timedelta

import pytest

from engage.ledger import schema
from engage.ledger.database import Database
from engage.models import Mode, Surface
from engage.settings import load
from tests.cli.conftest import Engage
from tests.studio.builders import World, make_world

NORWAY = "Do you ship to Norway?"
YES = "Yes, parcels to Norway take nine days."


@pytest.fixture
def world(engage: Engage) -> World:
    settings = load()
    db = Database(settings.ledger_url)
    schema.upgrade(db)
    made = make_world(db)
    made.mode(Surface.COMMENT, Mode.REVIEW)
    return made


def test_a_waiting_reply_is_corrected_and_what_changed_is_said(engage: Engage, world: World) -> None:
    turn_id = world.answered(NORWAY, "Yes! We ship to Norway, and it takes nine days! 😊 (automated)")
    done = engage("correct", turn_id, "--text", YES)
    assert done.code == 0
    (row,) = done.rows
    assert (row["turn"], row["learnt"]) == (turn_id, "answers")
    assert {"no exclamation marks", "no emoji"} <= set(row["changed"])
    assert row["told"].endswith("It will be used from now on.")
    assert (world.reply_of(turn_id).text, world.reply_of(turn_id).state) == (YES, "due")
    again = engage("correct", turn_id, "--text", YES)
    assert again.code == 1
    assert "already" in again.err


def test_an_escalation_is_answered(engage: Engage, world: World) -> None:
    turn_id = world.escalated(NORWAY, "unsupported")
    (row,) = engage("correct", turn_id, "--text", YES).rows
    assert (row["changed"], row["learnt"]) == ([], "answers")
    assert engage("correct", "unknown", "--text", YES).code == 1
    assert engage("correct", world.escalated("Is it?", "unsupported"), "--text", " ").code == 1


def test_the_inbox_says_what_a_person_changed(engage: Engage, world: World) -> None:
    turn_id = world.answered(NORWAY, "Yes! We ship to Norway. (automated)")
    assert engage("inbox", "--json").rows[0][0]["changed"] == []
    assert engage("correct", turn_id, "--text", "Yes. We ship to Norway.").code == 0
    world.at += timedelta(minutes=1)
    world.send("refused", "gone")
    (item,) = engage("inbox", "--json").rows[0]
    assert (item["turn_id"], item["changed"]) == (turn_id, ["no exclamation marks"])


def test_questions_are_listed_answered_and_dismissed(engage: Engage, world: World) -> None:
    for text, who in ((NORWAY, "Ana"), ("is shipping to norway possible?", "Ben")):
        world.skipped(text, "unsupported", who=who)
    for who in ("Ana", "Ben"):
        world.skipped("What lens is that?", "unsupported", who=who)
    found = engage("questions", "list", "--creator", "maya", "--json").rows[0]
    assert {(one["question"], one["followers"], one["times"]) for one in found} == {
        (NORWAY, 2, 2),
        ("What lens is that?", 2, 2),
    }
    norway, lens = sorted(found, key=lambda one: one["question"])
    assert "Norway" in engage("questions", "list", "--creator", "maya").err
    done = engage("questions", "answer", norway["id"], "--creator", "maya", "--text", YES)
    assert done.rows == [{"id": norway["id"], "question": NORWAY, "state": "approved"}]
    assert engage("questions", "dismiss", lens["id"], "--creator", "maya").rows[0]["state"] == "dismissed"
    assert engage("questions", "list", "--creator", "maya", "--json").rows == [[]]
    refused = engage("questions", "answer", lens["id"], "--creator", "maya", "--text", YES, "--question", "Lens?")
    assert (refused.code, "dealt with already" in refused.err) == (1, True)


def test_few_peoples_private_words_are_not_put_into_the_faq(engage: Engage, world: World) -> None:
    for who in ("Ana", "Ben"):
        turn_id = world.escalated("Do you lend your cabin?", "unsupported", who=who, surface=Surface.DM)
    (one,) = engage("questions", "list", "--creator", "maya", "--json").rows[0]
    assert one["private"]
    refused = engage("questions", "answer", one["id"], "--creator", "maya", "--text", "No, it is my home.")
    assert (refused.code, "own words" in refused.err) == (1, True)
    own = ("--question", "Can I rent the cabin?")
    assert engage("questions", "answer", one["id"], "--creator", "maya", "--text", "No.", *own).code == 0
    assert engage("questions", "dismiss", turn_id, "--creator", "nobody").code == 1
