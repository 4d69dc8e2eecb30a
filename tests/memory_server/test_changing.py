"""Changing the embeddings: a real Chroma server, a real ledger, a provider over real HTTP."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, update
from tenacity import wait_none

from engage.errors import Unavailable
from engage.ledger import encoders, indexes
from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.ledger.indexes import BUILT_IN
from engage.ledger.tables import duties
from engage.ledger.tables import indexes as table
from engage.memory import provided, reindexing, search
from engage.memory.importers.rows import Faq, Row, Said
from engage.memory.library import import_rows, index_passages
from engage.memory.reindexing import Reindexing
from engage.memory.search import Memory
from engage.memory.vectors import Vectors, holder_of
from engage.models import Persona
from engage.settings import Settings, load
from tests.fakes.embeddings_server import WIDTH, EmbeddingsServer, Mode
from workers import build, doctor
from workers import reindexing as changing
from workers.encoders import Encoders
from workers.reindexing import Changing

OTHER = "openai:other"
KEY = "sk-test-key-0123456789"
ANN: list[Row] = [
    Faq("ship", "Do you ship to Canada?", "Yes, it takes nine days and costs 14 dollars."),
    Said("oil", "I always rub the cutting boards with linseed oil. It needs two weeks to harden."),
    Said("dog", "My dog sleeps through every single recording."),
    Said("bread", "The bread needs eighteen hours before it goes into the oven."),
]
PARCEL = "can you ship a parcel to canada"


@pytest.fixture
def server() -> Iterator[EmbeddingsServer]:
    with EmbeddingsServer() as running:
        yield running


@pytest.fixture
def ledger(sqlite_url: str) -> Iterator[Database]:
    db = Database(sqlite_url)
    yield db
    db.close()


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FRESH_SECONDS", 0.0)
    monkeypatch.setattr(provided, "_backing_off", wait_none())
    monkeypatch.setattr(provided, "PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(reindexing, "PORTION", 2)


class House:
    """A ledger, vectors, and what workers would do under some settings."""

    def __init__(self, db: Database, vectors: Vectors, settings: Callable[..., Settings], url: str) -> None:
        self.db = db
        self.vectors = vectors
        self.url = url
        self.settings = settings
        self.to_other = settings()
        self.memory = Memory(db, vectors, others=Encoders(self.to_other, db))

    def creator(self, name: str, rows: list[Row]) -> str:
        with self.db.transaction() as tx:
            creator_id = add_creator(tx, Persona("", name, name), datetime.now(UTC)).id
        import_rows(self.db, creator_id, rows)
        return creator_id

    def ann(self) -> str:
        """A creator whom the built-in encoder serves."""
        ann = self.creator("ann", ANN)
        assert index_passages(self.db, self.vectors, ann) == len(ANN)
        return ann

    def worker(self, settings: Settings | None = None, owner: str = "one") -> Changing:
        return Changing(SimpleNamespace(settings=settings or self.to_other, db=self.db), owner)  # type: ignore[arg-type]

    def serving(self, creator_id: str) -> str:
        with self.db.reading() as tx:
            return indexes.serving(tx, creator_id).spec

    def states(self, creator_id: str) -> dict[str, str]:
        with self.db.reading() as tx:
            found = tx.execute(select(table.c.spec, table.c.state).where(table.c.creator_id == creator_id))
            return {row.spec: row.state for row in found}

    def step(self, creator_id: str) -> Reindexing:
        """A change of one creator's, begun, with the encoder of the settings."""
        made = Encoders(self.to_other, self.db)
        made.keep_access()
        return Reindexing(self.db, self.vectors, creator_id, made(OTHER))

    def told(self, settings: Settings | None = None) -> doctor.Check:
        return doctor._embeddings(settings or self.to_other)

    def stored(self, holder: str) -> set[str]:
        """As another process sees it."""
        with closing(Vectors(self.url)) as looking:
            return looking.ids(holder)

    def rest_is_over(self) -> None:
        with self.db.transaction() as tx:
            tx.execute(update(encoders.encoders).values(again_at=datetime.now(UTC)))


@pytest.fixture
def house(
    ledger: Database, vectors: Vectors, chroma_url: str, server: EmbeddingsServer, tmp_path: Path, sqlite_url: str
) -> House:
    def settings(**values: Any) -> Settings:
        other = {
            "embeddings": OTHER,
            "embeddings_base_url": server.url,
            "embeddings_api_key": KEY,
            "embeddings_timeout": "5",
        }
        environ = {f"ENGAGE_{name.upper()}": value for name, value in {**other, **values}.items()}
        return load(environ, home=tmp_path, chroma_url=chroma_url, database_url=sqlite_url)

    return House(ledger, vectors, settings, chroma_url)


def asks(house: House, creator_id: str, question: str = PARCEL) -> tuple[str, bool, str]:
    found = house.memory.search(creator_id, question)
    return found.passages[0].passage.source_id, found.supported, found.note


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
Changing(SimpleNamespace(settings=settings, db=Database(settings.ledger_url)), "child").work()
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


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.BUSY, Mode.NAN, Mode.FEWER, Mode.UNAUTHORIZED])
def test_a_provider_that_fails_is_left_alone_for_a_while_and_costs_nothing(
    house: House, server: EmbeddingsServer, mode: Mode
) -> None:
    ann = house.ann()
    going = house.worker()
    server.script = [Mode.GOOD, *[mode] * 9]
    assert going.work() > timedelta(seconds=3)
    calls = server.calls
    assert going.work() > timedelta(0)
    assert server.calls == calls  # not before its time
    assert (house.serving(ann), asks(house, ann)) == (BUILT_IN, ("ship", True, ""))
    server.script = []
    told = house.told()
    assert told.state == "warn"
    assert "re-indexing 2 of 4 passages" in told.found
    assert KEY not in told.found
    house.rest_is_over()
    going.work()
    assert house.serving(ann) == OTHER
    assert house.told() == doctor.Check("embeddings", "ok", OTHER)


