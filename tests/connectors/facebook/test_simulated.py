"""The connector against a simulated Facebook that enforces the documented rules."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.facebook import polls
from connectors.facebook.connector import FacebookConnector
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized
from engage.models import LengthUnit, Outgoing, Surface
from engage.platform import Examinable, Found, Moderation, PollSource, Renewable, Revocable, Subscribing
from tests.connectors.facebook import kit
from tests.platforms.facebook import Facebook

FAN, OTHER = kit.FAN, "700000000000002"


def answer_to(comment: Any, text: str = "Friday at 8.", **more: Any) -> Outgoing:
    place = f"{comment.post}:{comment.parent or comment.id}"
    return Outgoing("o1", "key-1", Surface.COMMENT, place, comment.id, comment.author, text, **more)


class TestSending:
    async def test_a_comment_is_answered_below_it(self, platform: Facebook, connector: FacebookConnector) -> None:
        comment = platform.add(FAN, "when?")
        receipt = await connector.send(answer_to(comment))
        assert platform.comments[receipt.id].parent == comment.id
        assert platform.posted == [{"id": receipt.id, "surface": "comment", "to": comment.id, "text": "Friday at 8."}]
        seen = await connector.find(answer_to(comment))
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == receipt.id

    async def test_a_reply_to_a_reply_hangs_on_the_first_comment(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        first = platform.add(FAN, "when?")
        second = platform.add(OTHER, "and where?", parent=first.id)
        await connector.send(answer_to(second))
        assert platform.posted[0]["to"] == first.id

    async def test_a_message_carries_its_key(self, platform: Facebook, connector: FacebookConnector) -> None:
        asked = platform.write_message(FAN, "do you ship?")
        reply = kit.message(in_reply_to=asked.id)
        receipt = await connector.send(reply)
        assert platform.posted == [{"id": receipt.id, "surface": "dm", "to": FAN, "text": reply.text}]
        assert platform.messages[-1].metadata == "engage:key-2"
        (call,) = platform.calls_to(f"/v25.0/{kit.OWN}/messages")
        assert call.json["messaging_type"] == "RESPONSE"
        seen = await connector.find(reply)
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == receipt.id

    async def test_a_private_reply_to_a_comment_goes_once(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        comment = platform.add(FAN, "can I order one?")
        reply = kit.message("I'll tell you here.", f"{comment.post}:{comment.id}", comment.id)
        receipt = await connector.send(reply)
        assert platform.posted == [{"id": receipt.id, "surface": "dm", "to": FAN, "text": reply.text}]
        assert (await connector.find(reply)).found is Found.FOUND
        with pytest.raises(Refused):
            await connector.send(reply)
        late = platform.add(FAN, "and now?")
        platform.ahead = timedelta(days=7)
        with pytest.raises(Refused, match="10/2534022"):
            await connector.send(replace(reply, in_reply_to=late.id))

    async def test_the_longest_reply_fits_and_one_more_does_not(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        comment, asked = platform.add(FAN, "tell me all"), platform.write_message(FAN, "tell me all")
        await connector.send(answer_to(comment, "ü" * 8000))
        await connector.send(kit.message("ü" * 2000, in_reply_to=asked.id))
        for reply in (answer_to(comment, "ü" * 8001), kit.message("ü" * 2001, in_reply_to=asked.id)):
            with pytest.raises(Refused):
                await connector.send(reply)

    async def test_what_may_be_said_and_until_when(self, connector: FacebookConnector) -> None:
        heard = datetime(2026, 11, 22, 8, tzinfo=UTC)
        comment = await connector.capabilities(Surface.COMMENT, f"{kit.POST}:1", heard, heard)
        assert (comment.max_length, comment.private_reply, comment.window_ends_at) == (8000, True, None)
        later = await connector.capabilities(Surface.COMMENT, f"{kit.POST}:1", heard, heard + timedelta(days=7))
        assert later.may_reply
        assert not later.private_reply
        message = await connector.capabilities(Surface.DM, f"dm:{FAN}", heard, heard)
        assert (message.max_length, message.unit) == (2000, LengthUnit.CHARACTERS)
        assert message.window_ends_at == heard + timedelta(hours=24)
        over = await connector.capabilities(Surface.DM, f"dm:{FAN}", heard, heard + timedelta(hours=24))
        assert not over.may_reply
        assert over.reason
        private = await connector.capabilities(Surface.DM, f"{kit.POST}:1", heard, heard)
        assert private.window_ends_at == heard + timedelta(days=7)

    async def test_the_window_of_a_message(self, platform: Facebook, connector: FacebookConnector) -> None:
        asked = platform.write_message(FAN, "hello?")
        platform.ahead = timedelta(hours=24)
        with pytest.raises(Refused, match="10/2018278"):
            await connector.send(kit.message(in_reply_to=asked.id))

    async def test_a_deleted_comment_or_a_blocked_page_is_not_answered(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        gone = platform.add(FAN, "gone")
        del platform.comments[gone.id]
        asked = platform.write_message(FAN, "hello?")
        platform.blocked.add(FAN)
        for reply in (answer_to(gone), kit.message(in_reply_to=asked.id)):
            with pytest.raises(Refused):
                await connector.send(reply)
        assert platform.posted == []


class TestFaults:
    async def test_of_two_replies_with_the_same_words_in_a_thread_the_newer_is_found(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        """Both hang on the first comment, and nothing tells them apart but their times."""
        first = platform.add(FAN, "when?")
        second = platform.add(OTHER, "when?", parent=first.id)
        await connector.send(answer_to(first))
        platform.ahead = timedelta(seconds=30)
        platform.lose(f"/v25.0/{first.id}", method="POST")
        reply = answer_to(second, first_sent_at=platform.now())
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        seen = await connector.find(reply)
        assert seen.receipt is not None
        assert seen.receipt.id == platform.posted[-1]["id"]

    @pytest.mark.parametrize(
        ("dial", "error", "posted"),
        [("cut", Ambiguous, 0), ("lose", Ambiguous, 1), ("unavailable", Ambiguous, 0), ("busy", RateLimited, 0)],
    )
    async def test_what_is_lost_is_settled_by_reading(
        self, platform: Facebook, connector: FacebookConnector, dial: str, error: type[Exception], posted: int
    ) -> None:
        comment, asked = platform.add(FAN, "when?"), platform.write_message(FAN, "when?")
        for path, reply in (
            (f"/v25.0/{comment.id}", answer_to(comment, first_sent_at=platform.now())),
            (f"/v25.0/{kit.OWN}/messages", replace(kit.message(in_reply_to=asked.id), first_sent_at=platform.now())),
        ):
            if dial == "unavailable":
                platform.fail(path, 503, method="POST")
            elif dial == "busy":
                platform.fail(path, 400, kit.refusal(80006), method="POST")
            else:
                getattr(platform, dial)(path, method="POST")
            with pytest.raises(error):
                await connector.send(reply)
            assert (await connector.find(reply)).found is (Found.FOUND if posted else Found.ABSENT)
        assert len(platform.posted) == 2 * posted
        assert len([call for call in platform.calls if call.method == "POST"]) == 2, "no write is repeated"

    async def test_an_answer_that_does_not_come_may_be_posted(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        comment = platform.add(FAN, "when?")
        connector._graph._http.timeout = 0.2
        platform.stall(f"/v25.0/{comment.id}", method="POST")
        with pytest.raises(Ambiguous):
            await connector.send(answer_to(comment))
        assert (await connector.find(answer_to(comment))).found is Found.FOUND

    async def test_what_cannot_be_read_is_not_guessed(self, platform: Facebook, connector: FacebookConnector) -> None:
        comment, asked = platform.add(FAN, "when?"), platform.write_message(FAN, "when?")
        for path in (f"/v25.0/{comment.id}/comments", f"/v25.0/{kit.OWN}/conversations"):
            platform.fail(path, 503, times=3)
        assert (await connector.find(answer_to(comment))).found is Found.UNREADABLE
        assert (await connector.find(kit.message(in_reply_to=asked.id))).found is Found.UNREADABLE
        del platform.comments[comment.id]
        assert (await connector.find(answer_to(comment))).found is Found.UNREADABLE, "its replies went with it"

    async def test_a_conversation_that_is_not_listed_is_not_said_to_lack_a_message(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        reply = kit.message(in_reply_to=platform.write_message(FAN, "hello?").id)
        await connector.send(reply)
        platform.fail(f"/v25.0/{kit.OWN}/conversations", 200, {"data": []})
        assert (await connector.find(reply)).found is Found.UNREADABLE
        assert (await connector.find(reply)).found is Found.FOUND

    async def test_words_of_another_are_not_ours(self, platform: Facebook, connector: FacebookConnector) -> None:
        comment = platform.add(FAN, "when?")
        platform.add(OTHER, "Friday at 8.", parent=comment.id)
        assert (await connector.find(answer_to(comment))).found is Found.ABSENT

    async def test_a_reply_is_found_on_a_later_page(self, platform: Facebook, connector: FacebookConnector) -> None:
        comment = platform.add(FAN, "when?")
        for number in range(120):
            platform.add(OTHER, f"me too {number}", parent=comment.id)
        await connector.send(answer_to(comment))
        assert (await connector.find(answer_to(comment))).found is Found.FOUND
        cursors = [call.query.get("after") for call in platform.calls_to(f"/v25.0/{comment.id}/comments", "GET")]
        assert cursors == [None, "50", "100"]

    async def test_a_thread_too_long_to_read_is_not_said_to_lack_it(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        comment = platform.add(FAN, "when?")
        for number in range(501):
            platform.add(OTHER, f"me too {number}", parent=comment.id)
        assert (await connector.find(answer_to(comment))).found is Found.UNREADABLE

    @pytest.mark.parametrize("subcode", [458, 460, 463])
    async def test_a_withdrawn_access_is_noticed(
        self, platform: Facebook, connector: FacebookConnector, subcode: int
    ) -> None:
        comment = platform.add(FAN, "when?")
        del platform.tokens[kit.TOKEN]
        platform.fail(f"/v25.0/{comment.id}", 400, kit.refusal(190, subcode))
        for ask in (connector.send(answer_to(comment)), connector.poll(""), connector.find(answer_to(comment))):
            with pytest.raises(Unauthorized):
                await ask

    async def test_a_full_limit_quiets_the_page(self, platform: Facebook, connector: FacebookConnector) -> None:
        asked = platform.write_message(FAN, "hello?")
        platform.business_usage = {"type": "messenger", "call_count": 97, "estimated_time_to_regain_access": 11}
        receipt = await connector.send(kit.message(in_reply_to=asked.id))
        assert receipt.quiet_until == receipt.sent_at + timedelta(minutes=11)


class TestModeration:
    async def test_hides_and_shows_a_comment(self, platform: Facebook, connector: FacebookConnector) -> None:
        assert isinstance(connector, Moderation)
        comment = platform.add(FAN, "rude")
        for hidden in (True, True, False):
            await connector.hide(Surface.COMMENT, comment.id, hidden=hidden)
            assert platform.comments[comment.id].hidden is hidden
        with pytest.raises(Refused):
            await connector.hide(Surface.DM, "m_1", hidden=True)

    async def test_takes_a_comment_back_and_no_message(self, platform: Facebook, connector: FacebookConnector) -> None:
        receipt = await connector.send(answer_to(platform.add(FAN, "when?")))
        await connector.delete(receipt.id)
        assert receipt.id not in platform.comments
        for message in ("m_1", "mid.$cAAE1"):
            with pytest.raises(Refused):
                await connector.delete(message)


class TestAccount:
    async def test_a_pages_token_does_not_end(self, connector: FacebookConnector) -> None:
        assert not isinstance(connector, Renewable)

    async def test_asks_for_the_pages_events_and_again(self, platform: Facebook, connector: FacebookConnector) -> None:
        assert isinstance(connector, Subscribing)
        for _ in range(2):
            assert await connector.subscribe("https://studio.example/hooks/facebook") is None
        assert platform.subscribed == {
            kit.OWN: ["feed", "messages", "message_echoes", "message_edits", "messaging_postbacks", "standby"]
        }

    async def test_ends_with_the_account_whose_access_only_its_owner_takes_away(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        assert isinstance(connector, Revocable)
        await connector.subscribe("")
        with pytest.raises(Refused, match="Business Integrations"):
            await connector.revoke()
        assert platform.subscribed == {}

    async def test_all_is_well(self, platform: Facebook, connector: FacebookConnector) -> None:
        assert isinstance(connector, Examinable)
        await connector.subscribe("")
        found = await connector.examine("https://studio.example/hooks/facebook")
        assert {one.name: one.state for one in found} == dict.fromkeys(
            ("access", "permissions", "tasks", "data access", "webhooks", "limits"), "ok"
        )
        platform.data_access_ends = platform.now() + timedelta(days=80)
        assert {one.state for one in await connector.examine("https://x.example")} == {"ok"}

    async def test_what_is_wrong_is_named_with_its_fix(self, platform: Facebook, connector: FacebookConnector) -> None:
        platform.scopes.remove("pages_messaging")
        platform.data_access_ends = platform.now() + timedelta(days=3)
        platform.usage["call_count"] = 85
        platform.tokens[kit.TOKEN].account = "100000000000002"
        found = {one.name: one for one in await connector.examine("https://studio.example/hooks/facebook")}
        assert {name: one.state for name, one in found.items()} == {
            "access": "fail",
            "permissions": "fail",
            "tasks": "ok",
            "data access": "warn",
            "webhooks": "fail",
            "limits": "warn",
        }
        assert all(one.fix for one in found.values() if one.state != "ok")
        assert kit.SECRETS[0] not in str(found)
        assert {one.name: one.state for one in await connector.examine("")}["webhooks"] == "warn"

    @pytest.mark.parametrize(
        ("tasks", "state", "found"),
        [(["MESSAGING"], "fail", "missing: MODERATE"), ([], "warn", "did not say"), (["ANALYZE"], "fail", "MESSAGING")],
    )
    async def test_what_the_person_may_not_do_on_the_page_is_named(
        self, platform: Facebook, tasks: list[str], state: str, found: str
    ) -> None:
        limited = FacebookConnector(replace(kit.account(platform.url), config={"tasks": tasks}))
        try:
            findings = {one.name: one for one in await limited.examine("")}
        finally:
            await limited.close()
        assert findings["tasks"].state == state
        assert found in findings["tasks"].found
        assert findings["tasks"].fix


class TestPolling:
    async def test_comments_and_messages_are_found_once(self, platform: Facebook, connector: FacebookConnector) -> None:
        assert isinstance(connector, PollSource)
        comment = platform.add(FAN, "when?")
        below = platform.add(OTHER, "me too", parent=comment.id)
        asked = platform.write_message(FAN, "do you ship?")
        page = await connector.poll("")
        wanted = {f"comment {comment.id}", f"comment {below.id}", f"messaging {asked.id}"}
        assert {raw.key for raw in page.events} == wanted
        path = f"/v25.0/{kit.POST}/comments"
        before = len(platform.calls_to(path))
        again = await connector.poll(page.cursor)
        assert {raw.key for raw in again.events} <= wanted
        assert len(platform.calls_to(path)) == before, "nothing changed there"
        more = platform.add(FAN, "thanks")
        assert f"comment {more.id}" in {raw.key for raw in (await connector.poll(again.cursor)).events}

    async def test_many_comments_are_read_over_pages(self, platform: Facebook, connector: FacebookConnector) -> None:
        wanted = {f"comment {platform.add(FAN, f'{number}?').id}" for number in range(120)}
        assert {raw.key for raw in (await connector.poll("")).events} == wanted

    async def test_more_than_one_look_can_read_is_read_by_the_next(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        comments = [platform.add(FAN, f"{number}?") for number in range(polls.PAGES * 50 + 70)]
        for number, comment in enumerate(comments):
            comment.at -= timedelta(seconds=5 * (len(comments) - number))
        platform.write_message(FAN, "newer than all of them")
        page = await connector.poll("")
        again = await connector.poll(page.cursor)
        heard = {raw.key for raw in (*page.events, *again.events)}
        assert {f"comment {one.id}" for one in comments} <= heard
        before = len(platform.calls_to(f"/v25.0/{kit.POST}/comments"))
        await connector.poll(again.cursor)
        assert len(platform.calls_to(f"/v25.0/{kit.POST}/comments")) == before, "nothing is left"

    @pytest.mark.parametrize(("status", "code"), [(403, 10), (403, 200), (400, 100)])
    async def test_messages_that_may_not_be_read_cost_no_comments(
        self, platform: Facebook, connector: FacebookConnector, status: int, code: int
    ) -> None:
        comment = platform.add(FAN, "how long?")
        platform.fail(f"/v25.0/{kit.OWN}/conversations", status, kit.refusal(code))
        (raw,) = (await connector.poll("")).events
        assert comment.id in raw.key

    async def test_a_post_that_goes_away_meanwhile_costs_nothing(
        self, platform: Facebook, connector: FacebookConnector
    ) -> None:
        platform.add(FAN, "when?")
        platform.fail(f"/v25.0/{kit.POST}/comments", 400, kit.refusal(100, 33))
        assert (await connector.poll("")).events == []
