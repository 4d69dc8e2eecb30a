"""Modes are chosen here, and an account that lost its access says what to do."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from engage.ledger import creators, overrides, subscriptions
from engage.ledger.creators import SurfaceMode
from engage.models import Mode, Surface
from tests.studio.builders import World
from workers.runtime import utc_now

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


def mode_of(world: World, surface: Surface) -> SurfaceMode:
    with world.db.reading() as tx:
        return creators.get_mode(tx, world.account_id, surface)


def state_of(world: World) -> str:
    with world.db.reading() as tx:
        return str(creators.get_account(tx, world.account_id).state)


async def choose(page: Page, surface: str, mode: str) -> None:
    await page.get_by_label(f"{surface}: mode").click()
    await page.get_by_role("option", name=mode, exact=True).click()


async def test_a_mode_is_stored(page: Page, world: World) -> None:
    await page.goto("/accounts")
    await choose(page, "Direct message", "Review")
    await expect(page.get_by_text("Direct message on @maya: Review.")).to_be_visible()
    assert mode_of(world, Surface.DM) == SurfaceMode(Mode.REVIEW)


async def test_the_undo_window_is_stored(page: Page, world: World) -> None:
    await page.goto("/accounts")
    field = page.get_by_label("Comment: seconds to undo")
    await field.fill("45")
    await field.press("Tab")
    await expect(page.get_by_text("Comment on @maya: Auto.")).to_be_visible()
    assert mode_of(world, Surface.COMMENT) == SurfaceMode(Mode.AUTO, timedelta(seconds=45))


async def test_shadow_takes_back_what_is_not_sent_yet(page: Page, world: World) -> None:
    turn_id = world.answered("Which camera?", "A small Sony.")
    await page.goto("/accounts")
    await choose(page, "Comment", "Shadow")
    await expect(page.get_by_text("1 unsent replies were taken back.")).to_be_visible()
    assert world.reply_of(turn_id).state == "recalled"


async def test_a_lost_access_says_why_and_what_to_do(page: Page, world: World) -> None:
    with world.db.transaction() as tx:
        creators.lose_access(tx, world.account_id, "the token was revoked")
    await page.goto("/accounts")
    await expect(page.get_by_text("Access lost")).to_be_visible()
    await expect(page.get_by_text("The token was revoked.")).to_be_visible()
    await expect(page.get_by_text("Nothing is sent until it is connected again")).to_be_visible()


async def test_a_platform_that_brings_no_events_says_why(page: Page, world: World) -> None:
    with world.db.transaction() as tx:
        account = creators.get_account(tx, world.account_id)
        subscriptions.settle(tx, account, utc_now(), "this month's budget is used up")
    await page.goto("/accounts")
    await expect(page.get_by_text("Nothing new is heard from it: this month's budget is used up.")).to_be_visible()


async def test_an_account_is_paused_and_resumed(page: Page, world: World) -> None:
    await page.goto("/accounts")
    await page.get_by_role("button", name="Pause @maya on sandbox").click()
    await page.get_by_role("button", name="Resume @maya on sandbox").click()
    await expect(page.get_by_text("@maya is resumed.")).to_be_visible()
    assert state_of(world) == "active"


async def test_an_account_is_disconnected_after_a_question(page: Page, world: World) -> None:
    turn_id = world.answered("Which camera?", "A small Sony.")
    await page.goto("/accounts")
    await page.get_by_role("button", name="Disconnect @maya on Sandbox").click()
    await page.get_by_role("button", name="Cancel").click()
    assert state_of(world) == "active"
    await page.get_by_role("button", name="Disconnect @maya on Sandbox").click()
    await page.get_by_role("button", name="Disconnect", exact=True).click()
    await expect(page.get_by_text("@maya is disconnected.")).to_be_visible()
    await expect(page.get_by_text("Disconnected by", exact=False)).to_be_visible()
    await expect(page.get_by_label("Comment: mode")).not_to_be_visible()
    assert state_of(world) == "disconnected"
    assert world.reply_of(turn_id).state == "recalled"


async def test_what_an_operator_loosened_is_shown_with_who_and_why(page: Page, world: World) -> None:
    with world.db.transaction() as tx:
        overrides.loosen(tx, world.creator.id, "after_silence", "Dana", "regulars asked for it", datetime.now(UTC))
    await page.goto("/accounts")
    await expect(page.get_by_text("Loosened by Dana on")).to_contain_text("regulars asked for it")
