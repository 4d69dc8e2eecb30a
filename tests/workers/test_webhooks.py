"""The receiver as a platform's webhook caller meets it: real HTTP, real signatures, a real ledger."""

import asyncio
import random
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from engage import intake
from engage.ledger import creators, engines
from engage.ledger.database import Database
from engage.ledger.tables import deliveries, messages, turns
from engage.settings import Settings, load
from tests.serving import Mailbox, mailbox, receiver
from workers.runtime import Runtime, utc_now


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    # Nothing listens on that Redis: what is tested here must not need it.
    return load({}, home=tmp_path / "home", database_url=db_url, redis_url="redis://127.0.0.1:1/0")


@pytest.fixture
def runtime(settings: Settings) -> Iterator[Runtime]:
    runtime = Runtime.start(settings)
    yield runtime
    asyncio.run(runtime.aclose())


@pytest.fixture
def box(runtime: Runtime) -> Mailbox:
    return mailbox(runtime)


@pytest.fixture
def platform(settings: Settings, box: Mailbox) -> Iterator[httpx.Client]:
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def kept(db: Database) -> int:
    with db.reading() as tx:
        return int(tx.execute(select(func.count()).select_from(deliveries)).scalar_one())


def test_a_genuine_delivery_is_in_the_ledger_when_the_platform_gets_its_2xx(
    platform: httpx.Client, box: Mailbox, db: Database
) -> None:
    body = box.comment(1)
    answer = platform.post(box.path, content=body, headers=box.signed(body, "evt_1"))
    assert answer.status_code == 202
    with db.reading() as tx:
        row = tx.execute(select(deliveries)).one()
    assert (row.body, row.dedupe_key, row.state) == (body, "evt_1", "received")


def test_a_delivery_seen_twice_is_one_delivery(platform: httpx.Client, box: Mailbox, db: Database) -> None:
    body = box.comment(1)
    for _ in range(2):
        assert platform.post(box.path, content=body, headers=box.signed(body, "evt_1")).is_success
    assert kept(db) == 1


def test_an_account_that_was_disconnected_is_unknown(platform: httpx.Client, box: Mailbox, db: Database) -> None:
    with db.transaction() as tx:
        creators.disconnect_account(tx, box.account_id, "by hand")
    body = box.comment(1)
    assert platform.post(box.path, content=body, headers=box.signed(body, "evt_1")).status_code == 404
    assert kept(db) == 0


@pytest.mark.parametrize("trick", ["forged", "changed", "old", "unsigned"])
def test_what_the_platform_did_not_sign_is_refused_and_not_kept(
    trick: str, platform: httpx.Client, box: Mailbox, db: Database
) -> None:
    body = box.comment(1)
    headers = {
        "forged": box.signed(body, "evt_1", secret="whsec_d3JvbmcgbmV2ZXJ0aGVsZXNzIQ=="),
        "changed": box.signed(body + b" ", "evt_1"),
        "old": box.signed(body, "evt_1", at=datetime.now(UTC) - timedelta(minutes=6)),
        "unsigned": {},
    }[trick]
    answer = platform.post(box.path, content=body, headers=headers)
    assert answer.status_code == 401
    assert "webhook-" in answer.json()["error"]
    assert kept(db) == 0


def test_a_body_over_the_limit_gets_413(platform: httpx.Client, box: Mailbox, db: Database) -> None:
    body = b'"' + b"x" * 1_000_001 + b'"'
    assert platform.post(box.path, content=body, headers=box.signed(body, "evt_1")).status_code == 413
    assert kept(db) == 0


def test_a_body_over_the_limit_that_hides_its_length_gets_413(platform: httpx.Client, box: Mailbox) -> None:
    chunks = (b"x" * 100_000 for _ in range(11))
    assert platform.post(box.path, content=chunks, headers=box.signed(b"", "evt_1")).status_code == 413


def test_a_caller_who_leaves_before_the_bodys_end_leaves_nothing(
    platform: httpx.Client, box: Mailbox, db: Database
) -> None:
    body = box.comment(1)
    fields = "".join(f"{name}: {value}\r\n" for name, value in box.signed(body, "evt_1").items())
    head = f"POST {box.path} HTTP/1.1\r\nhost: engage\r\n{fields}content-length: {len(body)}\r\n\r\n"
    with socket.create_connection((platform.base_url.host, platform.base_url.port or 80)) as caller:
        caller.sendall(head.encode() + body[:20])
    answer = platform.post(box.path, content=body, headers=box.signed(body, "evt_2"))
    assert answer.status_code == 202
    with db.reading() as tx:
        assert tx.execute(select(deliveries.c.dedupe_key)).scalars().all() == ["evt_2"]


