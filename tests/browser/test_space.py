"""A visitor of the chat page, on a phone and at a desk: asks, reads, is forgotten, and what may go wrong meanwhile."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Request, Route, expect
from sqlalchemy import update

from engage.grants import Grant
from engage.ledger import creators
from engage.ledger.tables import messages, replies
from tests.platforms.journey import QUESTION, Journey, journey
from tests.space.house import PAGE, House, caller, opened, write
from workers.space.visitors import COOKIE

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

LINES = f"**{PAGE}/lines"
BOX = "Your message"
ENGLISH = Grant("tilly", "@tilly", {})


@asynccontextmanager
async def looking(
    chromium: Browser, url: str, *, width: int = 1280, scheme: str = "light", script: bool = True, cookie: str = ""
) -> AsyncIterator[BrowserContext]:
    """A visitor's browser. Fails where a script fails, or anything is loaded from elsewhere."""
    context = await chromium.new_context(
        base_url=url,
        viewport={"width": width, "height": 760},
        color_scheme="dark" if scheme == "dark" else "light",
        java_script_enabled=script,
    )
    wrong: list[str] = []
    context.on("weberror", lambda error: wrong.append(str(error.error)))
    context.on("request", lambda r: None if r.url.startswith((url, "data:")) else wrong.append(r.url))
    context.on("dialog", lambda dialog: dialog.accept())
    if cookie:
        await context.add_cookies([{"name": COOKIE, "value": cookie, "url": f"{url}{PAGE}"}])
    yield context
    await context.close()
    assert wrong == []


@asynccontextmanager
async def visited(chromium: Browser, house: House) -> AsyncIterator[Page]:
    async with looking(chromium, house.url) as context:
        page = await context.new_page()
        await page.goto(PAGE)
        await expect(page.get_by_role("heading", name="Tilly")).to_be_visible()
        yield page


