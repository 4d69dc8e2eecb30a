"""Approving, dismissing and taking back suggestions: what each writes, what it refuses, who did it."""

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from engage.ledger import audit, taught
from engage.ledger.database import Database
from engage.models import PassageKind, Surface
from tests.studio.builders import World, make_world
from workers import questions
from workers.questions import NotTaught

NORWAY = "Do you ship to Norway?"
YES = "Yes, within nine days."


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


@pytest.fixture
def asked(world: World) -> str:
    """The turn a suggestion is worded by."""
    world.skipped("is shipping to norway possible?", "unsupported", who="Ben")
    return world.skipped(NORWAY, "unsupported", who="Ana")


def approve(world: World, turn_id: str, question: str = NORWAY, answer: str = YES) -> None:
    with world.db.transaction() as tx:
        questions.approve(tx, "owner", world.creator.id, turn_id, question, answer, world.at)


def dismiss(world: World, turn_id: str) -> None:
    with world.db.transaction() as tx:
        questions.dismiss(tx, "owner", world.creator.id, turn_id, world.at)


def suggested(world: World) -> list[str]:
    with world.db.reading() as tx:
        asked, done = questions.read(tx, world.creator.id, world.at)
    return [one.question for one in questions.Finder().find(world.creator.id, asked, done)]


def faq(world: World) -> list[tuple[str, str]]:
    with world.db.reading() as tx:
        return [(one.question, one.text) for one in taught.lessons(tx, world.creator.id, PassageKind.FAQ)]


def trail(world: World) -> list[tuple[str, str, str]]:
    with world.db.reading() as tx:
        return [(entry.actor, entry.action, entry.subject) for entry in audit.entries(tx)]


def test_an_approved_answer_is_in_the_faq_and_not_suggested_any_more(world: World, asked: str) -> None:
    assert len(suggested(world)) == 1
    approve(world, asked, f" {NORWAY}\n", f" {YES} ")
    assert (faq(world), suggested(world)) == ([(NORWAY, YES)], [])
    assert trail(world) == [("owner", "faq_approve", asked)]


def test_in_other_words_it_is_not_suggested_either(world: World, asked: str) -> None:
    approve(world, asked, "Where do parcels go?")
    assert suggested(world) == []


def test_a_dismissed_question_does_not_come_again_when_others_ask_it(world: World, asked: str) -> None:
    dismiss(world, asked)
    for who in ("Cleo", "Dee"):
        world.skipped("can i get it delivered to norway", "unsupported", who=who)
    assert (faq(world), suggested(world)) == ([], [])
    with world.db.transaction() as tx:
        questions.take_back(tx, "owner", world.creator.id, asked, None, world.at)
    assert len(suggested(world)) == 1
    assert [action for _, action, _ in trail(world)] == ["untaught", "faq_dismiss"]


def test_an_answer_that_is_taken_back_is_a_question_again(world: World, asked: str) -> None:
    approve(world, asked)
    with world.db.transaction() as tx:
        questions.take_back(tx, "owner", world.creator.id, asked, PassageKind.FAQ, world.at)
    assert (faq(world), len(suggested(world))) == ([], 1)
    with world.db.transaction() as tx, pytest.raises(NotTaught, match="already"):
        questions.take_back(tx, "owner", world.creator.id, asked, PassageKind.FAQ, world.at)


@pytest.mark.parametrize(
    ("question", "answer", "why"),
    [
        (NORWAY, " \n", "An empty answer"),
        ("", YES, "in your own words"),
        (NORWAY, "Yes. I am a real human, not a bot.", "answer cannot be learnt: it denies being automated"),
        (NORWAY, "Yes, with password: hunter2hunter2", "a key, a password"),
        ("Is 4111 1111 1111 1111 my card?", YES, "question cannot be learnt"),
        (NORWAY, "Yes. " * 500, "Too long"),
    ],
)
def test_what_cannot_be_learnt_is_refused_with_the_reason(
    world: World, asked: str, question: str, answer: str, why: str
) -> None:
    with pytest.raises(NotTaught, match=why):
        approve(world, asked, question, answer)
    assert (faq(world), trail(world)) == ([], [])


def test_what_was_dealt_with_meanwhile_is_said_to_be(world: World, asked: str) -> None:
    dismiss(world, asked)
    with pytest.raises(NotTaught, match="dealt with already"):
        approve(world, asked)
    with pytest.raises(NotTaught, match="dealt with already"):
        dismiss(world, asked)
    assert faq(world) == []


def test_two_clicks_at_once_approve_once(world: World, asked: str, open_db: Callable[[], Database]) -> None:
    start, failed = Barrier(2), []

    def click(db: Database, answer: str) -> None:
        start.wait()
        try:
            with db.transaction() as tx:
                questions.approve(tx, "owner", world.creator.id, asked, NORWAY, answer, world.at)
        except NotTaught as error:
            failed.append(str(error))

    clicks = [Thread(target=click, args=(open_db(), text)) for text in (YES, "No.")]
    for one in clicks:
        one.start()
    for one in clicks:
        one.join(60)
    assert failed == ["This question was dealt with already, here or in another window."]
    assert len(faq(world)) == len(trail(world)) == 1


def test_another_creators_question_is_not_there(world: World, db: Database, asked: str) -> None:
    bob = make_world(db, "bob", "Bob")
    for turn_id in (asked, "unknown"):
        with pytest.raises(NotTaught, match="not there any more"):
            approve(bob, turn_id)
    approve(world, asked)
    with db.transaction() as tx, pytest.raises(NotTaught):
        questions.take_back(tx, "owner", bob.creator.id, asked, PassageKind.FAQ, world.at)
    assert (len(faq(world)), faq(bob)) == (1, [])


def test_suggestions_are_worked_out_again_only_where_something_has_changed(world: World, asked: str) -> None:
    finder = questions.Finder()
    with world.db.reading() as tx:
        before = questions.read(tx, world.creator.id, world.at)
    first = finder.find(world.creator.id, *before)
    assert finder.find(world.creator.id, *before) is first
    world.escalated("and to norway by boat?", "unsupported", who="Cleo", surface=Surface.DM)
    with world.db.reading() as tx:
        after = questions.read(tx, world.creator.id, world.at)
    assert finder.find(world.creator.id, *after) is not first
