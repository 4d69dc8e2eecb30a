"""Changing the embeddings: a real Chroma server, a real ledger, a provider over real HTTP."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from engage.ledger import encoders, indexes
from engage.ledger.indexes import BUILT_IN
from engage.ledger.tables import duties
from engage.memory.importers.rows import Faq
from engage.memory.library import import_rows, index_passages
from engage.memory.search import Memory
from engage.memory.vectors import holder_of
from tests.fakes.embeddings_server import WIDTH, EmbeddingsServer
from tests.memory_server.changing import ANN, KEY, OTHER, PARCEL, House, asks
from workers import build
from workers import reindexing as changing
from workers.encoders import Encoders
from workers.engine import Engine
from workers.runtime import Runtime


def test_the_old_index_answers_until_the_new_one_is_whole_and_then_the_new_one(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.ann()
    going = house.step(ann)
    while not going.step():
        assert house.serving(ann) == BUILT_IN
        assert asks(house, ann) == ("ship", True, "")
        assert PARCEL not in server.answered  # the setting asks no question: what serves does
    assert house.serving(ann) == OTHER
    assert asks(house, ann) == ("ship", True, "")
    assert server.answered[PARCEL] == 1
    near = house.memory.search(ann, PARCEL).passages[0]
    assert near.dense > 0
    assert house.vectors.some(holder_of(ann, OTHER), ["faq:ship#0|q"])["faq:ship#0|q"].shape == (WIDTH,)
    unrelated = house.memory.search(ann, "who won the election in 1912 and by how much?")
    assert not unrelated.supported


def test_workers_notice_the_setting_and_throw_the_old_vectors_away_later(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, bob = house.ann(), house.creator("bob", ANN[:1])
    index_passages(house.db, house.vectors, bob)
    worker = house.worker()
    assert worker.work() == changing.EVERY
    assert {house.serving(one) for one in (ann, bob)} == {OTHER}
    assert house.states(ann) == {OTHER: "serving", BUILT_IN: "leaving"}
    assert len(house.vectors.ids(ann)) == 5  # somebody may be asking it at this moment
    monkeypatch.setattr(changing, "GRACE", timedelta(0))
    worker.work()
    assert house.stored(ann) == set()
    assert house.states(ann) == {OTHER: "serving"}
    assert asks(house, ann) == ("ship", True, "")


def test_of_two_workers_one_does_it(house: House, server: EmbeddingsServer) -> None:
    ann = house.ann()
    with house.db.transaction() as tx:
        assert changing.duties.take(tx, changing.DUTY, "other", timedelta(minutes=1), datetime.now(UTC))
    assert house.worker().work() == changing.EVERY
    assert (house.serving(ann), server.calls) == (BUILT_IN, 0)
    with house.db.transaction() as tx:
        tx.execute(update(duties).values(until=datetime.now(UTC)))
    house.worker().work()
    assert house.serving(ann) == OTHER


def test_a_creator_who_is_new_is_served_by_the_wanted_encoder_from_the_beginning(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.creator("ann", ANN)
    assert build.index_waiting(house.db, house.url, Encoders(house.to_other, house.db)) == len(ANN)
    assert house.states(ann) == {OTHER: "serving"}
    assert house.vectors.ids(ann) == set()
    assert asks(house, ann) == ("ship", True, "")
    with house.db.reading() as tx:
        assert indexes.serving(tx, ann).background[""] > 0.2  # the fake finds all things alike


def test_what_is_imported_meanwhile_is_found_before_and_after_the_switch(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.ann()
    going = house.step(ann)
    assert not going.step()
    changed = Faq("ship", "Do you ship to Canada?", "Not any more, sorry.")
    import_rows(house.db, ann, [changed, Faq("lamp", "Which lamp is on your desk?", "An old brass lamp.")])
    index_passages(house.db, house.vectors, ann)
    assert asks(house, ann, "what lamp stands on the desk") == ("lamp", True, "")
    while not going.step():
        pass
    assert house.memory.search(ann, PARCEL).passages[0].passage.text == "Not any more, sorry."
    assert asks(house, ann, "what lamp stands on the desk") == ("lamp", True, "")
    assert server.answered["Not any more, sorry."] == 1
    assert index_passages(house.db, house.vectors, ann, others=Encoders(house.to_other, house.db)) == 0


def test_what_is_indexed_in_the_old_one_at_the_very_switch_waits_for_the_new_one(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.ann()
    going = house.step(ann)
    switch = indexes.switch
    late = Faq("lamp", "Which lamp is on your desk?", "An old brass lamp.")

    def import_first() -> None:
        server.before = lambda: None
        import_rows(house.db, ann, [late])
        index_passages(house.db, house.vectors, ann)

    while len(going._missing) != 0 or going._stored is None:
        going.step()
    server.before = import_first  # the last call before the switch: the unrelated sentences
    assert going.step()
    assert switch is indexes.switch
    with house.db.reading() as tx:
        from engage.memory.corpus import waiting

        assert [one.source_id for one in waiting(tx, ann, 9)] == ["lamp"]
    assert asks(house, ann, "what lamp stands on the desk") == ("lamp", True, "")
    assert index_passages(house.db, house.vectors, ann, others=Encoders(house.to_other, house.db)) == 1


CHILD = """
import sys
from datetime import timedelta
from types import SimpleNamespace
from engage.ledger.database import Database
from engage.memory import reindexing
from engage.settings import load
from workers.reindexing import Changing

