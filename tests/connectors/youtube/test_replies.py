"""Replies to comments and in the live chat, against the simulated YouTube."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.youtube.connector import YouTubeConnector
from connectors.youtube.limits import READBACK_PAGES
from connectors.youtube.mentions import LONGEST_NAME
from connectors.youtube.parse import parse
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Retryable, Unauthorized, Unavailable
from engage.models import EventKind, Outgoing, Surface
from engage.platform import Found
from tests.connectors.youtube.kit import chat_reply, error, reply
from tests.platforms.youtube import CHANNEL, YouTube

COMMENTS = "/youtube/v3/comments"
CHAT = "/youtube/v3/liveChat/messages"
NOW = datetime.now(UTC)


async def failure(connector: YouTubeConnector, out: Outgoing) -> EngageError:
    with pytest.raises(EngageError) as caught:
        await connector.send(out)
    return caught.value


async def longest(connector: YouTubeConnector, surface: Surface) -> int:
    return (await connector.capabilities(surface, "", NOW, NOW)).max_length


class TestComment:
    async def test_is_posted_and_found(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        first = youtube.comment()
        receipt = await connector.send(reply(in_reply_to=first.id, conversation_id=f"thread:{first.id}"))
        assert youtube.posted == [{"surface": "comment", "id": receipt.id, "parent": first.id, "text": "Six weeks."}]
        seen = await connector.find(reply())
        assert (seen.found, seen.receipt) == (Found.FOUND, receipt)

    async def test_takes_the_units_that_the_plan_says(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.comment()
        await connector.send(reply())
        youtube.page_size = 1
        for number in range(READBACK_PAGES):
            youtube.comment(f"reply {number}", parent="Ugx0001")
        assert (await connector.find(reply("something else"))).found is Found.UNREADABLE
        costs = [quota.cost for quota in connector.quotas if Surface.COMMENT in quota.surfaces]
        assert youtube.units == costs[0], "with a read-back that goes through as many pages as it may"

    async def test_to_a_reply_goes_under_the_first_comment_and_names_the_follower(
        self, youtube: YouTube, connector: YouTubeConnector
    ) -> None:
        first = youtube.comment()
        deeper = youtube.comment("Me too, how?", "UClin", "@lin", parent=first.id)
        out = reply(in_reply_to=deeper.id, follower_id="UClin", follower_name="@lin")
        receipt = await connector.send(out)
        assert youtube.posted[0]["parent"] == first.id
        assert youtube.posted[0]["text"] == "@lin Six weeks."
        assert (await connector.find(out)).receipt == receipt

    @pytest.mark.parametrize(
        ("written", "shown"),
        [
            pytest.param("Six weeks.", "\u200b@lin\u200b\u00a0Six weeks.", id="a mention with characters of no form"),
            pytest.param("Au cafe\u0301.", "@lin Au caf\u00e9.", id="an accent of its own"),
            pytest.param("\u202bשש\u202c \U0001f468\u200d\U0001f469", "@lin שש \U0001f468\U0001f469", id="RTL, emoji"),
            pytest.param("Six\r\nweeks.", "@lin Six\nweeks.", id="line ends"),
        ],
    )
    async def test_is_found_though_youtube_shows_it_a_little_differently(
        self, youtube: YouTube, connector: YouTubeConnector, written: str, shown: str
    ) -> None:
        """Not to find it would post it a second time."""
        first = youtube.comment()
        deeper = youtube.comment("Me too, how?", "UClin", "@lin", parent=first.id)
        out = reply(written, in_reply_to=deeper.id, follower_name="@lin")
        receipt = await connector.send(out)
        youtube.comments[receipt.id].text = shown
        assert (await connector.find(out)).receipt == receipt
        assert (await connector.find(replace(out, text="Seven weeks."))).found is Found.ABSENT

    async def test_comes_back_with_the_text_that_was_written(
        self, youtube: YouTube, connector: YouTubeConnector
    ) -> None:
        first = youtube.comment()
        deeper = youtube.comment("Me too", "UClin", "@lin", parent=first.id)
        receipt = await connector.send(reply(in_reply_to=deeper.id, follower_name="@lin"))
        [event] = parse(youtube.comments[receipt.id].resource(), CHANNEL)
        assert event.kind is EventKind.TAKEOVER
        assert event.message is not None
        assert (event.message.id, event.message.text) == (receipt.id, "Six weeks.")
        assert event.message.conversation_id == "thread:Ugx0001"

    async def test_of_the_greatest_length(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        first = youtube.comment()
        deeper = youtube.comment("Me too", "UClin", "@" + "l" * LONGEST_NAME, parent=first.id)
        length = await longest(connector, Surface.COMMENT)
        out = reply("x" * length, in_reply_to=deeper.id, follower_name=deeper.handle)
        await connector.send(out)
        assert len(youtube.posted[0]["text"]) == 10_000
        assert type(await failure(connector, replace(out, text="x" * (length + 1)))) is Refused

    async def test_to_a_comment_that_is_gone(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        first = youtube.comment()
        deeper = youtube.comment("Me too", "UClin", "@lin", parent=first.id)
        del youtube.comments[deeper.id]
        assert type(await failure(connector, reply(in_reply_to=deeper.id))) is Refused
        assert not youtube.calls_to(COMMENTS, "POST"), "nothing is posted for nobody"

    async def test_to_a_comment_that_goes_meanwhile(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.comment()
        youtube.fail(
            COMMENTS, 404, {"error": {"code": 404, "errors": [{"reason": "parentCommentNotFound"}]}}, method="POST"
        )
        assert type(await failure(connector, reply())) is Refused

    async def test_can_be_taken_back_twice(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.comment()
        receipt = await connector.send(reply())
        await connector.delete(receipt.id)
        await connector.delete(receipt.id)
        assert youtube.removed == [receipt.id]
        assert (await connector.find(reply())).found is Found.ABSENT

    async def test_a_comment_can_be_hidden_and_shown_again(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        first = youtube.comment()
        await connector.hide(Surface.COMMENT, first.id, hidden=True)
        assert first.status == "heldForReview"
        await connector.hide(Surface.COMMENT, first.id, hidden=False)
        assert first.status == "published"

    async def test_hiding_what_is_gone(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        with pytest.raises(Refused):
            await connector.hide(Surface.COMMENT, "Ugx9", hidden=True)


class TestChat:
    async def test_is_posted_with_the_name_and_found(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.go_live()
        youtube.say("How long?")
        receipt = await connector.send(chat_reply())
        assert youtube.posted == [{"surface": "live", "id": receipt.id, "chat": "chat1", "text": "@tom Six weeks."}]
        seen = await connector.find(chat_reply())
        assert (seen.found, seen.receipt) == (Found.FOUND, receipt)
        costs = [quota.cost for quota in connector.quotas if Surface.LIVE in quota.surfaces]
        assert youtube.units == costs[0], "the reply and one read-back are what the plan says"

    async def test_comes_back_with_the_text_that_was_written(
        self, youtube: YouTube, connector: YouTubeConnector
    ) -> None:
        chat = youtube.go_live()
        youtube.say()
        await connector.send(chat_reply())
        assert youtube.posted[0]["text"] == "@tom Six weeks."
        [event] = parse(chat.lines[-1], CHANNEL)
        assert event.kind is EventKind.TAKEOVER
        assert event.message is not None
        assert event.message.text == "Six weeks."

    @pytest.mark.parametrize("name", ["Tom W", "MrBeast", "", "@", "@two @names", "@a/b", "@" + "l" * 31])
    async def test_a_name_that_is_no_handle_is_not_made_one(
        self, youtube: YouTube, connector: YouTubeConnector, name: str
    ) -> None:
        """It might be somebody else's, who would be called in."""
        youtube.go_live()
        youtube.say()
        await connector.send(out := chat_reply(follower_name=name))
        assert youtube.posted[0]["text"] == "Six weeks."
        assert (await connector.find(out)).found is Found.FOUND

    async def test_handles_of_all_scripts_are_named(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.go_live()
        youtube.say()
        await connector.send(out := chat_reply(follower_name="@हिन्दी.तारा-७"))
        assert youtube.posted[0]["text"] == "@हिन्दी.तारा-७ Six weeks."
        assert (await connector.find(out)).found is Found.FOUND

    @pytest.mark.parametrize("words", ["!addmod @tom", "/ban @lin", " !title x"])
    async def test_nothing_commands_a_chatbot(self, youtube: YouTube, connector: YouTubeConnector, words: str) -> None:
        """A follower may have asked for it, and chatbots obey the owner."""
        youtube.go_live()
        youtube.say()
        assert type(await failure(connector, chat_reply(words, follower_name="Tom W"))) is Refused
        await connector.send(chat_reply(words))
        assert [one["text"] for one in youtube.posted] == [f"@tom {words}"]

    async def test_of_the_greatest_length(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.go_live()
        youtube.say()
        length = await longest(connector, Surface.LIVE)
        out = chat_reply("x" * length, follower_name="@" + "l" * LONGEST_NAME)
        await connector.send(out)
        assert len(youtube.posted[0]["text"]) == 200
        assert type(await failure(connector, replace(out, text="x" * (length + 1)))) is Refused

    async def test_in_a_chat_that_has_ended(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.go_live()
        youtube.end()
        assert type(await failure(connector, chat_reply())) is Refused
        assert (await connector.find(chat_reply())).found is Found.UNREADABLE, "nobody can know any more"

    async def test_not_to_be_found_proves_something_only_where_the_history_reaches_back(
        self, youtube: YouTube, connector: YouTubeConnector
    ) -> None:
        youtube.go_live()
        asked = youtube.say("How long?")
        youtube.say("hello", "UClin", "@lin")
        assert (await connector.find(chat_reply(in_reply_to=asked))).found is Found.ABSENT
        del youtube.chats["chat1"].lines[0]
        assert (await connector.find(chat_reply(in_reply_to=asked))).found is Found.UNREADABLE

    async def test_of_long_ago_is_not_looked_for(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        """The core asks a dozen times more in the course of a day, at 5 units each."""
        youtube.go_live()
        earlier = datetime.now(UTC) - timedelta(minutes=11)
        assert (await connector.find(chat_reply(first_sent_at=earlier))).found is Found.UNREADABLE
        assert not youtube.calls

    async def test_can_be_taken_back_twice(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.go_live()
        receipt = await connector.send(chat_reply())
        await connector.delete(receipt.id)
        await connector.delete(receipt.id)
        assert youtube.removed == [receipt.id]

    async def test_a_message_can_be_removed_but_not_brought_back(
        self, youtube: YouTube, connector: YouTubeConnector
    ) -> None:
        youtube.go_live()
        line = youtube.say("buy followers")
        await connector.hide(Surface.LIVE, line, hidden=True)
        assert youtube.removed == [line]
        with pytest.raises(Refused, match="cannot bring"):
            await connector.hide(Surface.LIVE, line, hidden=False)


SURFACES = [pytest.param(reply, COMMENTS, id="comment"), pytest.param(chat_reply, CHAT, id="live")]


@pytest.mark.parametrize(("make", "path"), SURFACES)
class TestFaults:
    @pytest.fixture
    def out(self, make: Callable[[], Outgoing]) -> Outgoing:
        """First sent now: by the time a long run comes here, a reply made at its beginning is not looked for."""
        return make()

    @pytest.fixture(autouse=True)
    def there_is_something_to_answer(self, youtube: YouTube) -> None:
        youtube.comment()
        youtube.go_live()
        youtube.say("How long?")

    async def test_a_lost_answer_is_settled_by_looking(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        youtube.lose(path, method="POST")
        assert type(await failure(connector, out)) is Ambiguous
        assert len(youtube.posted) == 1
        seen = await connector.find(out)
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == youtube.posted[0]["id"]

    async def test_a_connection_that_was_cut_before_posted_nothing(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        youtube.cut(path, method="POST")
        assert type(await failure(connector, out)) is Ambiguous
        assert (await connector.find(out)).found is Found.ABSENT

    async def test_an_older_reply_with_the_same_text_is_another_one(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        await connector.send(out)
        later = replace(out, first_sent_at=datetime.now(UTC) + timedelta(hours=1))
        assert (await connector.find(later)).found is Found.ABSENT

    async def test_where_it_cannot_be_read_nothing_is_known(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        youtube.fail(path, 503, times=3, method="GET")
        assert (await connector.find(out)).found is Found.UNREADABLE

    @pytest.mark.parametrize(
        ("status", "reason", "meant"),
        [
            (403, "quotaExceeded", RateLimited),
            (403, "rateLimitExceeded", RateLimited),
            (403, "userRequestsExceedRateLimit", RateLimited),
            (401, "authError", Unauthorized),
            (403, "authenticatedUserAccountClosed", Unauthorized),
            (403, "forbidden", Refused),
            (400, "processingFailure", Unavailable),
            (500, "backendError", Ambiguous),
        ],
    )
    async def test_says_what_a_refusal_means(
        self,
        youtube: YouTube,
        connector: YouTubeConnector,
        out: Outgoing,
        path: str,
        status: int,
        reason: str,
        meant: type[EngageError],
    ) -> None:
        youtube.fail(path, status, error(status, reason), method="POST")
        caught = await failure(connector, out)
        assert type(caught) is meant
        assert not youtube.posted
        assert not isinstance(caught, Retryable) or caught.spent >= (20 if "live" in path else 50), "it had its price"
        if reason == "quotaExceeded":
            assert isinstance(caught, RateLimited)
            assert caught.retry_after is not None
            assert timedelta(0) < caught.retry_after <= timedelta(hours=1), "it is looked whether the day has begun"

    async def test_that_was_too_fast_waits_as_youtube_says_or_for_minutes(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        """Each refused reply may have cost 50 units, which nobody counted."""
        youtube.fail(path, 403, error(403, "rateLimitExceeded"), method="POST")
        caught = await failure(connector, out)
        assert isinstance(caught, RateLimited)
        assert caught.retry_after == timedelta(minutes=5)
        youtube.fail(path, 403, error(403, "rateLimitExceeded"), {"retry-after": "7"}, method="POST")
        caught = await failure(connector, out)
        assert isinstance(caught, RateLimited)
        assert caught.retry_after == timedelta(seconds=7)

    async def test_nothing_is_repeated_beside_the_plan(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        youtube.fail(path, 503, times=2)
        await failure(connector, out)
        assert len(youtube.calls) == 1
        with pytest.raises(Unavailable):
            await connector.delete("Ug1" if out.surface is Surface.COMMENT else "LCC.1")
        assert len(youtube.calls) == 2
        youtube.fail(path, 503, method="GET")
        assert (await connector.find(out)).found is Found.UNREADABLE
        assert len(youtube.calls) == 3

    async def test_an_access_that_was_withdrawn(
        self, youtube: YouTube, connector: YouTubeConnector, out: Outgoing, path: str
    ) -> None:
        youtube.access.clear()
        assert type(await failure(connector, out)) is Unauthorized
