"""The consent page of Bluesky's own account server, as a creator goes through it in a real browser."""

import shutil
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.async_api import Route, async_playwright

from tests.browser.conftest import ARGUMENTS, NAMES


async def allow(url: str, password: str, back: str) -> dict[str, str]:
    """Sign in with `password`, agree, and return what the browser brings to the address `back`. Skips without one."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        try:
            page = await browser.new_page()
            page.set_default_timeout(30_000)
            await page.route(f"{back}?**", _arrived)
            await page.goto(url)
            await page.locator("input[type=password]").fill(password)
            await page.get_by_role("button", name="Sign in").click()
            async with page.expect_request(f"{back}?**") as brought:
                await page.get_by_role("button", name="Authorize").click()
            return dict(parse_qsl(urlsplit((await brought.value).url).query))
        finally:
            await browser.close()


async def _arrived(route: Route) -> None:
    await route.fulfill(body="back")
