"""Calls of a platform to an application, with events for many accounts, over real HTTP."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from engage.grants import Grant
from engage.ledger import creators
from engage.ledger.database import Database
from engage.ledger.tables import deliveries
from engage.models import Persona
from engage.settings import Settings, load
from tests.fakes.paper_platform import paper
from tests.serving import receiver
from workers import connecting
from workers.runtime import Runtime, utc_now

__all__ = ["paper"]
pytestmark = pytest.mark.usefixtures("paper")

SECRET = "s3cr3t"
URL = "/hooks/paper"


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    return load({}, home=tmp_path / "home", database_url=db_url, redis_url="redis://127.0.0.1:1/0")


@pytest.fixture
def accounts(settings: Settings) -> Iterator[dict[str, str]]:
    """The platform's id of each account → ours."""
    runtime = Runtime.start(settings)
    entered = {"client_id": "app-7", "client_secret": SECRET}
    with runtime.db.transaction() as tx:
        connecting.set_app(tx, runtime.vault, "cli", "paper", entered, utc_now())
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), utc_now())
        grants = [Grant(name, f"@{name}", {"token": "t"}) for name in ("ada", "bea")]
        ids = connecting.store(tx, runtime.vault, "test", "paper", who.id, grants, utc_now())
    yield dict(zip(("ada", "bea"), ids, strict=True))
    asyncio.run(runtime.aclose())


@pytest.fixture
def platform(settings: Settings, accounts: dict[str, str]) -> Iterator[httpx.Client]:
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def event(whom: str, key: str) -> dict[str, str]:
    return {"for": whom, "id": key}


def kept(db: Database) -> list[tuple[str, str]]:
    with db.reading() as tx:
        rows = tx.execute(select(deliveries.c.account_id, deliveries.c.dedupe_key).order_by(deliveries.c.dedupe_key))
        return [(row.account_id, row.dedupe_key) for row in rows]


def test_each_event_reaches_its_account_before_the_2xx(
    platform: httpx.Client, accounts: dict[str, str], db: Database
) -> None:
    said = {"events": [event("ada", "e1"), event("bea", "e2"), event("ada", "e3")]}
    answer = platform.post(URL, json=said, headers={"x-paper": SECRET})
    assert answer.status_code == 200
    assert kept(db) == [(accounts["ada"], "e1"), (accounts["bea"], "e2"), (accounts["ada"], "e3")]


def test_what_is_told_twice_is_kept_once(platform: httpx.Client, accounts: dict[str, str], db: Database) -> None:
    for _ in range(2):
        assert platform.post(URL, json={"events": [event("ada", "e1")]}, headers={"x-paper": SECRET}).is_success
    assert kept(db) == [(accounts["ada"], "e1")]


def test_an_event_for_nobody_here_is_answered_and_counted_and_does_not_stop_the_others(
    platform: httpx.Client, accounts: dict[str, str], db: Database
) -> None:
    said = {"events": [event("eve", "e1"), event("bea", "e2")]}
    assert platform.post(URL, json=said, headers={"x-paper": SECRET}).status_code == 200
    assert kept(db) == [(accounts["bea"], "e2")]
    assert 'engage_stray_events_total{platform="paper"}' in platform.get("/metrics").text


def test_a_proof_that_is_asked_for_by_post_is_given(platform: httpx.Client) -> None:
    answer = platform.post(URL, json={"challenge": "abc"}, headers={"x-paper": SECRET})
    assert (answer.status_code, answer.text) == (200, "abc")
    assert answer.headers["content-type"].startswith("text/plain")


def test_a_proof_that_is_asked_for_by_get_is_given(platform: httpx.Client) -> None:
    assert platform.get(URL, params={"prove": "abc"}).text == "abc"
    assert platform.get(URL).status_code == 400


def test_what_the_platform_did_not_sign_is_refused_and_not_kept(platform: httpx.Client, db: Database) -> None:
    answer = platform.post(URL, json={"events": [event("ada", "e1")]}, headers={"x-paper": "guessed"})
    assert answer.status_code == 401
    with db.reading() as tx:
        assert tx.execute(select(func.count()).select_from(deliveries)).scalar_one() == 0


def test_a_body_that_is_nested_too_deeply_is_malformed(platform: httpx.Client) -> None:
    body = b'{"events": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    answer = platform.post(URL, content=body, headers={"x-paper": SECRET})
    assert (answer.status_code, answer.json()["error"]) == (400, "the body is nested too deeply")


@pytest.mark.parametrize("odd", ["\ud83d", "a\x00b"])
def test_what_no_database_keeps_spoils_nothing(
    platform: httpx.Client, accounts: dict[str, str], db: Database, odd: str
) -> None:
    said = {"events": [event(odd, "e1"), event("ada", odd), event("ada", "e2")], "people": [event(odd, "e3")]}
    for _ in range(2):
        answer = platform.post(URL, content=json.dumps(said), headers={"x-paper": SECRET})
        assert answer.status_code == 200
    assert len(kept(db)) == 2
    assert (accounts["ada"], "e2") in kept(db)


@pytest.mark.parametrize("path", ["/hooks/papyrus", "/hooks/sandbox", "/hooks/"])
def test_an_application_nobody_has_gets_404(platform: httpx.Client, path: str) -> None:
    assert platform.post(path, json={}).status_code == 404


def test_the_address_of_an_account_takes_no_calls_to_an_application(
    platform: httpx.Client, accounts: dict[str, str]
) -> None:
    answer = platform.post(f"{URL}/{accounts['ada']}", json={}, headers={"x-paper": SECRET})
    assert answer.status_code == 404


def test_an_event_for_a_person_reaches_all_the_accounts_they_granted(
    platform: httpx.Client, accounts: dict[str, str], db: Database
) -> None:
    with db.transaction() as tx:
        creators.configure_account(tx, accounts["bea"], {"granted_by": "ada"})
    said = {"people": [event("ada", "e1"), event("eve", "e2")]}
    assert platform.post(URL, json=said, headers={"x-paper": SECRET}).status_code == 200
    assert sorted(kept(db)) == sorted([(accounts["ada"], "e1"), (accounts["bea"], "e1")])
