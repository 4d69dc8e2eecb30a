"""A platform that can be connected on a page and with a password, and the document that names Engage to its servers."""

from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from engage.errors import ConfigError
from engage.ledger import creators
from engage.ledger.database import Database
from engage.models import Persona
from engage.secrets import Vault
from engage.settings import Settings, load
from tests.serving import receiver
from workers import connecting

HOOK, BACK = "https://engage.example/hooks/bluesky", "https://engage.example/connect/bluesky/back"
KEY = "1f" * 32


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    return load({}, home=tmp_path / "home", database_url=db_url, redis_url="redis://127.0.0.1:1/0")


def register(db: Database, settings: Settings, **entered: str) -> None:
    with db.transaction() as tx:
        connecting.set_app(tx, Vault.at(settings.home), "cli", "bluesky", entered, datetime.now(UTC))


def test_before_the_page_only_the_handle_is_asked_for() -> None:
    way = connecting.way_of("bluesky")
    assert [field.name for field in connecting.before_consent(way)] == ["handle"]
    assert [field.name for field in way.account_fields] == ["handle", "app_password", "service"]


@pytest.mark.parametrize("platform", ["mastodon", "youtube"])
def test_a_way_without_a_password_asks_before_its_page_for_all_that_it_has(platform: str) -> None:
    way = connecting.way_of(platform)
    assert connecting.before_consent(way) == way.account_fields


async def test_a_page_is_not_begun_without_the_handle(db: Database, settings: Settings) -> None:
    settings.home.mkdir(exist_ok=True)
    with db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), datetime.now(UTC)).id
    with pytest.raises(ConfigError, match="Handle is missing"):
        await connecting.begin(db, Vault.at(settings.home), "owner", "bluesky", who, {}, BACK)


def test_servers_read_who_engage_is_at_the_address_of_the_client(db: Database, settings: Settings) -> None:
    with receiver(settings) as url:
        register(db, settings, client_id=HOOK, redirect_uri=BACK, client_key=KEY)
        answer = httpx.get(f"{url}/hooks/bluesky")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    said = answer.json()
    assert (said["client_id"], said["redirect_uris"]) == (HOOK, [BACK])
    assert (said["dpop_bound_access_tokens"], said["token_endpoint_auth_method"]) == (True, "private_key_jwt")
    assert KEY not in answer.text
    assert "d" not in said["jwks"]["keys"][0]


def test_where_no_client_is_registered_there_is_no_document_and_nothing_is_taken(
    db: Database, settings: Settings
) -> None:
    with receiver(settings) as url:
        assert httpx.get(f"{url}/hooks/bluesky").status_code in (400, 404)
        register(db, settings, client_id=HOOK, redirect_uri=BACK)
        assert httpx.post(f"{url}/hooks/bluesky", json={"x": 1}).status_code == 401
