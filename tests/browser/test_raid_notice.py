"""While a raid goes on every page says so, and one press ends it."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from engage.ledger import raids
from engage.ledger.tables import raids as table
from tests.studio.builders import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


def begin(world: World) -> None:
    now = datetime.now(UTC)
    row = {"level": "silent", "people": 57, "began_at": now, "ends_at": now + timedelta(minutes=30)}
    with world.db.transaction() as tx:
        tx.execute(table.insert().values(creator_id=world.creator.id, **row))


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/", "/inbox"])
async def test_a_raid_is_told_and_ended(page: Page, world: World, path: str, width: int) -> None:
    begin(world)
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(path)
    await expect(page.get_by_text("57 strangers wrote to Maya Lindqvist within minutes")).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    await page.get_by_role("button", name="End it for Maya Lindqvist").click()
    await expect(page.get_by_text("Everybody is answered in public again.")).to_be_visible()
    await expect(page.get_by_text("57 strangers")).to_have_count(0)
    with world.db.reading() as tx:
        assert raids.standing(tx, datetime.now(UTC)) == {}
