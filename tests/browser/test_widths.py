"""Every page fits a phone and a desk, in light and dark."""

import pytest
from playwright.async_api import Page, expect

from engage.models import Mode, Surface
from tests.studio.builders import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

LONG = "A" * 300


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("path", ["/", "/inbox", "/questions", "/voice", "/accounts", "/platforms"])
async def test_nothing_scrolls_sideways(page: Page, world: World, path: str, width: int) -> None:
    world.mode(Surface.DM, Mode.REVIEW)
    world.answered(f"https://example.org/{LONG} and more", LONG, LONG[:120], Surface.DM)
    for who in ("Tom", "Lea"):
        world.escalated(f"Can you help me? {LONG[:200]}", "unsupported", who=who)
    await page.set_viewport_size({"width": width, "height": 900})
    await page.goto(path)
    await expect(page.locator(".row-card").first).to_be_visible()
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_follows_the_systems_colours(page: Page, scheme: str) -> None:
    await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    await page.goto("/")
    await expect(page.get_by_role("heading", name="Activity")).to_be_visible()
    ground = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(18, 21, 27)" if scheme == "dark" else "rgb(245, 246, 248)")


async def test_every_control_has_a_name(page: Page, world: World) -> None:
    for who in ("Tom", "Lea"):
        world.escalated("Can you help?", "unsupported", who=who)
    for path in ("/", "/inbox", "/questions", "/voice", "/accounts", "/platforms"):
        await page.goto(path)
        await expect(page.locator(".row-card").first).to_be_visible()
        unnamed = await page.evaluate(
            """() => [...document.querySelectorAll(
                 'button, a, input:not(.hidden), textarea, select, [role=radio], [role=checkbox], [role=radiogroup]'
               )].filter(e => !(e.innerText || e.getAttribute('aria-label') || (e.labels && e.labels.length)
                   || e.closest('label'))).map(e => e.outerHTML)"""
        )
        assert unnamed == []
