"""What can go wrong while the embeddings are changed, and after: nothing that answered before stops answering."""

from datetime import timedelta

import pytest

from engage.errors import Unavailable
from engage.ledger.indexes import BUILT_IN
from engage.memory import freshness
from engage.memory.corpus import mark_waiting
from engage.memory.encoder import shared_encoder
from engage.memory.importers.rows import Faq, Said
from engage.memory.library import import_rows, index_passages
from engage.memory.reindexing import Reindexing
from engage.memory.search import Memory
from tests.fakes.embeddings_server import WIDTH, EmbeddingsServer, Mode
from tests.memory_server.changing import ANN, KEY, OTHER, PARCEL, House, asks
from workers import build, doctor
from workers.encoders import Encoders


@pytest.mark.parametrize("mode", [Mode.BROKEN, Mode.BUSY, Mode.NAN, Mode.UNAUTHORIZED])
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

    monkeypatch.setattr(freshness, "FRESH_SECONDS", 60.0)
    ann = house.ann()
    house.worker().work()
    memory = Memory(house.db, house.vectors, shared_encoder(), Encoders(house.to_other, house.db))
    threads: list[int] = []
    search_it = memory.search
    monkeypatch.setattr(memory, "search", lambda *of: threads.append(get_ident()) or search_it(*of))
    for _ in range(3):
        await memory.recall(ann, PARCEL)
    assert get_ident() not in threads
    assert len(threads) == 3


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


def test_of_two_processes_one_pays_for_an_import(house: House, server: EmbeddingsServer) -> None:
    ann = house.creator("ann", ANN)
    first, second = Encoders(house.to_other, house.db), Encoders(house.to_other, house.db)
    assert first.take_turn()
    assert build.index_creator(house.db, house.url, ann, second) == 0
    first.end_turn()
    assert build.index_creator(house.db, house.url, ann, second) == len(ANN)
    assert build.index_creator(house.db, house.url, ann, first) == 0  # nothing waits any more
    assert max(server.answered.values()) == 1


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


def test_vectors_that_come_back_after_the_switch_count_for_nothing(house: House, server: EmbeddingsServer) -> None:
    ann = house.ann()
    house.worker().work()
    import_rows(house.db, ann, [Faq("lamp", "Which lamp is on your desk?", "An old brass lamp.")])

    def switch_back() -> None:
        server.before = lambda: None
        going = Reindexing(house.db, house.vectors, ann, shared_encoder())
        while not going.step():
            pass
        with house.db.transaction() as tx:  # as if it had been imported a moment later
            mark_waiting(tx, ann, ["faq:lamp#0"])
        house.vectors.delete(ann, ["faq:lamp#0|t", "faq:lamp#0|q"])

    server.before = switch_back
    assert index_passages(house.db, house.vectors, ann, others=Encoders(house.to_other, house.db)) == 1
    assert house.serving(ann) == BUILT_IN
    assert {"faq:lamp#0|t", "faq:lamp#0|q"} <= house.stored(ann)
    assert asks(house, ann, "what lamp stands on the desk") == ("lamp", True, "")
