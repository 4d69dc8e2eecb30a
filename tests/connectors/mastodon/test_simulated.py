"""One account on a server: what it posts, finds, takes back and fetches."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.mastodon.connector import MastodonConnector
from connectors.mastodon.limits import longest_reply
from connectors.mastodon.parse import parse
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import EventKind, LengthUnit, Outgoing, Surface
from engage.platform import Found, Page
from tests.connectors.mastodon import kit
from tests.connectors.mastodon.conftest import SPEC, check
from tests.platforms import specs
from tests.platforms.mastodon import BOB, Mastodon

OWN = "14715@social.example"
STATUSES = "/api/v1/statuses"


def events(page: Page) -> list[Any]:
    import json

    return [event for one in page.events for event in parse(json.loads(one.body), OWN)]


def reply_to(status_id: str, text: str = "Six weeks.", **more: Any) -> Outgoing:
    return kit.reply(text, status_id, **more)


class TestReply:
    async def test_is_posted_under_the_comment_and_names_its_author(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?", visibility="unlisted", language="de")
        receipt = await connector.send(reply_to(asked))
        (posted,) = server.posted
        assert (posted["id"], posted["in_reply_to_id"]) == (receipt.id, asked)
        assert (posted["text"], posted["language"]) == ("@ann@remote.example Six weeks.", "de")
        assert server.notified == [("ann@remote.example", receipt.id)]
        assert receipt.sent_at.tzinfo is not None
        assert receipt.quiet_until is None

    @pytest.mark.parametrize("visibility", ["public", "unlisted", "private", "direct"])
    async def test_is_seen_by_nobody_else(
        self, server: Mastodon, connector: MastodonConnector, visibility: str
    ) -> None:
        asked = server.write("@me what lens?", visibility=visibility)
        await connector.send(reply_to(asked))
        assert server.posted[0]["visibility"] == visibility

    async def test_to_what_must_not_leave_the_server_stays_there(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        """A flag of forks, beside the visibility; a server of Mastodon's own knows none."""
        asked, other = server.write("@me what lens?", BOB), server.write("@me what lens?", BOB)
        server.statuses[asked]["local_only"] = True
        for number, parent in enumerate((asked, other)):
            await connector.send(Outgoing("o", f"key-{number}", Surface.COMMENT, "c", parent, BOB, "Six weeks."))
        first, second = (call.json for call in server.calls_to(STATUSES, "POST"))
        assert first["local_only"] is True
        assert "local_only" not in second

    async def test_of_a_direct_conversation_stays_direct(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?", visibility="public")
        dm = Outgoing("o1", "key-1", Surface.DM, "dm:108892", asked, "108892", "Six weeks.")
        await connector.send(dm)
        assert server.posted[0]["visibility"] == "direct"

    async def test_stands_behind_the_same_warning(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me how does it end?", spoiler_text="the last episode")
        await connector.send(reply_to(asked))
        assert server.posted[0]["spoiler_text"] == "the last episode"

    async def test_of_the_longest_length_fits_under_a_warning_of_any_length(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me how does it end?", spoiler_text="long " * 90)
        await connector.send(reply_to(asked, "x" * longest_reply(kit.CONFIG)))
        assert server.length(server.posted[0]["text"], server.posted[0]["spoiler_text"]) <= 500

    @pytest.mark.parametrize("letter", ["x", "é", "👩🏽‍🚒"])
    async def test_at_the_limit_is_accepted_and_one_more_refused(
        self, server: Mastodon, connector: MastodonConnector, letter: str
    ) -> None:
        asked = server.write("@me what lens?")
        most = server.max_characters - len("@ann ")
        await connector.send(reply_to(asked, letter * most))
        with pytest.raises(Refused, match="limit of 500"):
            await connector.send(Outgoing("o2", "key-2", Surface.COMMENT, "c", asked, "108892", letter * (most + 1)))

    async def test_with_a_link_of_any_length_fits(self, server: Mastodon, connector: MastodonConnector) -> None:
        able = await connector.capabilities(Surface.COMMENT, "comment:108892", datetime.now(UTC), datetime.now(UTC))
        assert (able.unit, able.native_bot_label) == (LengthUnit.GRAPHEMES, True)
        asked = server.write("@me what lens?")
        for number, link in enumerate(("https://a.b", "https://a.example/" + "long" * 20)):
            text = f"{link} {'x' * (able.max_length - len(link) - 1)}"
            await connector.send(Outgoing("o", f"key-{number}", Surface.COMMENT, "c", asked, "108892", text))
        assert len(server.posted) == 2

    async def test_to_a_deleted_comment_is_refused_before_it_is_sent(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?")
        server.remove(asked)
        with pytest.raises(Refused, match="gone"):
            await connector.send(reply_to(asked))
        assert server.calls_to(STATUSES, "POST") == []

    async def test_to_somebody_who_blocked_the_account_is_refused(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?")
        server.hidden.add(asked)
        with pytest.raises(Refused):
            await connector.send(reply_to(asked))

    async def test_to_a_comment_deleted_in_between_is_refused(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?")
        gone = {"error": "The post you are trying to reply to does not appear to exist."}
        server.fail(STATUSES, 404, gone, method="POST")
        with pytest.raises(Refused):
            await connector.send(reply_to(asked))

    async def test_is_taken_back(self, server: Mastodon, connector: MastodonConnector) -> None:
        receipt = await connector.send(reply_to(server.write("@me what lens?")))
        await connector.delete(receipt.id)
        assert server.posted == []
        await connector.delete(receipt.id)  # the second time is no error

    async def test_too_many_are_taken_back(self, server: Mastodon, connector: MastodonConnector) -> None:
        for number in range(30):
            await connector.delete(str(number))
        with pytest.raises(RateLimited) as caught:
            await connector.delete("31")
        assert caught.value.retry_after is not None
        assert timedelta(0) < caught.value.retry_after <= timedelta(minutes=30)


class TestWhoIsTold:
    @pytest.mark.parametrize("visibility", ["public", "direct"])
    async def test_of_several_who_are_mentioned_only_the_author(
        self, server: Mastodon, connector: MastodonConnector, visibility: str
    ) -> None:
        asked = server.write("@me @bob what lens?", visibility=visibility)
        receipt = await connector.send(reply_to(asked))
        assert server.notified == [("ann@remote.example", receipt.id)]

    @pytest.mark.parametrize("visibility", ["public", "direct"])
    @pytest.mark.parametrize(
        "text", ["Ask @bob.", ".@bob", "@bob, look!", "(@Bob@social.example)", "@@bob", "bob@bob.example"]
    )
    async def test_nobody_whom_its_words_name(
        self, server: Mastodon, connector: MastodonConnector, text: str, visibility: str
    ) -> None:
        """In a direct conversation a mention would even show it to them. A follower may be called "bob", too."""
        asked = server.write("@me what lens?", visibility=visibility)
        reply = reply_to(asked, text)
        receipt = await connector.send(reply)
        assert server.notified == [("ann@remote.example", receipt.id)]
        found = await connector.find(reply)
        assert (found.found, found.receipt and found.receipt.id) == (Found.FOUND, receipt.id)
        echo = events(await connector.poll('{"mention": "0", "own": "0"}'))[-1]
        assert (echo.kind, echo.message.text) == (EventKind.ECHO, text)

    async def test_a_link_to_a_profile_stays_whole(self, server: Mastodon, connector: MastodonConnector) -> None:
        await connector.send(reply_to(server.write("@me what lens?"), "See https://social.example/@bob/5"))
        assert server.posted[0]["text"].endswith(" https://social.example/@bob/5")

    async def test_nobody_who_took_the_mention_back(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        server.edit(asked, "what lens?")
        with pytest.raises(Refused, match="does not mention"):
            await connector.send(reply_to(asked))
        assert server.calls_to(STATUSES, "POST") == []


class TestLostAnswer:
    @pytest.mark.parametrize("dial", ["lose", "fail"])
    async def test_sent_again_with_its_key_is_posted_once(
        self, server: Mastodon, connector: MastodonConnector, dial: str
    ) -> None:
        reply = reply_to(server.write("@me what lens?"), first_sent_at=datetime.now(UTC))
        if dial == "lose":
            server.lose(STATUSES, method="POST")
        else:
            server.fail(STATUSES, 503, {"error": "There was a temporary problem"}, method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        receipt = await connector.send(reply)
        assert [posted["id"] for posted in server.posted] == [receipt.id]
        keys = {call.headers["idempotency-key"] for call in server.calls_to(STATUSES, "POST")}
        assert keys == {"key-1"}

    async def test_is_found_on_servers_that_fail_at_a_key_they_know(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        reply = reply_to(server.write("@me what lens?"), first_sent_at=datetime.now(UTC) - timedelta(seconds=2))
        server.repeated_keys_fail = True
        server.lose(STATUSES, method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        receipt = await connector.send(reply)
        assert [posted["id"] for posted in server.posted] == [receipt.id]

    async def test_within_the_hour_the_key_is_enough_while_nobody_can_look(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        reply = reply_to(server.write("@me what lens?"), first_sent_at=datetime.now(UTC) - timedelta(minutes=10))
        server.lose(STATUSES, method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        server.fail("/api/v1/accounts/", 503, times=3)
        receipt = await connector.send(reply)
        assert [posted["id"] for posted in server.posted] == [receipt.id]

    async def test_after_the_hour_that_a_key_lasts_it_is_looked_for(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        first = datetime.now(UTC)
        asked = server.write("@me what lens?")
        server.lose(STATUSES, method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(reply_to(asked, "One.\n\nTwo & https://a.example/x", first_sent_at=first))
        server.pass_time(timedelta(hours=2))
        late = reply_to(asked, "One.\n\nTwo & https://a.example/x", first_sent_at=first - timedelta(hours=2))
        receipt = await connector.send(late)
        assert [posted["id"] for posted in server.posted] == [receipt.id]
        assert len(server.calls_to(STATUSES, "POST")) == 1

    async def test_after_the_hour_it_is_posted_where_it_is_not_found(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?")
        await connector.send(reply_to(asked, first_sent_at=datetime.now(UTC) - timedelta(hours=2)))
        assert len(server.posted) == 1

    async def test_after_the_hour_nothing_is_posted_while_nobody_can_look(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?")
        server.fail("/api/v1/accounts/", 503, times=3)
        with pytest.raises(Unavailable, match="may be posted"):
            await connector.send(reply_to(asked, first_sent_at=datetime.now(UTC) - timedelta(hours=2)))
        assert server.posted == []

    async def test_cut_before_anything_is_done_is_posted_once(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        reply = reply_to(server.write("@me what lens?"))
        server.cut(STATUSES, method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        await connector.send(reply)
        assert len(server.posted) == 1

    async def test_no_parent_in_sight_posts_nothing(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        server.fail(STATUSES, 502, times=3, method="GET")
        with pytest.raises(Unavailable):
            await connector.send(reply_to(asked))
        for wrong in ({"mentions": 5}, {"mentions": [{"id": "14715", "acct": "me"}], "account": 5}):
            server.fail(STATUSES, 200, wrong, method="GET")
            with pytest.raises(Unavailable):
                await connector.send(reply_to(asked))
        assert server.posted == []


class TestFind:
    async def test_sees_what_is_posted(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        reply = reply_to(asked, "@bob has one, too.\nIt's good.")
        assert (await connector.find(reply)).found is Found.ABSENT
        receipt = await connector.send(reply)
        seen = await connector.find(reply)
        assert (seen.found, seen.receipt and seen.receipt.id) == (Found.FOUND, receipt.id)
        assert (await connector.find(reply_to(asked, "Another text."))).found is Found.ABSENT

    async def test_sees_it_when_the_comment_was_deleted(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        await connector.send(reply_to(asked))
        server.remove(asked)
        assert (await connector.find(reply_to(asked))).found is Found.FOUND

    async def test_turns_pages_over(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        await connector.send(reply_to(asked))
        for number in range(90):
            server.post_in_person(f"Post {number}")
        assert (await connector.find(reply_to(asked))).found is Found.FOUND
        assert len(server.calls_to("/api/v1/accounts/14715/statuses")) == 3

    async def test_says_so_where_it_cannot_look_far_enough(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        for number in range(210):
            server.post_in_person(f"Post {number}")
        assert (await connector.find(reply_to("1"))).found is Found.UNREADABLE

    async def test_says_so_where_nothing_can_be_read(self, server: Mastodon, connector: MastodonConnector) -> None:
        server.fail("/api/v1/accounts/", 200, {"not": "a list"})
        assert (await connector.find(reply_to("1"))).found is Found.UNREADABLE


class TestLimits:
    async def test_the_last_request_makes_it_quiet(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        server.statuses_limit = 1
        receipt = await connector.send(reply_to(asked))
        assert receipt.quiet_until is not None
        assert timedelta(0) < receipt.quiet_until - datetime.now(UTC) <= timedelta(hours=3)
        with pytest.raises(RateLimited) as caught:
            await connector.send(Outgoing("o2", "key-2", Surface.COMMENT, "c", asked, "108892", "And again."))
        assert caught.value.retry_after is not None
        assert caught.value.retry_after <= timedelta(hours=3)

    async def test_too_many_requests_say_when(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        server.limit = 0
        with pytest.raises(RateLimited) as caught:
            await connector.send(reply_to(asked))
        assert caught.value.retry_after is not None
        assert timedelta(0) < caught.value.retry_after <= timedelta(minutes=5)
        assert server.posted == []

    async def test_what_is_declared_stays_below_what_is_allowed(self, connector: MastodonConnector) -> None:
        (limit,) = connector.limits
        per_poll = 2 * (limit.per / timedelta(seconds=10))
        assert limit.count * 2 + per_poll < 300


class TestAccess:
    async def test_that_was_revoked_is_noticed_everywhere(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        await connector.send(reply_to(asked))
        server.revoke()
        for work in (
            connector.send(reply_to(asked)),
            connector.find(reply_to(asked)),
            connector.poll(""),
            connector.delete("1"),
            connector.examine(""),
            anext(connector.listen("")),
        ):
            with pytest.raises(Unauthorized):
                await work

    async def test_without_a_scope_is_noticed(self, server: Mastodon, connector: MastodonConnector) -> None:
        asked = server.write("@me what lens?")
        server.tokens = {token: {"read:statuses"} for token in server.tokens}
        with pytest.raises(Unauthorized, match="scopes"):
            await connector.send(reply_to(asked))


class TestPoll:
    async def test_brings_each_mention_once(self, server: Mastodon, connector: MastodonConnector) -> None:
        written = [server.write(f"@me question {n}", visibility="direct" if n % 2 else "public") for n in range(9)]
        page = await connector.poll("")
        assert [event.message.id for event in events(page)] == written
        assert [event.surface for event in events(page)][:2] == [Surface.COMMENT, Surface.DM]
        assert page.wait == timedelta(seconds=10)
        again = await connector.poll(page.cursor)
        assert (list(again.events), again.cursor) == ([], page.cursor)

    async def test_turns_pages_over_from_the_old_end(self, server: Mastodon, connector: MastodonConnector) -> None:
        written = [server.write(f"@me question {n}") for n in range(190)]
        found, cursor, pages = [], "", 0
        while True:
            page = await connector.poll(cursor)
            found += [event.message.id for event in events(page)]
            cursor, pages = page.cursor, pages + 1
            if page.wait:
                break
        assert (found, pages) == (written, 4)

    async def test_brings_what_the_creator_answered_in_person(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?")
        cursor = (await connector.poll("")).cursor
        server.post_in_person("@ann@remote.example An old one.", asked)
        server.post_in_person("New shoes day!")
        answered, posted = events(await connector.poll(cursor))
        assert (answered.kind, answered.message.text) == (EventKind.TAKEOVER, "An old one.")
        assert answered.message.conversation_id == "comment:108892"
        assert posted.kind is EventKind.IGNORED

    async def test_knows_our_own_reply(self, server: Mastodon, connector: MastodonConnector) -> None:
        cursor = (await connector.poll("")).cursor
        asked = server.write("@me what lens?", visibility="direct")
        await connector.send(reply_to(asked, "Six\n\nweeks & a day."))
        _, echo = events(await connector.poll(cursor))
        assert (echo.kind, echo.message.text) == (EventKind.ECHO, "Six\n\nweeks & a day.")
        assert (echo.message.conversation_id, echo.message.reply_to_id) == ("dm:108892", asked)

    async def test_begins_with_what_is_written_from_now_on(self, server: Mastodon) -> None:
        server.write("@me an old question")
        connector = MastodonConnector(kit.account(server.url, since=""))
        page = await connector.poll("")
        assert page.events == []
        asked = server.write("@me a new question")
        assert [event.message.id for event in events(await connector.poll(page.cursor))] == [asked]
        await connector.close()

    async def test_leaves_favourites_to_the_creator(self, server: Mastodon, connector: MastodonConnector) -> None:
        server.write("nice", kind="favourite")
        assert (await connector.poll("")).events == []

    async def test_a_mention_by_a_neighbour_is_named_by_its_short_name(
        self, server: Mastodon, connector: MastodonConnector
    ) -> None:
        asked = server.write("@me what lens?", BOB)
        (event,) = events(await connector.poll(""))
        assert event.message.author.name == "bob"
        await connector.send(reply_to(asked))
        assert server.posted[0]["text"] == "@bob Six weeks."

    async def test_a_broken_page_is_asked_for_again(self, server: Mastodon, connector: MastodonConnector) -> None:
        server.write("@me what lens?")
        server.fail("/api/v1/notifications", 502)
        server.cut("/api/v1/notifications")
        assert len((await connector.poll("")).events) == 1
        server.fail("/api/v1/notifications", 200, [5])
        with pytest.raises(Unavailable):
            await connector.poll("")


async def test_every_kind_of_call_is_one_that_mastodon_describes(
    server: Mastodon, connector: MastodonConnector
) -> None:
    """(The fixture checks every other test's calls in the same way.)"""
    specs.spec_file(SPEC)
    asked = server.write("@me how does it end?", spoiler_text="the last episode")
    await connector.poll((await connector.poll("")).cursor)
    receipt = await connector.send(reply_to(asked, first_sent_at=datetime.now(UTC) - timedelta(hours=2)))
    await connector.delete(receipt.id)
    await connector.examine("")
    for call in server.calls:
        check(call)
    assert {call.method for call in server.calls} == {"GET", "POST", "DELETE"}
