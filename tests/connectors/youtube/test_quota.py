"""The day's units of a project: how they are shared out, and that a whole day of work stays within them."""

import itertools
from collections.abc import Coroutine
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.youtube import connector as connector_module
from connectors.youtube.connector import YouTubeConnector
from connectors.youtube.limits import DAILY_UNITS, FEWEST_UNITS, LOOK, Plan, plan_of, until_reset
from connectors.youtube.refusals import by_reason
from engage.errors import Ambiguous, ConfigError, RateLimited, Retryable, Unavailable
from engage.ledger.quotas import budgets_of
from engage.limits import POLL, REPLY, STREAM
from engage.models import Surface
from tests.connectors.youtube import kit
from tests.platforms.youtube import YouTube

NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)
DAY = timedelta(days=1)
SMALL = 3_000


@pytest.mark.parametrize("units", [FEWEST_UNITS, 1777, DAILY_UNITS, 1_000_000])
@pytest.mark.parametrize("channels", [1, 7, 300])
class TestPlan:
    def test_never_gives_more_than_there_is(self, units: int, channels: int) -> None:
        pools = {quota.endpoint: quota.units for quota in Plan(units, channels).quotas()}
        assert sum(pools.values()) <= units

    def test_replies_have_the_largest_share(self, units: int, channels: int) -> None:
        plan = Plan(units, channels)
        assert plan.share(REPLY) > plan.share(POLL) + plan.share(STREAM)

    def test_polls_at_its_pace_last_for_the_day(self, units: int, channels: int) -> None:
        plan = Plan(units, channels)
        for spent in (1, 3, LOOK):
            assert channels * spent * (DAY / plan.pause_after(spent)) <= plan.share(POLL) * 1.000001

    def test_searching_leaves_half_for_the_chats(self, units: int, channels: int) -> None:
        plan = Plan(units, channels)
        assert channels * (DAY / plan.search_every()) <= plan.share(STREAM) / 2 * 1.000001


def test_both_kinds_of_replies_are_paid_from_one_pool_of_the_project() -> None:
    connector = YouTubeConnector(kit.account("http://127.0.0.1:9"))
    [comment] = budgets_of(connector.quotas, "a1", Surface.COMMENT, NOW)
    [live] = budgets_of(connector.quotas, "a2", Surface.LIVE, NOW)
    assert comment.key == live.key
    assert (comment.holder, comment.units, live.units) == ("youtube 123456", 6000, 6000)
    assert comment.cost > live.cost


def test_the_day_begins_at_midnight_in_california() -> None:
    connector = YouTubeConnector(kit.account("http://127.0.0.1:9"))
    [budget] = budgets_of(connector.quotas, "a1", Surface.COMMENT, NOW)
    assert budget.resets_at == datetime(2026, 11, 23, 8, tzinfo=UTC)
    assert until_reset(NOW - timedelta(minutes=1)) == timedelta(minutes=1)
    assert until_reset(datetime(2026, 3, 8, 8, tzinfo=UTC)) == timedelta(hours=23), "the clocks go forward"
    assert until_reset(datetime(2026, 11, 1, 7, tzinfo=UTC)) == timedelta(hours=25), "the clocks go back"


def test_the_units_are_a_setting_of_the_application() -> None:
    plan = plan_of(kit.app(daily_units="50000", channels="12"))
    assert (plan.units, plan.channels) == (50_000, 12)
    assert plan_of(kit.app(daily_units="", channels="")).units == DAILY_UNITS


@pytest.mark.parametrize(("key", "value"), [("daily_units", "many"), ("daily_units", "20"), ("channels", "-1")])
def test_a_wrong_setting_is_named(key: str, value: str) -> None:
    with pytest.raises(ConfigError, match=key):
        plan_of(kit.app(**{key: value}))


