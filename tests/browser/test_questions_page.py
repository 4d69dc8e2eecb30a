"""Questions that nothing answers: found, answered, dismissed and taken back by whoever is signed in."""

from contextlib import suppress

import pytest
from playwright.async_api import Error, Page, expect

from engage.ledger import audit, taught
from engage.models import PassageKind, Surface
from tests.studio.builders import World
from workers.studio.words import NO_QUESTIONS

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]

NORWAY = "Do you ship to Norway?"


@pytest.fixture
def asked(world: World) -> None:
    """Three followers ask the same in three ways; one asks something else."""
    world.skipped(NORWAY, "unsupported", who="Ana")
    world.skipped("is shipping to norway possible??", "unsupported", who="Ben")
    world.escalated("Can I get it delivered to Norway? I am Cleo", "unsupported", who="Cleo", surface=Surface.DM)
    world.skipped("What lens is that?", "unsupported", who="Dee")


def answers(world: World) -> list[tuple[str, str]]:
    with world.db.reading() as tx:
        return [(one.question, one.text) for one in taught.lessons(tx, world.creator.id, PassageKind.FAQ)]


async def test_a_question_of_several_followers_is_answered_for_the_faq(page: Page, world: World, asked: None) -> None:
    await page.goto("/questions")
    row = page.get_by_role("list", name="Questions nothing answers").get_by_role("listitem")
    await expect(row).to_have_count(1)
    await expect(row).to_contain_text(NORWAY)
    await expect(row).to_contain_text("3 followers")
    await expect(row).not_to_contain_text("Cleo")
    await page.get_by_label(f"Your answer: {NORWAY}").fill("Yes, within nine days.")
    await page.get_by_role("button", name=f"Approve: {NORWAY}").click()
    await expect(page.get_by_text("In your FAQ. It is the answer from now on.")).to_be_visible()
    await expect(row).to_have_count(0)
    await expect(page.get_by_role("list", name="What you taught")).to_contain_text("Yes, within nine days.")
    assert answers(world) == [(NORWAY, "Yes, within nine days.")]
    with world.db.reading() as tx:
        assert [(entry.actor, entry.action) for entry in audit.entries(tx)] == [("owner", "faq_approve")]


async def test_what_must_not_be_learnt_is_refused_and_what_was_typed_stays(
    page: Page, world: World, asked: None
) -> None:
    await page.goto("/questions")
    field = page.get_by_label(f"Your answer: {NORWAY}")
    await page.get_by_role("button", name=f"Approve: {NORWAY}").click()
    await expect(page.get_by_text("An empty answer cannot be approved.")).to_be_visible()
    await field.fill("Yes. I am not a bot.")
    await page.get_by_role("button", name=f"Approve: {NORWAY}").click()
    await expect(page.get_by_text("it denies being automated")).to_be_visible()
    await expect(field).to_have_value("Yes. I am not a bot.")
    assert answers(world) == []


async def test_a_dismissed_question_comes_again_only_when_asked_for(page: Page, world: World, asked: None) -> None:
    await page.goto("/questions")
    await page.get_by_role("button", name=f"Dismiss: {NORWAY}").click()
    await expect(page.get_by_text("Dismissed. It is not suggested again.")).to_be_visible()
    await expect(page.get_by_text("Nothing was asked twice that your words do not answer.")).to_be_visible()
    await page.reload()
    await expect(page.get_by_text("Nothing was asked twice that your words do not answer.")).to_be_visible()
    await page.get_by_role("button", name=f"Suggest again: {NORWAY}").click()
    await expect(page.get_by_role("button", name=f"Approve: {NORWAY}")).to_be_visible()


async def test_few_peoples_private_words_need_the_creators_own_question(page: Page, world: World) -> None:
    for who in ("Ana", "Ben"):
        world.escalated("Do you lend your cabin?", "unsupported", who=who, surface=Surface.DM)
    await page.goto("/questions")
    await expect(page.get_by_text("Asked in direct messages: nobody but you")).to_be_visible()
    question = page.get_by_label("Question in your FAQ: Do you lend your cabin?")
    await expect(question).to_have_value("")
    await page.get_by_label("Your answer: Do you lend your cabin?").fill("No, it is my home.")
    await page.get_by_role("button", name="Approve: Do you lend your cabin?").click()
    await expect(page.get_by_text("Write the question in your own words")).to_be_visible()
    await question.fill("Can I rent the cabin?")
    await page.get_by_role("button", name="Approve: Do you lend your cabin?").click()
    await expect(page.get_by_text("In your FAQ.")).to_be_visible()
    assert answers(world) == [("Can I rent the cabin?", "No, it is my home.")]


async def test_what_was_taught_is_changed_and_withdrawn(page: Page, world: World, asked: None) -> None:
    await page.goto("/questions")
    await page.get_by_label(f"Your answer: {NORWAY}").fill("Yes.")
    await page.get_by_role("button", name=f"Approve: {NORWAY}").click()
    await page.get_by_role("button", name=f"Change: {NORWAY}").click()
    await page.get_by_label("Your answer", exact=True).fill("Yes, for 14 euros.")
    await page.get_by_role("button", name="Save", exact=True).click()
    await expect(page.get_by_text("Changed. It is the answer from now on.")).to_be_visible()
    assert answers(world) == [(NORWAY, "Yes, for 14 euros.")]
    await page.get_by_role("button", name=f"Withdraw: {NORWAY}").click()
    await expect(page.get_by_text("Withdrawn. The avatar does not say it any more.")).to_be_visible()
    await expect(page.get_by_role("button", name=f"Approve: {NORWAY}")).to_be_visible()
    assert answers(world) == []


async def test_a_question_dealt_with_in_another_window_is_said_to_be_or_is_gone(
    page: Page, world: World, asked: None
) -> None:
    from workers import questions

    await page.goto("/questions")
    await page.get_by_label(f"Your answer: {NORWAY}").fill("Yes.")
    with world.db.transaction() as tx:
        now = world.at
        found = questions.Finder().find(world.creator.id, *questions.read(tx, world.creator.id, now))
        questions.dismiss(tx, "somebody", world.creator.id, found[0].id, now)
    with suppress(Error):  # within a second the page takes it away by itself
        await page.get_by_role("button", name=f"Approve: {NORWAY}").click(timeout=3_000)
    said = page.get_by_text("This question was dealt with already").or_(page.get_by_text(NO_QUESTIONS))
    await expect(said.first).to_be_visible()
    assert answers(world) == []
