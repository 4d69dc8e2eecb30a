"""A creator connects an account in a few clicks, and an operator registers applications."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Page, expect

from connectors.sandbox.network.server import SandboxServer
from engage.ledger import creators
from tests.studio.builders import World

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def network() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


async def choose(page: Page, platform: str) -> None:
    await page.goto("/accounts")
    await page.get_by_role("button", name="Connect an account of").first.click()
    await page.get_by_label("Platform").click()
    await page.get_by_role("option", name=platform, exact=True).click()


def connected(world: World) -> list[tuple[str, str]]:
    with world.db.reading() as tx:
        return [(row.handle, row.state) for row in creators.list_accounts(tx, world.creator.id)]


async def test_an_account_is_connected_with_what_the_creator_enters(
    page: Page, world: World, network: SandboxServer
) -> None:
    await choose(page, "Sandbox")
    await page.get_by_label("Address of the network").fill(network.url)
    await page.get_by_label("Handle").fill("ada")
    await page.get_by_role("button", name="Connect", exact=True).click()
    await expect(page.get_by_text("Connected. It decides in the open")).to_be_visible()
    await expect(page.get_by_role("heading", name="ada on Sandbox")).to_be_visible()
    assert ("ada", "active") in connected(world)


async def test_what_cannot_be_connected_says_why_and_keeps_what_was_entered(
    page: Page, world: World, unused_tcp_port: int
) -> None:
    before = connected(world)
    await choose(page, "Sandbox")
    await page.get_by_label("Address of the network").fill(f"http://127.0.0.1:{unused_tcp_port}")
    await page.get_by_role("button", name="Connect", exact=True).click()
    await expect(page.get_by_text("Handle is missing")).to_be_visible()
    await page.get_by_label("Handle").fill("ada")
    await page.get_by_role("button", name="Connect", exact=True).click()
    await expect(page.get_by_text("could not be reached")).to_be_visible()
    await expect(page.get_by_label("Handle")).to_have_value("ada")
    assert connected(world) == before


async def test_a_consent_that_nobody_began_is_refused(page: Page, world: World) -> None:
    await page.goto("/connect/sandbox/back?code=stolen&state=guessed")
    await expect(page.get_by_role("alert")).to_contain_text("Begin again")
