"""What is found by asking: replies below the account's posts, mentions, answers elsewhere, and the creator's own."""

import json
from datetime import timedelta

import pytest

from connectors.threads.connector import ThreadsConnector
from connectors.threads.limits import REPLIES
from connectors.threads.parse import parse
from connectors.threads.places import FRESH, IN_TURN
from connectors.threads.webhooks import webhooks
from engage.models import Event, EventKind, Message
from engage.platform import Page
from tests.connectors.threads import kit
from tests.platforms.threads import Threads

FAN = kit.FAN


def events_in(page: Page) -> dict[str, Event]:
    found = [(raw.key, parse(json.loads(raw.body), kit.OWN)) for raw in page.events]
    assert all(len(events) == 1 for _, events in found)
    return {key: events[0] for key, events in found}


def message_in(page: Page, key: str) -> Message:
    message = events_in(page)[key].message
    assert message is not None
    return message


async def test_replies_and_mentions_are_found_with_a_webhooks_keys(
    platform: Threads, connector: ThreadsConnector
) -> None:
    reply = platform.write(FAN, "how long?", platform.post.id)
    below = platform.write("fan_2", "me too", reply.id)
    mention = platform.write("fan_3", "@ada.makes do you ship?")
    page = await connector.poll("")
    found = events_in(page)
    assert set(found) == {f"replies {reply.id}", f"replies {below.id}", f"mentions {mention.id}"}
    assert {event.kind for event in found.values()} == {EventKind.MESSAGE}
    assert page.wait == timedelta(minutes=1)
    for field, one in (("replies", reply), ("replies", below), ("mentions", mention)):
        body, headers = platform.signed(platform.delivery_of(field, one))
        ((_, raw),) = webhooks(kit.app()).receive(headers, body, platform.now()).events
        (told,), polled = parse(json.loads(raw.body), kit.OWN), found[raw.key]
        assert told.message is not None
        assert polled.message is not None
        assert told.message.conversation_id == polled.message.conversation_id
        assert told.message.author == polled.message.author
        assert told.message.sent_at == polled.message.sent_at
    assert message_in(page, f"replies {reply.id}").post_text == "New chair"
    again = await connector.poll(page.cursor)
    assert {raw.key for raw in again.events} <= set(found)


async def test_an_answer_to_us_in_a_strangers_thread_is_heard(platform: Threads, connector: ThreadsConnector) -> None:
    mention = platform.write(FAN, "@ada.makes do you ship?")
    ours = platform.write(kit.HANDLE, "Yes, everywhere.", mention.id)
    answer = platform.write(FAN, "great, thanks", ours.id)
    page = await connector.poll("")
    message = message_in(page, f"replies {answer.id}")
    assert message.conversation_id == f"{mention.id}:{FAN}"
    assert message.conversation_id == message_in(page, f"mentions {mention.id}").conversation_id
    assert message.reply_to_id == ours.id


async def test_what_the_account_wrote_is_told_with_whom_it_answers(
    platform: Threads, connector: ThreadsConnector
) -> None:
    reply = platform.write(FAN, "how long?", platform.post.id)
    mine = platform.write(kit.HANDLE, "Six weeks.", reply.id)
    more = platform.write(kit.HANDLE, "And one more thing.", platform.post.id)
    stranger = platform.write("stranger", "look at this")
    there = platform.write(kit.HANDLE, "Nice.", stranger.id)
    gone = platform.write(kit.HANDLE, "Sorry to hear.", platform.write(FAN, "it broke", platform.post.id).id)
    platform.remove(gone.parent)
    page = await connector.poll("")
    events = events_in(page)
    own = {key: event.message for key, event in events.items() if event.kind is EventKind.TAKEOVER}
    assert set(own) == {f"replies {one.id}" for one in (mine, more, there, gone)}
    assert all(message is not None and message.author.is_self for message in own.values())
    assert message_in(page, f"replies {mine.id}").conversation_id == f"{platform.post.id}:{FAN}"
    assert message_in(page, f"replies {mine.id}").reply_to_id == reply.id
    assert message_in(page, f"replies {there.id}").conversation_id == f"{stranger.id}:stranger"
    assert message_in(page, f"replies {gone.id}").conversation_id == f"{platform.post.id}:"
    asked = [call.path for call in platform.calls if call.path in (f"/v1.0/{reply.id}", f"/v1.0/{stranger.id}")]
    assert asked == [f"/v1.0/{stranger.id}"], "names that were read already are not asked for"


async def test_a_creator_who_names_their_own_account_is_not_answered(
    platform: Threads, connector: ThreadsConnector
) -> None:
    platform.write(kit.HANDLE, "by @ada.makes", platform.post.id)
    theirs = {"id": "5", "username": kit.HANDLE, "text": "@ada.makes", "timestamp": platform.now().isoformat()}
    platform.fail("/v1.0/me/mentions", 200, {"data": [theirs]})
    kinds = {event.kind for event in events_in(await connector.poll("")).values()}
    assert kinds == {EventKind.TAKEOVER}


async def test_hidden_replies_are_left_alone(platform: Threads, connector: ThreadsConnector) -> None:
    rude = platform.write(FAN, "rude", platform.post.id)
    rude.hidden = True
    event = events_in(await connector.poll(""))[f"replies {rude.id}"]
    assert event.kind is EventKind.IGNORED
    assert "HIDDEN" in event.reason


