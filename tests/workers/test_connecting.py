"""Applications and consents: what an operator enters, where a creator is sent, and what comes back once."""

from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import select

from engage.errors import ConfigError, EngageError, Refused
from engage.ledger import apps, audit, consents, creators
from engage.ledger.creators import SurfaceMode
from engage.ledger.database import Database
from engage.ledger.tables import accounts, cursors, replies
from engage.ledger.tables import apps as app_table
from engage.ledger.tables import consents as consent_table
from engage.models import Mode, Persona, Surface
from engage.secrets import Vault
from tests.fakes.paper_platform import paper
from tests.studio.builders import World
from workers import connecting

__all__ = ["paper"]
pytestmark = pytest.mark.usefixtures("paper")

BACK = "http://127.0.0.1:8701/connect/paper/back"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = datetime(2099, 12, 1, tzinfo=UTC)
ENTERED = {"client_id": "app-7", "client_secret": "s3cr3t-of-the-app"}


class Desk:
    """An operator's and a creator's side of connecting."""

    def __init__(self, db: Database, home: Path) -> None:
        self.db = db
        self.vault = Vault.at(home)
        with db.transaction() as tx:
            self.creator = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), NOW).id

    def register(self, **entered: str) -> None:
        with self.db.transaction() as tx:
            connecting.set_app(tx, self.vault, "cli", "paper", entered, NOW)

    async def begin(self, who: str = "owner", creator: str = "") -> str:
        """The state that the creator's browser carries."""
        creator = creator or self.creator
        url = await connecting.begin(self.db, self.vault, who, "paper", creator, {"server": "one"}, BACK)
        assert url.startswith("https://paper.example/app-7?")
        assert parse_qs(urlsplit(url).query)["back"] == [BACK]
        return parse_qs(urlsplit(url).query)["state"][0]

    async def back(self, who: str = "owner", **answer: str) -> list[str]:
        return await connecting.finish(self.db, self.vault, who, "paper", answer)

    def rows(self, table: object) -> list[object]:
        with self.db.reading() as tx:
            return list(tx.execute(table.select()))  # type: ignore[attr-defined]


@pytest.fixture
def desk(db: Database, tmp_path: Path) -> Desk:
    home = tmp_path / "home"
    home.mkdir()
    return Desk(db, home)


def test_an_applications_secrets_are_kept_sealed_and_its_settings_in_the_open(desk: Desk) -> None:
    desk.register(**ENTERED)
    [row] = desk.rows(app_table)
    assert row.config == {"client_id": "app-7", "colour": "white"}  # type: ignore[attr-defined]
    assert b"s3cr3t" not in row.secrets  # type: ignore[attr-defined]
    with desk.db.reading() as tx:
        app = connecting.app_in(tx, desk.vault, "paper")
        assert dict(app.secrets) == {"client_secret": "s3cr3t-of-the-app"}
        assert "s3cr3t" not in repr(app)
        assert "s3cr3t" not in str(audit.entries(tx))


def test_what_is_not_entered_again_stays(desk: Desk) -> None:
    desk.register(**ENTERED)
    desk.register(colour="blue", client_secret=" ")
    with desk.db.reading() as tx:
        app = connecting.app_in(tx, desk.vault, "paper")
    assert (app.config["colour"], app.secrets["client_secret"]) == ("blue", "s3cr3t-of-the-app")


def test_an_application_without_what_it_needs_is_refused_and_the_missing_is_named(desk: Desk) -> None:
    with pytest.raises(ConfigError, match=r"client_secret \(application of paper\): Client secret is missing"):
        desk.register(client_id="app-7")
    assert desk.rows(app_table) == []


def test_a_platform_that_nobody_can_connect_is_named_with_those_that_can(desk: Desk) -> None:
    with pytest.raises(ConfigError, match="paper"):
        connecting.way_of("papyrus")


