"""A real Chromium in front of the real studio process."""

import shutil
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, StorageState, async_playwright

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


@pytest_asyncio.fixture(loop_scope="session")
async def page(chromium: Browser, studio: Studio, world: World, signed_in: StorageState) -> AsyncIterator[Page]:
    """A page of somebody signed in. It fails where a script fails or anything is loaded from elsewhere."""
    async for made in _open(chromium, studio, signed_in):
        yield made


@pytest_asyncio.fixture(loop_scope="session")
async def stranger(chromium: Browser, studio: Studio, world: World) -> AsyncIterator[Page]:
    """A page of nobody."""
    async for made in _open(chromium, studio, None):
        yield made


async def _open(chromium: Browser, studio: Studio, state: StorageState | None) -> AsyncIterator[Page]:
    context = await chromium.new_context(base_url=studio.url, storage_state=state)
    made = await context.new_page()
    made.set_default_timeout(15_000)
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("request", lambda r: None if r.url.startswith((studio.url, "data:")) else wrong.append(r.url))
    yield made
    await context.close()
    assert not wrong
