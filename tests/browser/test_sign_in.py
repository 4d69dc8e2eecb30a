"""Nothing is shown to who is not signed in."""

import httpx
import pytest
from playwright.async_api import Page, expect

from engage.ledger import audit
from tests.browser.conftest import sign_in
from tests.studio.builders import World
from tests.studio.serving import Studio

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.mark.parametrize("path", ["/", "/inbox", "/accounts", "/whatever"])
async def test_every_page_asks_for_a_sign_in(stranger: Page, world: World, path: str) -> None:
    world.answered("Which camera?", "A small Sony.")
    await stranger.goto(path)
    await expect(stranger.get_by_label("Password")).to_be_visible()
    await expect(stranger.get_by_text("Which camera?")).to_have_count(0)


async def test_the_answer_to_a_stranger_holds_no_content(studio: Studio, world: World) -> None:
    async with httpx.AsyncClient(base_url=studio.url) as client:
        answer = await client.get("/inbox")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?to=/inbox"
    assert answer.content == b""


async def test_a_wrong_password_is_refused_and_noted(stranger: Page, studio: Studio, world: World) -> None:
    await stranger.goto("/login")
    await sign_in(stranger, "not the password")
    await expect(stranger.get_by_role("alert")).to_have_text("That name and password do not belong together.")
    with studio.db.reading() as tx:
        assert audit.entries(tx)[0].action == "sign_in_refused"


async def test_the_right_password_leads_to_the_page_that_was_asked_for(stranger: Page, studio: Studio) -> None:
    await stranger.goto("/accounts")
    await sign_in(stranger, studio.password)
    await expect(stranger.get_by_role("heading", name="Accounts")).to_be_visible()


async def test_a_consent_that_comes_back_to_who_was_signed_out_is_not_lost(stranger: Page, studio: Studio) -> None:
    await stranger.goto("/connect/twitch/back?code=c%26d&state=s")
    await sign_in(stranger, studio.password)
    await expect(stranger.get_by_role("heading", name="Not connected")).to_be_visible()
    assert stranger.url == f"{studio.url}/connect/twitch/back?code=c%26d&state=s"


async def test_it_never_leads_to_another_site(stranger: Page, studio: Studio) -> None:
    await stranger.goto("/login?to=https://elsewhere.example/")
    await sign_in(stranger, studio.password)
    await expect(stranger.get_by_role("heading", name="Activity")).to_be_visible()


async def test_signing_out_closes_the_other_tabs_too(stranger: Page, studio: Studio) -> None:
    await stranger.goto("/")
    await sign_in(stranger, studio.password)
    await expect(stranger.get_by_role("heading", name="Activity")).to_be_visible()
    other = await stranger.context.new_page()
    await other.goto("/inbox")
    await expect(other.get_by_role("heading", name="Inbox")).to_be_visible()
    await stranger.get_by_role("button", name="Sign out").click()
    await expect(stranger.get_by_label("Password")).to_be_visible()
    await expect(other.get_by_label("Password")).to_be_visible()
