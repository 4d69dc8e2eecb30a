"""What a creator sets of how the avatar speaks: kept whole, refused whole, and known to the next turn."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from threading import Barrier, Thread

import pytest

from engage.avatar import Avatar
from engage.compose.extractive import ExtractiveComposer
from engage.ledger import audit
from engage.ledger.assemble import assemble
from engage.ledger.creators import UnknownCreator, get_creator
from engage.ledger.database import Database
from engage.memory.corpus import load_passages, load_some
from engage.memory.search import Memory
from engage.models import Freedom, Outcome, Persona
from engage.personas import NotKept, Typed, typed
from engage.triage import Policy
from tests.studio.builders import World, make_world
from tests.studio.writing import teach
from workers import voices


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
        turn_id = world.write("What do you think of the sourdough festival?", who)
        with world.db.reading() as tx:
            found = assemble(tx, turn_id, world.at)
        return found.persona, asyncio.run(avatar.answer(found.turn, found.persona))

    _, before = ask("Ana")
    assert "restricted" not in before.card.reasons
    save(world, avoid_topics="sourdough festival", freedom="strict", border="0.3")
    told, after = ask("Ben")
    assert (told.freedom, told.voice_border) == (Freedom.STRICT, 0.3)
    assert "restricted" in after.card.reasons


def test_of_many_passages_some_are_read_evenly(world: World) -> None:
    teach(world.db, world.creator.id, 70)
    with world.db.reading() as tx:
        everything = [one.id for one in load_passages(tx, world.creator.id)]
        some = [one.id for one in load_some(tx, world.creator.id, 30)]
        all_of_few = [one.id for one in load_some(tx, world.creator.id, 70)]
    assert some == everything[2::3]
    assert all_of_few == everything