reindexing.PORTION = 2
settings = load()
worker = Changing(SimpleNamespace(settings=settings, db=Database(settings.ledger_url)), "child")
while True:
    worker.work()
"""


def test_a_killed_worker_is_gone_on_from_and_nothing_is_encoded_twice(
    house: House, server: EmbeddingsServer, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = house.ann()
    server.hang_from = 1  # the second portion is never answered
    environ = {
        "PATH": "/usr/bin:/bin",
        "ENGAGE_HOME": str(tmp_path),
        "ENGAGE_DATABASE_URL": sqlite_url,
        "ENGAGE_CHROMA_URL": house.url,
        "ENGAGE_EMBEDDINGS": OTHER,
        "ENGAGE_EMBEDDINGS_BASE_URL": server.url,
        "ENGAGE_EMBEDDINGS_API_KEY": KEY,
        "ENGAGE_EMBEDDINGS_TIMEOUT": "60",
    }
    child = subprocess.Popen([sys.executable, "-c", CHILD], env=environ)
    try:
        assert server.hanging.wait(60)
    finally:
        child.kill()
        child.wait()
    assert house.states(ann) == {OTHER: "building"}
    told = house.told(house.settings(embeddings=BUILT_IN))
    assert "re-indexing" not in told.found
    assert asks(house, ann) == ("ship", True, "")
    server.hang_from = None
    assert "re-indexing 2 of 4 passages, the old index (built-in) serves" in house.told().found
    with house.db.transaction() as tx:
        tx.execute(update(duties).values(until=datetime.now(UTC)))
    house.worker().work()
    assert house.serving(ann) == OTHER
    texts = ["My dog sleeps through every single recording.", "Do you ship to Canada?", "Yes, it takes nine days"]
    assert {server.answered[text] for text in server.answered if text in texts[:2]} == {1}
    assert max(count for text, count in server.answered.items() if text != "ready?") == 1


def test_changing_back_midway_leaves_everything_as_it_was(
    house: House, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = house.ann()
    assert not house.step(ann).step()
    monkeypatch.setattr(changing, "GRACE", timedelta(0))
    back = house.worker(house.settings(embeddings=BUILT_IN, embeddings_base_url="", embeddings_api_key=""))
    back.work()
    back.work()
    assert house.states(ann) == {}
    assert house.stored(holder_of(ann, OTHER)) == set()
    assert asks(house, ann) == ("ship", True, "")
    with house.db.reading() as tx:
        assert encoders.get(tx, OTHER) is None  # nor is its key kept


def test_changing_back_after_the_switch_serves_the_other_with_its_key_until_it_is_done(
    house: House, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = house.ann()
    house.worker().work()
    monkeypatch.setattr(changing, "GRACE", timedelta(0))
    house.worker().work()
    settings = house.settings(embeddings=BUILT_IN, embeddings_base_url="", embeddings_api_key="")
    house.memory = Memory(house.db, house.vectors, others=Encoders(settings, house.db))
    assert asks(house, ann) == ("ship", True, "")
    assert (server.answered[PARCEL], set(server.keys)) == (1, {f"Bearer {KEY}"})
    assert "re-indexing 0 of 4 passages, the old index (openai:other) serves" in house.told(settings).found
    house.worker(settings).work()
    assert house.serving(ann) == BUILT_IN
    assert asks(house, ann, "do you send things to canada") == ("ship", True, "")
    assert len(house.stored(ann)) == 5
    house.worker(settings).work()
    assert house.states(ann) == {BUILT_IN: "serving"}
    assert house.told(settings).state == "ok"


async def test_a_running_worker_changes_the_index_while_questions_are_answered(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.ann()
    runtime = Runtime.start(house.settings(redis_url="redis://127.0.0.1:1/0"))
    engine = Engine(runtime, frozenset({"upkeep"}))
    running = asyncio.create_task(engine.run())
    found = []
    while not found or house.serving(ann) == BUILT_IN:
        found.append(await house.memory.recall(ann, PARCEL))
    found.append(await house.memory.recall(ann, PARCEL))
    engine.stop()
    await running
    assert {(one.passages[0].passage.source_id, one.supported, one.note) for one in found} == {("ship", True, "")}
    assert server.answered[PARCEL] == 1
