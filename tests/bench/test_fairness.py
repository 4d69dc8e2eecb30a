"""The measurement of fairness measures: the whole stack, small."""

import pytest

from workers.bench.fairness import Scene, jain, measure


def test_a_small_flood_beside_a_few_quiet_creators() -> None:
    found = measure(Scene(creators=8, flood=20, quiet=8, seconds=4, workers=1, model_ms=50, database=""))
    assert found["quiet_lost"] == 0
    assert found["quiet_p95_before_ms"] >= 50
    assert found["ratio"] == pytest.approx(found["quiet_p95_during_ms"] / found["quiet_p95_before_ms"], abs=0.001)
    assert 0 <= found["jain_index"] <= 1  # how near to 1 is for the measurement to say, not for a test
    hot = found["hot"]
    assert hot["sent"] == hot["committed"] == 80
    assert hot["refused"] == 0
    assert found["memory_mb_after"]["worker"] > 0


def test_jains_index() -> None:
    assert jain([1.0, 1.0, 1.0]) == 1.0
    assert jain([1.0, 0.0, 0.0, 0.0]) == 0.25
    assert jain([0.0, 0.0]) == 0.0
