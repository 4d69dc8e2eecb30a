"""Changing what is known of a creator."""

from datetime import UTC, datetime, timedelta

from engage.ledger.database import Database
from engage.ledger.tables import raids
from engage.settings import load
from tests.cli.conftest import Engage


def test_what_is_given_changes_and_the_rest_stays(engage: Engage) -> None:
    assert engage("creator", "add", "mira", "--bio", "Bakes bread.", "--link", "a.example").code == 0
    changed = engage(
        "creator", "set", "mira", "--freedom", "strict", "--link", "b.example", "--link", "c.example"
    ).rows[0]
    assert (changed["freedom"], changed["bio"], changed["allowed_links"]) == (
        "strict",
        "Bakes bread.",
        ["b.example", "c.example"],
    )
    assert engage("creator", "set", "mira").rows[0] == changed


def test_an_unknown_freedom_or_creator_is_refused(engage: Engage) -> None:
    assert engage("creator", "add", "mira").code == 0
    wrong = engage("creator", "set", "mira", "--freedom", "wild")
    assert wrong.code == 2
    assert "creative" in wrong.err
    assert engage("creator", "set", "nobody", "--freedom", "strict").code == 1


def test_a_bio_that_denies_being_automated_is_refused(engage: Engage) -> None:
    refused = engage("creator", "add", "mira", "--bio", "I am not a bot.")
    assert (refused.code, "denies being automated" in refused.err) == (1, True)
    assert engage("creator", "add", "mira").code == 0
    assert engage("creator", "set", "mira", "--bio", "I am not a bot.").code == 1
    assert engage("creator", "list", "--json").rows[0][0]["name"] == "mira"


def test_an_override_names_who_and_why_and_the_doctor_tells_of_it(engage: Engage) -> None:
    assert engage("creator", "add", "mira").code == 0
    assert engage("creator", "set", "mira", "--loosen", "after_silence").code == 1
    named = ("--who", "Dana", "--why", "regulars asked")
    assert engage("creator", "set", "mira", "--loosen", "first_reply", *named).code == 1
    assert engage("creator", "set", "mira", "--loosen", "after_silence", *named).code == 0
    found = [check for check in engage("doctor", "--json").rows[0] if check["name"] == "disclosure"]
    assert [check["state"] for check in found] == ["warn"]
    assert "by Dana: regulars asked" in found[0]["found"]
    assert engage("creator", "set", "mira", "--tighten", "after_silence").code == 0
    found = [check for check in engage("doctor", "--json").rows[0] if check["name"] == "disclosure"]
    assert [check["state"] for check in found] == ["ok"]


def test_resume_ends_a_raid(engage: Engage) -> None:
    creator = engage("creator", "add", "mira").rows[0]["id"]
    now = datetime.now(UTC)
    db = Database(load().ledger_url)
    with db.transaction() as tx:
        row = {"level": "slow", "people": 20, "began_at": now, "ends_at": now + timedelta(hours=1)}
        tx.execute(raids.insert().values(creator_id=creator, **row))
    db.close()
    assert engage("resume", "--creator", "mira").rows[0]["raids_ended"] == 1
    assert "raids_ended" not in engage("resume", "--creator", "mira").rows[0]
