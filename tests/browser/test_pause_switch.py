"""The pause switch is on every page, and what it writes is what every claim reads."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from engage.ledger import creators, sendings
from tests.studio.builders import LEASE, World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


def claimable(world: World) -> int:
    with world.db.transaction() as tx:
        found = len(sendings.claim_due(tx, 10, "w", LEASE, datetime.now(UTC)))
        tx.rollback()
    return found


@pytest.mark.parametrize("path", ["/", "/inbox", "/accounts"])
async def test_pausing_everything_stops_the_next_claim(page: Page, world: World, path: str) -> None:
    world.answered("Which camera?", "A small Sony.")
    assert claimable(world) == 1
    await page.goto(path)
    await page.get_by_role("button", name="Pause all").click()
    await expect(page.get_by_text("nothing is answered and nothing is posted")).to_be_visible()
    with world.db.reading() as tx:
        since = creators.everything_paused_at(tx)
    assert since is not None
    assert datetime.now(UTC) - since < timedelta(seconds=10)
    assert claimable(world) == 0
    await page.get_by_role("button", name="Resume all").click()
    await expect(page.get_by_text("Resumed.")).to_be_visible()
    assert claimable(world) == 1


async def test_one_creator_is_paused_from_the_header(page: Page, world: World) -> None:
    await page.goto("/")
    await page.get_by_role("button", name="Pause one creator").click()
    await page.get_by_role("menuitem", name="Pause Maya Lindqvist").click()
    await expect(page.get_by_text("Paused: Maya Lindqvist. The others go on.")).to_be_visible()
    with world.db.reading() as tx:
        assert creators.list_creators(tx)[0][1] is not None


async def test_a_pause_from_elsewhere_is_seen(page: Page, world: World) -> None:
    await page.goto("/inbox")
    await expect(page.get_by_role("button", name="Pause all")).to_be_visible()
    with world.db.transaction() as tx:
        creators.pause_everything(tx, datetime.now(UTC))
    await expect(page.get_by_role("button", name="Resume all")).to_be_visible()
