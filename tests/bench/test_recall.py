"""The measurement of recall measures: a real Chroma server, the real search."""

from workers.bench.recall import measure


def test_recall_is_measured_beside_exact_numpy() -> None:
    found = measure(400)
    assert found["passages"] == 400
    assert found["add_per_s"] > 0
    assert 0 < found["p50_ms"] <= found["p95_ms"]
    assert found["chroma_alone"]["recall_at_8"] > 0.9
    assert found["reference"]["exact_numpy"]["p50_ms"] > 0
