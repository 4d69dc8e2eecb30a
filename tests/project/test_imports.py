"""The import contracts of pyproject.toml hold, and each of them notices when it does not."""

import ast
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import connectors

ROOT = Path(__file__).parents[2]
LINT = Path(sys.executable).parent / "lint-imports"

# contract → (file, line that breaks it)
VIOLATIONS = {
    "layers": ("engage/intake.py", "import workers.pump"),
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


@pytest.mark.parametrize("platform", connectors.platforms())
def test_a_platform_knows_no_other(platform: str) -> None:
    """A folder may import itself and the files beside it: adding one edits no other."""
    folder = ROOT / "connectors" / platform
    assert [found for file in folder.rglob("*.py") for found in foreign(file.read_text("utf-8"), platform)] == []


def test_what_a_platform_imports_of_another_is_noticed() -> None:
    said = "from connectors import http, other\nimport connectors.other.parse\nfrom connectors.sandbox import parse"
    assert foreign(said, "sandbox") == ["connectors.other", "connectors.other.parse"]


def foreign(source: str, platform: str) -> list[str]:
    """The imports of other platforms in a file of `platform`."""
    names: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            whole = node.module == "connectors"
            names += [f"connectors.{alias.name}" for alias in node.names] if whole else [node.module]
    ours = [name.split(".") for name in names if name.startswith("connectors.")]
    shared = {path.stem for path in (ROOT / "connectors").glob("*.py")}
    return [".".join(parts) for parts in ours if parts[1] != platform and parts[1] not in shared]


def test_the_contracts_hold() -> None:
    result = lint(ROOT)
    assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("contract", VIOLATIONS)
def test_a_violation_is_found_and_named(contract: str, copied: Path) -> None:
    file, line = VIOLATIONS[contract]
    with (copied / file).open("a") as module:
        module.write(f"\n{line}\n")
    result = lint(copied, contract)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "BROKEN" in result.stdout
