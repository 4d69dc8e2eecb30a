"""Money: what is declared to the ledger is never less than what X takes."""

from datetime import datetime
from decimal import Decimal

import pytest

from connectors.x.connector import XConnector
from connectors.x.limits import DOLLAR, PRICES, month_ends, plan_of
from connectors.x.posts import has_link
from engage.errors import ConfigError
from engage.limits import BY_HAND, REPLY, STREAM, Period
from engage.models import Surface
from engage.pacing.buckets import Bucket
from engage.platform import App
from tests.connectors.x import kit, test_simulated
from tests.connectors.x.conftest import Connect, app_of
from tests.platforms.x import X


def cost(connector: XConnector, surface: Surface) -> int:
    [quota] = [one for one in connector.quotas if one.endpoint == REPLY and surface in one.surfaces]
    return quota.cost


@pytest.mark.parametrize(
    ("surface", "config", "text"),
    [
        (Surface.COMMENT, {}, "Six weeks."),
        (Surface.COMMENT, {"links": "yes"}, "See https://shop.example/a"),
        (Surface.COMMENT, {"reply_rule": "all"}, "Six weeks."),
        (Surface.DM, {}, "Six weeks."),
        (Surface.LIVE, {}, "Six weeks."),
    ],
)
async def test_a_reply_costs_what_was_counted(
    surface: Surface, config: dict[str, str], text: str, x: X, connect: Connect
) -> None:
    """With its own echo, which X charges for too."""
    x.enterprise = "reply_rule" in config
    connector = connect(app_of(x, **config))
    async for _ in connector.listen(""):  # subscribes
        break
    make = {Surface.DM: test_simulated.to_note, Surface.LIVE: test_simulated.to_line}
    outgoing = make.get(surface, test_simulated.to_post)(x, text)
    before = x.spent
    await connector.send(outgoing)
    assert x.spent - before == Decimal(cost(connector, surface)) / DOLLAR


async def test_what_a_person_does_by_hand_costs_what_was_counted(x: X, connect: Connect) -> None:
    connector = connect()
    [quota] = [one for one in connector.quotas if one.endpoint == BY_HAND]
    receipt = await connector.send(test_simulated.to_post(x))
    rude = x.write(kit.FOLLOWER, "Boo!", reply_to=x.write(kit.OWN, "My new lens"))
    before = x.spent
    await connector.delete(receipt.id)
    assert x.spent - before == Decimal(quota.cost) / DOLLAR
    await connector.hide(Surface.COMMENT, rude, hidden=True)
    assert x.spent - before <= Decimal(2 * quota.cost) / DOLLAR


@pytest.mark.parametrize("surface", sorted(Surface))
def test_of_every_limit_a_steady_stream_uses_95_per_cent(surface: Surface) -> None:
    limits = [one for one in plan_of(App("x")).limits() if surface in one.surfaces]
    assert limits
    for limit in limits:
        assert limit.per.total_seconds() / Bucket("", limit).interval >= 0.95 * limit.count


def test_all_accounts_of_an_application_live_on_one_month() -> None:
    one, other = (XConnector(kit.account("http://127.0.0.1:9", kit.app(client_id="c1"))) for _ in range(2))
    assert one.quotas == other.quotas
    assert {quota.shared_by for quota in one.quotas} == {"x app c1"}
    assert {quota.period for quota in one.quotas} == {Period.MONTH}


def test_the_month_is_shared_out_and_something_is_left_over() -> None:
    plan = plan_of(App("x", {"monthly_budget": "100"}))
    assert plan.budget == 100 * DOLLAR
    assert plan.share(REPLY) + plan.share(STREAM) + plan.share(BY_HAND) < plan.budget
    assert {one.units for one in plan.quotas() if one.endpoint == REPLY} == {50 * DOLLAR}
    assert {one.units for one in plan.quotas() if one.endpoint == STREAM} == {40 * DOLLAR}
    assert plan.spell == 1_000  # ten cents


def test_other_prices_may_be_entered() -> None:
    plan = plan_of(App("x", {"price_dm": "$0.02", "price_dm_event": "0.00005"}))
    assert plan.cost(Surface.DM) == 201, "half a unit counts as one"


@pytest.mark.parametrize(
    ("moment", "end"),
    [
        ("2026-11-30T23:59:59+00:00", "2026-12-01T00:00:00+00:00"),
        ("2026-12-31T12:00:00+00:00", "2027-01-01T00:00:00+00:00"),
        ("2027-01-31T23:30:00-05:00", "2027-03-01T00:00:00+00:00"),
    ],
)
def test_a_month_ends_in_utc(moment: str, end: str) -> None:
    assert month_ends(datetime.fromisoformat(moment)) == datetime.fromisoformat(end)


def test_prices_of_nothing_still_count_something() -> None:
    plan = plan_of(App("x", dict.fromkeys(PRICES, "0")))
    assert {plan.cost(surface) for surface in Surface} == {1}
    assert all(one.cost >= 1 for one in plan.quotas())


@pytest.mark.parametrize("value", ["", "x", "-1", "1e999999999", "nan", "inf", "0x5"])
def test_what_is_no_sum_names_the_setting(value: str) -> None:
    if value == "":
        assert plan_of(App("x", {"price_dm": value})).prices["price_dm"] == 150
        return
    for key in ("price_dm", "monthly_budget"):
        with pytest.raises(ConfigError, match=key):
            plan_of(App("x", {key: value}))


def test_a_budget_too_small_for_one_reply_names_the_setting() -> None:
    with pytest.raises(ConfigError, match="monthly_budget"):
        XConnector(kit.account("http://127.0.0.1:9", kit.app(monthly_budget="0.02")))


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see https://a.example", True),
        ("HTTP://A.EXAMPLE", True),
        ("www.a.example", True),
        ("my shop is shop.com.", True),
        ("sub.shop.co.uk", True),
        ("lens.de/x", True),
        ("lens.de", False),
        ("write to me@shop.com", False),
        ("a nice day.It was", False),
        ("version 1.2.3, e.g. this", False),
        ("@someone and #that", False),
        ("What.a.day", False),
        ("", False),
    ],
)
def test_what_x_makes_a_link_of(text: str, link: bool) -> None:
    assert has_link(text) is link
