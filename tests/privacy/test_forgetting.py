"""What processes keep in memory goes within seconds of an erasure, and stays where nothing was erased."""

import ast
import asyncio
import importlib
import pkgutil
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import engage.compose
import engage.memory
import engage.triage
import engage.voice
from engage import remembered as remembering
from engage.errors import Unavailable
from engage.ledger import erasure
from engage.ledger.database import Database
from engage.memory.corpus import store
from engage.memory.encoding import Remembered
from engage.memory.importers.rows import Pair, Said
from engage.memory.near import Near
from engage.memory.search import Memory
from engage.memory.vectors import Vectors
from engage.models import Mode
from engage.remembered import forget_all, forgettable, remembered
from engage.settings import load
from engage.voice.scoring import Voices
from tests.ledger.house import House
from workers import forgetting, questions
from workers.engine import Engine
from workers.forgetting import Forgetting, InMemory
from workers.runtime import Runtime
from workers.studio import app
from workers.voices import Learner


class Process:
    def __init__(self, db: Database) -> None:
        self.db = db
        self.emptied = 0

    def drop_stale(self) -> None:
        self.emptied += 1


def note(db: Database) -> None:
    with db.transaction() as tx:
        erasure.note_erasure(tx)


async def test_a_process_empties_its_memory_once_for_what_was_erased_while_it_ran(db: Database) -> None:
    note(db)
    process = Process(db)
    looks = Forgetting(process)
    assert await looks.step() == forgetting.EVERY < timedelta(seconds=15)
    assert process.emptied == 0  # that was before it began
    note(db)
    for _ in range(2):
        await looks.step()
    assert process.emptied == 1


def test_an_erasure_is_counted_with_the_rows_that_go(house: House) -> None:
    house.set_mode(Mode.OFF)
    house.tell()
    house.do(erasure.forget_follower, "paper", "ann")
    assert house.do(erasure.erasures) == 1


def test_texts_that_functions_remember_are_forgotten() -> None:
    asked: list[str] = []

    @remembered
    def length(text: str) -> int:
        asked.append(text)
        return len(text)

    length("a secret")
    forget_all()
    length("a secret")
    assert asked == ["a secret", "a secret"]


def test_every_limited_cache_of_texts_is_emptied_with_the_others() -> None:
    """What is read, written and checked is somebody's words: a cache of it that nobody empties would outlive them."""
    kept, cache_type = [], type(lru_cache(1)(int))
    for package in (engage.triage, engage.compose, engage.voice, engage.memory):
        for found in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
            for name, value in vars(importlib.import_module(found.name)).items():
                limited = isinstance(value, cache_type) and value.cache_parameters()["maxsize"] is not None
                if limited and value.__module__ == found.name and value not in remembering._known:
                    kept.append(f"{found.name}.{name}")
    assert kept == []


def test_vectors_of_what_was_asked_are_forgotten() -> None:
    import numpy as np

    asked: list[str] = []

    def encode(texts: Any) -> Any:
        asked.extend(texts)
        return np.ones((len(texts), 2), np.float32)

    known = Remembered()
    known.get(["a secret"], encode)
    forget_all()
    known.get(["a secret"], encode)
    assert asked == ["a secret", "a secret"]


def test_a_cache_that_nobody_uses_any_more_is_not_kept_for_this() -> None:
    cleared: list[str] = []

    class Cache:
        def __init__(self, name: str) -> None:
            self.name = name

        def cache_clear(self) -> None:
            cleared.append(self.name)

    kept = forgettable(Cache("used"))
    forgettable(Cache("dropped"))
    forget_all()
    assert cleared == [kept.name]


def test_the_studio_forgets_what_it_worked_out(house: House) -> None:
    learner, finder = Learner(house.db), questions.Finder()
    learner.learnt(house.creator.id)
    finder._kept.get("c", lambda _: True, lambda _: ("stamp", []))
    InMemory(house.db).drop_stale()
    assert learner._voices.snapshot() == {}
    assert finder._kept.snapshot() == {}


@pytest.fixture
def memory(house: House, vectors: Vectors) -> Memory:
    words = [Pair(str(n), f"Question {n}?", f"heyy, answer {n} it is hehe") for n in range(3)]
    with house.tx() as tx:
        store(tx, house.creator.id, [*words, Said("secret", "My door code is 4711.")], house.now)
    return Memory(house.db, vectors)


def test_words_voices_and_vectors_of_an_erased_creator_leave_a_workers_memory(house: House, memory: Memory) -> None:
    other, _ = house.add_creator("bea", "bea-id")
    voices = Voices(memory)
    memory.beside(voices.drop_but)
    near = memory._near
    assert isinstance(near, Near)
    for creator in (house.creator.id, other.id):
        voices.voice(creator)
        near._held.get(creator, lambda _: True, lambda _: SimpleNamespace(vectors=None))  # type: ignore[arg-type]
    memory.drop_stale()
    assert len(memory._kept.snapshot()) == len(voices._kept.snapshot()) == len(near._held.snapshot()) == 2
    done: dict[str, int] = {}
    assert house.do(erasure.forget_creator, house.creator.id, done)
    assert done["passages"] == 4
    memory.drop_stale()
    assert set(memory._kept.snapshot()) == set(voices._kept.snapshot()) == set(near._held.snapshot()) == {other.id}


def test_a_worker_empties_all_of_it(house: House, memory: Memory) -> None:
    runtime = Runtime.__new__(Runtime)
    runtime._memory = memory
    assert len(memory.corpus(house.creator.id).passages) == 4
    house.do(erasure.forget_creator, house.creator.id, {})
    runtime.drop_stale()
    assert memory._kept.snapshot() == {}


def test_a_runtime_without_an_avatar_has_only_texts_to_forget() -> None:
    import numpy as np

    known = Remembered()
    known.get(["a secret"], lambda texts: np.ones((len(texts), 2), np.float32))
    runtime = Runtime.__new__(Runtime)
    runtime._memory = None
    runtime.drop_stale()
    asked: list[str] = []
    known.get(["a secret"], lambda texts: asked.extend(texts) or np.ones((len(texts), 2), np.float32))
    assert asked == ["a secret"]


async def test_every_worker_looks_whatever_it_serves(db_url: str, tmp_path: Path) -> None:
    nowhere = "redis://127.0.0.1:1/0"
    runtime = Runtime.start(load({}, home=tmp_path, database_url=db_url, redis_url=nowhere))
    for queue in ("upkeep", "dm", "post", "intake"):
        assert Engine(runtime, frozenset({queue}))._pumps["forgetting"].name == "forgetting"
    await runtime.aclose()


async def test_the_studios_loop_outlives_an_outage() -> None:
    looked = asyncio.Event()

    class Away:
        async def read(self, _: Any) -> int:
            looked.set()
            raise Unavailable("away")

    loop = asyncio.create_task(Forgetting(InMemory(Away())).run())  # type: ignore[arg-type]
    await looked.wait()
    await asyncio.sleep(0)
    assert not loop.done()
    loop.cancel()
    await asyncio.wait([loop])


def test_the_studio_looks_too() -> None:
    tree = ast.parse(Path(app.__file__).read_text())
    called = [ast.unparse(one) for one in ast.walk(tree) if isinstance(one, ast.Call)]
    assert "pages.on_startup(Forgetting(InMemory(studio.db)).run)" in called
