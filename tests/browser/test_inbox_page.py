"""What waits for a person, and that each button does what it says to the ledger."""

import pytest
import redis
from playwright.async_api import Page, expect

from engage.ledger import audit, turns, views
from engage.ledger.tables import replies
from engage.models import Card, Disclosure, Escalate, Mode, Reply, Surface
from tests.studio.builders import World
from tests.studio.serving import Studio

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session"), pytest.mark.xdist_group("browser")]


@pytest.fixture
def held(world: World) -> str:
    """A turn whose answer waits for approval."""
    world.mode(Surface.COMMENT, Mode.REVIEW)
    return world.answered("Which lens?", "The kit lens. (automated)", "Sam")


def last_action(world: World) -> tuple[str, str]:
    with world.db.reading() as tx:
        entry = audit.entries(tx)[0]
    return entry.actor, entry.action


async def test_approving_makes_the_reply_due_and_wakes_a_worker(
    page: Page, world: World, held: str, valkey_url: str
) -> None:
    with redis.Redis.from_url(valkey_url) as queue:
        queue.delete("post")
        await page.goto("/inbox")
        await page.get_by_role("button", name="Approve: Sam").click()
        await expect(page.get_by_text("Approved. It is on its way.")).to_be_visible()
        await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
        reply = world.reply_of(held)
        assert (reply.state, reply.disclosure) == ("due", "text")
        assert last_action(world) == ("owner", "approve")
        assert queue.blpop(["post"], timeout=10) is not None


async def test_editing_sends_the_new_text_as_a_persons(page: Page, world: World, held: str) -> None:
    await page.goto("/inbox")
    await page.get_by_role("button", name="Edit and send: Sam").click()
    field = page.get_by_label("Your answer")
    await expect(field).to_have_value("The kit lens. (automated)")
    await field.fill("Take the kit lens, and go out.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Your text is on its way.")).to_contain_text("It will be used from now on.")
    await expect(page.get_by_text("Your text is on its way.")).to_contain_text("What you changed: longer by")
    reply = world.reply_of(held)
    assert (reply.state, reply.text, reply.disclosure) == ("due", "Take the kit lens, and go out.", "person")
    assert last_action(world) == ("owner", "edit")
    await page.goto("/")
    await page.get_by_role("button", name="Show decision").click()
    await expect(page.get_by_role("heading", name="What you changed")).to_be_visible()
    await expect(page.get_by_text("Your words are used from now on where others ask the same.")).to_be_visible()


async def test_rejecting_takes_the_reply_back(page: Page, world: World, held: str) -> None:
    await page.goto("/inbox")
    await page.get_by_role("button", name="Reject: Sam").click()
    await expect(page.get_by_text("Rejected. Nothing is posted.")).to_be_visible()
    assert world.reply_of(held).state == "recalled"
    assert last_action(world) == ("owner", "reject")


async def test_a_public_line_and_a_private_reply_are_approved_one_by_one(page: Page, world: World) -> None:
    for surface in (Surface.COMMENT, Surface.DM):
        world.mode(surface, Mode.REVIEW)
    turn_id = world.write("Where is my order?", "Sam")
    said = Reply("A person is told.", Disclosure.TEXT), Reply("Write here.", Disclosure.TEXT)
    world.decide(turn_id, Escalate(Card(reasons=("service",), private="Write here."), said[0], said[1]))
    await page.goto("/inbox")
    private = page.get_by_role("listitem").filter(has_text="Answer, in private")
    await expect(private).to_contain_text("Write here.")
    await private.get_by_role("button", name="Approve: Sam").click()
    await expect(private).to_have_count(0)
    await expect(page.get_by_text("A person is told.")).to_be_visible()
    with world.db.reading() as tx:
        states = {row.surface: row.state for row in tx.execute(replies.select())}
    assert states == {"dm": "due", "comment": "held"}
    await page.goto("/")
    await page.get_by_role("button", name="Show decision").click()
    await expect(page.get_by_text("In private", exact=True)).to_be_visible()


async def test_answering_by_hand_sends_the_persons_words(page: Page, world: World) -> None:
    turn_id = world.escalated("Would you speak at our school?", "unsupported", who="Tom")
    await page.goto("/inbox")
    await page.get_by_role("button", name="Answer by hand: Tom").click()
    await page.get_by_label("Your answer").fill("Gladly! Write to me.")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Your answer is on its way.")).to_be_visible()
    reply = world.reply_of(turn_id)
    assert (reply.state, reply.text, reply.disclosure) == ("due", "Gladly! Write to me.", "person")
    with world.db.reading() as tx:
        assert turns.get(tx, turn_id).state == "answered"
        assert views.inbox(tx) == []
    assert last_action(world) == ("owner", "answer")


async def test_dismissing_takes_an_escalation_out(page: Page, world: World) -> None:
    world.escalated("Can you help me?", "human", who="Tom")
    await page.goto("/inbox")
    await page.get_by_role("button", name="Dismiss: Tom").click()
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
    assert last_action(world) == ("owner", "dismiss")


async def test_a_person_settles_an_uncertain_reply(page: Page, world: World) -> None:
    turn_id = world.answered("Is it on sale?", "Until Sunday.", "Priya")
    world.send("uncertain", "Ambiguous: the answer was lost")
    await page.goto("/inbox")
    await page.get_by_role("button", name="It is there: Priya").click()
    await expect(page.get_by_text("Noted as posted.")).to_be_visible()
    assert world.reply_of(turn_id).state == "sent"


async def test_what_is_too_late_is_said(page: Page, world: World, held: str) -> None:
    await page.goto("/inbox")
    await page.get_by_role("button", name="Edit and send: Sam").click()
    await page.get_by_label("Your answer").fill("My own words.")
    with world.db.transaction() as tx:
        tx.execute(replies.update().values(state="sent", sent_at=world.at))
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Too late: this reply is “sent” now.")).to_be_visible()
    assert world.reply_of(held).text == "The kit lens. (automated)"


async def test_a_held_reply_counts_down_and_leaves_when_it_goes_out(page: Page, world: World, studio: Studio) -> None:
    world.mode(Surface.COMMENT, Mode.AUTO, undo=120)
    world.answered("Which lens?", "The kit lens.", "Sam")
    await page.goto("/inbox")
    await expect(page.get_by_text("Goes out by itself in")).to_contain_text(" s")
    before = await page.get_by_text("Goes out by itself in").inner_text()
    await expect(page.get_by_text("Goes out by itself in")).not_to_have_text(before)
    with studio.db.transaction() as tx:
        tx.execute(replies.update().values(state="due"))
    await expect(page.get_by_text("Nothing waits for you")).to_be_visible()
