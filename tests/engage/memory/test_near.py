"""Nearest vectors: from memory where the collection is small, from Chroma where it is large, never from what is old."""

import numpy as np
import pytest

from engage.errors import Unavailable
from engage.memory import near
from engage.memory.floats import Floats
from engage.memory.near import Near
from engage.memory.vectors import Hit
from tests.engage.memory.in_memory import InMemoryVectors


def unit(*places: int) -> Floats:
    vector = np.zeros(384, dtype=np.float32)
    vector[list(places)] = 1
    return vector / np.linalg.norm(vector)


class Counting(InMemoryVectors):
    """Says how often it was asked."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def nearest(self, creator_id: str, vector: Floats, count: int) -> list[Hit]:
        self.asked += 1
        return super().nearest(creator_id, vector, count)

    def everything(self, creator_id: str, most: int) -> tuple[list[str], Floats] | None:
        self.asked += 1
        return super().everything(creator_id, most)


@pytest.fixture
def vectors() -> Counting:
    made = Counting()
    made.add("ann", ["x", "y", "z"], np.stack([unit(0), unit(0, 1), unit(2)]))
    return made


def found(hits: list[Hit]) -> dict[str, float]:
    return {hit.id: round(hit.cosine, 2) for hit in hits}


@pytest.mark.parametrize("held_each", [8_000, 2])
def test_both_ways_find_the_same(vectors: Counting, held_each: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near, "HELD_EACH", held_each)
    hits = Near(vectors).hits("ann", "1", unit(0), 2, also=["z", "unknown"])
    assert found(hits) == {"x": 1.0, "y": 0.71, "z": 0.0}


def test_a_small_collection_is_read_once_and_again_when_it_changed(vectors: Counting) -> None:
    close = Near(vectors)
    for _ in range(3):
        close.hits("ann", "1", unit(0), 1, also=[])
    assert vectors.asked == 1
    vectors.add("ann", ["w"], unit(5)[None, :])
    assert found(close.hits("ann", "2", unit(5), 1, also=[])) == {"w": 1.0}


def test_what_is_held_answers_while_chroma_is_down(vectors: Counting) -> None:
    close = Near(vectors)
    close.hits("ann", "1", unit(0), 1, also=[])
    vectors.down = True
    assert found(close.hits("ann", "1", unit(2), 1, also=[])) == {"z": 1.0}


def test_a_server_that_did_not_answer_is_left_alone_for_a_moment(
    vectors: Counting, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [100.0]
    monkeypatch.setattr(near.time, "monotonic", lambda: clock[0])
    vectors.down = True
    close = Near(vectors)
    for _ in range(5):
        with pytest.raises(Unavailable):
            close.hits("ann", "1", unit(0), 1, also=[])
    assert vectors.asked == 1
    vectors.down = False
    clock[0] += near.PAUSE_SECONDS
    assert found(close.hits("ann", "1", unit(0), 1, also=[])) == {"x": 1.0}


def test_one_creators_vectors_are_nobody_elses(vectors: Counting) -> None:
    assert Near(vectors).hits("bob", "1", unit(0), 3, also=["x"]) == []


def test_while_vectors_are_being_added_the_newest_are_found(vectors: Counting) -> None:
    close = Near(vectors)
    close.hits("ann", "", unit(0), 1, also=[])
    vectors.add("ann", ["w"], unit(5)[None, :])
    assert found(close.hits("ann", "", unit(5), 1, also=[])) == {"w": 1.0}


def test_many_small_collections_are_held_in_half_the_memory_and_answer_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    chance = np.random.default_rng(5)
    made = chance.normal(size=(200, 384)).astype(np.float32)
    made /= np.linalg.norm(made, axis=1, keepdims=True)
    vectors = Counting()
    for name in ("ann", "bob"):
        vectors.add(name, [str(at) for at in range(len(made))], made)
    monkeypatch.setattr(near, "HELD_TOGETHER", 2 * made.nbytes // 2)
    close = Near(vectors)
    for name in ("ann", "bob", "ann", "bob"):
        hits = close.hits(name, "1", made[7], len(made), also=[])
        assert max(abs(hit.cosine - float(made[int(hit.id)] @ made[7])) for hit in hits) < 0.001
    assert vectors.asked == 2  # both are held
