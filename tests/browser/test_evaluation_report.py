"""The report of `engage evaluate` in a real browser, opened as a file."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.evaluation.test_page import EVIL, evaluation
from workers.evaluation.page import page as report

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

LONG = "A" * 300


@pytest_asyncio.fixture(loop_scope="session")
async def opened(chromium: Browser, tmp_path: Path) -> AsyncIterator[Page]:
    """The report of hostile and of very long texts. It fails where anything is run or loaded, or complained of."""
    file = tmp_path / "index.html"
    file.write_text(report(evaluation(12, f"{EVIL} {LONG} 42")), "utf-8")
    context = await chromium.new_context()
    made = await context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda said: wrong.append(said.text))
    made.on("dialog", lambda dialog: wrong.append(dialog.message))
    made.on("request", lambda request: None if request.url == file.as_uri() else wrong.append(request.url))
    await made.goto(file.as_uri())
    yield made
    await context.close()
    assert not wrong


@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_scrolls_sideways_and_letters_are_not_scaled(opened: Page, width: int) -> None:
    await opened.set_viewport_size({"width": width, "height": 900})
    assert await opened.evaluate("document.documentElement.scrollWidth") <= width
    heights = await opened.evaluate(
        "[...document.querySelectorAll('svg text')].map(e => e.getBoundingClientRect().height)"
    )
    assert heights
    assert min(heights) > 10
    outside = """[...document.querySelectorAll('main svg[role] text')].filter(e => {
        const word = e.getBoundingClientRect(), drawing = e.closest('svg[role]').getBoundingClientRect()
        return word.left < drawing.left - 1 || word.right > drawing.right + 1
    }).map(e => e.textContent)"""
    assert await opened.evaluate(outside) == []


async def test_every_part_of_the_report_is_there(opened: Page) -> None:
    for name in ("Figures", "Style", "Length", "Retrieval", "Best examples", "Worst examples", "Declined"):
        await expect(opened.get_by_role("heading", name=name, exact=True).first).to_be_visible()
    for name in ("Grounding", "Copy rate (less is better)", "Retrieval curve", "Length in words"):
        await expect(opened.get_by_role("img", name=name)).to_be_visible()
    await expect(opened.get_by_text("<script>").first).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_it_follows_the_systems_colours(opened: Page, scheme: str) -> None:
    await opened.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    ground = await opened.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(18, 21, 27)" if scheme == "dark" else "rgb(245, 246, 248)")
