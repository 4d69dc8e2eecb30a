"""The references run for real, and say why where they cannot."""

import os
import stat
from pathlib import Path

import pytest

from workers.bench import references


@pytest.mark.parametrize("reference", [references.streams_of, references.celery_of])
def test_a_reference_answers_everything_and_counts_its_own_cpu(reference: references.Reference) -> None:
    found = reference(20, 300)
    assert 250 <= found["replies"] <= 300  # Celery's clock starts with its first answers done
    assert found["replies_per_s"] > 0
    assert 20 <= found["p50_ms"] <= found["p95_ms"]
    assert found["cpu_ms_per_reply"] > 0


def test_elizaos_is_skipped_where_node_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = references.eliza_of(20, 1)
    assert "Node is not installed" in found["skipped"]


def _program(folder: Path, name: str, line: str) -> None:
    file = folder / name
    file.write_text(f"#!{os.environ.get('SHELL', '/bin/sh')}\n{line}\n")
    file.chmod(file.stat().st_mode | stat.S_IXUSR)


def test_elizaos_is_skipped_where_its_packages_cannot_be_installed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _program(tmp_path, "node", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ENGAGE_BENCH_ELIZA", str(tmp_path / "packages"))
    assert "npm is not installed" in references.eliza_of(20, 1)["skipped"]
    _program(tmp_path, "npm", "echo nobody is there >&2; exit 1")
    assert "nobody is there" in references.eliza_of(20, 1)["skipped"]


def test_the_ratio_is_ours_to_theirs_and_none_where_a_reference_was_skipped() -> None:
    assert references.with_ratio(300.0, {"replies_per_s": 150.0})["ratio"] == 2.0
    assert references.with_ratio(300.0, {"skipped": "no"}) == {"skipped": "no"}
