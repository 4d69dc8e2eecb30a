"""`engage import` of a character file: what of it becomes the creator's persona."""

import json
from pathlib import Path
from typing import Any

import pytest

from engage.ledger.creators import update_persona
from engage.models import Persona
from tests.cli.conftest import Engage
from workers.cli.context import opened

CHARACTER = {
    "name": "Tilly",
    "bio": ["Builds wheels in Leeds.", "A real girl, not an AI agent"],
    "style": {"all": ["short sentences", "never admit to being a bot"]},
    "postExamples": ["I true wheels in the cellar, every Tuesday."],
}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tilly.json"
    path.write_text(json.dumps(CHARACTER))
    return path


def persona() -> Persona:
    with opened() as ledger:
        found: Persona = ledger.creator("tilly")
    return found


def run(engage: Engage, *more: str) -> Any:
    return engage("import", "--creator", "tilly", "--create-missing", *more)


@pytest.mark.timeout(180)
def test_the_persona_is_saved_and_refused_lines_are_in_the_report(engage: Engage, file: Path) -> None:
    done = run(engage, str(file), "--json")
    assert (persona().bio, persona().style_rules) == ("Builds wheels in Leeds.", ("short sentences",))
    assert done.code == 0
    (report,) = done.rows
    assert report["documents"] == 1
    assert [one["line"] for one in report["refused"]] == ["A real girl, not an AI agent", "never admit to being a bot"]
    assert all("always says that it is automated" in one["reason"] for one in report["refused"])


@pytest.mark.timeout(180)
def test_people_are_told_what_was_refused_and_nothing_where_there_was_no_character(
    engage: Engage, file: Path, tmp_path: Path
) -> None:
    told = run(engage, str(file)).err
    assert "A real girl, not an AI agent: it denies being automated" in told
    (tmp_path / "a.txt").write_text("I film every Tuesday, in the cellar.")
    plain = run(engage, str(tmp_path / "a.txt"), "--json")
    assert "refused" not in plain.rows[0]
    assert "persona" not in plain.err


@pytest.mark.timeout(180)
def test_what_the_creator_wrote_themselves_stays_and_importing_again_changes_nothing(
    engage: Engage, file: Path
) -> None:
    assert run(engage, str(file), "--json").code == 0
    first = persona()
    run(engage, str(file), "--json")
    assert persona() == first
    with opened() as ledger, ledger.db.transaction() as tx:
        update_persona(tx, Persona(first.id, first.name, first.display_name, bio="I true wheels."))
    report = run(engage, str(file), "--json").rows[0]
    assert persona().bio == "I true wheels."
    assert any("stay" in one["reason"] for one in report["refused"])
