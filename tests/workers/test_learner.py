"""How a creator writes and how the avatar wrote beside them, as the studio learns it from the ledger."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from engage.ledger.database import Database
from engage.memory.importers.rows import Pair
from engage.memory.library import import_rows
from engage.models import Answer, Disclosure, Reply, Surface
from tests.studio.builders import CARD, World, make_world
from tests.studio.writing import STIFF, cheerful, teach
from workers import voices
from workers.voices import Learner


@pytest.fixture
def world(sqlite_url: str) -> Iterator[World]:
    db = Database(sqlite_url)
    yield make_world(db)
    db.close()


def post(world: World, text: str, who: str, language: str = "en") -> str:
    turn_id = world.write("Which lens?", who)
    world.decide(turn_id, Answer(Reply(text, Disclosure.TEXT), replace(CARD, draft=text, language=language)))
    world.send()
    return turn_id


def test_a_voice_is_learnt_once_for_what_is_known(world: World) -> None:
    teach(world.db, world.creator.id)
    learner = Learner(world.db)
    first = learner.learnt(world.creator.id)
    assert first.voice.style is not None
    assert first.known["pair"] == 60
    assert learner.learnt(world.creator.id) is first
    import_rows(world.db, world.creator.id, [Pair("new", "And this?", cheerful(99))])
    again = learner.learnt(world.creator.id)
    assert again is not first
    assert again.known["pair"] == 61


def test_of_many_passages_some_teach_the_voice(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    teach(world.db, world.creator.id, 70)
    monkeypatch.setattr(voices, "PASSAGES", 30)
    learnt = Learner(world.db).learnt(world.creator.id)
    assert learnt.voice.usual.texts <= 30
    assert learnt.known["pair"] == 70, "what there is, is counted in full"


def test_the_avatars_weeks_stand_beside_the_creator_and_the_worst_of_this_week_are_named(world: World) -> None:
    teach(world.db, world.creator.id)
    now = world.at
    world.at = now - timedelta(weeks=1)
    post(world, cheerful(200), "Ana")
    world.at = now
    good, bad = post(world, cheerful(201), "Ben"), post(world, STIFF, "Cleo")
    beside = Learner(world.db).beside(world.creator, now)
    this, before = beside.weeks
    assert (this.replies, this.below, before.replies, before.below) == (2, 0.5, 1, 0.0)
    assert [one.reply.turn_id for one in beside.least] == [bad] != [good]
    assert beside.least[0].judged.differences


def test_the_creators_own_border_counts(world: World) -> None:
    teach(world.db, world.creator.id)
    post(world, STIFF, "Ana")
    learner = Learner(world.db)
    assert len(learner.beside(world.creator, world.at).least) == 1
    easy = replace(world.creator, voice_border=0.0)
    lenient = learner.beside(easy, world.at)
    assert (lenient.least, lenient.weeks[0].below) == ([], 0.0)
    tried = learner.tried(easy, STIFF, Surface.COMMENT).judged
    assert tried is not None
    assert (tried.border, tried.enough) == (0.0, True)


def test_replies_in_a_language_the_creator_does_not_write_in_are_no_drift(world: World) -> None:
    teach(world.db, world.creator.id)
    post(world, "vielen dank dir!!", "Ana", language="de")
    beside = Learner(world.db).beside(world.creator, world.at)
    assert (beside.weeks, beside.left_out) == ([], 1)


def test_with_too_few_texts_nothing_is_claimed(world: World) -> None:
    teach(world.db, world.creator.id, 5)
    post(world, STIFF, "Ana")
    learner = Learner(world.db)
    assert learner.learnt(world.creator.id).voice.style is None
    assert learner.tried(world.creator, STIFF, Surface.COMMENT).judged is None
    beside = learner.beside(world.creator, world.at)
    assert (beside.weeks[0].style, beside.least) == (None, [])


def test_of_an_unknown_creator_nothing_is_known(world: World) -> None:
    learnt = Learner(world.db).learnt("nobody")
    assert (learnt.voice.usual.texts, learnt.voice.style) == (0, None)
