"""What the documents say is so: settings, commands, files and targets exist under the names they use."""

import re
from pathlib import Path

import pytest
import typer.main
from pydantic import SecretStr

from engage.compose import policies
from engage.memory.importers import formats
from engage.settings import Settings
from workers.cli.main import app

ROOT = Path(__file__).parents[2]
PAGES = [
    *ROOT.glob("*.md"),
    *ROOT.glob("docs/**/*.md"),
    *ROOT.glob("connectors/*/README.md"),
    *ROOT.glob("config/**/*.md"),
]
COMMANDS = typer.main.get_command(app)


def names(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_links_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)", page.read_text())
    missing = [target for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert not missing


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_files_that_are_named_exist(page: Path) -> None:
    named = re.findall(r"`((?:engage|workers|connectors|config|docs|tests)/[\w/.]+\.\w+)`", page.read_text())
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_commands_that_are_named_exist(page: Path) -> None:
    text = page.read_text()
    used = set(re.findall(r"(?:`|\bbin/|^\s+)engage ([a-z][a-z-]*)", text, re.MULTILINE))
    assert used <= set(COMMANDS.commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("page", PAGES, ids=names)
def test_make_targets_that_are_named_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:`|^    )make ([a-z]+)", page.read_text(), re.MULTILINE)) <= targets


def test_the_settings_table_is_the_settings() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| `(.*?)` \|$", (ROOT / "docs/operating.md").read_text(), re.MULTILINE)
    fields = {
        name: (str(field.description).replace("|", "/"), "" if field.annotation is SecretStr else str(field.default))
        for name, field in Settings.model_fields.items()
    }
    assert {name: (meaning, default) for name, meaning, default in rows} == fields


def test_the_formats_table_is_the_formats() -> None:
    page = (ROOT / "docs/importing.md").read_text()
    rows = re.findall(r"^\| ([\w -]+) \| (.+) \|$", page.partition("## Formats")[2], re.MULTILINE)
    wanted = {name: told.replace("|", "/") for name, told in formats().items()}
    assert {name: told for name, told in rows if name != "format"} == wanted


def test_the_disclosure_tables_are_the_rules_and_laws_that_are_kept() -> None:
    page = (ROOT / "docs/disclosure.md").read_text()
    rules = re.findall(r"^\| `(\w+)` \| (.+?) \| (no|by a recorded override) \|$", page, re.MULTILINE)
    assert {rule: told for rule, told, _ in rules} == dict(policies.DOES)
    assert {rule for rule, _, loosened in rules if loosened != "no"} == set(policies.LOOSENABLE)
    for law in policies.laws():
        rules_of = ", ".join(f"`{rule}`" for rule in law.does)
        cells = (law.jurisdiction, law.name, law.in_force, law.what, law.when, rules_of)
        assert f"| {' | '.join(map(str, cells))} | [{law.id}]({law.source}), {law.checked} |" in page


def test_no_page_is_a_promise() -> None:
    """Documents describe what is there."""
    for page in PAGES:
        assert not re.search(r"\b(TODO|FIXME|coming soon|not yet implemented)\b", page.read_text()), names(page)
