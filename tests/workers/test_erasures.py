"""Requests to be erased that come by a platform: kept before the 2xx, carried out whatever is killed, and told."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import Connection, Table, func, select, update

from engage.grants import Grant
from engage.ledger import creators, erasures
from engage.ledger.database import Database
from engage.ledger.ids import new_id
from engage.ledger.tables import accounts, audit, conversations, deliveries, followers, messages
from engage.ledger.tables import erasures as requests
from engage.models import Persona
from engage.settings import Settings, load
from tests.platforms.instagram import Instagram
from tests.serving import receiver
from workers import connecting
from workers.erasure_requests import ErasureRequests
from workers.runtime import Runtime, utc_now
from workers.upkeep import Upkeep

SECRET = "s3cr3t"
OWNER, FOLLOWER, STRANGER = "28978000000001020", "17842000000000001", "17842000000000009"
PUBLIC = "https://engage.example"
SAID = "zebra finches at noon"


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    redis = "redis://127.0.0.1:1/0"
    return load({}, home=tmp_path / "home", database_url=db_url, redis_url=redis, public_url=PUBLIC)


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    runtime = Runtime.start(settings)
    yield runtime
    asyncio.run(runtime.aclose())


@pytest.fixture
def account(runtime: Runtime) -> str:
    """An Instagram account, to which a follower wrote and whose owner answered."""
    with runtime.db.transaction() as tx:
        entered = {"client_id": "7", "client_secret": SECRET, "verify_token": "v"}
        connecting.set_app(tx, runtime.vault, "cli", "instagram", entered, utc_now())
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), utc_now())
        grants = [Grant("17841400000000001", "tilly", {"access_token": "t"}, None, {"granted_by": OWNER})]
        (account_id,) = connecting.store(tx, runtime.vault, "test", "instagram", who.id, grants, utc_now())
        _written(tx, who.id, account_id, FOLLOWER)
        _written(tx, who.id, account_id, STRANGER)
    return account_id


def _written(tx: Connection, creator_id: str, account_id: str, user_id: str) -> None:
    """A delivery with a message of theirs, and one of the creator's own in the same conversation."""
    mine = {"creator_id": creator_id, "account_id": account_id}
    now, place, who, came = utc_now(), new_id(), new_id(), new_id()
    values: dict[Table, dict[str, Any]] = {
        followers: {**mine, "id": who, "platform_user_id": user_id, "name": "Ana", "first_seen_at": now},
        conversations: {
            **mine, "id": place, "platform_id": f"dm:{user_id}", "surface": "dm", "post_text": SAID, "created_at": now
        },
        deliveries: {
            "id": came, "account_id": account_id, "dedupe_key": f"{user_id} 1", "source": "webhook",
            "body": SAID.encode(), "state": "processed", "received_at": now,
        },
    }  # fmt: skip
    for table, row in values.items():
        tx.execute(table.insert().values(**row))
    for author, follower in (("follower", who), ("creator", None)):
        tx.execute(
            messages.insert().values(
                **mine, id=new_id(), conversation_id=place, follower_id=follower, platform_id=new_id(), author=author,
                text=SAID, sent_at=now, received_at=now, delivery_id=came if follower else None,
            )
        )  # fmt: skip


@pytest.fixture
def platform(settings: Settings, account: str) -> Iterator[httpx.Client]:
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def ask(
    platform: httpx.Client, person: str, secret: str = SECRET, at: str = "instagram", **more: Any
) -> httpx.Response:
    issued = {"issued_at": int(utc_now().timestamp()), **more}
    signed = Instagram(secret=secret).signed_request(person, **issued)
    return platform.post(f"/erasures/{at}", data={"signed_request": signed})


def page(platform: httpx.Client, said: dict[str, str]) -> str:
    assert said["url"] == f"{PUBLIC}/erasures/{said['confirmation_code']}"
    answer = platform.get(said["url"].removeprefix(PUBLIC))
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    return answer.text


def carry_out(runtime: Runtime) -> None:
    asyncio.run(ErasureRequests(runtime).step())


def count(db: Database, table: Table, *where: Any) -> int:
    with db.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(table).where(*where)).scalar_one())


