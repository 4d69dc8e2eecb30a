"""Who gets in, and how often somebody may try."""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio

from engage.errors import Unavailable
from engage.ledger import users
from engage.ledger.database import Database
from engage.settings import Settings
from workers.studio import session
from workers.studio.context import StudioContext
from workers.studio.login import Doorkeeper, TryLater, Wrong, safe_target
from workers.studio.session import SignedOut
from workers.throttle import MOST_ADDRESSES, Throttle

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOME = "192.0.2.1"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


class NoWaker:
    def wake(self, queue: str) -> None:
        raise AssertionError("signing in wakes nobody")


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest_asyncio.fixture
async def door(sqlite_url: str, clock: Clock) -> Any:
    db = Database(sqlite_url)
    password = await db.run(users.ensure_owner, NOW)
    yield Doorkeeper(StudioContext(db, NoWaker(), Settings(), clock), Throttle()), password
    db.close()


async def test_the_right_password_opens(door: Any) -> None:
    keeper, password = door
    assert (await keeper.admit("owner", password, HOME)).name == "owner"


@pytest.mark.parametrize(("name", "password"), [("owner", "wrong"), ("nobody", "wrong"), ("", "")])
async def test_anything_else_does_not(door: Any, name: str, password: str) -> None:
    with pytest.raises(Wrong):
        await door[0].admit(name, password, HOME)


async def test_the_sixth_try_in_a_minute_waits_even_with_the_right_password(door: Any, clock: Clock) -> None:
    keeper, password = door
    for _ in range(5):
        with pytest.raises(Wrong):
            await keeper.admit("owner", "wrong", HOME)
    with pytest.raises(TryLater, match="Wait 60 seconds"):
        await keeper.admit("owner", password, HOME)
    assert await keeper.admit("owner", password, "192.0.2.2")
    clock.now += timedelta(minutes=1)
    assert await keeper.admit("owner", password, HOME)


async def test_an_outage_is_no_wrong_password(door: Any, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def down(*_: object) -> None:
        raise Unavailable

    monkeypatch.setattr(users, "find", down)
    with pytest.raises(Unavailable):
        await door[0].admit("owner", "x", HOME)


def test_a_flood_of_addresses_is_forgotten_after_its_minute() -> None:
    throttle = Throttle()
    for n in range(MOST_ADDRESSES + 1):
        throttle.admit(str(n), NOW)
    began = time.perf_counter()
    throttle.admit("late", NOW + timedelta(minutes=2))
    assert len(throttle._at) == 1
    assert time.perf_counter() - began < 1


@pytest.mark.parametrize(
    ("asked", "target"),
    [
        ("/inbox", "/inbox"),
        ("/voice", "/voice"),
        ("/connect/twitch/back?code=c&state=s", "/connect/twitch/back?code=c&state=s"),
        ("//evil.example", "/"),
        ("https://evil.example", "/"),
        ("//evil.example/connect/twitch/back?code=c", "/"),
        ("/connect/../back", "/"),
        ("/login", "/"),
        ("", "/"),
    ],
)
def test_only_our_own_pages_follow_a_sign_in(asked: str, target: str) -> None:
    assert safe_target(asked) == target


def test_a_session_ends_by_itself_and_with_its_password(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    store: dict[str, Any] = {}
    with db.transaction() as tx:
        users.ensure_owner(tx, NOW)
        user = users.find(tx, "owner")
        assert user is not None
        begun = session.begin(store, user, NOW)
        assert session.read(store, NOW) == begun
        assert session.read(store, NOW + session.LASTS) is None
        assert session.read({}, NOW) is None
        session.check(tx, begun)
        users.set_password(tx, "owner", "another")
        with pytest.raises(SignedOut):
            session.check(tx, begun)
    db.close()
