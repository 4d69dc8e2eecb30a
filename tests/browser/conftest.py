"""A real Chromium in front of the real studio process."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, StorageState, ViewportSize, async_playwright, expect

from tests.studio.builders import World, make_world, wipe
from tests.studio.serving import Studio, running

NAMES = ("chromium", "google-chrome", "chromium-browser")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
]
PATIENCE_MS = 15_000  # three browsers share two cores, and the first of each kind of act loads what it needs
DESK: ViewportSize = {"width": 1280, "height": 720}
EMPTY = "about:blank"

expect.set_options(timeout=PATIENCE_MS)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture(scope="session")
def studio(tmp_path_factory: pytest.TempPathFactory, valkey_url: str) -> Iterator[Studio]:
    with running(tmp_path_factory.mktemp("studio") / "home", valkey_url) as found:
        yield found


@pytest.fixture
def world(studio: Studio) -> World:
    """A ledger with one creator and one account, and nothing said yet."""
    wipe(studio.db)
    return make_world(studio.db)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def signed_in(chromium: Browser, studio: Studio) -> StorageState:
    """The cookies of somebody who has signed in."""
    context = await chromium.new_context(base_url=studio.url)
    page = await context.new_page()
    await page.goto("/login")
    await sign_in(page, studio.password)
    await page.get_by_role("heading", name="Activity").wait_for()
    state = await context.storage_state()
    await context.close()
    return state


async def sign_in(page: Page, password: str, name: str = "owner") -> None:
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in").click()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def tab(chromium: Browser, studio: Studio) -> AsyncIterator[Page]:
    """The one tab of this test process: to open another for each test costs four times as much as to go on in it."""
    context = await chromium.new_context(base_url=studio.url)
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def page(tab: Page, studio: Studio, world: World, signed_in: StorageState) -> AsyncIterator[Page]:
    """A page of somebody signed in. It fails where a script fails or anything is loaded from elsewhere."""
    async for made in _fresh(tab, studio, signed_in):
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(tab: Page, studio: Studio, world: World) -> AsyncIterator[Page]:
    """A page of nobody."""
    async for made in _fresh(tab, studio, None):
        yield made


async def _fresh(tab: Page, studio: Studio, state: StorageState | None) -> AsyncIterator[Page]:
    """The tab as if it had just been opened, with these cookies; empty again at the end."""
    tab.set_default_timeout(PATIENCE_MS)
    await tab.set_viewport_size(DESK)
    await tab.emulate_media(color_scheme="light")
    await tab.context.add_cookies(state["cookies"] if state else [])
    wrong: list[str] = []
    seen = {
        "pageerror": lambda error: wrong.append(str(error)),
        "request": lambda r: None if r.url.startswith((studio.url, "data:", EMPTY)) else wrong.append(r.url),
    }
    for event, note in seen.items():
        tab.on(event, note)
    yield tab
    await tab.goto(EMPTY)
    for event, note in seen.items():
        tab.remove_listener(event, note)
    await tab.context.clear_cookies()
    for other in tab.context.pages:
        if other is not tab:
            await other.close()
    assert not wrong