def test_a_follower_is_erased_and_the_page_tells_when_but_not_whom(
    platform: httpx.Client, runtime: Runtime, account: str
) -> None:
    answer = ask(platform, FOLLOWER)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert "Received" in page(platform, answer.json())
    assert count(runtime.db, followers) == 2, "the request is kept, and due"
    carry_out(runtime)
    told = page(platform, answer.json())
    assert "Done" in told
    assert "Everything that was kept was erased" in told
    assert f"{utc_now():%Y-%m-%d}" in told
    assert all(word not in told for word in (FOLLOWER, "Ana", "instagram", "Tilly"))
    assert count(runtime.db, followers, followers.c.platform_user_id == FOLLOWER) == 0
    assert count(runtime.db, followers) == 1, "others stay"
    with runtime.db.reading() as tx:
        assert creators.get_account(tx, account).state == "active"
        (row,) = tx.execute(select(requests)).all()
        assert row.person_id is None
        entry = tx.execute(select(audit).where(audit.c.action == "erase")).one()
    assert FOLLOWER not in str(entry)


def test_whoever_took_the_app_away_is_erased_with_their_account(
    platform: httpx.Client, runtime: Runtime, account: str
) -> None:
    said = ask(platform, OWNER).json()
    carry_out(runtime)
    assert "Done" in page(platform, said)
    with runtime.db.reading() as tx:
        row = creators.get_account(tx, account)
        bodies = tx.execute(select(deliveries.c.body, deliveries.c.dedupe_key)).all()
        places = str(tx.execute(select(conversations)).all())
    assert (row.state, row.handle, row.config) == ("disconnected", "", {})
    assert runtime.vault.open(row.credentials) == {}
    assert OWNER not in str(row)
    assert "17841400000000001" not in str(row)
    assert all(body == b"" and FOLLOWER not in key for body, key in bodies)
    assert SAID not in places
    assert FOLLOWER not in places
    assert count(runtime.db, messages) == count(runtime.db, followers) == 0


def test_what_another_creator_has_of_the_same_follower_is_not_its_owners_to_erase(
    platform: httpx.Client, runtime: Runtime, account: str
) -> None:
    with runtime.db.transaction() as tx:
        other = creators.add_creator(tx, Persona(id="", name="bea", display_name="Bea"), utc_now())
        grants = [Grant("17841400000000002", "bea", {"access_token": "t"})]
        (theirs,) = connecting.store(tx, runtime.vault, "test", "instagram", other.id, grants, utc_now())
        _written(tx, other.id, theirs, FOLLOWER)
    said = ask(platform, OWNER).json()
    carry_out(runtime)
    assert "Done" in page(platform, said)
    assert count(runtime.db, messages, messages.c.account_id == theirs) == 2
    assert count(runtime.db, followers, followers.c.account_id == theirs) == 1
    assert count(runtime.db, messages, messages.c.account_id == account) == 0
    with runtime.db.reading() as tx:
        assert creators.get_account(tx, theirs).state == "active"


def test_the_account_can_be_connected_again_as_a_new_one(
    platform: httpx.Client, runtime: Runtime, account: str
) -> None:
    ask(platform, OWNER)
    carry_out(runtime)
    with runtime.db.transaction() as tx:
        who = creators.find_creator(tx, "tilly")
        grants = [Grant("17841400000000001", "tilly", {"access_token": "t"})]
        assert connecting.store(tx, runtime.vault, "test", "instagram", who.id, grants, utc_now()) != [account]
    assert count(runtime.db, accounts) == 2


def test_a_request_that_is_sent_again_has_one_code_and_erases_once(platform: httpx.Client, runtime: Runtime) -> None:
    at = int(utc_now().timestamp())
    first, again = ask(platform, FOLLOWER, issued_at=at), ask(platform, FOLLOWER, issued_at=at)
    assert first.json() == again.json()
    carry_out(runtime)
    assert ask(platform, FOLLOWER, issued_at=at).json() == first.json(), "also when it is done"
    with runtime.db.reading() as tx:
        assert erasures.next_due(tx) is None
    assert ask(platform, FOLLOWER, issued_at=at + 1).json() != first.json(), "another request is another one"


def test_of_somebody_unknown_the_page_says_that_nothing_was_kept(platform: httpx.Client, runtime: Runtime) -> None:
    said = ask(platform, "5").json()
    carry_out(runtime)
    assert "Nothing was kept" in page(platform, said)
    assert count(runtime.db, followers) == 2