async def test_every_attempt_of_a_look_is_counted(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.comment()
    youtube.fail("/youtube/v3/commentThreads", 503, times=2)
    page = await connector.poll("")
    assert youtube.units == LOOK - page.unspent == 4, "three attempts, and the title"


@pytest.mark.parametrize(
    ("status", "body"), [(503, ""), (429, ""), (200, "no json"), (403, kit.error(403, "forbidden"))], ids=str
)
async def test_a_look_in_vain_is_repeated_at_a_pace_that_its_units_last_for_the_day(
    youtube: YouTube, connector: YouTubeConnector, status: int, body: Any
) -> None:
    """Its units are not given back: every few seconds, an outage of minutes would take the polls of a whole day."""
    youtube.fail("/youtube/v3/commentThreads", status, body, times=3)
    with pytest.raises(Retryable) as caught:
        await connector.poll("")
    assert caught.value.retry_after is not None
    assert LOOK * (DAY / caught.value.retry_after) <= Plan().share(POLL) * 1.000001


async def test_a_look_that_youtube_lets_wait_is_given_up_at_the_same_pace(
    youtube: YouTube, connector: YouTubeConnector, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector_module, "LONGEST_LOOK", timedelta(seconds=0.05))
    youtube.stall("/youtube/v3/commentThreads")
    with pytest.raises(Unavailable) as caught:
        await connector.poll("")
    assert caught.value.retry_after == Plan().lasting(POLL, LOOK)


def test_the_day_is_not_waited_for_in_one_piece() -> None:
    """Google's clock may be a little behind ours: at our midnight it still says no, and must be asked again."""
    just_after = datetime(2026, 11, 22, 8, 0, 1, tzinfo=UTC)
    said = by_reason(frozenset({"quotaExceeded"}), 403, "no", None, just_after)
    assert isinstance(said, RateLimited)
    assert said.retry_after == timedelta(hours=1)
    said = by_reason(frozenset({"quotaExceeded"}), 403, "no", None, just_after - timedelta(minutes=2))
    assert isinstance(said, RateLimited)
    assert said.retry_after == timedelta(seconds=119)


class Pools:
    """What the core keeps of a day: units are taken before each call, as the connector declares them."""

    def __init__(self, connector: YouTubeConnector) -> None:
        self.units = {quota.endpoint: quota.units for quota in connector.quotas}
        self.left = dict(self.units)
        self.cost: dict[tuple[str, Surface], int] = {
            (quota.endpoint, surface): quota.cost for quota in connector.quotas for surface in quota.surfaces
        }

    def take(self, endpoint: str, surface: Surface) -> bool:
        cost = self.cost[endpoint, surface]
        if self.left[endpoint] < cost:
            return False
        self.left[endpoint] -= cost
        return True


async def test_a_day_of_as_much_as_can_be_stays_within_the_units(youtube: YouTube) -> None:
    """Everybody takes what there is until the pools are empty: busy polls, a chat that is listed, lost answers.

    The project is a small one, so that its day is short: every share of it is what it would be of 10,000 units.
    """
    youtube.daily_units = SMALL
    youtube.page_size = youtube.subset = 1
    first = youtube.comment()
    for _ in range(3):
        youtube.comment("again", "UClin", "@lin", parent=first.id)
    youtube.go_live()
    youtube.say()
    youtube.stream_refused = True
    quick: dict[str, Any] = {"live_search_s": 0, "live_list_s": 0, "live_reconnect_s": 0}
    app = kit.app(youtube.url, daily_units=str(SMALL))
    connector = YouTubeConnector(replace(kit.account(youtube.url, **quick), app=app))
    pools = Pools(connector)
    try:
        spent = {
            STREAM: await units_of(youtube, listening(connector, pools)),
            POLL: await units_of(youtube, polling(youtube, connector, pools)),
            REPLY: await units_of(youtube, replying(youtube, connector, pools)),
        }
    finally:
        await connector.close()
    assert youtube.units == sum(spent.values()) <= SMALL
    assert spent[REPLY] > spent[POLL] + spent[STREAM]
    for endpoint, units in spent.items():
        assert 0.8 * pools.units[endpoint] < units <= pools.units[endpoint], "the share is used, and no more"


async def units_of(youtube: YouTube, work: Coroutine[Any, Any, None]) -> int:
    before = youtube.units
    await work
    return youtube.units - before


async def listening(connector: YouTubeConnector, pools: Pools) -> None:
    while pools.take(STREAM, Surface.LIVE):
        async for page in connector.listen(""):
            pools.left[STREAM] += page.unspent


async def polling(youtube: YouTube, connector: YouTubeConnector, pools: Pools) -> None:
    cursor = ""
    while pools.take(POLL, Surface.COMMENT):
        youtube.comment("one more", parent="Ugx0001")
        page = await connector.poll(cursor)
        pools.left[POLL] += page.unspent
        cursor = page.cursor


async def replying(youtube: YouTube, connector: YouTubeConnector, pools: Pools) -> None:
    """The answer of each reply is lost, so each is looked for."""
    out = {Surface.COMMENT: kit.reply(), Surface.LIVE: kit.chat_reply()}
    for surface in itertools.cycle(out):
        if not pools.take(REPLY, surface):
            return
        youtube.lose("/youtube/v3/", method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(out[surface])
        await connector.find(out[surface])
