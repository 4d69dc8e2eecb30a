"""The measurement of recall measures: a real Chroma server, the real search."""

from workers.bench.recall import measure, measure_many


def test_recall_is_measured_beside_exact_numpy() -> None:
    found = measure(400)
    assert found["passages"] == 400
    assert found["add_per_s"] > 0
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert found["chroma_alone"]["recall_at_8"] > 0.9
    assert found["reference"]["exact_numpy"]["p50_ms"] > 0
    assert found["searchable_at_once"] is True
    assert found["encoded_per_s"] > 0


def test_recall_of_many_creators_is_measured_cold_and_warm() -> None:
    found = measure_many(5, 100)
    assert (found["creators"], found["passages"]) == (5, 500)
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert found["first"]["p50_ms"] > 0
