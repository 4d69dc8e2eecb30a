"""Law 2: posted at most once, never guessed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from sqlalchemy import event

from engage import posting
from engage.errors import (
    Ambiguous,
    ConfigError,
    EngageError,
    Malformed,
    RateLimited,
    Refused,
    Retryable,
    Unauthorized,
    Unavailable,
)
from engage.ledger import renewals
from engage.ledger.database import Database
from engage.ledger.quotas import Budget
from engage.ledger.sendings import NEVER, Sending
from engage.ledger.tables import accounts, decisions, replies
from engage.limits import READBACK, Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.pacing import Permit
from engage.platform import Connector, Found, ReadBack, Settle
from engage.posting import BACKOFF, SLOW_DOWN, Poster, Step, after, after_readback, backoff
from tests.ledger.house import NOON, House, answer

MAX = 6
LAG = timedelta(seconds=90)


@dataclass
class Paper:
    """A platform that does what a test tells it: each send and each look takes the next word, at last it behaves."""

    name: ClassVar[str] = "paper"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    settle: Settle = Settle.KEY
    readback_lag: timedelta = timedelta(0)
    limits: tuple[Limit, ...] = ()
    quotas: tuple[Quota, ...] = ()
    says: list[Exception] = field(default_factory=list)
    shows: list[ReadBack | Exception] = field(default_factory=list)
    sent: list[Outgoing] = field(default_factory=list)
    looked: int = 0
    quiet_until: datetime | None = None

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        return Capabilities(may_reply=True)

    async def send(self, reply: Outgoing) -> Receipt:
        self.sent.append(reply)
        if self.says:
            raise self.says.pop(0)
        return Receipt("r1", NOON, self.quiet_until)

    async def find(self, reply: Outgoing) -> ReadBack:
        self.looked += 1
        word = self.shows.pop(0)
        if isinstance(word, Exception):
            raise word
        return word

    async def delete(self, receipt_id: str) -> None:
        raise Refused

    async def close(self) -> None:
        return None


class Post:
    """One account's posting: a house, a platform and a poster."""

    def __init__(self, house: House, platform: Paper) -> None:
        self.house = house
        self.platform = platform
        self.poster = Poster(house.db, self._connector, MAX, lambda: house.now)

    async def _connector(self, account_id: str) -> Connector:
        return self.platform  # type: ignore[return-value]

    async def post(self) -> str:
        """Take the only reply that is due, and try."""
        return await self.poster.post(self.house.claim_reply())

    async def settle(self) -> str:
        (sending,) = self.house.claim_uncertain()
        return await self.poster.settle(sending)

    @property
    def reply(self) -> Any:
        return self.house.row(replies)


Open = Callable[..., Post]


@pytest.fixture
def to_post(house: House) -> Open:
    """Makes a poster with one reply due."""

    def make(**platform: Any) -> Post:
        house.answered("About an hour.", id="m")
        return Post(house, Paper(**platform))

    return make


# the decision


@pytest.fixture(autouse=True)
def no_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posting.random, "uniform", lambda low, high: low)


def sending(attempts: int = 1, *, fresh: bool = True, first_sent_at: datetime = NOON) -> Sending:
    out = Outgoing("id", "key", Surface.COMMENT, "thread", "m", "ann", "text", first_sent_at=first_sent_at)
    return Sending(out, "account", "creator", attempts, NOON, "w1", fresh=fresh)


SOON = NOON + timedelta(seconds=2)
ASK = timedelta(minutes=3)
UNSPENT = {"spent": 0}
MENDABLE = ConfigError("it is missing", key="client_secret", place="application", fix="Enter it")
ALWAYS_SURE: list[tuple[Exception, str, datetime, dict[str, Any]]] = [
    (RateLimited(retry_after=ASK), "due", NOON + ASK, {"uncounted": True, "block_until": NOON + ASK, **UNSPENT}),
    (RateLimited(), "due", NOON + SLOW_DOWN, {"uncounted": True, "block_until": NOON + SLOW_DOWN, **UNSPENT}),
    (Unavailable(), "due", SOON, UNSPENT),
    (Unavailable(retry_after=ASK), "due", NOON + ASK, UNSPENT),
    (Unavailable(spent=3), "due", SOON, {"spent": 3}),
    (
        RateLimited(retry_after=ASK, spent=5),
        "due",
        NOON + ASK,
        {"uncounted": True, "block_until": NOON + ASK, "spent": 5},
    ),
    (Unavailable(retry_after=timedelta(0)), "due", SOON, UNSPENT),
    (Retryable(), "due", SOON, UNSPENT),
    (Unauthorized(), "due", NOON + BACKOFF[0], {"uncounted": True, "refused_at": NOON}),
    (MENDABLE, "due", NOON + SLOW_DOWN, {"uncounted": True, **UNSPENT}),
    (Refused(), "refused", NOON, {}),
    (Malformed(), "refused", NOON, {}),
]
UNSURE: list[Exception] = [Ambiguous(), ValueError("a bug"), TimeoutError(), EngageError("something else")]
LOST_ANSWER = {
    Settle.KEY: ("due", SOON),
    Settle.READBACK: ("uncertain", NOON + LAG),
    Settle.PARK: ("uncertain", NEVER),
}