def test_an_unknown_event_is_kept_as_ignored_with_a_reason(
    platform: httpx.Client, box: Mailbox, runtime: Runtime, db: Database
) -> None:
    body = b'{"id":"evt_9","type":"sunrise.seen","account":{"id":"u_1","app_id":"app_1"},"data":{}}'
    assert platform.post(box.path, content=body, headers=box.signed(body, "evt_9")).is_success
    with db.transaction() as tx:
        intake.process(tx, runtime.parser_of, runtime.intake_policy, utc_now())
    with db.reading() as tx:
        row = tx.execute(select(deliveries)).one()
    assert row.state == "ignored"
    assert "sunrise.seen" in row.reason


def test_a_body_that_is_not_json_is_kept_as_malformed_with_a_reason(
    platform: httpx.Client, box: Mailbox, runtime: Runtime, db: Database
) -> None:
    assert platform.post(box.path, content=b"{half", headers=box.signed(b"{half", "evt_9")).is_success
    with db.transaction() as tx:
        intake.process(tx, runtime.parser_of, runtime.intake_policy, utc_now())
    with db.reading() as tx:
        row = tx.execute(select(deliveries)).one()
    assert (row.state, row.body) == ("malformed", b"{half")
    assert "JSON" in row.reason


def test_an_account_nobody_has_gets_404(platform: httpx.Client, box: Mailbox) -> None:
    for path in ("/hooks/sandbox/nobody", f"/hooks/elsewhere/{box.account_id}"):
        assert platform.post(path, content=b"{}", headers=box.signed(b"{}", "evt_1")).status_code == 404


def test_a_database_that_is_down_gets_503_and_the_next_delivery_is_kept(tmp_path: Path, sqlite_url: str) -> None:
    settings = load({}, home=tmp_path / "home", database_url=sqlite_url, redis_url="redis://127.0.0.1:1/0")
    runtime = Runtime.start(settings)
    box = mailbox(runtime)
    body = box.comment(1)
    file = Path(sqlite_url.removeprefix("sqlite:///"))
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        assert client.post(box.path, content=body, headers=box.signed(body, "evt_1")).is_success
        with runtime.db.transaction() as tx:
            tx.exec_driver_sql("ALTER TABLE deliveries RENAME TO away")
        down = client.post(box.path, content=body, headers=box.signed(body, "evt_2"))
        assert (down.status_code, down.headers["retry-after"]) == (503, "5")
        with runtime.db.transaction() as tx:
            tx.exec_driver_sql("ALTER TABLE away RENAME TO deliveries")
        assert client.post(box.path, content=body, headers=box.signed(body, "evt_2")).is_success
    assert kept(runtime.db) == 2
    asyncio.run(runtime.aclose())
    assert file.exists()


def test_a_storm_of_duplicates_is_kept_once_each(
    platform: httpx.Client, box: Mailbox, runtime: Runtime, db: Database
) -> None:
    """300 deliveries, each 1-5 times, eight at a time; the full-size storm is `engage bench storm`."""
    chance = random.Random(7)
    sends = [number for number in range(300) for _ in range(chance.randint(1, 5))]
    chance.shuffle(sends)

    async def storm() -> list[int]:
        places = asyncio.Semaphore(8)
        async with httpx.AsyncClient(base_url=str(platform.base_url), timeout=60) as client:

            async def send(number: int) -> int:
                body = box.comment(number)
                async with places:
                    headers = box.signed(body, f"evt_{number}")
                    return (await client.post(box.path, content=body, headers=headers)).status_code

            return await asyncio.gather(*map(send, sends))

    assert set(asyncio.run(storm())) == {202}
    assert kept(db) == 300
    while True:
        with db.transaction() as tx:
            if not intake.process(tx, runtime.parser_of, runtime.intake_policy, utc_now()).deliveries:
                break
    with db.reading() as tx:
        for table in (messages, turns):
            assert tx.execute(select(func.count()).select_from(table)).scalar_one() == 300


def test_its_health_page_says_whether_anybody_works(platform: httpx.Client, db: Database) -> None:
    assert platform.get("/healthz/workers").status_code == 503
    with db.transaction() as tx:
        engines.report(tx, "host:7:0a0a0a0a", ["post"], utc_now())
    answer = platform.get("/healthz/workers")
    assert (answer.status_code, answer.json()) == (200, {"workers": 1, "stuck": 0})


def test_its_health_page_tells_a_worker_that_went_silent(platform: httpx.Client, db: Database) -> None:
    with db.transaction() as tx:
        engines.report(tx, "host:7:0a0a0a0a", ["post"], utc_now())
        engines.report(tx, "host:8:0b0b0b0b", ["post"], utc_now() - timedelta(minutes=2))
    answer = platform.get("/healthz/workers")
    assert (answer.status_code, answer.json()) == (503, {"workers": 1, "stuck": 1})
