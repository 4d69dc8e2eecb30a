"""How limits become places in time."""

import itertools
from datetime import timedelta

import pytest

from engage.limits import Each, Limit
from engage.models import Surface
from engage.pacing.alone import OwnShare
from engage.pacing.buckets import LEAD, buckets_of, margin, share
from engage.pacing.permit import Permit, Wait
from tests.pacing.strict import bucket


@pytest.mark.parametrize("seconds", [1, 10, 30, 300, 3600, 86400])
@pytest.mark.parametrize("burst", [1, 5])
def test_no_span_holds_more_than_the_limit_and_a_steady_stream_uses_it(seconds: float, burst: int) -> None:
    """Places of a used-up bucket, after a burst, with every request as late as it may be."""
    one = bucket(100, seconds, burst)
    places = [0.0] * burst + [one.interval * n for n in range(1, 200)]
    late = margin(one.limit.per).total_seconds()
    for first in range(len(places) - 100):
        assert places[first + 100] - (places[first] + late) >= seconds - 1e-9
    assert one.interval <= seconds / (101 - burst) / 0.95


@pytest.mark.parametrize(("total", "workers"), [(100, 8), (3, 8), (8, 8), (1, 1)])
def test_shares_are_the_whole_and_no_more(total: int, workers: int) -> None:
    assert sum(share(total, index, workers) for index in range(workers)) == total


def test_a_limit_counts_what_it_says_it_counts() -> None:
    live = Limit(20, timedelta(seconds=30), surfaces=frozenset({Surface.LIVE}))
    thread = Limit(1, timedelta(seconds=1), each=Each.CONVERSATION)
    other = Limit(5, timedelta(seconds=1), endpoint="delete")
    found = buckets_of([live, thread, other], "a", Surface.LIVE, "room")
    assert [one.limit for one in found] == [live, thread]
    assert buckets_of([live], "a", Surface.DM, "room") == ()
    assert buckets_of([thread], "a", Surface.DM, "x") != buckets_of([thread], "a", Surface.DM, "y")


def test_a_changed_limit_goes_on_with_what_was_used_of_it() -> None:
    assert bucket(20, 30).key == bucket(100, 30).key
    assert bucket(20, 30).key != bucket(20, 60).key


@pytest.mark.parametrize(("count", "seconds", "burst"), [(0, 1, 0), (1, 0, 1), (5, 1, 6), (5, 1, 0)])
def test_numbers_that_cannot_be_are_refused(count: int, seconds: float, burst: int) -> None:
    with pytest.raises(ValueError, match="a limit needs"):
        Limit(count, timedelta(seconds=seconds), burst)


def test_a_worker_alone_begins_empty_and_then_has_its_share() -> None:
    one = bucket(100, 10)
    alone = OwnShare(since=1000.0, index=0, workers=8)
    (word,) = alone.take([(one,)], 1000.0).words
    assert isinstance(word, Wait)
    now, permits = 1000.0 + LEAD, []
    while now < 1100:
        said = alone.take([(one,)], now)
        permits += [word for word in said.words if isinstance(word, Permit)]
        now += 0.1
    assert permits[0].at >= 1000 + LEAD + one.interval
    apart = [later.at - earlier.at for earlier, later in itertools.pairwise(permits)]
    assert min(apart) >= one.span / 13 - 1e-9
    assert len(permits) == pytest.approx(13 * 97 / one.span, abs=2)


def test_a_worker_without_a_share_leaves_it_to_others() -> None:
    alone = OwnShare(since=0.0, index=7, workers=8)
    (word,) = alone.take([(bucket(count=3),)], 1000.0).words
    assert isinstance(word, Wait)