async def test_what_was_put_off_goes_on_when_the_application_changed(desk: Desk) -> None:
    """A quota that was used up may have been raised."""
    desk.register(**ENTERED)
    ids = await desk.back(state=await desk.begin(), code="ada,bea")
    with desk.db.transaction() as tx:
        who = creators.get_creator(tx, desk.creator)
        creators.set_mode(tx, ids[0], Surface.COMMENT, Mode.AUTO)
        for one, owner in zip(ids, (None, "another"), strict=True):
            held = {"source": "poll", "next_at": LATER, "lease_owner": owner}
            tx.execute(cursors.insert().values(account_id=one, **held))
    World(desk.db, who, ids[0]).answered("How heavy is it?", "Nine kilos.")
    with desk.db.transaction() as tx:
        tx.execute(replies.update().values(due_at=LATER))
    desk.register(colour="blue")
    with desk.db.reading() as tx:
        next_at = {row.account_id: row.next_at for row in tx.execute(select(cursors))}
        assert tx.execute(select(replies.c.due_at)).scalar_one() == NOW
    assert next_at == {ids[0]: NOW, ids[1]: LATER}, "whoever listens at this moment keeps their lease"


async def test_a_consent_makes_accounts_that_post_nothing_yet(desk: Desk) -> None:
    desk.register(**ENTERED)
    ids = await desk.back(state=await desk.begin(), code="ada,bea")
    with desk.db.reading() as tx:
        found = [apps.linked(tx, one) for one in ids]
        assert [creators.get_mode(tx, one, Surface.COMMENT) for one in ids] == [SurfaceMode(Mode.SHADOW)] * 2
    assert [(row.platform_user_id, row.handle, row.config) for row in found] == [
        ("ada", "@ada", {"server": "one"}),
        ("bea", "@bea", {"server": "one"}),
    ]
    assert desk.vault.open(found[0].credentials) == {"token": "of ada"}
    assert found[0].app_config["client_id"] == "app-7"
    assert desk.rows(consent_table) == []


async def test_a_consent_counts_once(desk: Desk) -> None:
    desk.register(**ENTERED)
    state = await desk.begin()
    await desk.back(state=state, code="ada")
    with pytest.raises(Refused, match="Begin again"):
        await desk.back(state=state, code="eve")
    assert len(desk.rows(accounts)) == 1


@pytest.mark.parametrize("who", ["mallory", ""])
async def test_a_consent_that_somebody_else_began_is_not_finished(desk: Desk, who: str) -> None:
    """Nobody can be made to connect a stranger's account by a link."""
    desk.register(**ENTERED)
    state = await desk.begin("owner")
    with pytest.raises(Refused):
        await desk.back(who, state=state, code="ada")
    assert desk.rows(accounts) == []
    assert await desk.back("owner", state=state, code="ada"), "its own creator is not locked out by a stranger's try"


async def test_a_consent_ends_after_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.register(**ENTERED)
    state = await desk.begin()
    later = datetime.now(UTC) + consents.LASTS * 2
    monkeypatch.setattr(connecting, "utc_now", lambda: later)
    with pytest.raises(Refused):
        await desk.back(state=state, code="ada")
    await desk.begin()
    assert len(desk.rows(consent_table)) == 1, "what is over is cleared away"


async def test_what_the_browser_carries_is_not_what_the_ledger_keeps(desk: Desk) -> None:
    desk.register(**ENTERED)
    state = await desk.begin()
    [row] = desk.rows(consent_table)
    assert state not in str(row)
    assert "kept in secret" not in str(row)


async def test_a_creator_who_says_no_changes_nothing(desk: Desk) -> None:
    desk.register(**ENTERED)
    with pytest.raises(Refused, match="the creator said no"):
        await desk.back(state=await desk.begin(), error="access_denied")
    with pytest.raises(EngageError, match="granted no account"):
        await desk.back(state=await desk.begin(), code=",")
    assert desk.rows(accounts) == []


async def test_connecting_again_brings_new_credentials_and_ends_a_lost_access(desk: Desk) -> None:
    desk.register(**ENTERED)
    [first] = await desk.back(state=await desk.begin(), code="ada")
    with desk.db.transaction() as tx:
        creators.lose_access(tx, first, "revoked")
    assert await desk.back(state=await desk.begin(), code="ada") == [first]
    with desk.db.reading() as tx:
        assert creators.get_account(tx, first).state == "active"


async def test_an_account_of_another_creator_is_not_taken_over(desk: Desk) -> None:
    desk.register(**ENTERED)
    await desk.back(state=await desk.begin(), code="ada")
    with desk.db.transaction() as tx:
        other = creators.add_creator(tx, Persona(id="", name="noa", display_name="Noa"), NOW).id
    with pytest.raises(EngageError, match="belongs to another creator"):
        await desk.back(state=await desk.begin(creator=other), code="bea,ada")
    assert len(desk.rows(accounts)) == 1, "all of a consent, or nothing of it"
