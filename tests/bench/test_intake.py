"""The measurement of intake measures: a real receiver, real references, on both databases."""

from collections.abc import Iterator

import pytest

from tests.conftest import BOTH, Postgres
from workers.bench.intake import measure, storm


@pytest.fixture(params=BOTH)
def empty(request: pytest.FixtureRequest) -> Iterator[str]:
    """An empty database's address; '' is SQLite."""
    if request.param == "sqlite":
        yield ""
        return
    server: Postgres = request.getfixturevalue("postgres")
    yield server.create("bench_intake")
    server.drop("bench_intake")


def test_intake_is_measured_beside_servers_with_and_without_its_promise(empty: str) -> None:
    found = measure(1, empty)
    assert found["errors"] == found["redis_up"]["errors"] == 0
    assert found["committed"] > 0
    assert found["committed"] == pytest.approx(found["events_per_s"], rel=0.5)
    reference = found["reference"]
    assert reference["durable_server"]["errors"] == reference["bare_server"]["errors"] == 0
    assert reference["ratio"] == pytest.approx(
        found["events_per_s"] / reference["durable_server"]["events_per_s"], abs=0.001
    )
    assert 0 < found["p50_ms"] <= found["p99_ms"]


def test_a_storm_of_duplicates_leaves_one_row_each() -> None:
    found = storm(count=50, callers=4)
    assert found["sent"] > found["expected"] == 50
    assert found["deliveries"] == found["messages"] == found["turns"] == 50
    assert found["errors"] == 0
