"""From a post, a message or a line of chat to the posted reply, through the ledger and the workers."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text, update

from connectors.x import limits
from connectors.x.connect import SCOPES
from engage.grants import Grant
from engage.ledger.tables import accounts, conversations, deliveries, messages, quotas
from engage.models import Mode
from engage.platform import App
from tests.connectors.x.conftest import app_of
from tests.connectors.x.kit import BROADCAST, FOLLOWER, OTHER, OWN
from tests.platforms.journey import QUESTION, Journey, journey
from tests.platforms.x import X
from workers import subscribing
from workers.runtime import utc_now
from workers.subscribing import Subscriptions

ASK = f"@Creator {QUESTION}"


@pytest.fixture(autouse=True)
def shorter_days(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that finds no Redis waits for its share of each limit; of X's 15 minutes and days that is long."""
    monkeypatch.setattr(limits, "WINDOW", timedelta(seconds=1))
    monkeypatch.setattr(limits, "DAY", timedelta(seconds=10))
    monkeypatch.setattr(limits, "MINUTE", timedelta(seconds=5))


def grant(x: X) -> Grant:
    x.broadcast(OWN, BROADCAST)
    x.user("700", "ann")
    return Grant(OWN, "Creator", x.grant(OWN), None, {"scopes": list(SCOPES), "automated_label": True})


async def subscribed(way: Journey, x: X) -> None:
    await way.until(lambda: len(x.subscriptions) == 7 and (x.webhooks or x.streams), "the subscriptions")


async def test_by_webhook_everything_is_answered_once(tmp_path: Path, x: X, application: App) -> None:
    root = x.write(OWN, "My new lens")
    async with journey(tmp_path, "x", grant(x), application) as way:
        assert way.hook.endswith("/hooks/x")
        await subscribed(way, x)
        x.lose("/2/tweets")  # settled by its echo
        x.write(OTHER, QUESTION, reply_to=root)  # this asks nobody
        post, note = x.write(FOLLOWER, ASK, reply_to=root), x.message(OTHER, OWN, QUESTION)
        number = x.chat(BROADCAST, "700", QUESTION)

        reply = await way.answered(post)
        posted = x.written_by(OWN)
        assert [one.reply_to for one in posted] == ["", post]
        assert (posted[1].id, posted[1].text) == (reply.receipt_id, reply.text)
        assert x.calls_to(f"/2/users/{OWN}/tweets") == [], "the echo was cheaper"

        reply = await way.answered(f"dm:{note}")
        assert (x.notes[-1].to, x.notes[-1].text, f"dm:{x.notes[-1].id}") == (OTHER, reply.text, reply.receipt_id)

        reply = await way.answered(f"{BROADCAST}:{number}")
        [line] = [one for one in x.broadcasts[BROADCAST].lines if one.author == OWN]
        assert (line.text, line.reply_to, f"{BROADCAST}:{line.id}") == (reply.text, number, reply.receipt_id)

        await way.taken_in(6)  # what we wrote comes back, and is no take-over
        assert {row.human_until for row in await way.rows(conversations)} == {None}
        assert {status for _, status in x.deliveries} == {200}


async def test_over_the_stream_also_after_it_was_cut(tmp_path: Path, x: X, application: App) -> None:
    x.user("701", "bob")
    async with journey(tmp_path, "x", grant(x), application, public=False) as way:
        await subscribed(way, x)
        await way.answered(x.write(FOLLOWER, ASK))
        x.drop_streams()
        await way.until(lambda: not x.streams, "the stream to be cut")
        await way.until(lambda: x.streams, "the stream to be opened again")
        await way.answered(x.write("701", ASK))
        assert any(row.dedupe_key.startswith("gap ") for row in await way.rows(deliveries))
        used = {row.endpoint: row.used for row in await way.rows(quotas)}
        assert used["reply"] == 2 * 150
        assert x.spent * 10_000 <= used["reply"] + used["stream"]


