"""The page comes from saved results alone."""

import builtins
from pathlib import Path
from typing import Any

import pytest

from engage.errors import ConfigError
from workers.bench import page, plots, results
from workers.bench.results import Result


def _saved(folder: Path) -> None:
    machine = {"processor": "Abacus", "cores": 2, "memory_gb": 8.0, "system": "Linux", "python": "3.11", "versions": {}}
    results.append(folder, Result("machine", "", "2026-11-25T12:00:00+00:00", 0.1, machine))
    for load, speed, ratio in ((0.1, 5000.0, 0.7), (0.2, 7000.0, 0.9), (0.3, 6000.0, 0.8)):
        reference = {"durable_server": {"events_per_s": 8000.0}, "ratio": ratio}
        figures = {"events_per_s": speed, "errors": 0, "reference": reference}
        results.append(folder, Result("intake", "PostgreSQL", "", load, figures))
    skipped = {"replies_per_s": 250.0, "reference": {"elizaos": {"skipped": "Node is not installed"}}}
    results.append(folder, Result("pipeline", "PostgreSQL", "", 0.4, skipped))


def test_it_shows_medians_with_their_range_beside_the_reference_and_the_load(tmp_path: Path) -> None:
    _saved(tmp_path)
    text = page.text(results.read(tmp_path), drawn=["intake"])
    assert "| processor | Abacus, 2 cores |" in text
    assert "| 6,000 (5,000–7,000) |" in text
    assert "| ratio to it | 0.8 (0.7–0.9) |" in text
    assert "| errors | 0 |" in text
    assert "Median of 3" in text
    assert "Load average before: 0.1, 0.2, 0.3." in text
    assert "![Intake, PostgreSQL](pictures/bench-intake.png)" in text
    assert "| ElizaOS was skipped | Node is not installed |" in text
    assert "## Recall" not in text, "what was not measured is not on the page"
    assert "bench-pipeline.png" not in text, "a plot that was not drawn is not shown"


def test_it_is_written_with_its_plots(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    _saved(tmp_path)
    assert page.write(tmp_path, tmp_path / "docs" / "page.md") == ""
    picture = tmp_path / "docs" / "pictures" / plots.file_of("intake")
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "pictures/bench-intake.png" in (tmp_path / "docs" / "page.md").read_text()


def test_without_matplotlib_it_is_written_without_plots(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _saved(tmp_path)
    real = builtins.__import__

    def missing(name: str, *args: Any, **kwargs: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *args, **kwargs)

    monkeypatch.setattr(builtins, "__import__", missing)
    assert "matplotlib is not installed" in page.write(tmp_path, tmp_path / "page.md")
    assert "pictures/" not in (tmp_path / "page.md").read_text()


def test_a_folder_without_results_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"results\.jsonl"):
        page.write(tmp_path, tmp_path / "page.md")