def test_a_provider_that_changes_its_dimensions_midway_spoils_nothing(house: House, server: EmbeddingsServer) -> None:
    ann = house.ann()
    server.script = [Mode.GOOD, Mode.WIDER]
    house.worker().work()
    assert asks(house, ann) == ("ship", True, "")
    house.rest_is_over()
    server.mode = Mode.WIDER  # for good: a new process knows the width from the ledger
    house.worker().work()
    assert house.serving(ann) == BUILT_IN
    assert f"vectors of {WIDTH + 1} numbers, not {WIDTH} as before" in house.told().found


async def test_where_the_serving_provider_is_away_words_answer_and_say_so(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.ann()
    house.worker().work()
    server.mode = Mode.BROKEN
    found = await house.memory.recall(ann, "do you ship to canada?")
    assert (found.passages[0].passage.source_id, found.note) == ("ship", "vectors unavailable")
    server.mode = Mode.WIDER
    assert (await house.memory.recall(ann, "do you ship to norway?")).note == "vectors unavailable"
    server.mode = Mode.GOOD
    assert (await house.memory.recall(ann, "do you ship to canada?")).note == ""


async def test_the_loop_never_waits_for_a_provider(
    house: House, server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    from threading import get_ident

    monkeypatch.setattr(search, "FRESH_SECONDS", 60.0)
    ann = house.ann()
    house.worker().work()
    memory = Memory(house.db, house.vectors, build_encoder(), Encoders(house.to_other, house.db))
    threads: list[int] = []
    found = memory._find
    monkeypatch.setattr(memory, "_find", lambda *of: threads.append(get_ident()) or found(*of))
    for _ in range(3):
        await memory.recall(ann, PARCEL)
        await memory.answered(ann, PARCEL)
    assert get_ident() not in threads
    assert len(threads) == 6


def build_encoder() -> Any:
    from engage.memory.encoder import shared_encoder

    return shared_encoder()


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


def test_an_import_whose_provider_is_away_is_found_by_words_and_indexed_later(
    house: House, server: EmbeddingsServer
) -> None:
    ann = house.creator("ann", ANN)
    bob = house.creator("bob", ANN)
    index_passages(house.db, house.vectors, bob)
    server.mode = Mode.BROKEN
    made = Encoders(house.to_other, house.db)
    assert build.index_waiting(house.db, house.url, made) == 0
    assert asks(house, ann, "do you ship to canada?") == ("ship", True, "vectors unavailable")
    import_rows(house.db, bob, [Said("new", "The workshop moved to the harbour.")])
    assert build.index_waiting(house.db, house.url, made) == 1  # the built-in encoder's creators do not wait for it
    server.mode = Mode.GOOD
    house.rest_is_over()
    assert build.index_waiting(house.db, house.url, made) == len(ANN)
    assert asks(house, ann, "do you ship to canada?") == ("ship", True, "")


@pytest.mark.parametrize(
    ("values", "told", "fix"),
    [
        ({"embeddings": "nobody:m", "embeddings_base_url": ""}, "names no model of a provider", "Write"),
        ({"embeddings": "cohere:embed-v4"}, "the package of cohere is missing", "pip install 'langchain-cohere'"),
        ({"embeddings_base_url": "http://127.0.0.1:9/v1"}, "no answer from embeddings", "Start it"),
    ],
)
def test_the_doctor_says_what_is_wrong_with_a_spec(house: House, values: dict[str, str], told: str, fix: str) -> None:
    found = house.told(house.settings(**values))
    assert found.state == "fail"
    assert told in found.found
    assert fix in found.fix


def test_the_doctor_says_that_a_key_is_refused(house: House, server: EmbeddingsServer) -> None:
    server.mode = Mode.UNAUTHORIZED
    found = house.told()
    assert (found.state, "refuses it (401)" in found.found, KEY in found.found) == ("fail", True, False)


def test_a_spec_nobody_knows_stops_nothing(house: House) -> None:
    ann = house.ann()
    broken = house.settings(embeddings="nobody:m", embeddings_base_url="")
    assert house.worker(broken).work() > timedelta(0)
    import_rows(house.db, ann, [Said("new", "The workshop moved to the harbour.")])
    assert build.index_waiting(house.db, house.url, Encoders(broken, house.db)) == 1
    assert asks(house, ann) == ("ship", True, "")


def test_a_memory_without_other_encoders_goes_by_words(house: House) -> None:
    ann = house.ann()
    house.worker().work()
    assert Memory(house.db, house.vectors).search(ann, "do you ship to canada?").note == "vectors unavailable"
    import_rows(house.db, ann, [Said("new", "The workshop moved to the harbour.")])
    with pytest.raises(Unavailable, match="no embeddings"):
        index_passages(house.db, house.vectors, ann)
