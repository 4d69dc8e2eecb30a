"""However many workers ask, and whatever becomes of Redis: a strict platform has nothing to refuse."""

import asyncio
from datetime import timedelta

import pytest

from engage.limits import Each, Limit
from engage.models import Surface
from engage.pacing import Pacer, Permit, Wait, buckets_of, shared
from engage.pacing.buckets import HORIZON, LEAD
from tests.pacing.conftest import Server
from tests.pacing.strict import COUNT, PER, Dealt, bucket, pacers

EIGHT = 8


async def test_eight_workers_use_nearly_all_of_a_limit_and_never_more(server: Server) -> None:
    dealt, workers = Dealt(bucket()), pacers(server.url, EIGHT)
    await dealt.more(workers, 3 * COUNT)
    assert dealt.too_many == 0
    first, last = min(p.at for p in dealt.permits), max(p.at for p in dealt.permits)
    assert (last - first) / (len(dealt.permits) - 1) == pytest.approx(dealt.wanted.interval, rel=0.02)
    assert dealt.wanted.interval * COUNT <= PER / 0.95
    for worker in workers:
        await worker.aclose()


async def test_a_burst_is_taken_off_the_limit(crew: list[Pacer]) -> None:
    dealt = Dealt(bucket(burst=10))
    await dealt.more(crew, 1)
    await asyncio.sleep(HORIZON + dealt.wanted.span)  # nobody asks, and it fills up
    assert await dealt.ask(crew[0]) == 3
    at_once = dealt.permits[-3:]
    assert max(p.at for p in at_once) - min(p.at for p in at_once) < dealt.wanted.interval
    await dealt.more(crew, 2 * COUNT)
    assert dealt.too_many == 0


async def test_redis_that_was_emptied_deals_out_nothing_twice(server: Server, crew: list[Pacer]) -> None:
    dealt = Dealt(bucket())
    for _ in range(3):
        await dealt.more(crew, COUNT)
        server.empty()
    await dealt.more(crew, COUNT)
    assert dealt.too_many == 0


async def test_a_burst_survives_no_emptying(server: Server, crew: list[Pacer]) -> None:
    dealt = Dealt(bucket(burst=COUNT // 2))
    for _ in range(3):
        await dealt.more(crew, COUNT)
        server.empty()
    await dealt.more(crew, COUNT)
    assert dealt.too_many == 0


async def test_a_new_server_begins_empty_and_a_known_one_full(crew: list[Pacer]) -> None:
    loop = asyncio.get_running_loop()
    began = loop.time()
    first, second = Dealt(bucket()), Dealt(bucket(account="b"))
    await first.more(crew, 1)
    assert first.permits[0].at >= began + LEAD
    asked = loop.time()
    await second.more(crew[:1], 1)
    assert second.permits[0].at < asked + LEAD


async def test_workers_go_on_while_redis_is_away_and_never_too_fast(server: Server, crew: list[Pacer]) -> None:
    dealt = Dealt(bucket())
    await dealt.more(crew, COUNT)
    server.kill()
    await dealt.more(crew, 2 * COUNT)
    assert dealt.too_many == 0


async def test_redis_may_come_back_with_what_it_knew_long_ago(server: Server, crew: list[Pacer]) -> None:
    dealt = Dealt(bucket(burst=COUNT // 2))
    await dealt.more(crew, COUNT)
    server.kill()
    await dealt.more(crew, COUNT)
    server.start()
    await dealt.more(crew, 2 * COUNT)
    assert dealt.too_many == 0


async def test_a_server_that_was_started_again_is_not_believed(server: Server, crew: list[Pacer]) -> None:
    """Its file may lack the last seconds; and a worker that was not there before has no outage to tell of."""
    dealt = Dealt(bucket(burst=COUNT // 2))
    await dealt.more(crew, COUNT)
    server.kill()
    server.start()
    server.forget(dealt.wanted.key)
    fresh = pacers(server.url, 3)
    await dealt.more(fresh, 2 * COUNT)
    assert dealt.too_many == 0
    for pacer in fresh:
        await pacer.aclose()


async def test_redis_that_hangs_is_as_good_as_none(
    server: Server, crew: list[Pacer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that goes on, with all its buckets, is told what was sent without it."""
    monkeypatch.setattr(shared, "ANSWER_SECONDS", 0.2)
    dealt = Dealt(bucket(burst=COUNT // 2))
    await dealt.more(crew, COUNT)
    server.freeze()
    await dealt.more(crew, COUNT)
    server.thaw()
    await dealt.more(crew, 2 * COUNT)
    assert dealt.too_many == 0


async def test_more_workers_than_places_share_them_without_one_more(server: Server) -> None:
    workers = pacers(server.url, EIGHT)
    server.kill()
    dealt = Dealt(bucket(count=3))
    await dealt.more(workers, 9)
    assert dealt.too_many == 0


async def test_a_send_waits_for_the_slowest_of_its_limits(crew: list[Pacer]) -> None:
    """Each conversation by itself, and what one of them waits for costs the others no turn."""
    limits = [Limit(100, timedelta(seconds=1)), Limit(4, timedelta(seconds=1), each=Each.CONVERSATION)]
    zero, one, two = (buckets_of(limits, "a", Surface.DM, where) for where in ("zero", "one", "two"))
    dealt = Dealt(zero[1])
    await dealt.more(crew, 1)
    await asyncio.sleep(dealt.permits[0].at - asyncio.get_running_loop().time())  # and the server is no longer new
    said = await crew[0].ask([one] * 8 + [two])
    granted = [isinstance(word, Permit) for word in said.words]
    assert (granted[0], granted[7], granted[8]) == (True, False, True)
    refused = said.words[7]
    assert isinstance(refused, Wait)
    assert refused.bucket.limit.each is Each.CONVERSATION


async def test_accounts_that_share_a_limit_are_counted_together(crew: list[Pacer]) -> None:
    ours = [bucket(shared_by="our application", account=name) for name in ("a", "b")]
    assert ours[0] == ours[1]
    assert bucket(account="a") != bucket(account="b")


async def test_what_is_used_up_says_when_to_come_again(crew: list[Pacer]) -> None:
    slow = bucket(count=1, seconds=3600)
    said = await crew[0].ask([(slow,)])
    (word,) = said.words
    assert isinstance(word, Wait)
    assert 3600 < word.seconds < 3600 + 120
    assert "1 in 3600 s" in word.bucket.describe()


async def test_a_permit_that_is_over_is_none() -> None:
    now = asyncio.get_running_loop().time()
    assert await Permit(now - 1, now + 60).turn()
    assert not await Permit(now - 2, now - 1).turn()
