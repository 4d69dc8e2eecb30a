"""Vectors in a real Chroma server."""

from datetime import UTC, datetime

import numpy as np
import pytest

from engage.errors import Unavailable
from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.ledger.indexes import BUILT_IN
from engage.memory import vectors as module
from engage.memory.floats import Floats
from engage.memory.importers.rows import Faq, Said
from engage.memory.library import import_rows, index_passages
from engage.memory.search import Memory
from engage.memory.vectors import Vectors, holder_of
from engage.models import Persona
from tests.conftest import free_port


def units(count: int, seed: int = 1) -> Floats:
    found = np.random.default_rng(seed).normal(size=(count, 384)).astype(np.float32)
    unit: Floats = found / np.linalg.norm(found, axis=1, keepdims=True)
    return unit


def test_the_nearest_come_first_with_their_cosines(vectors: Vectors) -> None:
    some = units(50)
    vectors.add("near", [f"v{n}" for n in range(50)], some)
    best, second, *_ = vectors.nearest("near", some[7], 10)
    assert (best.id, best.cosine) == ("v7", pytest.approx(1.0, abs=1e-4))
    exact = some @ some[7]
    assert second.cosine == pytest.approx(float(np.sort(exact)[-2]), abs=1e-4)
    assert {hit.id for hit in vectors.cosines("near", some[7], ["v7", "gone"])} == {"v7"}
    assert vectors.cosines("near", some[7], []) == []


def test_one_creators_vectors_never_come_out_for_another(vectors: Vectors) -> None:
    vectors.add("ann", ["a"], units(1))
    vectors.add("bob", ["b"], units(1))
    assert [hit.id for hit in vectors.nearest("ann", units(1)[0], 10)] == ["a"]
    vectors.drop("ann")
    vectors.drop("ann")
    assert vectors.ids("ann") == set()
    assert vectors.ids("bob") == {"b"}


def test_adding_again_replaces_and_deleting_removes(vectors: Vectors) -> None:
    vectors.add("same", ["a", "b"], units(2))
    vectors.add("same", ["a", "b"], units(2, seed=2))
    assert vectors.ids("same") == {"a", "b"}
    vectors.delete("same", ["a", "gone"])
    assert vectors.ids("same") == {"b"}


def test_all_of_a_creator_is_read_unless_it_is_too_much(vectors: Vectors, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAGE", 2)
    made = units(5)
    vectors.add("whole", [f"v{n}" for n in range(5)], made)
    known = vectors.everything("whole", most=5)
    assert known is not None
    order = [int(name[1:]) for name in known[0]]
    assert sorted(order) == list(range(5))
    assert np.allclose(known[1], made[order], atol=1e-6)
    assert vectors.everything("whole", most=4) is None
    nothing = vectors.everything("empty_too", most=4)
    assert nothing is not None
    assert nothing[1].shape == (0, 384)


def test_vectors_of_another_width_are_in_a_collection_of_their_own(
    vectors: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = holder_of("wide", "openai:other")
    assert holder_of("wide", BUILT_IN) == "wide"
    vectors.add("wide", ["a"], units(1))
    made = np.eye(3, 5, dtype=np.float32)
    vectors.add(other, ["a", "b", "c"], made, ["1", "2", "3"])
    monkeypatch.setattr(module, "PAGE", 2)
    assert vectors.digests(other) == {"a": "1", "b": "2", "c": "3"}
    assert vectors.digests("wide") == {"a": ""}
    assert {name: one.tolist() for name, one in vectors.some(other, ["b", "gone"]).items()} == {"b": made[1].tolist()}
    known = vectors.everything(other, most=4)
    assert known is not None
    assert known[1].shape == (3, 5)
    with pytest.raises(Unavailable):
        vectors.add(other, ["d"], units(1))
    assert vectors.ids(other) == {"a", "b", "c"}


def test_a_creator_without_vectors_has_no_neighbours(vectors: Vectors) -> None:
    assert vectors.nearest("empty", units(1)[0], 5) == []


def test_a_collection_that_another_process_dropped_is_made_again(vectors: Vectors, chroma_url: str) -> None:
    vectors.add("moved", ["a"], units(1))
    other = Vectors(chroma_url)
    other.drop("moved")
    other.close()
    with pytest.raises(Unavailable):
        vectors.nearest("moved", units(1)[0], 5)
    vectors.add("moved", ["a"], units(1))
    assert vectors.ids("moved") == {"a"}


def test_a_dead_server_is_unavailable_and_nothing_else() -> None:
    dead = Vectors(f"http://127.0.0.1:{free_port()}")
    for call in (lambda: dead.nearest("a", units(1)[0], 3), lambda: dead.ids("a"), lambda: dead.drop("a")):
        with pytest.raises(Unavailable, match="cannot be used"):
            call()


async def test_from_import_to_recall(vectors: Vectors, sqlite_url: str) -> None:
    db = Database(sqlite_url)
    with db.transaction() as tx:
        ann = add_creator(tx, Persona("", "ann", "Ann"), datetime.now(UTC)).id
    import_rows(db, ann, [Faq("1", "Do you ship to Canada?", "Yes, in nine days."), Said("2", "My dog snores.")])
    assert index_passages(db, vectors, ann) == 2
    assert index_passages(db, vectors, ann) == 0
    assert len(vectors.ids(ann)) == 3
    found = await Memory(db, vectors).recall(ann, "can you post things to canada")
    assert found.supported
    assert found.passages[0].passage.source_id == "1"
    vectors.drop(ann)
    assert index_passages(db, vectors, ann) == 2
    db.close()