@pytest.mark.parametrize("settle", list(Settle))
@pytest.mark.parametrize(("error", "state", "due_at", "more"), ALWAYS_SURE)
def test_a_sure_failure_is_the_same_on_every_platform(
    settle: Settle, error: Exception, state: str, due_at: datetime, more: dict[str, Any]
) -> None:
    step = after(error, sending(), settle, LAG, MAX, NOON)
    reason = f"{type(error).__name__}: {error}"
    assert step == Step(state, due_at, reason, unsent=state == "due", **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("settle", list(Settle))
@pytest.mark.parametrize("error", UNSURE, ids=lambda error: type(error).__name__)
def test_a_lost_answer_is_settled_as_the_platform_declares(error: Exception, settle: Settle) -> None:
    state, due_at = LOST_ANSWER[settle]
    step = after(error, sending(), settle, LAG, MAX, NOON)
    assert step == Step(state, due_at, f"{type(error).__name__}: {error}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("error", "settle", "state", "due_at"),
    [
        (Unavailable(), Settle.KEY, "dead", None),
        (RateLimited(retry_after=ASK), Settle.KEY, "due", NOON + ASK),
        (Unauthorized(), Settle.KEY, "due", NOON + BACKOFF[0]),
        (Ambiguous(), Settle.KEY, "uncertain", NEVER),
        (Ambiguous(), Settle.READBACK, "uncertain", NOON + LAG),
        (Ambiguous(), Settle.PARK, "uncertain", NEVER),
    ],
)
def test_what_follows_the_last_try(error: Exception, settle: Settle, state: str, due_at: datetime | None) -> None:
    step = after(error, sending(MAX), settle, LAG, MAX, NOON)
    assert step.state == state
    assert due_at is None or step.due_at == due_at


def test_a_sure_failure_after_a_doubtful_one_leaves_the_doubt() -> None:
    assert not after(Unavailable(), sending(2, fresh=False), Settle.KEY, LAG, MAX, NOON).unsent


@pytest.mark.parametrize(("error", "attempts"), [(Refused("gone"), 2), (Unavailable("no connection"), MAX)])
def test_the_last_word_on_a_reply_that_an_earlier_attempt_may_have_posted_is_not_no(
    error: Exception, attempts: int
) -> None:
    step = after(error, sending(attempts, fresh=False), Settle.KEY, LAG, MAX, NOON)
    assert (step.state, step.due_at) == ("uncertain", NEVER)


def test_waits_grow_and_six_tries_take_hours() -> None:
    waits = [backoff(attempt) for attempt in range(1, 7)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=2)
    assert timedelta(hours=2) < sum(waits[:5], timedelta(0)) < timedelta(hours=3)


@pytest.mark.parametrize(
    ("seen", "attempts", "asked_at", "state", "due_at"),
    [
        (Found.ABSENT, 1, NOON, "due", NOON),
        (Found.ABSENT, MAX, NOON, "dead", NOON),
        (Found.UNREADABLE, 1, NOON, "uncertain", NOON + timedelta(seconds=5)),
        (Found.UNREADABLE, MAX, NOON + timedelta(hours=2), "uncertain", NOON + timedelta(hours=3)),
        (Found.UNREADABLE, 1, NOON + timedelta(hours=25), "uncertain", NEVER),
    ],
)
def test_what_follows_a_read_back(seen: Found, attempts: int, asked_at: datetime, state: str, due_at: datetime) -> None:
    step = after_readback(ReadBack(seen), sending(attempts), MAX, asked_at)
    assert (step.state, step.due_at) == (state, due_at)


# carrying it out


async def test_a_reply_is_posted_and_its_receipt_kept(to_post: Open) -> None:
    post = to_post()
    assert await post.post() == "sent"
    assert (post.reply.state, post.reply.receipt_id, post.reply.attempts) == ("sent", "r1", 1)


async def test_the_first_failure_is_tried_again_after_seconds_not_hours(to_post: Open) -> None:
    post = to_post(says=[Unavailable()])
    assert await post.post() == "due"
    assert post.reply.due_at == post.house.now + timedelta(seconds=2)


async def test_a_platform_that_is_never_there_gets_exactly_the_configured_tries(to_post: Open) -> None:
    post = to_post(says=[Unavailable()] * 20)
    states = []
    while post.reply.state == "due":
        states.append(await post.post())
        post.house.later(hours=2.5)
        post.house.do(lambda tx: tx.execute(replies.update().values(expires_at=NOON + timedelta(days=9))))
    assert states == ["due"] * (MAX - 1) + ["dead"]
    assert len(post.platform.sent) == MAX
    assert post.house.row(decisions).open


async def test_a_rate_limit_stops_the_whole_account_and_uses_up_no_try(to_post: Open) -> None:
    post = to_post(says=[RateLimited(retry_after=timedelta(minutes=5))])
    house = post.house
    house.tell(who="ben", where="thread-2")
    house.conclude(house.claim_one())
    first = house.claim_replies(limit=1)[0]
    assert await post.poster.post(first) == "due"
    assert house.row(replies, id=first.outgoing.id).attempts == 0
    assert house.claim_replies() == []
    house.later(minutes=5)
    assert len(house.claim_replies()) == 2


async def test_a_good_answer_that_says_nothing_is_left_stops_the_account_as_well(to_post: Open) -> None:
    post = to_post(quiet_until=NOON + timedelta(minutes=5))
    house = post.house
    house.tell(who="ben", where="thread-2")
    house.conclude(house.claim_one())
    assert await post.poster.post(house.claim_replies(limit=1)[0]) == "sent"
    assert house.claim_replies() == []
    house.later(minutes=5)
    assert len(house.claim_replies()) == 1


async def test_a_rate_limit_of_one_account_leaves_another_one_free(to_post: Open) -> None:
    post = to_post(says=[RateLimited()])
    await post.post()
    _, account = post.house.add_creator("noa", "other")
    post.house.tell(account=account)
    post.house.conclude(post.house.claim_one())
    assert [sending.account_id for sending in post.house.claim_replies()] == [account]


async def test_a_refused_account_is_marked_and_sends_nothing_else(to_post: Open) -> None:
    post = to_post(says=[Unauthorized("token expired")])
    assert await post.post() == "due"
    account = post.house.row(accounts)
    assert (account.state, account.reason) == ("unauthorized", "Unauthorized: token expired")
    post.house.later(hours=1)
    assert post.house.claim_replies() == []
    assert post.reply.attempts == 0


async def test_a_reply_the_platform_does_not_want_is_over(to_post: Open) -> None:
    post = to_post(says=[Refused("the comment is gone")])
    assert await post.post() == "refused"
    assert post.reply.reason == "Refused: the comment is gone"
    assert post.house.row(decisions).open


async def test_a_key_lets_the_same_bytes_be_sent_again(to_post: Open) -> None:
    post = to_post(says=[Ambiguous()])
    assert await post.post() == "due"
    post.house.later(seconds=3)
    assert await post.post() == "sent"
    first, second = post.platform.sent
    assert first == second


async def test_a_key_settles_what_a_dead_worker_left(to_post: Open) -> None:
    post = to_post()
    left = abandoned(post)
    assert await post.settle() == "due"
    assert await post.post() == "sent"
    assert post.platform.sent == [left.outgoing]


def abandoned(post: Post) -> Sending:
    """A worker took the reply and died."""
    from engage.ledger import outbox

    left = post.house.claim_reply(owner="dead")
    post.house.later(minutes=3)
    post.house.do(outbox.sweep, post.house.now)
    return left


async def test_a_reply_that_takes_every_worker_down_is_not_sent_for_ever(to_post: Open) -> None:
    post = to_post()
    for _ in range(MAX - 1):
        abandoned(post)
        assert await post.settle() == "due"
    abandoned(post)
    assert await post.settle() == "uncertain"
    assert (post.reply.due_at, post.platform.sent) == (NEVER, [])


async def test_an_error_nobody_foresaw_is_settled_and_reported(to_post: Open) -> None:
    post = to_post(settle=Settle.PARK, says=[ValueError("a bug")])
    with pytest.raises(ValueError, match="a bug"):
        await post.post()
    assert (post.reply.state, post.reply.reason) == ("uncertain", "ValueError: a bug")


async def test_what_nobody_can_know_stays_uncertain_and_blocks_nobody(to_post: Open) -> None:
    post = to_post(settle=Settle.PARK, says=[Ambiguous("the connection broke")])
    assert await post.post() == "uncertain"
    post.house.tell(who="ben", where="thread-1")
    post.house.conclude(post.house.claim_one(), answer("Hello Ben"))
    assert [sending.outgoing.text for sending in post.house.claim_replies()] == ["Hello Ben"]
    post.house.later(days=300)
    assert post.house.claim_uncertain() == []


async def test_what_a_dead_worker_left_is_parked_where_nobody_can_know(to_post: Open) -> None:
    post = to_post(settle=Settle.PARK)
    abandoned(post)
    assert await post.settle() == "uncertain"
    assert (post.reply.due_at, post.platform.sent) == (NEVER, [])


async def test_a_permit_that_is_over_sends_nothing_and_uses_up_no_try(to_post: Open) -> None:
    """The machine stood still: now the request would be one too many."""
    post = to_post()
    taken = post.house.claim_reply()
    assert await post.poster.post(taken, Permit(until=0.0)) == "due"
    assert (post.reply.attempts, post.reply.first_sent_at, post.platform.sent) == (0, None, [])
    assert await post.post() == "sent"


async def test_what_was_paid_from_a_day_that_is_over_is_paid_anew(to_post: Open) -> None:
    """Its turn came after the platform's midnight: the new day must not get a call more than its own."""
    post = to_post()
    taken = post.house.claim_reply()
    paid = Budget("holder", "reply", "UTC", "2026-11-25", 10, 1, resets_at=post.house.now)
    assert await post.poster.post(taken, paid=[paid]) == "due"
    assert (post.reply.attempts, post.platform.sent) == (0, [])
    assert await post.post() == "sent"


# read-back


async def in_doubt(to_post: Open, *shows: ReadBack | Exception) -> Post:
    """A reply whose answer was lost, when the platform's lag is over."""
    post = to_post(settle=Settle.READBACK, readback_lag=LAG, says=[Ambiguous()], shows=list(shows))
    assert await post.post() == "uncertain"
    assert post.house.claim_uncertain() == []
    post.house.now += LAG
    return post


async def test_a_reply_that_is_found_is_not_sent_again(to_post: Open) -> None:
    post = await in_doubt(to_post, ReadBack(Found.FOUND, Receipt("r7", NOON)))
    assert await post.settle() == "sent"
    assert (post.reply.receipt_id, len(post.platform.sent)) == ("r7", 1)


async def test_another_reply_with_the_same_words_is_not_taken_for_it(to_post: Open) -> None:
    post = await in_doubt(to_post, ReadBack(Found.FOUND, Receipt("r1", NOON)))
    post.house.answered("About an hour.", id="m2", who="ben", where="thread-2")
    post.house.post(post.house.claim_reply(), "r1")
    assert await post.settle() == "uncertain"
    assert post.house.row(replies, state="uncertain").receipt_id is None
    assert len(post.platform.sent) == 1


async def test_a_look_for_a_reply_is_paid_before_it_is_taken(to_post: Open) -> None:
    post = await in_doubt(to_post, ReadBack(Found.UNREADABLE), ReadBack(Found.FOUND, Receipt("r7", NOON)))
    post.platform.quotas = (Quota(10, cost=10, endpoint=READBACK),)
    assert await post.settle() == "uncertain"
    post.house.later(hours=1)
    assert await post.settle() == "uncertain"
    assert (post.reply.due_at, len(post.platform.shows)) == (datetime(2026, 11, 23, tzinfo=UTC), 1)
    assert "quota used up: 10 units a day for read back" in post.reply.reason
    post.house.now = post.reply.due_at
    assert await post.settle() == "sent"


async def test_a_reply_that_is_absent_is_sent_again(to_post: Open) -> None:
    post = await in_doubt(to_post, ReadBack(Found.ABSENT))
    assert await post.settle() == "due"
    assert await post.post() == "sent"
    assert len(post.platform.sent) == 2


async def test_a_reply_that_is_absent_may_be_recalled(to_post: Open) -> None:
    post = await in_doubt(to_post, ReadBack(Found.ABSENT))
    await post.settle()
    post.house.tell("deleted", id="m")
    assert post.reply.state == "recalled"


@pytest.mark.parametrize("silence", [ReadBack(Found.UNREADABLE), Unavailable(), RateLimited(), Ambiguous()])
async def test_a_platform_that_cannot_be_read_is_asked_again_later(to_post: Open, silence: Any) -> None:
    post = await in_doubt(to_post, silence, ReadBack(Found.FOUND, Receipt("r7", NOON)))
    assert await post.settle() == "uncertain"
    assert post.house.claim_uncertain() == []
    post.house.now = post.reply.due_at
    assert await post.settle() == "sent"
    assert len(post.platform.sent) == 1


async def test_a_call_that_began_with_the_credentials_of_before_costs_the_account_nothing(to_post: Open) -> None:
    post = to_post(says=[Unauthorized("token expired")])
    account, now = post.house.row(accounts), post.house.now
    post.house.do(renewals.store, account, b"new", None, now)
    assert await post.post() == "due"
    assert post.house.row(accounts).state == "active"
    post.house.later(seconds=2)
    assert await post.post() == "sent"


async def test_a_lost_access_is_noticed_at_a_read_back_too(to_post: Open) -> None:
    post = await in_doubt(to_post, Unauthorized("token expired"))
    assert await post.settle() == "uncertain"
    assert post.house.row(accounts).state == "unauthorized"
    post.house.later(hours=1)
    assert post.house.claim_uncertain() == []


async def test_what_a_dead_worker_left_is_looked_for_only_after_the_platforms_lag(to_post: Open) -> None:
    post = to_post(settle=Settle.READBACK, readback_lag=LAG, shows=[ReadBack(Found.ABSENT)])
    abandoned(post)
    assert await post.settle() == "uncertain"
    assert post.platform.looked == 0
    post.house.now += LAG
    assert await post.settle() == "due"
    assert post.platform.looked == 1


# without a connector nothing is sent


async def test_an_account_without_a_connector_is_tried_again_and_then_given_up(to_post: Open) -> None:
    post = to_post(settle=Settle.PARK)

    async def gone(account_id: str) -> Connector:
        raise ConfigError("is not installed", key="paper", place="accounts", fix="Install its package")

    post.poster = Poster(post.house.db, gone, 2, lambda: post.house.now)
    assert await post.post() == "due"
    post.house.later(seconds=30)
    assert await post.post() == "dead"


async def test_a_reply_that_was_settled_by_another_meanwhile_is_lost(to_post: Open) -> None:
    from engage.ledger import outbox

    post = to_post()
    taken = post.house.claim_reply()
    post.house.do(outbox.mark_sent, taken, Receipt("r1", NOON))
    assert await post.poster.post(taken) == "lost"
    assert post.reply.receipt_id == "r1"


# an outage of the ledger


@pytest.fixture
def outage(db_url: str, postgres: Any) -> Iterator[tuple[Callable[[], None], Callable[[], None]]]:
    """(begin, end) of a time in which nobody can use the database."""

    def begin() -> None:
        postgres.admin.execute("ALTER DATABASE ledger ALLOW_CONNECTIONS false")
        postgres.admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ledger'")

    def end() -> None:
        postgres.admin.execute("ALTER DATABASE ledger ALLOW_CONNECTIONS true")

    yield begin, end
    end()


@pytest.mark.postgres
@pytest.mark.parametrize("backend", ["postgres"])
async def test_a_receipt_survives_a_short_outage_of_the_database(
    to_post: Open,
    open_db: Callable[[], Database],
    outage: tuple[Callable[[], None], Callable[[], None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin, end = outage
    post = to_post()
    post.poster = Poster(db := open_db(), post._connector, MAX, lambda: NOON)
    taken = post.house.claim_reply()
    attempts: list[object] = []

    def reconnecting(*_: object) -> None:
        attempts.append(None)
        if len(attempts) == 2:
            end()

    event.listen(db.engine, "do_connect", reconnecting)
    send = post.platform.send

    async def send_and_lose_the_database(reply: Outgoing) -> Receipt:
        receipt = await send(reply)
        begin()
        return receipt

    monkeypatch.setattr(post.platform, "send", send_and_lose_the_database)
    assert await post.poster.post(taken) == "sent"
    assert len(attempts) == 2  # the first was refused
    post.house.db.engine.dispose()  # its connections ended too
    assert (post.reply.state, len(post.platform.sent)) == ("sent", 1)
