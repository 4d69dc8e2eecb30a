"""A creator connects an account in a few clicks, and an operator registers applications."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from playwright.async_api import Browser, Page, StorageState, expect

from connectors.sandbox.network.server import SandboxServer
from engage.ledger import apps, creators
from tests.platforms.bluesky import Bluesky
from tests.platforms.youtube import CLIENT, YouTube
from tests.studio.builders import World
from tests.studio.serving import Studio

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def network() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


async def choose(page: Page, platform: str) -> None:
    await page.goto("/accounts")
    await page.get_by_role("button", name="Connect an account of").first.click()
    # A menu that opens while its dialog still moves stays where the dialog was, and may reach beyond the window.
    await expect(page.get_by_label("Platform")).to_be_visible()
    await page.evaluate("Promise.all(document.getAnimations().map((one) => one.finished.catch(() => {})))")
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


async def test_an_operator_registers_an_application_and_a_creator_consents_on_the_platforms_page(
    chromium: Browser, studio: Studio, world: World, signed_in: StorageState
) -> None:
    context = await chromium.new_context(base_url=studio.url, storage_state=signed_in)
    page = await context.new_page()
    with YouTube() as google:
        await page.goto("/platforms")
        card = page.locator("li.row-card").filter(has=page.get_by_role("heading", name="YouTube"))
        await expect(card.get_by_text("Not registered")).to_be_visible()
        await card.get_by_text("Set up").click()
        await expect(card.get_by_text(f"{studio.url}/connect/youtube/back")).to_be_visible()
        await card.get_by_label("Client ID").fill(CLIENT["client_id"])
        await card.get_by_label("Client secret").fill(CLIENT["client_secret"])
        await card.get_by_role("button", name="Save YouTube").click()
        await expect(card.get_by_text("Registered", exact=True)).to_be_visible()
        assert CLIENT["client_secret"] not in await page.content()
        with world.db.transaction() as tx:  # the platform is a simulated one, which no page can know
            row = apps.find(tx, "youtube")
            assert row is not None
            apps.store(tx, "youtube", {**row.config, "base_url": google.url}, row.secrets, datetime.now(UTC))
        await choose(page, "YouTube")
        await page.get_by_role("button", name="Go to the platform").click()
        await expect(page.get_by_role("heading", name="on YouTube")).to_be_visible()
        assert page.url == f"{studio.url}/accounts"
    assert len(connected(world)) == 2
    await context.close()


async def test_where_a_page_and_a_password_open_an_account_the_page_is_offered_first(page: Page, world: World) -> None:
    await choose(page, "Bluesky")
    await expect(page.get_by_role("button", name="Go to the platform")).to_be_visible()
    await expect(page.get_by_label("Handle")).to_be_visible()
    await expect(page.get_by_label("App password")).to_have_count(0)
    await page.get_by_role("button", name="Enter a password instead").click()
    await expect(page.get_by_label("App password")).to_have_attribute("type", "password")
    await expect(page.get_by_label("Server")).to_have_value("https://bsky.social")
    await expect(page.get_by_role("button", name="Go to the platform")).to_have_count(0)
    await page.get_by_role("button", name="Back to the platform").click()
    await expect(page.get_by_role("button", name="Go to the platform")).to_be_visible()
    await expect(page.get_by_label("App password")).to_have_count(0)


async def test_a_creator_enters_a_handle_consents_on_its_server_and_is_back_with_an_account(
    chromium: Browser, studio: Studio, world: World, signed_in: StorageState
) -> None:
    context = await chromium.new_context(base_url=studio.url, storage_state=signed_in)
    page = await context.new_page()
    with Bluesky() as bluesky:
        bluesky.oauth.signs_in = bluesky.person("avatar")
        with world.db.transaction() as tx:
            apps.store(tx, "bluesky", {"base_url": bluesky.url}, b"", datetime.now(UTC))
        await choose(page, "Bluesky")
        await page.get_by_role("button", name="Go to the platform").click()
        await expect(page.get_by_text("Handle is missing")).to_be_visible()
        await page.get_by_label("Handle").fill("avatar.example.com")
        await page.get_by_role("button", name="Go to the platform").click()
        await expect(page.get_by_role("heading", name="avatar.example.com on Bluesky")).to_be_visible()
        assert page.url == f"{studio.url}/accounts"
    assert ("avatar.example.com", "active") in connected(world)
    await context.close()


async def test_a_consent_that_nobody_began_is_refused(page: Page, world: World) -> None:
    await page.goto("/connect/sandbox/back?code=stolen&state=guessed")
    await expect(page.get_by_role("alert")).to_contain_text("Begin again")