@pytest.mark.parametrize(
    ("how", "status", "why"),
    [
        ({"secret": "guessed"}, 401, "matches none of the application's secrets"),
        ({"algorithm": "none"}, 400, "another algorithm"),
        ({"issued_at": 1_700_000_000}, 400, "too long ago"),
        ({"at": "facebook"}, 500, "client_secret"),
        ({"at": "discord"}, 404, "passes on no requests"),
        ({"at": "nowhere"}, 404, "no application"),
    ],
)
def test_what_cannot_be_believed_says_why_and_is_not_kept(
    how: dict[str, Any], status: int, why: str, platform: httpx.Client, runtime: Runtime
) -> None:
    answer = ask(platform, FOLLOWER, **how)
    assert answer.status_code == status
    assert why in answer.json()["error"]
    assert FOLLOWER not in answer.text
    assert count(runtime.db, requests) == 0


def test_without_a_public_address_the_operator_is_told_what_to_set(
    settings: Settings, account: str, runtime: Runtime
) -> None:
    bare = settings.model_copy(update={"public_url": ""})
    with receiver(bare) as url, httpx.Client(base_url=url) as client:
        answer = ask(client, FOLLOWER)
    assert answer.status_code == 500
    assert "public_url" in answer.json()["error"]
    assert count(runtime.db, requests) == 0


def test_too_large_a_body_is_refused(platform: httpx.Client) -> None:
    assert platform.post("/erasures/instagram", data={"signed_request": "x" * 2_000_000}).status_code == 413


def test_a_code_that_nobody_was_given_opens_no_page(platform: httpx.Client) -> None:
    for code in ("abc", "%00", "é"):
        assert platform.get(f"/erasures/{code}").status_code == 404


def test_a_worker_that_is_killed_leaves_it_to_the_next(
    platform: httpx.Client, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ask(platform, OWNER).json()
    claimed_at = utc_now()
    with runtime.db.transaction() as tx:
        row = erasures.claim(tx, timedelta(seconds=60), claimed_at)
        assert row is not None
    monkeypatch.setattr("engage.ledger.removal.PORTION", 1)
    with runtime.db.transaction() as tx:  # it had begun, a portion at a time
        assert not erasures.carry_out(tx, row.code, runtime.vault.lock({}), claimed_at)
    assert "Received" in page(platform, said)
    carry_out(runtime)
    assert "Done" in page(platform, said)
    assert count(runtime.db, followers) == 0


def test_while_one_worker_has_it_no_other_takes_it(platform: httpx.Client, runtime: Runtime) -> None:
    ask(platform, FOLLOWER)
    now = utc_now()
    with runtime.db.transaction() as tx:
        assert erasures.claim(tx, timedelta(seconds=60), now) is not None
        assert erasures.claim(tx, timedelta(seconds=60), now) is None
        assert erasures.claim(tx, timedelta(seconds=60), now + timedelta(seconds=61)) is not None


def test_what_fails_is_tried_again_later(
    platform: httpx.Client, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = ask(platform, FOLLOWER).json()

    def fails(*_: Any) -> bool:
        raise ValueError

    with monkeypatch.context() as broken:
        broken.setattr(erasures, "carry_out", fails)
        carry_out(runtime)
    with runtime.db.reading() as tx:
        due_at = erasures.next_due(tx)
    assert due_at is not None
    assert due_at > utc_now()
    assert "Received" in page(platform, said)


def test_the_upkeep_of_a_worker_sweeps_them(platform: httpx.Client, runtime: Runtime) -> None:
    ask(platform, FOLLOWER)
    carry_out(runtime)
    with runtime.db.transaction() as tx:
        tx.execute(update(requests).values(done_at=utc_now() - timedelta(days=181)))
    asyncio.run(Upkeep(runtime, "w", lambda: None).sweep())
    assert count(runtime.db, requests) == 0


def test_what_was_done_long_ago_is_swept_away(platform: httpx.Client, runtime: Runtime) -> None:
    ask(platform, FOLLOWER)
    carry_out(runtime)
    with runtime.db.transaction() as tx:
        before = tx.execute(select(requests)).one()
        erasures.sweep(tx, utc_now() + timedelta(days=8))
        assert tx.execute(select(requests)).one().key_hash != before.key_hash
        erasures.sweep(tx, utc_now() + timedelta(days=181))
    assert count(runtime.db, requests) == 0
