"""How a creator writes, whether the avatar sounds so, a sentence tried, and what is set of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from playwright.async_api import Page, expect

from engage.ledger import audit
from engage.ledger.creators import get_creator, update_persona
from engage.models import Answer, Disclosure, Freedom, Persona, Reply
from tests.studio.builders import CARD, World, make_world, wipe
from tests.studio.writing import STIFF, cheerful, teach

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def known(world: World) -> None:
    """Sixty answers of the creator; the avatar answered last week and this week, once unlike them."""
    teach(world.db, world.creator.id)
    now = world.at
    for weeks, text, who in ((1, cheerful(90), "Ana"), (0, cheerful(91), "Ben"), (0, STIFF, "Cleo")):
        world.at = now - timedelta(weeks=weeks)
        turn_id = world.write("Which lens?", who)
        world.decide(turn_id, Answer(Reply(text, Disclosure.TEXT), replace(CARD, draft=text)))
        world.send()
    world.at = now


def persona(world: World) -> Persona:
    with world.db.reading() as tx:
        return get_creator(tx, world.creator.id)


async def save(page: Page) -> None:
    await page.get_by_role("button", name="Save the settings").click()


async def test_the_creator_reads_how_they_write(page: Page, known: None) -> None:
    await page.goto("/voice")
    profile = page.get_by_role("region", name="How you write", exact=True)
    await expect(profile).to_contain_text("60 answers")
    await expect(profile).to_contain_text("You always use exclamation marks.")
    await expect(profile).to_contain_text("“heyy that”")
    await expect(profile).to_contain_text("English")
    table = page.get_by_role("table", name="How you write, by occasion")
    for name in ("Comment", "Direct message", "To questions"):
        await expect(table.get_by_role("rowheader", name=name)).to_be_visible()


async def test_the_avatars_weeks_are_shown_beside_them_and_the_worst_reply_opens_to_its_decision(
    page: Page, known: None
) -> None:
    await page.goto("/voice")
    drift = page.get_by_role("region", name="Does the avatar sound like you?")
    await expect(drift.get_by_role("img", name="Style score a week")).to_be_visible()
    rows = drift.get_by_role("table").get_by_role("row")
    await expect(rows).to_have_count(3)
    await expect(rows.nth(1)).to_contain_text("50 %")
    worst = page.get_by_role("list", name="Least like you this week").locator("> li")
    await expect(worst).to_have_count(1)
    await expect(worst).to_contain_text(STIFF)
    await worst.get_by_role("button", name="Show decision").click()
    await expect(worst).to_contain_text("Your words it found")
    await worst.get_by_role("button", name="Hide decision").click()
    await expect(worst).not_to_contain_text("Your words it found")


async def test_a_sentence_is_measured_and_nothing_is_kept(page: Page, world: World, known: None) -> None:
    await page.goto("/voice")
    field = page.get_by_label("A reply as you would write it")
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_text("Type something first.")).to_be_visible()
    await field.fill(STIFF)
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_text("Sounds too little like you: 0.")).to_be_visible()
    await expect(page.get_by_text("You always use exclamation marks, this does not.")).to_be_visible()
    await field.fill(cheerful(92))
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_text("Sounds like you:")).to_be_visible()
    await field.fill("Das ist eine sehr schöne Lampe, und ich habe sie selbst gebaut.")
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_text("You do not write in this language")).to_be_visible()
    with world.db.reading() as tx:
        assert audit.entries(tx) == []


async def test_with_too_few_texts_it_says_how_many_are_missing(page: Page, world: World) -> None:
    teach(world.db, world.creator.id, 3)
    await page.goto("/voice")
    await expect(
        page.get_by_text("3 of your texts are known yet; a style can be learnt from 20. 17 more")
    ).to_be_visible()
    await expect(page.get_by_text("engage import FILE --creator maya")).to_be_visible()
    await expect(page.get_by_text("The avatar has posted nothing")).to_be_visible()
    await page.get_by_label("A reply as you would write it").fill("hello there")
    await page.get_by_role("button", name="Compare").click()
    await expect(page.get_by_text("Too few of your texts are known to measure it.")).to_be_visible()


async def test_settings_are_stored(page: Page, world: World) -> None:
    await page.goto("/voice")
    await page.get_by_role("radio", name="Creative").click()
    await page.get_by_label("Border", exact=True).fill("0,4")
    await page.get_by_role("checkbox", name="Drafts below the border").click()
    await page.get_by_label("Style rules").fill("no exclamation marks\n\nshort sentences")
    await page.get_by_label("Topics left to you").fill("politics")
    await page.get_by_label("Allowed links").fill("maya.example")
    await page.get_by_label("Bio").fill("I build tables.")
    await save(page)
    await expect(page.get_by_text("Saved: bio, links, topics, style rules, freedom, border, strict")).to_be_visible()
    await expect(page.get_by_label("Border", exact=True)).to_have_value("0.4")
    kept = persona(world)
    assert kept == Persona(
        id=world.creator.id,
        name="maya",
        display_name="Maya Lindqvist",
        bio="I build tables.",
        allowed_links=("maya.example",),
        avoid_topics=("politics",),
        style_rules=("no exclamation marks", "short sentences"),
        freedom=Freedom.CREATIVE,
        voice_border=0.4,
        strict_voice=True,
    )
    with world.db.reading() as tx:
        assert [(entry.actor, entry.action) for entry in audit.entries(tx)] == [("owner", "persona")]
    await save(page)
    await expect(page.get_by_text("Nothing was changed.")).to_be_visible()


async def test_what_is_refused_is_said_beside_the_fields_and_stays_typed(page: Page, world: World) -> None:
    await page.goto("/voice")
    await page.get_by_label("Border", exact=True).fill("1.5")
    await page.get_by_label("Bio").fill("I am not a bot.")
    await save(page)
    alert = page.get_by_role("region", name="Settings").get_by_role("alert")
    await expect(alert).to_contain_text("Bio: “I am not a bot.”: it denies being automated")
    await expect(alert).to_contain_text("Border: “1.5” is no number from 0 to 1.")
    await expect(page.get_by_label("Bio")).to_have_value("I am not a bot.")
    assert persona(world) == world.creator
    await page.get_by_label("Border", exact=True).fill("")
    await page.get_by_label("Bio").fill("I film.")
    await save(page)
    await expect(page.get_by_text("Saved: bio.")).to_be_visible()
    await expect(alert).to_be_hidden()


async def test_what_is_typed_outlives_a_change_elsewhere_and_the_last_to_save_wins(page: Page, world: World) -> None:
    await page.goto("/voice")
    await expect(page.get_by_label("Display name")).to_have_value("Maya Lindqvist")
    with world.db.transaction() as tx:
        update_persona(tx, replace(world.creator, bio="From another tab."))
    await expect(page.get_by_label("Bio")).to_have_value("From another tab.")
    await page.get_by_label("Display name").fill("Maya L.")
    with world.db.transaction() as tx:
        update_persona(tx, replace(world.creator, bio="And again."))
    await expect(page.get_by_text("These settings were changed elsewhere meanwhile.")).to_be_visible()
    await expect(page.get_by_label("Display name")).to_have_value("Maya L.")
    await save(page)
    await expect(page.get_by_text("Saved: ")).to_be_visible()
    await expect(page.get_by_text("These settings were changed elsewhere meanwhile.")).to_be_hidden()
    assert (persona(world).display_name, persona(world).bio) == ("Maya L.", "From another tab.")


async def test_each_creator_has_a_voice_of_their_own(page: Page, world: World, known: None) -> None:
    make_world(world.db, "tom", "Tom Berg")
    await page.goto("/voice")
    await expect(page.get_by_text("60 answers")).to_be_visible()
    await page.get_by_label("Creator", exact=True).click()
    await page.get_by_role("option", name="Tom Berg").click()
    await expect(page.get_by_text("None of your texts is known yet")).to_be_visible()
    await expect(page.get_by_text("60 answers")).to_have_count(0)
    await expect(page.get_by_label("Display name")).to_have_value("Tom Berg")
    await page.get_by_label("Bio").fill("I bake.")
    await save(page)
    await expect(page.get_by_text("Saved: bio.")).to_be_visible()
    assert persona(world).bio == ""


async def test_without_a_creator_it_says_how_to_add_one(page: Page, world: World) -> None:
    wipe(world.db)
    await page.goto("/voice")
    await expect(page.get_by_text("There is no creator yet")).to_be_visible()
    await expect(page.get_by_role("button", name="Save the settings")).to_be_hidden()


async def test_it_fits_a_phone_and_a_desk_with_everything_shown(page: Page, known: None) -> None:
    await page.goto("/voice")
    await expect(page.get_by_role("table")).to_have_count(2)
    for width in (390, 1280):
        await page.set_viewport_size({"width": width, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
