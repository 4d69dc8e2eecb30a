"""The import contracts of pyproject.toml hold, and each of them notices when it does not."""

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"

# contract → (file, line that breaks it)
VIOLATIONS = {
    "layers": ("engage/intake.py", "import workers.pump"),
    "platforms": ("connectors/sandbox/parse.py", "import connectors.other.parse"),
    "serving": ("engage/posting.py", "import celery"),
    "http": ("engage/posting.py", "import httpx"),
    "vectors": ("engage/intake.py", "import chromadb"),
    "langchain": ("workers/pump.py", "import langchain_core"),
    "redis": ("engage/posting.py", "import redis"),
    "pure": ("engage/models.py", "import sqlalchemy"),
}


def lint(folder: Path, *contracts: str) -> subprocess.CompletedProcess[str]:
    chosen = [word for contract in contracts for word in ("--contract", contract)]
    return subprocess.run(
        [LINT, "--no-cache", *chosen], cwd=folder, capture_output=True, text=True, env={"PYTHONPATH": str(folder)}
    )


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    for package in ("engage", "connectors", "workers"):
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_every_contract_has_a_violation_to_prove_it() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    assert {contract["id"] for contract in contracts} == set(VIOLATIONS)


def test_every_platform_stands_in_the_independence_contract() -> None:
    import connectors

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    listed = next(contract["modules"] for contract in contracts if contract["id"] == "platforms")
    assert set(listed) == {f"connectors.{name}" for name in connectors.platforms()}


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_is_found_and_named(contract: str, copied: Path) -> None:
    file, line = VIOLATIONS[contract]
    if contract == "platforms":  # a second platform, which the contract then has to list
        shutil.copytree(copied / "connectors/sandbox", copied / "connectors/other")
        settings = (copied / "pyproject.toml").read_text()
        both = '["connectors.sandbox", "connectors.other"]'
        (copied / "pyproject.toml").write_text(settings.replace('["connectors.sandbox"]', both))
    with (copied / file).open("a") as module:
        module.write(f"\n{line}\n")
    result = lint(copied, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
