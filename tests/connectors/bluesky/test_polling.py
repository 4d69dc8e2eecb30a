"""What an account hears by polling: nothing is lost, nothing comes twice, and only who asks it is answered."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.bluesky import cursors
from connectors.bluesky.connector import BlueskyConnector
from connectors.bluesky.cursors import Sweep
from connectors.bluesky.parse import parse
from engage.errors import Unavailable
from engage.models import Event, EventKind, Message, Surface
from engage.platform import Page
from tests.connectors.bluesky import kit
from tests.connectors.bluesky.conftest import Build
from tests.platforms.bluesky import Bluesky

ME, ANN, BOB = kit.ME, kit.ANN, "did:plc:bob"


def events(page: Page) -> list[Event]:
    return [event for raw in page.events for event in parse(json.loads(raw.body), ME)]


def messages(page: Page, kind: EventKind = EventKind.MESSAGE) -> list[Message]:
    return [event.message for event in events(page) if event.kind is kind and event.message]


def texts(page: Page, kind: EventKind = EventKind.MESSAGE) -> list[str]:
    return sorted(message.text for message in messages(page, kind))


class Ear:
    """Polls with the cursor of before, as the listener does; each time by a new connector."""

    def __init__(self, build: Build, **config: object) -> None:
        self.build, self.cursor, self.keys, self.config = build, "", [], config

    async def look(self) -> Page:
        page = await self.build(**self.config).poll(self.cursor)
        self.cursor = page.cursor
        self.keys += [event.key for event in page.events]
        return page

    async def whole(self) -> list[Message]:
        """Until there is no more at once."""
        found: list[Message] = []
        while True:
            page = await self.look()
            found += messages(page)
            if page.wait or not page.events:
                return found


@pytest.fixture
async def ear(build: Build, bluesky: Bluesky) -> Ear:
    """One that has looked once, and waits five seconds between looks."""
    listening = Ear(build, poll_s=5)
    await listening.look()
    return listening


class TestPosts:
    async def test_a_reply_is_heard_with_the_post_it_stands_under(self, ear: Ear, bluesky: Bluesky) -> None:
        root = bluesky.write(ME, "New shoes day!")
        uri = bluesky.write(ANN, "How long did you wait?", answer_to=root)
        (message,) = messages(await ear.look())
        assert (message.id, message.surface, message.author.name) == (uri, Surface.COMMENT, "Ann")
        assert (message.post_id, message.post_text) == (root, "New shoes day!")
        assert messages(await ear.look()) == [], "once"

    async def test_only_who_asks_the_account_is_answered(self, ear: Ear, bluesky: Bluesky) -> None:
        root = bluesky.write(ME, "New shoes day!")
        first = bluesky.write(ANN, "How long did you wait?", answer_to=root)
        bluesky.write(BOB, "I waited for months", answer_to=first)
        bluesky.write(BOB, "look at this", quote=root)
        bluesky.like(BOB, root)
        bluesky.write(BOB, "@avatar.example.com and you?", mention=ME)
        page = await ear.look()
        assert texts(page) == ["@avatar.example.com and you?", "How long did you wait?"]
        assert texts(page, EventKind.IGNORED) == ["I waited for months", "look at this"]
        assert all(event.reason for event in events(page) if event.kind is EventKind.IGNORED)

    async def test_the_first_look_brings_what_is_there_and_the_next_only_what_is_new(
        self, build: Build, bluesky: Bluesky
    ) -> None:
        root = bluesky.write(ME, "New shoes day!")
        bluesky.write(ANN, "one", answer_to=root)
        fresh = Ear(build)
        assert texts(await fresh.look()) == ["one"]
        bluesky.write(ANN, "two", answer_to=root)
        assert texts(await fresh.look()) == ["two"]

    async def test_what_comes_in_with_an_earlier_time_is_heard(self, ear: Ear, bluesky: Bluesky) -> None:
        root = bluesky.write(ME, "New shoes day!")
        bluesky.write(ANN, "now", answer_to=root)
        await ear.look()
        bluesky.write(BOB, "a slow clock", answer_to=root, at=bluesky.now - timedelta(minutes=5))
        assert texts(await ear.look()) == ["a slow clock"]

    async def test_over_many_pages_nothing_is_lost_and_nothing_comes_twice(self, ear: Ear, bluesky: Bluesky) -> None:
        root, start = bluesky.write(ME, "New shoes day!"), bluesky.now
        for n in range(350):
            bluesky.write(ANN, f"q{n}", answer_to=root, at=start + timedelta(milliseconds=n))
        bluesky.ahead = timedelta(hours=1)
        heard = [message.text for message in messages(await ear.look())]
        bluesky.write(BOB, "while pages are read", answer_to=root)
        heard += [message.text for message in await ear.whole()]
        heard += [message.text for message in await ear.whole()]
        assert sorted(heard) == sorted([*(f"q{n}" for n in range(350)), "while pages are read"])
        assert len(ear.keys) == len(set(ear.keys))

    @pytest.mark.parametrize("tied", [41, 60, 100])
    async def test_what_was_written_in_one_moment_at_the_border_of_a_page_is_heard(
        self, ear: Ear, bluesky: Bluesky, tied: int
    ) -> None:
        """The platform's cursor is a time: what is of the same millisecond as a page's last row is not behind it."""
        moment = bluesky.now
        before = [f"before{n}" for n in range(70)]
        for n, text in enumerate(before):
            bluesky.write(ANN, text, mention=ME, at=moment - timedelta(milliseconds=1 + n))
        together = [f"q{n}" for n in range(tied)]
        for text in together:
            bluesky.write(ANN, text, mention=ME, at=moment)
        after = [f"after{n}" for n in range(60)]
        for n, text in enumerate(after):
            bluesky.write(BOB, text, mention=ME, at=moment + timedelta(milliseconds=1 + n))
        bluesky.ahead = timedelta(hours=1)
        heard = [message.text for message in [*await ear.whole(), *await ear.whole()]]
        assert sorted(heard) == sorted([*before, *together, *after])
        assert len(ear.keys) == len(set(ear.keys)), "each once"

    async def test_more_than_a_page_of_one_moment_ends_and_what_is_older_is_heard(
        self, ear: Ear, bluesky: Bluesky
    ) -> None:
        moment = bluesky.now
        bluesky.write(BOB, "older", mention=ME, at=moment - timedelta(seconds=1))
        for n in range(130):
            bluesky.write(ANN, f"q{n}", mention=ME, at=moment)
        pages = [await ear.look()]
        while not pages[-1].wait:
            assert len(pages) < 9, "it goes round in circles"
            pages.append(await ear.look())
        heard = [message.text for page in pages for message in messages(page)]
        assert ("older" in heard, len(heard), len(set(heard))) == (True, 101, 101), "what the platform lets be read"

    async def test_of_a_long_way_back_nothing_comes_twice(self, ear: Ear, bluesky: Bluesky) -> None:
        """After two days without a look: of what is read then, only what will be read again is remembered."""
        long_ago = Sweep((bluesky.now - timedelta(days=2)).timestamp())
        ear.cursor = cursors.dump(replace(cursors.load(ear.cursor), heard=long_ago))
        start = bluesky.now - timedelta(days=1)
        for n in range(250):
            bluesky.write(ANN, f"q{n}", mention=ME, at=start + timedelta(minutes=n // 3))
        heard = [message.text for message in [*await ear.whole(), *await ear.whole()]]
        assert sorted(heard) == sorted(f"q{n}" for n in range(250))
        assert len(ear.keys) == len(set(ear.keys)), "each once"

    async def test_questions_behind_a_flood_of_likes_are_heard(self, ear: Ear, bluesky: Bluesky) -> None:
        root = bluesky.write(ME, "New shoes day!")
        bluesky.write(ANN, "before the likes", answer_to=root)
        for n in range(1500):
            bluesky.like(bluesky.person(f"fan{n}"), root)
        assert [message.text for message in [*await ear.whole(), *await ear.whole()]] == ["before the likes"]
        assert texts(await ear.look()) == []

    async def test_a_setting_of_the_account_hides_nobody(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.priority_only.add(ME)
        bluesky.write(ANN, "@avatar.example.com hi", mention=ME)
        assert texts(await ear.look()) == ["@avatar.example.com hi"]

    async def test_a_bot_is_known_by_its_own_label(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.label(BOB, "bot")
        bluesky.write(BOB, "@avatar.example.com BEEP", mention=ME)
        (message,) = messages(await ear.look())
        assert message.author.is_bot

    async def test_a_look_that_fails_is_taken_again(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.write(ANN, "@avatar.example.com hi", mention=ME)
        bluesky.cut("/xrpc/chat.bsky.convo.getLog", times=9)
        with pytest.raises(Unavailable):
            await ear.look()
        bluesky._dials.clear()
        assert texts(await ear.look()) == ["@avatar.example.com hi"]

    async def test_a_server_that_answers_with_nonsense(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.fail("/xrpc/app.bsky.notification.listNotifications", 200, {"notifications": "many"})
        with pytest.raises(Unavailable):
            await ear.look()


class TestInPerson:
    async def test_the_creators_own_reply_takes_the_thread_over(self, ear: Ear, bluesky: Bluesky) -> None:
        asked = bluesky.write(ANN, "How long did you wait?", answer_to=bluesky.write(ME, "New shoes day!"))
        question = messages(await ear.look())[0]
        bluesky.write(ME, "Six weeks!", answer_to=asked)
        (own,) = messages(await ear.look(), EventKind.TAKEOVER)
        assert (own.conversation_id, own.reply_to_id) == (question.conversation_id, question.id)
        assert (own.text, own.author.is_self) == ("Six weeks!", True)
        assert messages(await ear.look(), EventKind.TAKEOVER) == [], "once"

    async def test_our_own_reply_comes_back_under_its_receipt(
        self, ear: Ear, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        """Intake knows it by that, and takes nothing over."""
        asked = bluesky.write(ANN, "How long did you wait?", answer_to=bluesky.write(ME, "New shoes day!"))
        (question,) = messages(await ear.look())
        where = {"conversation_id": question.conversation_id, "in_reply_to": asked, "first_sent_at": datetime.now(UTC)}
        reply = kit.reply()
        sent = type(reply)(**{**{name: getattr(reply, name) for name in reply.__slots__}, **where})
        receipt = await connector.send(sent)
        (own,) = messages(await ear.look(), EventKind.TAKEOVER)
        assert (own.id, own.text, own.conversation_id) == (receipt.id, sent.text, sent.conversation_id)

    async def test_posts_of_the_creator_are_ignored(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.write(ME, "New shoes day!")
        assert [event.kind for event in events(await ear.look())] == [EventKind.IGNORED]

    async def test_who_corrects_the_avatar_takes_over_where_it_had_answered(self, ear: Ear, bluesky: Bluesky) -> None:
        """To whom is known to the ledger alone."""
        ours = bluesky.write(ME, "Five weeks.", answer_to=bluesky.write(ANN, "How long did you wait?"))
        await ear.look()
        bluesky.write(ME, "Six, in fact!", answer_to=ours)
        (own,) = messages(await ear.look(), EventKind.TAKEOVER)
        assert (own.conversation_id, own.reply_to_id) == ("", ours)

    async def test_more_own_replies_than_a_page_holds(self, ear: Ear, bluesky: Bluesky) -> None:
        asked = bluesky.write(ANN, "hi", answer_to=bluesky.write(ME, "New shoes day!"))
        for n in range(130):
            bluesky.write(ME, f"a{n}", answer_to=asked)
        first, second = await ear.look(), await ear.look()
        assert (first.wait, second.wait) == (timedelta(), timedelta(seconds=5))
        heard = messages(first, EventKind.TAKEOVER) + messages(second, EventKind.TAKEOVER)
        assert len({message.id for message in heard}) == len(heard) == 130

    async def test_in_direct_messages(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.say(ANN, "what camera?", to=ME)
        (question,) = messages(await ear.look())
        bluesky.say(ME, "A Lumix.", to=ANN)
        (own,) = messages(await ear.look(), EventKind.TAKEOVER)
        assert own.conversation_id == question.conversation_id


class TestDirectMessages:
    async def test_are_heard(self, ear: Ear, bluesky: Bluesky) -> None:
        message_id = bluesky.say(ANN, "what camera?", to=ME)
        (message,) = messages(await ear.look())
        assert (message.id, message.surface, message.author.name) == (message_id, Surface.DM, "Ann")
        assert message.conversation_id == f"dm:{bluesky.convo_between(ANN, ME)}"
        assert messages(await ear.look()) == []

    @pytest.mark.parametrize("told", [True, False], ids=["told by the log", "asked for"])
    async def test_of_groups_are_ignored(self, ear: Ear, bluesky: Bluesky, told: bool) -> None:
        bluesky.tells_profiles = told
        bluesky.say(ANN, "hello all", to=ME, group=True)
        bluesky.say(BOB, "hello you", to=ME)
        page = await ear.look()
        assert (texts(page), texts(page, EventKind.IGNORED)) == (["hello you"], ["hello all"])
        assert len(bluesky.calls_to("/xrpc/chat.bsky.convo.getConvo")) == (0 if told else 2)
        assert {message.author.name for message in messages(page)} == {"Bob"}

    async def test_what_waited_before_the_first_look_is_heard_once(self, build: Build, bluesky: Bluesky) -> None:
        bluesky.say(ANN, "a request", to=ME)
        bluesky.say(ME, "Hi Bob", to=BOB)
        bluesky.say(BOB, "unread", to=ME)
        bluesky.say(ANN, "hello all", to=ME, group=True)
        fresh = Ear(build)
        assert texts(await fresh.look()) == ["a request", "unread"]
        assert texts(await fresh.look()) == []

    async def test_a_backlog_is_read_page_by_page(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.log_page = 10
        for n in range(35):
            bluesky.say(ANN, f"m{n}", to=ME)
        assert [message.text for message in await ear.whole()] == [f"m{n}" for n in range(35)]

    async def test_one_that_the_creator_deleted_is_gone(self, ear: Ear, bluesky: Bluesky) -> None:
        message_id = bluesky.say(ANN, "what camera?", to=ME)
        await ear.look()
        bluesky.forget(ME, message_id)
        (gone,) = messages(await ear.look(), EventKind.DELETED)
        assert (gone.id, gone.text) == (message_id, "")

    async def test_of_a_conversation_that_is_gone_stop_no_others(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.tells_profiles = False
        bluesky.say(ANN, "and gone", to=ME)
        bluesky.say(BOB, "hello you", to=ME)
        gone = {"error": "InvalidConvo", "message": "Convo not found"}
        bluesky.fail("/xrpc/chat.bsky.convo.getConvo", 400, gone)
        page = await ear.look()
        assert texts(page) == ["hello you"]
        assert [event.reason for event in events(page)] == ["its conversation is not there any more", ""]
        bluesky.say(BOB, "are you there?", to=ME)
        assert texts(await ear.look()) == ["are you there?"]

    async def test_a_place_in_the_log_that_the_service_takes_no_more_is_left(self, ear: Ear, bluesky: Bluesky) -> None:
        bluesky.fail("/xrpc/chat.bsky.convo.getLog", 400, {"error": "InvalidRequest", "message": "bad cursor"})
        bluesky.say(ANN, "what camera?", to=ME)
        assert texts(await ear.look()) == []
        assert texts(await ear.look()) == ["what camera?"]

    async def test_without_access_posts_are_heard_all_the_same(self, build: Build, bluesky: Bluesky) -> None:
        poor = build(bluesky.session(ME, privileged=False))
        bluesky.write(ANN, "@avatar.example.com hi", mention=ME)
        bluesky.say(ANN, "what camera?", to=ME)
        assert texts(await poor.poll("")) == ["@avatar.example.com hi"]

    async def test_of_an_account_that_has_none_nobody_asks(self, build: Build, bluesky: Bluesky) -> None:
        await build(dms=False).poll("")
        assert not bluesky.calls_to("/xrpc/chat")


async def test_the_wait_between_looks_is_a_setting(build: Build, bluesky: Bluesky) -> None:
    assert (await build(poll_s=7).poll("")).wait == timedelta(seconds=7)
