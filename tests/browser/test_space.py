"""A visitor of the chat page, on a phone and at a desk: asks, reads, is forgotten."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect

from engage.platform import Grant
from tests.platforms.journey import QUESTION, journey

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_visitor_asks_reads_the_answer_and_is_forgotten(chromium: Browser, tmp_path: Path, width: int) -> None:
    async with journey(tmp_path, "webchat", Grant("tilly", "@tilly", {})) as way:
        base = way.hook.partition("/hooks")[0]
        context = await chromium.new_context(base_url=base, viewport={"width": width, "height": 760})
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("request", lambda r: None if r.url.startswith((base, "data:")) else wrong.append(r.url))
        page.on("dialog", lambda dialog: dialog.accept())
        await page.goto("/@tilly")
        await expect(page.get_by_text("Answers here are automated.")).to_be_visible()
        await page.get_by_label("Your message").fill(f"{QUESTION} <b>& thanks</b>")
        await page.get_by_label("Your message").press("Enter")
        await expect(page.get_by_text("<b>& thanks</b>")).to_be_visible()
        await expect(page.get_by_text("Automated answer")).to_be_visible(timeout=20_000)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.get_by_role("button", name="Forget me").click()
        await expect(page.get_by_text("Automated answer")).not_to_be_visible()
        await context.close()
        assert wrong == []
