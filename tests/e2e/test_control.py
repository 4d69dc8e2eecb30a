"""The creator's and the operator's hold on a running stack: pause, shadow, review, undo, access withdrawn."""

import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest

from connectors import http
from engage.ledger import by_hand, creators
from engage.ledger.tables import accounts, decisions, followers, replies, turns
from engage.models import Mode, Surface
from engage.secrets import KEY_FILE, Vault
from tests.e2e.conftest import a_round, begun, engage, sending, until
from workers import rotating
from workers.demo import content, stage
from workers.demo.stage import Stage
from workers.runtime import utc_now
from workers.studio import actions

pytestmark = [pytest.mark.timeout(200), pytest.mark.xdist_group("stack")]


@pytest.fixture(scope="module")
def on() -> Iterator[Stage]:
    with stage.running(lease=5, debounce=0.2, concurrency=2) as running:
        yield running


async def test_after_a_pause_nothing_is_posted_until_somebody_resumes(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    await tilly.net.faults(reply_timeout_after=1, timeout_s=0.3)  # a network that takes its time
    asked = await tilly.asked(16)
    await until(lambda: _shows(tilly, 3), "the first replies")
    with on.db.transaction() as tx:
        creators.pause_everything(tx, utc_now())
        allowed = begun(tx, tilly.persona.id)
    await until(lambda: _none(on), "what was on its way to arrive")
    await a_round(on)
    assert await tilly.shown() == allowed < len(asked)
    assert engage(on.settings, "resume").wait(30) == 0
    await tilly.net.faults(reply_timeout_after=0)
    await tilly.answered(asked)


async def _shows(tilly: Any, count: int) -> bool:
    return bool(await tilly.shown() >= count)


async def _none(on: Stage) -> bool:
    return not await on.db.read(sending())


async def test_in_shadow_there_are_cards_and_not_one_reply(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on, Mode.SHADOW)
    before = await tilly.net.stats()
    asked = await tilly.asked(4) + await tilly.asked(2, "dm") + await tilly.asked(2, "live")
    for key in asked:
        outcome, _ = await tilly.card(key)
        assert outcome == "answer"
    await a_round(on)
    assert all(row.card["draft"] for row in await tilly.rows(decisions))
    assert await tilly.rows(replies) == []
    after = await tilly.net.stats()
    assert (after["replies"], after["violations"]) == (before["replies"], before["violations"])


async def test_in_review_only_what_the_creator_approves_is_posted(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on, Mode.REVIEW)
    asked = await tilly.asked(3)
    await until(lambda: _in(tilly, "held", 3), "three replies to be held")
    await a_round(on)
    assert await tilly.shown() == 0
    chosen = (await tilly.rows(replies, replies.c.in_reply_to == asked[1]))[0]
    with on.db.transaction() as tx:
        by_hand.approve(tx, chosen.id, utc_now())
    await until(lambda: _in(tilly, "sent", 1), "the approved reply")
    await a_round(on)
    assert await tilly.posted() == {asked[0]: [], asked[1]: [chosen.text], asked[2]: []}


async def test_a_reply_waits_until_it_can_no_longer_be_undone(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    _undo(tilly, timedelta(seconds=2))
    asked = await tilly.asked(3)
    await until(lambda: _in(tilly, "held", 3), "the replies to be held")
    with on.db.transaction() as tx:
        by_hand.reject(tx, (await tilly.rows(replies, replies.c.in_reply_to == asked[0]))[0].id)
    await until(lambda: _in(tilly, "sent", 2), "the others to be posted")
    assert all(row.sent_at >= row.release_at for row in await tilly.rows(replies, replies.c.state == "sent"))
    assert [len(texts) for texts in (await tilly.posted()).values()] == [0, 1, 1]


async def test_without_access_nothing_is_sent_and_the_replies_wait(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    _undo(tilly, timedelta(seconds=1))
    asked = await tilly.asked(4)
    await until(lambda: _in(tilly, "held", 4), "the replies to be written")
    await _revoke(tilly)
    await until(lambda: _is_unauthorized(tilly), "the account to be marked")
    await until(lambda: _in(tilly, "due", 4), "the replies to be due")
    await a_round(on)
    assert await _in(tilly, "due", 4)
    assert await tilly.shown() == 0
    await _connect_again(tilly)
    await tilly.answered(asked)


async def test_a_refused_token_marks_the_account_and_costs_no_reply(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    _undo(tilly, timedelta(seconds=1))
    asked = await tilly.asked(4)
    await until(lambda: _in(tilly, "held", 4), "the replies to be written")
    await tilly.net.call_back(f"u_{tilly.persona.name}", tilly.token, "")  # nobody tells us
    await _revoke(tilly)
    await until(lambda: _is_unauthorized(tilly), "the account to be marked")
    await until(lambda: _in(tilly, "due", 4), "the replies to wait")
    tried = (await tilly.net.stats())["violations"]
    await a_round(on)
    assert (await tilly.net.stats())["violations"] == tried
    tilly.refused.update(tried)
    await _connect_again(tilly)
    await tilly.answered(asked)


def _undo(tilly: Any, span: timedelta) -> None:
    with tilly.on.db.transaction() as tx:
        creators.set_mode(tx, tilly.account_id, Surface.COMMENT, Mode.AUTO, span)


async def _in(tilly: Any, state: str, count: int) -> bool:
    return len(await tilly.rows(replies, replies.c.state == state)) == count


async def _revoke(tilly: Any) -> None:
    async with http.client(tilly.net.url) as client:
        (await client.post(f"/api/accounts/u_{tilly.persona.name}/revoke")).raise_for_status()


async def _is_unauthorized(tilly: Any) -> bool:
    return bool(await tilly.rows(accounts, accounts.c.state == "unauthorized"))


async def _connect_again(tilly: Any) -> None:
    made = await tilly.net.connect(tilly.persona.name, tilly.persona.display_name)
    vault = Vault.at(tilly.on.settings.directory)
    content.connect_account(tilly.on.db, vault, tilly.persona, tilly.on.sandbox, made)
    hook = f"{tilly.on.stack.webhooks}/hooks/sandbox/{tilly.account_id}"
    await tilly.net.call_back(made["user_id"], made["access_token"], hook)


async def test_an_answer_by_hand_is_what_the_next_follower_gets(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    question, by_tilly = "Do you lend out tandem bikes to couples?", "Yes, the green tandem, for 20 euros a day."
    asked = await tilly.ask("ana", text=question)
    assert await tilly.card(asked) == ("skip", "unsupported")
    (turn,) = await tilly.rows(turns)
    with on.db.transaction() as tx:
        actions.answer(tx, "owner", turn.id, by_tilly, timedelta(hours=1), utc_now())
    await until(lambda: _in(tilly, "sent", 1), "the answer by hand")
    await a_round(on)  # a worker looks for new words every second, and here the debounce is shorter
    again = await tilly.ask("ben", text=question)
    await until(lambda: _in(tilly, "sent", 2), "the avatar's answer")
    shown = await tilly.posted()
    assert shown[asked] == [by_tilly]
    assert shown[again] == [by_tilly]
    (reply,) = await tilly.rows(replies, replies.c.in_reply_to == again)
    assert reply.disclosure == "native"  # whoever reads it there sees that it is automated
    card = (await tilly.rows(decisions, decisions.c.turn_id == reply.turn_id))[0].card
    assert card["sources"][0]["passage"]["id"] == f"correction:{turn.id}#0"


async def test_keys_are_rotated_while_the_stack_answers(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    await tilly.answered(await tilly.asked(2, who="before"))
    asked = await tilly.asked(6, who="while")
    assert engage(on.settings, "keys", "rotate").wait(60) == 0
    os.utime(on.settings.directory / KEY_FILE, (0, 0))  # long ago: nobody writes with the old key any more
    assert engage(on.settings, "keys", "retire").wait(60) == 0
    await tilly.answered(asked)
    await tilly.answered(await tilly.asked(4, who="after") + await tilly.asked(2, "dm", who="after"))
    use = rotating.use_of(on.db, on.settings.directory)
    assert (use.keys, use.old, use.unopened) == (1, 0, 0)


async def test_a_stop_withdraws_what_waits_and_ends_the_talk(on: Stage, come: Callable[..., Any]) -> None:
    tilly = await come(on)
    with on.db.transaction() as tx:
        creators.set_mode(
            tx, tilly.account_id, Surface.DM, Mode.AUTO, timedelta(hours=1)
        )  # an answer waits for its undo
    await tilly.ask("ann", "dm")
    other = await tilly.ask("bob", "dm")
    await until(lambda: _in(tilly, "held", 2), "two replies to wait")
    await tilly.ask("ann", "dm", "please stop messaging me")
    await until(lambda: _in(tilly, "recalled", 1), "ann's reply to be withdrawn")
    await until(lambda: _opted_out(tilly), "the stop to be kept")
    again = await tilly.ask("ann", "dm")
    await tilly.card(again)
    await a_round(on)
    assert [row.in_reply_to for row in await tilly.rows(replies, replies.c.state == "held")] == [other]
    assert any(row.card["reasons"] == ["opted_out"] for row in await tilly.rows(decisions))


async def _opted_out(tilly: Any) -> bool:
    return len(await tilly.rows(followers, followers.c.opted_out_at.is_not(None))) == 1