@pytest.fixture
async def house(sqlite_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with opened(tmp_path / "home", sqlite_url) as found:
        yield found


def lines(page: Page, text: str) -> Locator:
    return page.get_by_role("log").get_by_text(text)


async def say(page: Page, text: str) -> None:
    await page.get_by_label(BOX).fill(text)
    await page.get_by_label(BOX).press("Enter")


def requests_of(page: Page) -> list[Request]:
    """What the page asks for from now on."""
    asked: list[Request] = []

    def note(request: Request) -> None:
        asked.append(request)

    page.on("request", note)
    return asked


def base_of(way: Journey) -> str:
    return way.hook.partition("/hooks")[0]


@pytest.mark.parametrize("width", [390, 1280])
async def test_a_visitor_asks_reads_the_answer_and_is_forgotten(chromium: Browser, tmp_path: Path, width: int) -> None:
    async with (
        journey(tmp_path, "webchat", ENGLISH) as way,
        looking(chromium, base_of(way), width=width) as context,
    ):
        page = await context.new_page()
        await page.goto(PAGE)
        await expect(page.get_by_text("Answers here are automated.")).to_be_visible()
        await say(page, f"{QUESTION} <b>& thanks</b>")
        await expect(page.get_by_text("<b>& thanks</b>")).to_be_visible()
        await expect(page.get_by_text("Automated answer")).to_be_visible(timeout=20_000)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        await page.get_by_role("button", name="Forget me").click()
        await expect(page.get_by_text("Automated answer")).not_to_be_visible()
        await expect(page.get_by_role("status")).to_contain_text("erased")


HOSTILE = "<img src=x onerror=document.title='owned'><script>document.title='owned'</script>"
ARABIC = "مرحبا، كم يزن هذا المقعد؟"


@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
async def test_an_answer_from_while_the_page_was_closed(
    chromium: Browser, tmp_path: Path, width: int, scheme: str
) -> None:
    """All that stands in a long conversation is text; the newest can be read, and what answers here."""
    async with journey(tmp_path, "webchat", ENGLISH) as way, caller(base_of(way)) as visitor:
        taken = await write(visitor, QUESTION)
        reply = await way.answered(taken.json()["id"])
        changed = update(replies).where(replies.c.id == reply.id).values(text=HOSTILE)
        await way.runtime.db.run(lambda tx: tx.execute(changed))
        for number in range(2, 8):
            await write(visitor, f"{HOSTILE} {'word ' * 60} https://example.org/{'A' * 200}", f"{number}")
        await way.kept((await write(visitor, ARABIC, "9")).json()["id"])
        cookie = str(visitor.cookies.get(COOKIE))
        async with looking(chromium, base_of(way), width=width, scheme=scheme, cookie=cookie) as context:
            page = await context.new_page()
            await page.goto(PAGE)
            newest = page.get_by_role("log").get_by_text(ARABIC)
            await expect(newest).to_be_visible()
            assert await page.get_by_text(HOSTILE).count() == 7
            assert await page.locator("main img, main script").count() == 0
            assert await page.title() == "Tilly Sprockett: automated answers"
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            assert await newest.evaluate("e => getComputedStyle(e).direction") == "rtl"
            told, form = page.locator("#told"), page.locator("#form")
            await expect(told).to_be_in_viewport(ratio=1)
            tops = [await one.evaluate("e => e.getBoundingClientRect().top") for one in (told, form)]
            ends = [await one.evaluate("e => e.getBoundingClientRect().bottom") for one in (told, newest)]
            assert ends[0] <= await newest.evaluate("e => e.getBoundingClientRect().top"), "nothing hides it"
            assert tops[0] >= 0
            assert ends[1] <= tops[1]
            assert await page.evaluate(FAINT) == []


# Texts whose colour differs too little from what is behind them (WCAG 2.2, 1.4.3: 4.5 to 1).
FAINT = """() => {
  const channels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (c) => c <= .04045 ? c / 12.92 : ((c + .055) / 1.055) ** 2.4;
  const light = (rgb) => [.2126, .7152, .0722].reduce((sum, part, i) => sum + part * linear(rgb[i] / 255), .05);
  const seen = (rgba) => rgba.length < 4 || rgba[3] > 0;
  const behind = (e) => {
    const ground = channels(getComputedStyle(e).backgroundColor);
    return seen(ground) ? ground : behind(e.parentElement);
  };
  const ratio = (one, other) => Math.max(light(one), light(other)) / Math.min(light(one), light(other));
  const texts = [...document.querySelectorAll("h1, p, span, button, label, textarea")].filter((e) => e.offsetParent);
  return texts.flatMap((e) => [[e, getComputedStyle(e)], [e, getComputedStyle(e, "::placeholder")]])
    .filter(([e, style]) => ratio(channels(style.color), behind(e)) < 4.5).map(([e]) => e.outerHTML.slice(0, 80));
}"""


async def test_without_scripts_it_says_what_it_is_and_what_is_missing(chromium: Browser, house: House) -> None:
    async with looking(chromium, house.url, script=False) as context:
        page = await context.new_page()
        await page.goto(PAGE)
        await expect(page.get_by_text("Answers here are automated.")).to_be_visible()
        await expect(page.get_by_text("needs JavaScript")).to_be_visible()


async def test_by_keyboard_alone(chromium: Browser, house: House) -> None:
    async with visited(chromium, house) as page:
        await page.keyboard.press("Tab")
        await expect(page.get_by_label(BOX)).to_be_focused()
        await expect(page.get_by_label(BOX)).to_have_accessible_description(
            "Answers here are automated. They are made from what Tilly has said and written, and may be wrong."
        )
        await page.keyboard.type("one line")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("and another")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Send")).to_be_focused()
        assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_have_text("Waiting for an answer.")
        assert [row.text for row in house.rows(messages)] == ["one line\nand another"]
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("button", name="Forget me")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("status")).to_contain_text("erased")
        assert house.rows(messages) == []


async def test_what_is_sent_in_haste_is_said_once(chromium: Browser, house: House) -> None:
    async with visited(chromium, house) as page:
        await page.get_by_label(BOX).fill("hello")
        await page.evaluate("for (let n = 0; n < 3; n++) document.getElementById('form').requestSubmit()")
        await expect(lines(page, "hello")).to_have_count(1)
        await expect(page.get_by_label(BOX)).to_have_value("")
    assert len(house.rows(messages)) == 1


async def test_a_lost_answer_to_a_message_does_not_double_it(chromium: Browser, house: House) -> None:
    async with visited(chromium, house) as page:

        async def lose(route: Route) -> None:
            if route.request.method == "POST":
                await route.fetch()
                await route.abort()
            else:
                await route.continue_()

        await page.route(LINES, lose)
        await say(page, "hello")
        await expect(page.get_by_role("alert")).to_have_text("It was not sent. Try again.")
        await expect(page.get_by_label(BOX)).to_have_value("hello")
        await page.unroute(LINES)
        await page.get_by_label(BOX).press("Enter")
        await expect(page.get_by_label(BOX)).to_have_value("")
        await expect(page.get_by_role("alert")).not_to_be_visible()
    assert len(house.rows(messages)) == 1