async def test_what_people_do_afterwards(tmp_path: Path, x: X, application: App) -> None:
    """The creator answers in person and deletes it again, and in the end withdraws the access."""
    async with journey(tmp_path, "x", grant(x), application, mode=Mode.REVIEW) as way:
        await subscribed(way, x)
        asked = x.write(FOLLOWER, ASK)
        assert (await way.kept(asked)).text == ASK
        in_person = x.write(OWN, "Thirty days!", reply_to=asked)

        async def paused() -> Any:
            return [row for row in await way.rows(conversations) if row.human_until is not None]

        [conversation] = await way.until(paused, "the conversation to be the creator's")
        assert conversation.platform_id == f"post:{asked}:{FOLLOWER}"
        assert (await way.kept(in_person)).text == "Thirty days!"
        x.remove(in_person)

        async def emptied() -> Any:
            return [row for row in await way.rows(messages) if row.deleted_at is not None and row.text == ""]

        await way.until(emptied, "the creator's post to be emptied")
        x.revoke(OWN)

        async def stopped() -> Any:
            return (await way.account()).state == "unauthorized"

        await way.until(stopped, "the account to be stopped")


async def looked_at(way: Journey) -> None:
    """An hour is over: a worker looks at the account's subscriptions."""
    await way.runtime.db.run(lambda tx: tx.execute(update(accounts).values(subscribe_at=utc_now())))
    await Subscriptions(way.runtime).step()


async def heard_units(way: Journey) -> int:
    return sum(row.used for row in await way.rows(quotas) if row.endpoint == "stream")


async def test_a_month_that_webhooks_have_used_up_ends_the_subscriptions_until_the_next(
    tmp_path: Path, x: X, monkeypatch: pytest.MonkeyPatch
) -> None:
    """40 cents are for hearing; X takes 15 of them for a message, and the third is taken in all the same."""
    application = app_of(x, monthly_budget="1", price_dm_event="0.15")
    async with journey(tmp_path, "x", grant(x), application, mode=Mode.REVIEW) as way:

        async def unheard() -> str:
            return str((await way.account()).unsubscribed)

        await subscribed(way, x)
        x.message(OTHER, OWN, QUESTION)
        await way.until(lambda: len(x.deliveries) == 1, "the first message")
        assert await heard_units(way) == 1_500
        await looked_at(way)
        assert len(x.subscriptions) == 7, "there is money for another"

        for text in ("And by post?", "And on Sundays?"):
            x.message(OTHER, OWN, text)
        await way.until(lambda: len(x.deliveries) == 3, "the other messages")
        await way.taken_in(3)
        assert await heard_units(way) == 4_500, "paid, though it is more than there was"
        assert {status for _, status in x.deliveries} == {200}
        await way.until(lambda: x.subscriptions == [], "their end, without waiting for the next hour's look")
        await way.until(unheard, "the reason to be noted")
        assert "begins anew" in await unheard()

        later = limits.month_ends(utc_now())
        assert (await way.account()).subscribe_at >= later - timedelta(minutes=1)
        monkeypatch.setattr(subscribing, "utc_now", lambda: later + timedelta(minutes=2))
        await Subscriptions(way.runtime).step()
        await subscribed(way, x)
        await way.until(lambda: len(x.subscriptions) == 7, "the new month's subscriptions")

        async def heard() -> bool:
            return not await unheard()

        await way.until(heard, "the reason to be gone")


async def test_a_price_that_cannot_be_noted_loses_no_event(tmp_path: Path, x: X) -> None:
    async with journey(tmp_path, "x", grant(x), app_of(x, monthly_budget="1"), mode=Mode.REVIEW) as way:
        await subscribed(way, x)
        await way.runtime.db.run(lambda tx: tx.execute(text("ALTER TABLE quotas RENAME TO away")))
        x.message(OTHER, OWN, QUESTION)
        await way.until(lambda: len(x.deliveries) == 1, "the delivery")
        await way.runtime.db.run(lambda tx: tx.execute(text("ALTER TABLE away RENAME TO quotas")))
        assert [status for _, status in x.deliveries] == [200]
        await way.taken_in(1)
