"""Viewers of a broadcast see an answer, whose it is, and nothing of one that was taken back."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from sqlalchemy import update

from engage.ledger import creators
from engage.ledger.database import Database
from engage.ledger.tables import replies
from engage.models import Mode, Surface
from engage.settings import load
from tests.serving import receiver
from tests.studio.builders import make_world
from workers.space import overlay

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

LONG = "Nine kilos. " * 60  # stands for most of a minute where nobody takes it back


async def test_an_answer_is_shown_and_is_gone_once_it_is_taken_back(
    chromium: Browser, db: Database, db_url: str, tmp_path: Path
) -> None:
    settings = load({}, home=tmp_path / "home", database_url=db_url, redis_url="redis://127.0.0.1:1/0")
    world = make_world(db)
    with db.transaction() as tx:
        creators.set_mode(tx, world.account_id, Surface.LIVE, Mode.AUTO)
    world.answered("How heavy is <b>it</b>?", LONG, "Ana", Surface.LIVE)
    world.send()
    with receiver(settings) as url:
        context = await chromium.new_context(base_url=url)
        page = await context.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        await page.goto(overlay.path_of(settings, world.account_id))
        await expect(page.get_by_text("Nine kilos.")).to_be_visible()
        await expect(page.get_by_text("Ana: How heavy is <b>it</b>?")).to_be_visible()
        await expect(page.get_by_text("🤖 automated reply")).to_be_visible()
        with db.transaction() as tx:
            tx.execute(update(replies).values(state="recalled"))
        await expect(page.get_by_text("Nine kilos.")).not_to_be_visible()
        await context.close()
        assert wrong == []
