"""How a creator writes and how the avatar wrote, from the ledger; and what the creator sets of it."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from threading import Barrier, Thread

import pytest

from engage.avatar import Avatar
from engage.compose.extractive import ExtractiveComposer
from engage.ledger import audit
from engage.ledger.assemble import assemble
from engage.ledger.creators import UnknownCreator, get_creator
from engage.ledger.database import Database
from engage.memory.corpus import load_passages, load_some
from engage.memory.importers.rows import Pair
from engage.memory.library import import_rows
from engage.memory.search import Memory
from engage.models import Answer, Disclosure, Freedom, Outcome, Persona, Reply, Surface
from engage.personas import NotKept, Typed, typed
from engage.triage import Policy
from tests.studio.builders import CARD, World, make_world
from tests.studio.writing import STIFF, cheerful, teach
from workers import voices
from workers.voices import Learner


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


def persona(world: World) -> Persona:
    with world.db.reading() as tx:
        return get_creator(tx, world.creator.id)


def save(world: World, who: str = "owner", creator_id: str = "", **changes: object) -> tuple[str, ...]:
    wanted = replace(typed(persona(world)), **changes)  # type: ignore[arg-type]
    with world.db.transaction() as tx:
        return voices.save(tx, who, creator_id or world.creator.id, wanted, world.at)


def post(world: World, text: str, who: str, language: str = "en") -> str:
    turn_id = world.write("Which lens?", who)
    world.decide(turn_id, Answer(Reply(text, Disclosure.TEXT), replace(CARD, draft=text, language=language)))
    world.send()
    return turn_id


def test_what_is_set_is_kept_with_who_set_it(world: World) -> None:
    assert save(world, bio="I build tables.", border="0.4", strict_voice=True) == (
        "bio",
        "voice_border",
        "strict_voice",
    )
    kept = persona(world)
    assert (kept.bio, kept.voice_border, kept.strict_voice) == ("I build tables.", 0.4, True)
    with world.db.reading() as tx:
        (entry,) = audit.entries(tx)
    assert (entry.actor, entry.action, entry.subject) == ("owner", "persona", "maya")
    assert entry.details == {"changed": ["bio", "voice_border", "strict_voice"]}, "no texts in the audit"


def test_saving_what_is_there_already_leaves_no_trace(world: World) -> None:
    assert save(world) == ()
    with world.db.reading() as tx:
        assert audit.entries(tx) == []


def test_what_is_refused_changes_nothing(world: World) -> None:
    before = persona(world)
    with pytest.raises(NotKept, match="denies being automated"):
        save(world, display_name="Somebody else", bio="I am not a bot.")
    assert persona(world) == before
    with world.db.reading() as tx:
        assert audit.entries(tx) == []


def test_settings_of_nobody_are_refused(world: World) -> None:
    with pytest.raises(UnknownCreator):
        save(world, creator_id="nobody")


def test_of_two_who_save_at_once_the_last_one_wins_whole(world: World, open_db: Callable[[], Database]) -> None:
    first = Typed("First", "en", bio="First.", style_rules="first", freedom="strict")
    second = Typed("Second", "sv", bio="Second.", style_rules="second", freedom="creative")
    begin = Barrier(2)

    def run(db: Database, wanted: Typed) -> None:
        begin.wait()
        with db.transaction() as tx:
            voices.save(tx, wanted.display_name, world.creator.id, wanted, world.at)

    threads = [Thread(target=run, args=(open_db(), wanted)) for wanted in (first, second)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert typed(persona(world)) in (first, second)
    with world.db.reading() as tx:
        newest, oldest = audit.entries(tx)
    assert newest.actor == persona(world).display_name
    assert oldest.actor != newest.actor


def test_a_running_worker_answers_the_next_turn_with_what_was_set(world: World) -> None:
    """The avatar is made once, as a worker makes it; only the ledger changes."""
    memory = Memory(world.db, None)
    avatar = Avatar(memory, ExtractiveComposer(), None, Policy(), lambda: world.at)

    def ask(who: str) -> tuple[Persona, Outcome]:
        turn_id = world.write("What do you think of the sourdough election?", who)
        with world.db.reading() as tx:
            found = assemble(tx, turn_id, world.at)
        return found.persona, asyncio.run(avatar.answer(found.turn, found.persona))

    _, before = ask("Ana")
    assert "restricted" not in before.card.reasons
    save(world, avoid_topics="sourdough election", freedom="strict", border="0.3")
    told, after = ask("Ben")
    assert (told.freedom, told.voice_border) == (Freedom.STRICT, 0.3)
    assert "restricted" in after.card.reasons


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


def test_of_many_passages_some_are_read_evenly(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    teach(world.db, world.creator.id, 70)
    with world.db.reading() as tx:
        everything = [one.id for one in load_passages(tx, world.creator.id)]
        some = [one.id for one in load_some(tx, world.creator.id, 30)]
        all_of_few = [one.id for one in load_some(tx, world.creator.id, 70)]
    assert some == everything[2::3]
    assert all_of_few == everything
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
    assert len(learner.beside(persona(world), world.at).least) == 1
    save(world, border="0")
    lenient = learner.beside(persona(world), world.at)
    assert (lenient.least, lenient.weeks[0].below) == ([], 0.0)
    tried = learner.tried(persona(world), STIFF, Surface.COMMENT).judged
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