@pytest.mark.parametrize("fault", ["gone", "silent", "busy", "no answer of ours"])
async def test_a_connection_that_comes_back(chromium: Browser, house: House, fault: str) -> None:
    async def fail(route: Route) -> None:
        if fault == "gone":
            await route.abort()
        elif fault != "silent":
            await route.fulfill(status=503 if fault == "busy" else 200, body="<html>a proxy</html>")

    async with visited(chromium, house) as page:
        await page.route(LINES, fail)
        alert = page.get_by_role("alert")
        await expect(alert).to_have_text("The connection is lost. Trying again.", timeout=20_000)
        await say(page, "hello")
        await expect(page.get_by_label(BOX)).to_have_value("hello")
        await page.unroute(LINES)
        await expect(page.get_by_text("The connection is lost")).not_to_be_visible(timeout=60_000)


async def test_looks_that_overlap_do_not_multiply(chromium: Browser, house: House) -> None:
    async with looking(chromium, house.url) as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(PAGE)
        await expect(page.get_by_role("heading", name="Tilly")).to_be_visible()
        await page.evaluate("for (let n = 0; n < 5; n++) document.dispatchEvent(new Event('visibilitychange'))")
        await page.wait_for_load_state("networkidle")
        asked = requests_of(page)
        for number in range(1, 4):
            async with page.expect_response(LINES):
                await page.clock.run_for(6000)
            await page.wait_for_load_state("networkidle")
            assert len(asked) == number


async def test_nobody_asks_for_a_page_that_is_not_looked_at(chromium: Browser, house: House) -> None:
    async with looking(chromium, house.url) as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(PAGE)
        await expect(page.get_by_role("heading", name="Tilly")).to_be_visible()
        await page.evaluate("Object.defineProperty(document, 'hidden', { get: () => window.away, configurable: true })")
        async with page.expect_response(LINES):
            await page.evaluate("window.away = true")
            await page.clock.run_for(6000)
        asked = requests_of(page)
        await page.clock.run_for(60_000)
        assert asked == []
        async with page.expect_response(LINES):
            await page.evaluate("window.away = false; document.dispatchEvent(new Event('visibilitychange'))")


async def test_a_long_silence_is_told(chromium: Browser, house: House) -> None:
    async with looking(chromium, house.url) as context:
        page = await context.new_page()
        await page.clock.install()
        await page.goto(PAGE)
        await say(page, "hello")
        await expect(page.get_by_label(BOX)).to_have_value("")  # it is taken: only then does the wait count
        status = page.get_by_role("status")
        await expect(status).to_have_text("Waiting for an answer.")
        await page.clock.fast_forward(91_000)
        await expect(status).to_have_text("No answer so far. If one comes later, it is kept here for you.")


async def test_two_tabs_show_the_same_and_forget_together(chromium: Browser, house: House) -> None:
    async with looking(chromium, house.url) as context:
        one, other = await context.new_page(), await context.new_page()
        await one.goto(PAGE)
        await say(one, "hello")
        await expect(one.get_by_label(BOX)).to_have_value("")
        assert len(house.rows(messages)) == 1
        await other.goto(PAGE)
        await expect(lines(other, "hello")).to_be_visible()
        await one.get_by_role("button", name="Forget me").click()
        await expect(one.get_by_role("status")).to_contain_text("erased")
        await expect(lines(other, "hello")).not_to_be_visible(timeout=20_000)


async def test_what_could_not_be_erased_is_not_said_to_be(chromium: Browser, house: House) -> None:
    async def fail(route: Route) -> None:
        await (route.abort() if route.request.method == "DELETE" else route.continue_())

    async with visited(chromium, house) as page:
        await say(page, "hello")
        await expect(page.get_by_label(BOX)).to_have_value("")
        await page.route(LINES, fail)
        await page.get_by_role("button", name="Forget me").click()
        await expect(page.get_by_role("alert")).to_have_text("It was not erased. Try again.")
        await expect(lines(page, "hello")).to_be_visible()


async def test_a_page_that_is_closed_for_a_while(chromium: Browser, house: House) -> None:
    async with visited(chromium, house) as page:
        await house.runtime.db.run(creators.pause_account, house.account_id, "holidays")
        alert, box = page.get_by_role("alert"), page.get_by_label(BOX)
        await expect(alert).to_contain_text("closed for a while", timeout=20_000)
        await expect(box).to_be_disabled()
        await expect(page.get_by_text("Answers here are automated.")).to_be_visible()
        await house.runtime.db.run(creators.resume_account, house.account_id)
        await expect(alert).not_to_be_visible(timeout=20_000)
        await expect(box).to_be_enabled()