async def test_an_app_that_is_not_reviewed_hears_replies_and_no_mentions(
    platform: Threads, connector: ThreadsConnector
) -> None:
    platform.reviewed = False
    reply = platform.write(FAN, "how long?", platform.post.id)
    platform.write(FAN, "@ada.makes hello")
    page = await connector.poll("")
    assert [raw.key for raw in page.events] == [f"replies {reply.id}"]
    found = {one.name: one for one in await connector.examine("https://studio.example/hooks/threads")}
    assert found["mentions"].state == "warn"
    assert found["mentions"].fix


async def test_many_replies_are_read_over_pages_and_only_once(platform: Threads, connector: ThreadsConnector) -> None:
    for number in range(60):
        platform.write(FAN, f"{number}?", platform.post.id).at -= timedelta(minutes=30)
    for number in range(60):
        platform.write(FAN, f"{number}!", platform.post.id)
    conversation = f"/v1.0/{platform.post.id}/conversation"
    page = await connector.poll("")
    assert len(page.events) == 120
    assert len(platform.calls_to(conversation)) == 6  # five pages, and an empty one
    platform.calls.clear()
    fresh = platform.write(FAN, "today", platform.post.id)
    again = await connector.poll(page.cursor)
    assert f"replies {fresh.id}" in {raw.key for raw in again.events}
    assert len(platform.calls_to(conversation)) == 3, "it stops where it was before"


async def test_as_many_are_read_after_a_pause_as_a_day_allows_to_answer(
    platform: Threads, connector: ThreadsConnector
) -> None:
    wanted = {f"replies {platform.write(FAN, f'{number}?', platform.post.id).id}" for number in range(REPLIES)}
    assert {raw.key for raw in (await connector.poll("")).events} == wanted


async def test_what_is_old_is_not_brought_up(platform: Threads, connector: ThreadsConnector) -> None:
    platform.write(FAN, "last week", platform.post.id).at -= timedelta(days=7)
    platform.write(FAN, "@ada.makes last week").at -= timedelta(days=7)
    platform.write(kit.HANDLE, "by hand", platform.post.id).at -= timedelta(days=7)
    cursor = (await connector.poll("")).cursor
    fresh = platform.write(FAN, "today", platform.post.id)
    assert [raw.key for raw in (await connector.poll(cursor)).events] == [f"replies {fresh.id}"]


async def test_older_posts_have_their_turns(platform: Threads, connector: ThreadsConnector) -> None:
    posts = [platform.write(kit.HANDLE, f"post {number}") for number in range(20)]
    for number, post in enumerate(posts):
        post.at += timedelta(seconds=number)
    replies = [platform.write(FAN, "how long?", post.id) for post in posts]
    heard: list[set[str]] = []
    cursor = ""
    for _ in range(4):
        before = len([call for call in platform.calls if call.path.endswith("/conversation")])
        page = await connector.poll(cursor)
        cursor = page.cursor
        heard.append({raw.key for raw in page.events})
        conversations = [call for call in platform.calls if call.path.endswith("/conversation")][before:]
        assert len({call.path for call in conversations}) <= FRESH + IN_TURN
    wanted = {f"replies {one.id}" for one in replies}
    assert {f"replies {one.id}" for one in replies[-FRESH:]} <= heard[0], "the newest are looked at each time"
    assert set().union(*heard) == wanted


@pytest.mark.parametrize(("status", "code"), [(400, 100), (403, 10), (403, 200)], ids=["gone", "10", "200"])
async def test_what_may_not_be_read_costs_nothing_else(
    platform: Threads, connector: ThreadsConnector, status: int, code: int
) -> None:
    platform.write(FAN, "how long?", platform.post.id)
    stranger = platform.write("stranger", "look at this")
    there = platform.write(kit.HANDLE, "Nice.", stranger.id)
    platform.write("stranger", "thanks", there.id)
    mention = platform.write(FAN, "@ada.makes hello")
    for path in (f"/v1.0/{platform.post.id}/conversation", f"/v1.0/{there.id}/replies", f"/v1.0/{stranger.id}"):
        platform.fail(path, status, kit.refusal(code))
    assert {raw.key for raw in (await connector.poll("")).events} == {f"mentions {mention.id}", f"replies {there.id}"}


@pytest.mark.parametrize("row", [{}, {"id": "5"}, {"id": "5", "timestamp": "soon", "username": "x"}, 7, {"id": []}])
async def test_a_row_without_its_author_or_time_is_passed_over(
    platform: Threads, connector: ThreadsConnector, row: object
) -> None:
    reply = platform.write(FAN, "how long?", platform.post.id)
    for path in ("/v1.0/me/mentions", "/v1.0/me/replies"):
        platform.fail(path, 200, {"data": [row]})
    assert [raw.key for raw in (await connector.poll("")).events] == [f"replies {reply.id}"]


async def test_a_cursor_of_another_version_begins_anew(platform: Threads, connector: ThreadsConnector) -> None:
    reply = platform.write(FAN, "how long?", platform.post.id)
    for cursor in ("7", "{}", "not JSON", '{"read": 5, "turn": 0}', '{"read": {"a": "soon"}, "turn": 0}'):
        assert [raw.key for raw in (await connector.poll(cursor)).events] == [f"replies {reply.id}"]
