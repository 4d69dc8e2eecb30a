"""The measurement of pacing measures: real workers, a real network that counts strictly."""

from datetime import UTC, datetime, timedelta

from workers.bench.pacing import Plan, _busiest, measure


def test_a_short_run_before_a_strict_platform() -> None:
    found = measure(Plan(workers=2, seconds=3, limit=20, per=2, flush=True))
    assert (found["rate_limited"], found["duplicates"]) == (0, 0)
    assert found["busiest_window"] <= 20
    assert 0 < found["sends"] <= found["reference"]["allowed"] == 30


def test_the_busiest_window_is_the_worst_one() -> None:
    start = datetime(2026, 11, 22, tzinfo=UTC)
    times = [start + timedelta(seconds=at) for at in (0, 5, 9, 10, 14, 30)]
    assert _busiest(times, timedelta(seconds=10)) == 4
