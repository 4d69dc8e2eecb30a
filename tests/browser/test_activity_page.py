"""The activity page shows what happens while it is open, and why."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import text

from engage.models import Mode, Surface
from tests.studio.builders import World, answer

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


async def test_a_message_and_its_answer_appear_without_a_reload(page: Page, world: World) -> None:
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Nobody has written yet")).to_be_visible()
    turn_id = world.write("Where was this filmed?", "Ana")
    row = page.get_by_role("listitem").filter(has_text="Where was this filmed?")
    await expect(row).to_contain_text("Being answered")
    world.decide(turn_id, answer("In the old harbour."))
    await expect(row).to_contain_text("In the old harbour.")
    await expect(row).to_contain_text("About to be sent")
    world.send()
    await expect(row).to_contain_text("Sent")
    await expect(row).to_contain_text("You have said something that answers this.")


async def test_a_decision_stays_open_while_others_arrive(page: Page, world: World) -> None:
    world.answered("Which camera?", "A small Sony.")
    await page.goto("/")
    await page.get_by_role("button", name="Show decision").click()
    await expect(page.get_by_text("Light matters more than the camera.")).to_be_visible()
    await expect(page.get_by_text("0.87")).to_be_visible()
    await expect(page.get_by_text("412 in, 38 out")).to_be_visible()
    world.answered("And which lens?", "The kit lens.")
    await expect(page.get_by_text("And which lens?")).to_be_visible()
    await expect(page.get_by_text("412 in, 38 out")).to_be_visible()
    await expect(page.get_by_role("listitem").filter(has_text="And which lens?")).to_have_count(1)


async def test_the_newest_stands_first_and_filters_narrow(page: Page, world: World) -> None:
    world.mode(Surface.LIVE, Mode.SHADOW)
    world.answered("Which camera?", "A small Sony.")
    world.skipped("wow", "praise")
    world.answered("how long today?", "Two hours.", surface=Surface.LIVE)
    await page.goto("/")
    rows = page.get_by_role("list", name="Messages, newest first").locator("> li")
    await expect(rows).to_have_count(3)
    await expect(rows.first).to_contain_text("how long today?")
    await page.get_by_label("Outcome").click()
    await page.get_by_role("option", name="Shadow").click()
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("Not posted")
    await page.get_by_label("Surface").click()
    await page.get_by_role("option", name="Comment").click()
    await expect(page.get_by_text("Nothing matches these filters")).to_be_visible()


async def test_what_a_follower_writes_is_never_markup(page: Page, world: World) -> None:
    attack = (
        '<img src="x" onerror="document.title=\'taken\'"> {{ 7*7 }} </script><script>document.title="taken"</script>'
    )
    world.answered(attack, attack, attack)
    await page.goto("/")
    await expect(page.get_by_text(attack).first).to_be_visible()
    await expect(page).to_have_title("Activity · Engage")
    assert await page.locator("main img").count() == 0


async def test_an_outage_of_the_database_is_said_and_recovers(page: Page, world: World) -> None:
    world.answered("Which camera?", "A small Sony.")
    await page.goto("/")
    await expect(page.get_by_text("Which camera?")).to_be_visible()
    try:
        _rename(world, "creators", "creators_away")
        await expect(page.get_by_text("The database cannot be reached.")).to_be_visible()
    finally:
        _rename(world, "creators_away", "creators")
    await expect(page.get_by_text("The database cannot be reached.")).to_be_hidden()


def _rename(world: World, before: str, after: str) -> None:
    with world.db.transaction() as tx:
        tx.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))
