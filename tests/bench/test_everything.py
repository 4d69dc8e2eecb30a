"""`engage bench all`: each result is kept at once, and one failure costs no other."""

from pathlib import Path

import pytest

from engage.errors import Unavailable
from workers.bench import everything, results
from workers.bench.everything import QUICK, Measurement, run
from workers.cli.main import run as command


def test_a_chosen_measurement_runs_and_the_page_is_drawn(tmp_path: Path) -> None:
    page = tmp_path / "docs" / "benchmarks.md"
    line = ["bench", "all", "--quick", "--only", "storm", "--out", str(tmp_path / "out"), "--page", str(page)]
    assert command(line) == 0
    (storm,) = results.of(results.read(tmp_path / "out"), "storm", "SQLite")
    assert storm.figures["deliveries"] == storm.figures["expected"]
    before = page.read_text()
    assert "## A storm of duplicates" in before
    page.unlink()
    assert command(["bench", "page", "--results", str(tmp_path / "out"), "--page", str(page)]) == 0
    assert page.read_text() == before


def test_a_measurement_that_fails_is_named_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> dict[str, object]:
        raise Unavailable("nobody answered")

    two = [Measurement("first", "", 3, fail), Measurement("second", "", 2, lambda: {"figure": 1})]
    monkeypatch.setattr(everything, "measurements", lambda _: two)
    assert run(QUICK, tmp_path, set(), lambda _: None) == ["first : nobody answered"]
    assert [one.figure("figure") for one in results.of(results.read(tmp_path), "second")] == [1, 1]
