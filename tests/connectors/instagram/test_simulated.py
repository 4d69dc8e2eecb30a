"""The connector against a simulated Instagram that enforces the documented rules."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.instagram.connector import InstagramConnector
from connectors.instagram.parse import parse
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import EventKind, LengthUnit, Outgoing, Surface
from engage.platform import Examinable, Found, Moderation, PollSource, Renewable, Revocable, Subscribing
from tests.connectors.instagram import kit
from tests.platforms.instagram import SCOPED, Instagram

POST, BROADCAST = "17900000000000001", "17900000000000002"
FAN = kit.FAN


def answer_to(comment: Any, text: str = "Six weeks.", **more: Any) -> Outgoing:
    root = comment.parent or comment.id
    surface = Surface.LIVE if comment.live else Surface.COMMENT
    place = f"live:{comment.post}" if comment.live else f"{comment.post}:{root}"
    return Outgoing("o1", "key-1", surface, place, comment.id, comment.author, text, **more)


class TestSending:
    async def test_a_comment_is_answered_below_it(self, platform: Instagram, connector: InstagramConnector) -> None:
        comment = platform.add(FAN, "how long?")
        receipt = await connector.send(answer_to(comment))
        assert platform.comments[receipt.id].parent == comment.id
        assert platform.posted == [{"id": receipt.id, "surface": "comment", "to": comment.id, "text": "Six weeks."}]
        seen = await connector.find(answer_to(comment))
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == receipt.id

    async def test_a_reply_to_a_reply_hangs_on_the_first_comment(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        first = platform.add(FAN, "how long?")
        second = platform.add("900000000000002", "and how much?", parent=first.id)
        await connector.send(answer_to(second))
        assert platform.posted[0]["to"] == first.id

    async def test_a_direct_message(self, platform: Instagram, connector: InstagramConnector) -> None:
        asked = platform.write_message(FAN, "do you ship?")
        reply = kit.message(in_reply_to=asked.id)
        receipt = await connector.send(reply)
        assert platform.posted == [{"id": receipt.id, "surface": "dm", "to": FAN, "text": reply.text}]
        seen = await connector.find(reply)
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == receipt.id

    async def test_a_live_comment_gets_one_private_reply_while_on_air(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        comment = platform.add(FAN, "hi from Lisbon", post=BROADCAST)
        receipt = await connector.send(answer_to(comment, "Hello Lisbon."))
        assert platform.posted == [{"id": receipt.id, "surface": "dm", "to": FAN, "text": "Hello Lisbon."}]
        assert (await connector.find(answer_to(comment, "Hello Lisbon."))).found is Found.FOUND
        with pytest.raises(Refused):
            await connector.send(answer_to(comment, "Again."))
        late = platform.add(FAN, "bye", post=BROADCAST)
        platform.posts[BROADCAST].on_air = False
        with pytest.raises(Refused):
            await connector.send(answer_to(late))

    async def test_a_private_reply_to_a_comment(self, platform: Instagram, connector: InstagramConnector) -> None:
        comment = platform.add(FAN, "can I order one?")
        reply = kit.message("I'll tell you here.", f"{POST}:{comment.id}", comment.id)
        receipt = await connector.send(reply)
        assert platform.posted == [{"id": receipt.id, "surface": "dm", "to": FAN, "text": reply.text}]
        assert (await connector.find(reply)).found is Found.FOUND
        platform.ahead = timedelta(days=7, minutes=1)
        old = replace(reply, in_reply_to=platform.add(FAN, "and now?").id)
        platform.ahead += timedelta(days=7, minutes=1)
        platform.tokens[kit.TOKEN].expires_at = None
        with pytest.raises(Refused):
            await connector.send(old)

    async def test_the_longest_reply_fits_and_one_more_does_not(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        comment, asked = platform.add(FAN, "tell me all"), platform.write_message(FAN, "tell me all")
        await connector.send(answer_to(comment, "ü" * 2200))
        await connector.send(kit.message("ü" * 500, in_reply_to=asked.id))
        for reply in (answer_to(comment, "ü" * 2201), kit.message("ü" * 500 + "!", in_reply_to=asked.id)):
            with pytest.raises(Refused):
                await connector.send(reply)

    async def test_the_window_of_a_message(self, platform: Instagram, connector: InstagramConnector) -> None:
        asked = platform.write_message(FAN, "hello?")
        able = await connector.capabilities(Surface.DM, f"dm:{FAN}", asked.at, asked.at)
        assert able.may_reply
        assert able.window_ends_at == asked.at + timedelta(hours=24)
        assert (able.max_length, able.unit) == (1000, LengthUnit.BYTES)
        platform.ahead = timedelta(hours=24)
        with pytest.raises(Refused, match="10/2018278"):
            await connector.send(kit.message(in_reply_to=asked.id))
        assert all(b"tag" not in call.body.lower() for call in platform.calls), "HUMAN_AGENT is for people"
        later = await connector.capabilities(Surface.DM, f"dm:{FAN}", asked.at, platform.now())
        assert not later.may_reply
        assert later.reason

    async def test_a_comment_may_be_answered_privately_for_a_week(self, connector: InstagramConnector) -> None:
        heard = datetime(2026, 11, 22, 8, tzinfo=UTC)
        able = await connector.capabilities(Surface.COMMENT, f"{POST}:1", heard, heard)
        assert able.private_reply
        assert (able.max_length, able.unit) == (2200, LengthUnit.CHARACTERS)
        assert not (
            await connector.capabilities(Surface.COMMENT, f"{POST}:1", heard, heard + timedelta(days=7))
        ).private_reply
        private = await connector.capabilities(Surface.DM, f"{POST}:1", heard, heard)
        assert private.window_ends_at == heard + timedelta(days=7)
        live = await connector.capabilities(Surface.LIVE, f"live:{BROADCAST}", heard, heard)
        assert live.may_reply
        assert live.window_ends_at is None

    async def test_a_deleted_hidden_or_blocked_one_is_not_answered(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        gone, hidden = platform.add(FAN, "gone"), platform.add(FAN, "hidden")
        platform.remove(gone.id)
        await connector.hide(Surface.COMMENT, hidden.id, hidden=True)
        asked = platform.write_message(FAN, "hello?")
        platform.blocked.add(FAN)
        for reply in (answer_to(gone), answer_to(hidden), kit.message(in_reply_to=asked.id)):
            with pytest.raises(Refused):
                await connector.send(reply)
        assert platform.posted == []


class TestFaults:
    @pytest.mark.parametrize(
        ("dial", "error", "posted"),
        [("cut", Ambiguous, 0), ("lose", Ambiguous, 1), ("unavailable", Ambiguous, 0), ("busy", RateLimited, 0)],
    )
    async def test_what_is_lost_is_settled_by_reading(
        self, platform: Instagram, connector: InstagramConnector, dial: str, error: type[Exception], posted: int
    ) -> None:
        comment, asked = platform.add(FAN, "how long?"), platform.write_message(FAN, "how long?")
        for path, reply in (
            (f"/v25.0/{comment.id}", answer_to(comment, first_sent_at=platform.now())),
            (f"/v25.0/{kit.OWN}/messages", replace(kit.message(in_reply_to=asked.id), first_sent_at=platform.now())),
        ):
            if dial == "unavailable":
                platform.fail(path, 503, method="POST")
            elif dial == "busy":
                platform.fail(path, 400, kit.refusal(80002), method="POST")
            else:
                getattr(platform, dial)(path, method="POST")
            with pytest.raises(error):
                await connector.send(reply)
            assert (await connector.find(reply)).found is (Found.FOUND if posted else Found.ABSENT)
        assert len(platform.posted) == 2 * posted
        assert len([call for call in platform.calls if call.method == "POST"]) == 2, "no write is repeated"

    async def test_an_answer_that_does_not_come_may_be_posted(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        comment = platform.add(FAN, "how long?")
        connector._graph._http.timeout = 0.2
        platform.stall(f"/v25.0/{comment.id}", method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(answer_to(comment))
        assert (await connector.find(answer_to(comment))).found is Found.FOUND

    async def test_what_cannot_be_read_is_not_guessed(self, platform: Instagram, connector: InstagramConnector) -> None:
        comment, asked = platform.add(FAN, "how long?"), platform.write_message(FAN, "how long?")
        for path in (f"/v25.0/{comment.id}/replies", f"/v25.0/{kit.OWN}/conversations"):
            platform.fail(path, 503, times=3)
        assert (await connector.find(answer_to(comment))).found is Found.UNREADABLE
        assert (await connector.find(kit.message(in_reply_to=asked.id))).found is Found.UNREADABLE
        platform.remove(comment.id)
        assert (await connector.find(answer_to(comment))).found is Found.UNREADABLE, "its replies went with it"

    async def test_a_conversation_that_is_not_listed_is_not_said_to_lack_a_message(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        reply = kit.message(in_reply_to=platform.write_message(FAN, "hello?").id)
        await connector.send(reply)
        platform.fail(f"/v25.0/{kit.OWN}/conversations", 200, {"data": []})
        assert (await connector.find(reply)).found is Found.UNREADABLE
        assert (await connector.find(reply)).found is Found.FOUND

    async def test_of_two_replies_with_the_same_words_in_a_thread_the_newer_is_found(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        """Both hang on the first comment, and nothing tells them apart but their times."""
        first = platform.add(FAN, "how long?")
        second = platform.add("900000000000002", "how long?", parent=first.id)
        await connector.send(answer_to(first))
        platform.ahead = timedelta(seconds=30)
        platform.lose(f"/v25.0/{first.id}", method="POST")
        reply = answer_to(second, first_sent_at=platform.now())
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        seen = await connector.find(reply)
        assert seen.receipt is not None
        assert seen.receipt.id == platform.posted[-1]["id"]

    async def test_an_older_reply_of_the_same_words_is_another(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        comment = platform.add(FAN, "how long?")
        await connector.send(answer_to(comment))
        platform.ahead = timedelta(hours=1)
        assert (await connector.find(answer_to(comment, first_sent_at=platform.now()))).found is Found.ABSENT

    async def test_a_message_behind_the_newest_twenty_is_not_said_to_be_absent(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        asked = platform.write_message(FAN, "hello?")
        reply = replace(kit.message(in_reply_to=asked.id), first_sent_at=platform.now())
        await connector.send(reply)
        platform.ahead = timedelta(minutes=10)
        for number in range(20):
            platform.write_message(FAN, f"{number}?")
        assert (await connector.find(reply)).found is Found.UNREADABLE

    async def test_a_reply_is_found_on_a_later_page(self, platform: Instagram, connector: InstagramConnector) -> None:
        comment = platform.add(FAN, "how long?")
        for number in range(120):
            platform.add("900000000000002", f"me too {number}", parent=comment.id)
        await connector.send(answer_to(comment))
        assert (await connector.find(answer_to(comment))).found is Found.FOUND
        assert [call.query.get("after") for call in platform.calls_to(f"/v25.0/{comment.id}/replies", "GET")] == [
            None,
            "50",
            "100",
        ]

    @pytest.mark.parametrize("subcode", [458, 460, 463])
    async def test_a_withdrawn_access_is_noticed(
        self, platform: Instagram, connector: InstagramConnector, subcode: int
    ) -> None:
        comment = platform.add(FAN, "how long?")
        del platform.tokens[kit.TOKEN]
        platform.fail("/v25.0/17", 400, kit.refusal(190, subcode))
        for ask in (connector.send(answer_to(comment)), connector.poll(""), connector.find(answer_to(comment))):
            with pytest.raises(Unauthorized):
                await ask


class TestUsage:
    async def test_a_full_limit_quiets_the_account(self, platform: Instagram, connector: InstagramConnector) -> None:
        comment = platform.add(FAN, "how long?")
        assert (await connector.send(answer_to(comment))).quiet_until is None
        platform.usage["call_count"] = 96
        soon = (await connector.send(answer_to(comment, "Seven."))).quiet_until
        assert soon is not None
        platform.business_usage = {"type": "instagram", "call_count": 100, "estimated_time_to_regain_access": 19}
        receipt = await connector.send(answer_to(comment, "Eight."))
        assert receipt.quiet_until == receipt.sent_at + timedelta(minutes=19)
        assert (await connector.poll("")).wait > timedelta(minutes=18)

    async def test_a_refusal_waits_as_long_as_meta_says(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        comment = platform.add(FAN, "how long?")
        told = {"x-business-use-case-usage": '{"1": [{"call_count": 100, "estimated_time_to_regain_access": 7}]}'}
        for code, headers, minutes in ((4, told, 7), (17, {}, 5), (368, {}, 360)):
            platform.fail(f"/v25.0/{comment.id}", 400, kit.refusal(code), headers)
            with pytest.raises(RateLimited) as caught:
                await connector.send(answer_to(comment))
            assert caught.value.retry_after == timedelta(minutes=minutes)

    async def test_unreadable_usage_says_nothing(self, platform: Instagram, connector: InstagramConnector) -> None:
        comment = platform.add(FAN, "how long?")
        for value in ("no JSON", "[1]", '{"1": [5]}', '{"call_count": "many"}'):
            platform.fail(f"/v25.0/{comment.id}/replies", 200, {"id": "1"}, {"x-app-usage": value})
            assert (await connector.send(answer_to(comment))).quiet_until is None


class TestModeration:
    async def test_hides_and_shows_a_comment(self, platform: Instagram, connector: InstagramConnector) -> None:
        assert isinstance(connector, Moderation)
        comment = platform.add(FAN, "rude")
        for hidden in (True, True, False):
            await connector.hide(Surface.COMMENT, comment.id, hidden=hidden)
            assert platform.comments[comment.id].hidden is hidden
        with pytest.raises(Refused):
            await connector.hide(Surface.DM, "aWdf_1", hidden=True)

    async def test_takes_a_comment_back_and_no_message(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        receipt = await connector.send(answer_to(platform.add(FAN, "how long?")))
        await connector.delete(receipt.id)
        assert receipt.id not in platform.comments
        with pytest.raises(Refused):
            await connector.delete("aWdf_1")


class TestRenewing:
    async def test_a_token_is_prolonged_and_the_old_one_still_works(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        assert isinstance(connector, Renewable)
        platform.ahead = timedelta(days=48)
        renewed = await connector.renew()
        assert renewed.credentials["access_token"] != kit.TOKEN
        assert renewed.expires_at is not None
        assert timedelta(days=59) < renewed.expires_at - datetime.now(UTC) < timedelta(days=61)
        again = await connector.renew()  # whose process was killed before it wrote the new one down
        assert again.credentials["access_token"] in platform.tokens

    async def test_a_token_of_today_is_renewed_tomorrow(self, connector: InstagramConnector) -> None:
        with pytest.raises(Unavailable) as caught:
            await connector.renew()
        assert caught.value.retry_after == timedelta(days=1)

    async def test_an_ended_or_withdrawn_token_is_not(self, platform: Instagram, connector: InstagramConnector) -> None:
        platform.ahead = timedelta(days=61)
        with pytest.raises(Unauthorized):
            await connector.renew()
        platform.tokens.clear()
        with pytest.raises(Unauthorized):
            await connector.renew()

    async def test_a_lost_answer_is_asked_for_again(self, platform: Instagram, connector: InstagramConnector) -> None:
        platform.ahead = timedelta(days=48)
        platform.lose("/refresh_access_token", times=2)  # a GET is repeated once by itself
        with pytest.raises(Unavailable):
            await connector.renew()
        assert (await connector.renew()).credentials["access_token"]

    async def test_what_is_no_token_is_not_kept(self, platform: Instagram, connector: InstagramConnector) -> None:
        for said in ({}, {"access_token": ""}, {"access_token": "x"}, {"access_token": "x", "expires_in": "soon"}, "x"):
            platform.fail("/refresh_access_token", 200, said)
            with pytest.raises(Unavailable):
                await connector.renew()


class TestSubscribing:
    async def test_asks_for_the_account_and_again(self, platform: Instagram, connector: InstagramConnector) -> None:
        assert isinstance(connector, Subscribing)
        for _ in range(2):
            assert await connector.subscribe("https://studio.example/hooks/instagram") is None
        assert platform.subscribed == {kit.OWN: ["comments", "live_comments", "messages", "messaging_postbacks"]}

    async def test_ends_with_the_account_whose_access_only_its_owner_takes_away(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        assert isinstance(connector, Revocable)
        await connector.subscribe("")
        with pytest.raises(Refused, match="App and website permissions"):
            await connector.revoke()
        assert platform.subscribed == {}


class TestExamining:
    async def test_all_is_well(self, platform: Instagram, connector: InstagramConnector) -> None:
        assert isinstance(connector, Examinable)
        await connector.subscribe("")
        found = {one.name: one for one in await connector.examine("https://studio.example/hooks/instagram")}
        assert {name: one.state for name, one in found.items()} == {
            "access": "ok",
            "permissions": "fail",  # the kit's account has not granted messages
            "messages": "ok",
            "webhooks": "ok",
            "limits": "ok",
        }
        assert found["permissions"].found == "missing: instagram_business_manage_messages"
        assert found["access"].found == "@ada.makes (MEDIA_CREATOR)"

    async def test_what_is_wrong_is_named_with_its_fix(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        platform.usage["total_time"] = 90
        platform.own = "17841400000000009"
        platform.fail(f"/v25.0/{kit.OWN}/conversations", 403, kit.refusal(200))
        found = {one.name: one for one in await connector.examine("https://studio.example/hooks/instagram")}
        assert [found[name].state for name in ("access", "messages", "webhooks", "limits")] == [
            "fail",
            "fail",
            "fail",
            "warn",
        ]
        assert all(one.fix for one in found.values())
        unreachable = {one.name: one for one in await connector.examine("")}
        assert unreachable["webhooks"].state == "warn"


class TestPolling:
    async def test_comments_and_messages_are_found_once(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        assert isinstance(connector, PollSource)
        comment = platform.add(FAN, "how long?")
        below = platform.add("900000000000002", "me too", parent=comment.id)
        asked = platform.write_message(FAN, "do you ship?")
        page = await connector.poll("")
        assert {raw.key for raw in page.events} == {
            f"comments {comment.id}",
            f"comments {below.id}",
            f"messaging {asked.id}",
        }
        assert page.wait == timedelta(minutes=1)
        before = len(platform.calls_to(f"/v25.0/{POST}/comments"))
        again = await connector.poll(page.cursor)
        assert {raw.key for raw in again.events} <= {raw.key for raw in page.events}
        assert len(platform.calls_to(f"/v25.0/{POST}/comments")) == before, "nothing changed there"

    async def test_many_comments_are_read_over_pages(self, platform: Instagram, connector: InstagramConnector) -> None:
        wanted = {f"comments {platform.add(FAN, f'{number}?').id}" for number in range(120)}
        page = await connector.poll("")
        assert {raw.key for raw in page.events} == wanted

    async def test_conversations_are_read_over_pages_up_to_where_the_last_look_was(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        wanted = {f"messaging {platform.write_message(f'fan-{number}', 'hello?').id}" for number in range(60)}
        page = await connector.poll("")
        assert {raw.key for raw in page.events} == wanted
        platform.ahead = timedelta(minutes=10)
        fresh = platform.write_message("fan-7", "anybody?")
        before = len(platform.calls_to(f"/v25.0/{kit.OWN}/conversations"))
        again = await connector.poll(page.cursor)
        assert f"messaging {fresh.id}" in {raw.key for raw in again.events}
        again = await connector.poll(again.cursor)
        assert len(platform.calls_to(f"/v25.0/{kit.OWN}/conversations")) - before == 4, "two, then one, as all is older"

    async def test_what_a_renamed_creator_writes_is_still_their_own(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        platform.handle = "ada.builds"
        platform.write_message(FAN, "hello?")
        platform.write_by_hand(FAN, "I'm here myself.")
        comment = platform.add(kit.OWN, "Thanks, all!")
        platform.tells_scoped = True
        account = replace(kit.account(platform.url), config={"granted_by": SCOPED})
        renamed = InstagramConnector(account)
        try:
            page = await renamed.poll("")
        finally:
            await renamed.close()
        kinds = {raw.key: [one.kind for one in parse(json.loads(raw.body), kit.OWN)] for raw in page.events}
        own = {key for key, (kind,) in kinds.items() if kind is EventKind.TAKEOVER}
        assert own == {f"messaging {platform.messages[-1].id}", f"comments {comment.id}"}

    async def test_what_is_old_is_not_brought_up_again(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        platform.add(FAN, "last week").at -= timedelta(days=7)
        cursor = (await connector.poll("")).cursor
        fresh = platform.add(FAN, "today")
        assert [raw.key for raw in (await connector.poll(cursor)).events] == [f"comments {fresh.id}"]

    @pytest.mark.parametrize(("status", "code"), [(403, 10), (403, 200), (400, 100)])
    async def test_messages_that_may_not_be_read_cost_no_comments(
        self, platform: Instagram, connector: InstagramConnector, status: int, code: int
    ) -> None:
        comment = platform.add(FAN, "how long?")
        platform.fail(f"/v25.0/{kit.OWN}/conversations", status, kit.refusal(code))
        (raw,) = (await connector.poll("")).events
        assert comment.id in raw.key

    async def test_a_post_that_goes_away_meanwhile_costs_nothing(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        platform.add(FAN, "how long?")
        platform.fail(f"/v25.0/{POST}/comments", 400, kit.refusal(100, 33))
        assert (await connector.poll("")).events == []

    async def test_a_cursor_of_another_version_begins_anew(
        self, platform: Instagram, connector: InstagramConnector
    ) -> None:
        comment = platform.add(FAN, "how long?")
        for cursor in ("7", "{}", "not JSON", '{"since": 5, "counts": {}}'):
            assert [raw.key for raw in (await connector.poll(cursor)).events] == [f"comments {comment.id}"]
