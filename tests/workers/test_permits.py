"""What a worker does with replies that a platform's limits hold back: real ledger, Valkey and sandbox network."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Row, select, update

from connectors.sandbox.network.server import SandboxServer
from engage.errors import Unavailable
from engage.ledger import creators, engines, outbox, sendings
from engage.ledger.database import Database
from engage.ledger.ids import new_id
from engage.ledger.quotas import budgets_of
from engage.ledger.tables import accounts, modes, quotas, replies
from engage.limits import Quota
from engage.models import Surface
from engage.settings import load
from workers import queues
from workers.bench import backlog
from workers.demo.network import Network
from workers.runtime import Runtime, utc_now
from workers.sending import Posting

NOWHERE = "redis://127.0.0.1:1/0"
ONE_AN_HOUR = {"count": 1, "per_s": 3600}  # nothing at all in the first hour: a new bucket is empty
PLENTY = {"count": 1000, "per_s": 1}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@dataclass
class Office:
    """One worker that posts, and the ledger it shares."""

    runtime: Runtime
    net: Network
    posting: Posting

    async def account(self, count: int, **config: Any) -> str:
        """An account with so many replies due."""
        handle = f"ada_{new_id()[-8:]}"
        account_id = await backlog.connect(self.runtime, self.net, handle, **config)
        await backlog.fill(self.runtime, self.net, account_id, handle, count)
        return account_id

    async def work(self, done: Callable[[], bool] = lambda: True) -> None:
        """Steps until `done`, and what they began."""
        async with asyncio.timeout(60):
            while True:
                pause = await self.posting.step()
                while self.posting.crew.tasks:
                    await asyncio.wait(self.posting.crew.tasks)
                if done() and not await self.claimed():
                    return
                await asyncio.sleep(min(0.05, pause.total_seconds()))

    async def claimed(self) -> int:
        found = await self.runtime.db.read(
            lambda tx: tx.execute(select(replies).where(replies.c.state == "sending")).all()
        )
        return len(found)

    def of(self, account_id: str) -> list[Row[Any]]:
        with self.runtime.db.reading() as tx:
            return list(tx.execute(select(replies).where(replies.c.account_id == account_id).order_by(replies.c.id)))

    def states(self, account_id: str) -> list[str]:
        return [row.state for row in self.of(account_id)]

    def sent(self, account_id: str, count: int) -> Callable[[], bool]:
        return lambda: self.states(account_id).count("sent") >= count

    def paced(self, account_id: str) -> set[str]:
        """Surfaces that no worker claims from now."""
        with self.runtime.db.reading() as tx:
            rows = tx.execute(select(modes).where(modes.c.account_id == account_id, modes.c.paced_until > utc_now()))
            return {row.surface for row in rows}


@pytest.fixture
def opened(sandbox: SandboxServer, db: Database, db_url: str, tmp_path: Path) -> Any:
    @contextmanager
    def running(redis_url: str) -> Iterator[Runtime]:
        runtime = Runtime.start(load({}, home=tmp_path / "home", database_url=db_url, redis_url=redis_url, lease=5))
        yield runtime

    async def make(stack: AsyncExitStack, redis_url: str) -> Office:
        runtime = stack.enter_context(running(redis_url))
        stack.push_async_callback(runtime.aclose)
        net = await stack.enter_async_context(Network(sandbox.url))
        await net.faults(reply_429=0, reply_limit=0)
        posting = await stack.enter_async_context(Posting(runtime, "host:1:a", lambda _: None))
        return Office(runtime, net, posting)

    return make


@pytest.fixture
async def office(opened: Any, valkey_url: str) -> AsyncIterator[Office]:
    async with AsyncExitStack() as stack:
        yield await opened(stack, valkey_url)


@pytest.fixture
async def cut_off(opened: Any) -> AsyncIterator[Office]:
    """No Redis listens."""
    async with AsyncExitStack() as stack:
        yield await opened(stack, NOWHERE)


async def test_a_reply_without_a_permit_is_as_it_was_and_says_why(office: Office) -> None:
    account = await office.account(3, limits=[ONE_AN_HOUR])
    before = office.of(account)
    await office.work()
    for was, is_now in zip(before, office.of(account), strict=True):
        kept = (is_now.state, is_now.attempts, is_now.first_sent_at, is_now.due_at, is_now.lease_owner)
        assert kept == ("due", 0, None, was.due_at, None)
    assert "the account may send 1 in 3600 s" in office.of(account)[0].reason


async def test_what_surely_cannot_be_sent_is_not_claimed(office: Office) -> None:
    account = await office.account(3, limits=[ONE_AN_HOUR])
    await office.work()
    assert office.paced(account) == {"comment", "dm", "live"}
    owner, lease = "another", timedelta(minutes=1)
    assert await office.runtime.db.run(sendings.claim_due, 9, owner, lease, utc_now()) == []


async def test_accounts_that_share_a_limit_wait_together(office: Office) -> None:
    shared = {**ONE_AN_HOUR, "shared_by": "one application"}
    ours = [await office.account(1, limits=[shared]) for _ in range(2)]
    await office.work()
    assert [office.paced(account) for account in ours] == [set(Surface), set(Surface)]


async def test_only_as_much_is_claimed_as_may_go_at_once(office: Office) -> None:
    await office.account(9, limits=[ONE_AN_HOUR])
    await office.work()
    await office.runtime.db.run(_forget_pace)
    lease = timedelta(minutes=1)
    rota = office.posting._rota
    claimed = await office.runtime.db.run(sendings.claim_due, 9, "another", lease, utc_now(), rota)
    assert len(claimed) == 1


async def test_what_is_claimed_on_one_surface_is_not_measured_by_what_another_may(office: Office) -> None:
    wide = {**ONE_AN_HOUR, "count": 9, "burst": 9}
    await office.account(9, limits=[wide, {**ONE_AN_HOUR, "surfaces": ["dm"]}])
    await office.work()
    await office.runtime.db.run(_forget_pace)
    rota, lease = office.posting._rota, timedelta(minutes=1)
    assert len(await office.runtime.db.run(sendings.claim_due, 9, "another", lease, utc_now(), rota)) == 9


def _forget_pace(tx: Connection) -> None:
    tx.execute(update(modes).values(paced_until=None))


async def test_an_account_that_waits_holds_no_other_back(office: Office) -> None:
    waiting, free = await office.account(3, limits=[ONE_AN_HOUR]), await office.account(3)
    await office.work(office.sent(free, 3))
    assert office.states(waiting) == ["due"] * 3


async def test_a_limit_of_one_surface_leaves_the_others_alone(office: Office) -> None:
    account = await office.account(2, limits=[{**ONE_AN_HOUR, "surfaces": ["dm"]}])
    await office.work(office.sent(account, 2))
    assert office.paced(account) == set()


async def test_a_conversation_waits_by_itself_and_in_order(office: Office) -> None:
    account = await office.account(2, limits=[{**ONE_AN_HOUR, "each": "conversation"}])
    with office.runtime.db.transaction() as tx:  # both of one conversation
        first, second = tx.execute(select(replies).order_by(replies.c.id)).all()
        tx.execute(update(replies).values(conversation_id=first.conversation_id, order_key=first.order_key))
    await office.work()
    rows = office.of(account)
    assert rows[0].due_at > utc_now() + timedelta(minutes=30)
    assert "the conversation may send 1" in rows[0].reason
    assert (rows[1].due_at, rows[1].reason) == (second.due_at, "")
    assert office.paced(account) == set()


async def test_what_may_go_goes_and_the_platform_has_nothing_to_refuse(office: Office) -> None:
    await office.net.faults(reply_limit=20, reply_limit_s=1)
    account = await office.account(30, limits=[{"count": 20, "per_s": 1}])
    await office.work(office.sent(account, 30))
    assert {row.reason for row in office.of(account)} == {""}
    assert (await office.net.stats())["violations"].get("rate_limited", 0) == 0


async def test_a_platform_without_limits_needs_no_redis(cut_off: Office) -> None:
    account = await cut_off.account(3)
    await cut_off.work(cut_off.sent(account, 3))
    assert cut_off.posting._permits._pacer._shared is None


async def test_replies_go_out_without_redis_too(cut_off: Office) -> None:
    account = await cut_off.account(3, limits=[PLENTY])
    await cut_off.work(cut_off.sent(account, 3))
    assert cut_off.states(account) == ["sent"] * 3


async def test_a_worker_alone_counts_those_that_post(cut_off: Office) -> None:
    now = utc_now()
    reports = {"host:0:z": [queues.POST], "host:2:b": [queues.POST, "dm"], "host:3:c": ["dm"]}
    for owner, serves in reports.items():
        await cut_off.runtime.db.run(engines.report, owner, serves, now)
    await cut_off.runtime.db.run(engines.report, "host:4:dead", [queues.POST], now - timedelta(seconds=60))
    assert await cut_off.posting._permits._crew() == (1, 3)  # this worker has not even reported yet


async def test_a_quota_that_is_used_up_lets_replies_wait_for_its_reset(office: Office) -> None:
    account = await office.account(3, quotas=[{"units": 2, "time_zone": "America/Los_Angeles"}])
    await office.work(office.sent(account, 2))
    (waiting,) = [row for row in office.of(account) if row.state == "due"]
    (budget,) = budgets_of([Quota(2, time_zone="America/Los_Angeles")], account, Surface.COMMENT, utc_now())
    assert (waiting.attempts, waiting.first_sent_at, waiting.due_at) == (0, None, budget.resets_at)
    assert waiting.reason.startswith("quota used up: 2 units a day")
    await office.runtime.db.run(outbox.expire, waiting.expires_at)
    (over,) = [row for row in office.of(account) if row.state == "expired"]
    assert over.reason.startswith("not posted in time: quota used up")


def used(office: Office, account_id: str) -> int:
    with office.runtime.db.reading() as tx:
        return int(tx.execute(select(quotas.c.used).where(quotas.c.holder == account_id)).scalar_one())


async def test_a_send_that_surely_reached_nobody_costs_no_quota(office: Office) -> None:
    account = await office.account(2, quotas=[{"units": 10}])
    await office.net.faults(reply_429=1)
    await office.work(lambda: any(row.reason for row in office.of(account)))
    assert (office.states(account), used(office, account)) == (["due", "due"], 0)


async def test_a_send_whose_answer_was_lost_stays_paid(office: Office) -> None:
    account = await office.account(1, quotas=[{"units": 10}], settle="park")
    await office.net.faults(reply_5xx_after=1)
    await office.work()
    await office.net.faults(reply_5xx_after=0)
    assert (office.states(account), used(office, account)) == (["uncertain"], 1)


async def test_what_waits_for_its_turn_costs_no_quota(office: Office) -> None:
    account = await office.account(2, quotas=[{"units": 10}], limits=[ONE_AN_HOUR])
    await office.work()
    assert (office.states(account), used(office, account)) == (["due", "due"], 0)


async def test_what_is_held_back_gets_back_in_line_through_an_outage(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """This worker lives, so its leases never end: nobody else would ever take what it forgot to put back."""
    account = await office.account(1, limits=[ONE_AN_HOUR])
    run, outages = office.runtime.db.run, iter([None])

    async def down_once(do: Any, *args: Any, **more: Any) -> Any:
        if getattr(do, "__name__", "") == "write" and next(outages, 1) is None:
            raise Unavailable("the database is down")
        return await run(do, *args, **more)

    monkeypatch.setattr(office.runtime.db, "run", down_once)
    await office.work()
    assert (office.states(account), office.of(account)[0].lease_owner) == (["due"], None)


async def test_a_bug_in_a_limit_keeps_no_reply_from_coming_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = await office.account(2, limits=[PLENTY])

    async def broken(*_: Any) -> None:
        raise ValueError("a bug")

    monkeypatch.setattr(office.posting._permits._pacer, "ask", broken)
    await office.work()
    assert {(row.state, row.attempts) for row in office.of(account)} == {("due", 0)}
    assert "limits could not be read" in office.of(account)[0].reason


async def test_an_account_whose_connector_cannot_be_made_is_tried_again(office: Office) -> None:
    account = await office.account(1)
    with office.runtime.db.transaction() as tx:
        tx.execute(update(accounts).where(accounts.c.id == account).values(platform="nowhere"))
    await office.runtime._connections.aclose()  # as in another process
    await office.work()
    assert office.of(account)[0].state == "due"
    assert "nowhere" in office.of(account)[0].reason


async def test_a_paused_surface_stays_paused_whatever_its_pace(office: Office) -> None:
    account = await office.account(1)
    await office.runtime.db.run(creators.pause_account, account, "test")
    await office.work()
    assert office.states(account) == ["due"]
