"""The connector against a simulated Bluesky: replies and direct messages, what faults and refusals lead to, upkeep."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.bluesky import connect, dms, posts, records
from connectors.bluesky.connector import BlueskyConnector
from engage.errors import Ambiguous, ConfigError, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.grants import Grant
from engage.models import LengthUnit, Outgoing, Surface
from engage.platform import App, Finding, Found
from tests.connectors.bluesky import kit
from tests.connectors.bluesky.conftest import Build
from tests.platforms import lexicons
from tests.platforms.bluesky import POST, Bluesky

ME, ANN, BOB = kit.ME, kit.ANN, "did:plc:bob"
PUT, SAY = "/xrpc/com.atproto.repo.putRecord", "/xrpc/chat.bsky.convo.sendMessage"
FAMILY = "👨‍👩‍👧‍👦"
TAIL = "https://shop.example/a @ann.example.com"
MIXED = [
    f"שלום, \u2067הנה\u2069 {TAIL}",
    f"مرحبًا، انظر {TAIL}؟",
    f"Cafe\u0301 e\u0323\u0302 {TAIL}",
    f"क्षत्रिय देखें {TAIL}।",
    f"กำลังดู {TAIL} นะ",
    f"{FAMILY}🏳️‍🌈👍🏽 {TAIL} {FAMILY}",
    f"\u1112\u1161\u11ab글 {TAIL}",
]


def answer_to(uri: str, text: str = "Six weeks.", **more: Any) -> Outgoing:
    return replace(kit.reply(text), in_reply_to=uri, first_sent_at=datetime.now(UTC), **more)


@pytest.fixture
def asked(bluesky: Bluesky) -> str:
    """A follower's question under a post of the creator's."""
    return bluesky.write(ANN, "How long did you wait?", answer_to=bluesky.write(ME, "New shoes day!"))


@pytest.fixture
def talk(bluesky: Bluesky) -> Outgoing:
    """An answer to a follower's direct message."""
    message_id = bluesky.say(ANN, "what camera?", to=ME)
    convo = bluesky.convo_between(ANN, ME)
    return replace(kit.message("A Lumix.", convo, message_id), first_sent_at=datetime.now(UTC))


def test_the_lexicons_are_held_against_every_call(bluesky: Bluesky) -> None:
    if not lexicons.at_hand():
        pytest.skip("the platform's description is not at hand: bluesky/lexicons")
    with pytest.raises(AssertionError, match="no parameter"):
        lexicons._check_query({"other": ["1"]}, {}, "any")
    with pytest.raises(AssertionError, match="too long"):
        lexicons.check_record({"$type": POST, "text": "x" * 301, "createdAt": "2026-11-22T08:00:00Z"}, POST)
    with pytest.raises(AssertionError, match="has no field"):
        lexicons.check_record({"$type": POST, "text": "x", "createdAt": "2026-11-22T08:00:00Z", "to": "y"}, POST)


class TestReply:
    async def test_stands_under_the_question_and_is_found(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        reply = answer_to(asked)
        receipt = await connector.send(reply)
        posted = bluesky.posts_of(ME)[-1]
        assert (posted["text"], posted["reply"]["parent"]["uri"]) == ("Six weeks.", asked)
        assert posted["reply"]["root"]["uri"].startswith(f"at://{ME}/")
        assert (await connector.find(reply)).receipt == replace(receipt, quiet_until=None)

    async def test_to_a_mention_begins_its_thread_there(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        alone = bluesky.write(ANN, "@avatar.example.com what camera?", mention=ME)
        await connector.send(answer_to(alone, "@ann.example.com a Lumix: https://shop.example/lumix"))
        posted = bluesky.posts_of(ME)[-1]
        assert posted["reply"]["root"]["uri"] == posted["reply"]["parent"]["uri"] == alone
        assert [one["features"][0]["$type"].split("#")[1] for one in posted["facets"]] == ["link", "mention"]

    async def test_a_second_attempt_posts_nothing_more(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        reply = answer_to(asked)
        assert (await connector.send(reply)).id == (await connector.send(reply)).id
        assert len(bluesky.posts_of(ME)) == 2
        assert len(bluesky.calls_to(PUT)) == 2

    async def test_another_text_under_the_same_key_is_never_posted(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        reply = answer_to(asked)
        await connector.send(reply)
        with pytest.raises(Ambiguous):
            await connector.send(replace(reply, text="Other words."))
        assert (await connector.find(reply)).found is Found.FOUND
        assert [post["text"] for post in bluesky.posts_of(ME)] == ["New shoes day!", "Six weeks."]

    async def test_what_was_not_posted_is_absent(self, connector: BlueskyConnector, asked: str) -> None:
        assert (await connector.find(answer_to(asked))).found is Found.ABSENT

    @pytest.mark.parametrize("fault", ["fail", "cut"])
    async def test_a_fault_before_anything_is_done(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str, fault: str
    ) -> None:
        getattr(bluesky, fault)(PUT, *((503, {"error": "NotEnoughResources"}) if fault == "fail" else ()))
        reply = answer_to(asked)
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        assert (await connector.find(reply)).found is Found.ABSENT
        await connector.send(reply)
        assert bluesky.posted(ME) == ["Six weeks."]

    async def test_an_answer_that_is_lost(self, connector: BlueskyConnector, bluesky: Bluesky, asked: str) -> None:
        bluesky.lose(PUT)
        reply = answer_to(asked)
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        assert (await connector.find(reply)).found is Found.FOUND
        assert bluesky.posted(ME) == ["Six weeks."]

    async def test_an_answer_that_does_not_come(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.stall(PUT)
        connector._calls._http.timeout = 0.2
        reply = answer_to(asked)
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        assert (await connector.find(reply)).found is Found.FOUND

    async def test_that_cannot_be_looked_for_now(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.fail("/xrpc/com.atproto.repo.getRecord", 503, times=9)
        assert (await connector.find(answer_to(asked))).found is Found.UNREADABLE

    @pytest.mark.parametrize(
        "text", ["x" * 300, "é" * 300, FAMILY * 119], ids=["letters", "accents", "3000 bytes of families"]
    )
    async def test_of_the_greatest_length(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str, text: str
    ) -> None:
        await connector.send(answer_to(asked, text))
        assert bluesky.posted(ME) == [text]

    @pytest.mark.parametrize("text", ["x" * 301, FAMILY * 121], ids=["301 letters", "over 3000 bytes"])
    async def test_that_is_too_long_is_refused(self, build: Build, bluesky: Bluesky, asked: str, text: str) -> None:
        with pytest.raises(Refused):
            await build().send(answer_to(asked, text))
        bluesky.calls.clear()  # the lexicon forbids it as well: that is what is tested
        assert bluesky.posted(ME) == []

    async def test_of_more_bytes_than_a_post_holds_is_refused_in_words_before_anybody_is_asked(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        with pytest.raises(Refused, match=r"3,025 bytes.* 3,000"):
            await connector.send(answer_to(asked, FAMILY * 121))
        assert bluesky.calls == []

    @pytest.mark.parametrize("text", MIXED, ids=["Hebrew", "Arabic", "accents", "Hindi", "Thai", "families", "Korean"])
    async def test_in_any_script_its_links_cover_what_was_sent(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str, text: str
    ) -> None:
        await connector.send(answer_to(asked, text))
        posted = bluesky.posts_of(ME)[-1]
        assert posted["text"] == text, "no letter was changed, joined or taken apart"
        covered = [
            posted["text"].encode()[one["index"]["byteStart"] : one["index"]["byteEnd"]] for one in posted["facets"]
        ]
        assert covered == [b"https://shop.example/a", b"@ann.example.com"]

    async def test_the_same_words_answer_two_posts_each_for_itself(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        other = bluesky.write(BOB, "And you?", answer_to=asked)
        one, two = answer_to(asked), answer_to(other, idempotency_key="key-2")
        assert (await connector.find(two)).found is Found.ABSENT
        receipts = [await connector.send(one), await connector.send(two)]
        assert (await connector.find(one)).receipt == replace(receipts[0], quiet_until=None)
        assert (await connector.find(two)).receipt == replace(receipts[1], quiet_until=None)
        answered = [post["reply"]["parent"]["uri"] for post in bluesky.posts_of(ME) if "reply" in post]
        assert sorted(answered) == sorted([asked, other])

    async def test_two_of_one_thread_and_one_moment_both_stand(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        one = answer_to(asked, "Six weeks.")
        two = replace(one, idempotency_key="key-2", text="And it was worth it.")
        await connector.send(one)
        await connector.send(two)
        await connector.send(replace(two))
        assert sorted(bluesky.posted(ME)) == ["And it was worth it.", "Six weeks."]

    async def test_what_answers_another_post_under_its_key_is_not_taken_for_it(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        """Two keys of one moment are the same once in a billion times."""
        reply = answer_to(asked)
        other = bluesky.write(BOB, "And you?", answer_to=asked)
        place = {"repo": ME, "collection": POST, "rkey": records.key_of(reply)}
        view = (await posts.views(connector._calls, [other]))[other]
        await connector._calls.write(posts.PUT, {**place, "record": records.post(reply, view)})
        with pytest.raises(Ambiguous):
            await connector.send(reply)
        assert (await connector.find(reply)).found is Found.UNREADABLE

    async def test_to_a_deleted_post_is_refused(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.remove(asked)
        with pytest.raises(Refused, match="gone"):
            await connector.send(answer_to(asked))
        assert not bluesky.calls_to(PUT)

    async def test_in_a_closed_thread_is_refused(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.closed.add(asked)
        with pytest.raises(Refused, match="does not take"):
            await connector.send(answer_to(asked))
        assert not bluesky.calls_to(PUT)

    async def test_to_somebody_who_blocks_the_account_is_refused(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.blocks.add((ANN, ME))
        with pytest.raises(Refused, match="blocks"):
            await connector.send(answer_to(asked))

    async def test_is_taken_back_once_and_again(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        receipt = await connector.send(answer_to(asked))
        await connector.delete(receipt.id)
        await connector.delete(receipt.id)
        assert bluesky.posted(ME) == []


class TestLimits:
    async def test_a_used_up_limit_says_until_when(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.hour_points = 3
        receipt = await connector.send(answer_to(asked))
        assert receipt.quiet_until is not None
        assert receipt.quiet_until > datetime.now(UTC) + timedelta(minutes=20)
        with pytest.raises(RateLimited) as caught:
            await connector.send(answer_to(asked, "And more.", idempotency_key="key-9"))
        assert caught.value.retry_after is not None
        assert caught.value.retry_after > timedelta(minutes=20)

    async def test_while_much_is_left_nobody_waits(self, connector: BlueskyConnector, asked: str) -> None:
        assert (await connector.send(answer_to(asked))).quiet_until is None

    async def test_a_poll_waits_where_no_read_is_left(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        reset = str(int(datetime.now(UTC).timestamp()) + 120)
        quiet = {"ratelimit-remaining": "0", "ratelimit-reset": reset}
        await connector.poll("")
        bluesky.fail("/xrpc/chat.bsky.convo.getLog", 200, {"logs": [], "cursor": "rev"}, quiet)
        page = await connector.poll((await connector.poll("")).cursor)
        assert page.wait <= timedelta(seconds=120)
        bluesky.fail("/xrpc/chat.bsky.convo.getLog", 200, {"logs": [], "cursor": "rev"}, quiet)
        assert (await connector.poll(page.cursor)).wait > timedelta(seconds=60)

    async def test_that_none_is_left_is_not_forgotten_by_the_reads_that_follow(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        quiet = {"ratelimit-remaining": "0", "ratelimit-reset": str(int(datetime.now(UTC).timestamp()) + 120)}
        listed = {"notifications": []}
        bluesky.fail("/xrpc/app.bsky.notification.listNotifications", 200, listed, quiet)
        assert (await connector.poll("")).wait > timedelta(seconds=60)

    def test_the_points_are_declared(self, connector: BlueskyConnector) -> None:
        assert [(limit.count, limit.per) for limit in connector.limits] == [(1666, timedelta(hours=1))]
        assert [(quota.units, quota.cost) for quota in connector.quotas] == [(35_000, 3)]


class TestDirectMessage:
    async def test_answers_the_message_and_is_found(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        receipt = await connector.send(talk)
        said = bluesky.said_in(bluesky.convo_between(ANN, ME))[-1]
        assert (said["text"], said["replyTo"]["id"], said["id"]) == ("A Lumix.", talk.in_reply_to, receipt.id)
        assert (await connector.find(talk)).receipt == receipt

    async def test_to_a_request_accepts_it(self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing) -> None:
        convo = bluesky.convos[bluesky.convo_between(ANN, ME)]
        assert ME not in convo.accepted
        await connector.send(talk)
        assert ME in convo.accepted
        await connector.send(replace(talk, text="And a tripod."))
        assert len(bluesky.calls_to("/xrpc/chat.bsky.convo.acceptConvo")) == 1

    async def test_with_a_link(self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing) -> None:
        await connector.send(replace(talk, text="Here: https://shop.example/lumix"))
        said = bluesky.said_in(bluesky.convo_between(ANN, ME))[-1]
        assert said["facets"][0]["features"][0]["uri"] == "https://shop.example/lumix"

    async def test_in_a_group_is_refused(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        message_id = bluesky.say(ANN, "hello all", to=ME, group=True)
        convo = next(one.id for one in bluesky.convos.values() if one.group)
        with pytest.raises(Refused, match="group"):
            await connector.send(kit.message("Hi.", convo, message_id))
        assert not bluesky.calls_to(SAY)

    @pytest.mark.parametrize("wrong", ["conversation", "message", "locked"])
    async def test_where_there_is_nothing_to_answer_is_refused(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing, wrong: str
    ) -> None:
        if wrong == "locked":
            bluesky.convos[bluesky.convo_between(ANN, ME)].locked = True
        other = {"conversation": {"conversation_id": "dm:gone"}, "message": {"in_reply_to": "gone"}, "locked": {}}
        with pytest.raises(Refused):
            await connector.send(replace(talk, **other[wrong]))

    async def test_an_answer_that_is_lost(self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing) -> None:
        bluesky.lose(SAY)
        with pytest.raises(Ambiguous):
            await connector.send(talk)
        assert (await connector.find(talk)).found is Found.FOUND

    async def test_a_fault_before_anything_is_done(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        bluesky.cut(SAY)
        with pytest.raises(Ambiguous):
            await connector.send(talk)
        assert (await connector.find(talk)).found is Found.ABSENT

    async def test_the_same_words_to_another_question_are_not_this_one(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        await connector.send(talk)
        again = bluesky.say(ANN, "what camera again?", to=ME)
        assert (await connector.find(replace(talk, in_reply_to=again))).found is Found.ABSENT

    async def test_is_found_behind_many_others(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        await connector.send(talk)
        for n in range(150):
            bluesky.say(ANN, f"and {n}", to=ME)
        assert (await connector.find(talk)).found is Found.FOUND

    async def test_behind_too_many_nobody_knows(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        for n in range(dms.PAGES * 100 + 1):
            bluesky.say(ANN, f"and {n}", to=ME)
        assert (await connector.find(talk)).found is Found.UNREADABLE

    async def test_that_cannot_be_looked_for_now(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        bluesky.fail("/xrpc/chat.bsky.convo.getMessages", 502, times=9)
        assert (await connector.find(talk)).found is Found.UNREADABLE

    async def test_of_the_greatest_length(self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing) -> None:
        await connector.send(replace(talk, text="é" * 1000))
        with pytest.raises(Refused):
            await connector.send(replace(talk, text="é" * 1001))
        bluesky.calls.clear()
        assert len(bluesky.posted(ME)) == 1

    async def test_of_more_bytes_than_one_holds_is_refused_before_a_request_is_accepted(
        self, connector: BlueskyConnector, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        await connector.send(replace(talk, text=FAMILY * 400))
        convo = bluesky.convos[bluesky.convo_between(BOB, ME)]
        asked = bluesky.say(BOB, "and you?", to=ME)
        long = replace(talk, conversation_id=f"dm:{convo.id}", in_reply_to=asked, text=FAMILY * 401)
        with pytest.raises(Refused, match=r"10,025 bytes.* 10,000"):
            await connector.send(long)
        assert ME not in convo.accepted
        assert bluesky.posted(ME) == [FAMILY * 400]

    async def test_cannot_be_taken_back(self, connector: BlueskyConnector, talk: Outgoing) -> None:
        receipt = await connector.send(talk)
        with pytest.raises(Refused):
            await connector.delete(receipt.id)
        with pytest.raises(Refused):
            await connector.hide(Surface.DM, receipt.id, hidden=True)

    async def test_without_access_is_refused_and_told_before(
        self, build: Build, bluesky: Bluesky, talk: Outgoing
    ) -> None:
        poor = build(bluesky.session(ME, privileged=False), dms=False)
        able = await poor.capabilities(Surface.DM, "dm:x", kit.FIRST, kit.FIRST)
        assert (able.may_reply, bool(able.reason)) == (False, True)
        with pytest.raises(Refused, match="Bad token method"):
            await poor.send(talk)


class TestHiding:
    async def test_a_reply_in_an_own_thread_is_hidden_and_shown_again(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        for _ in range(2):
            await connector.hide(Surface.COMMENT, asked, hidden=True)
        assert len(bluesky.calls_to(PUT)) == 1, "what holds already is not written again"
        page = await connector.poll("")
        assert page.events == [], "its notification is gone as well"
        await connector.hide(Surface.COMMENT, asked, hidden=False)
        assert len((await connector.poll("")).events) == 1

    async def test_what_another_hand_hid_stays_hidden(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        root = bluesky.posts_of(ME)[0]
        other = bluesky.write(BOB, "spam", answer_to=asked)
        await connector.hide(Surface.COMMENT, other, hidden=True)
        await connector.hide(Surface.COMMENT, asked, hidden=True)
        (gate,) = bluesky.repos[ME]["app.bsky.feed.threadgate"].values()
        assert gate[1]["hiddenReplies"] == [other, asked]
        assert "allow" not in gate[1], "anybody may go on answering"
        assert root["text"] == "New shoes day!"

    @pytest.mark.parametrize(
        "allow", [[], [{"$type": "app.bsky.feed.threadgate#followerRule"}]], ids=["nobody", "followers"]
    )
    async def test_who_may_answer_stays_as_the_creator_set_it(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str, allow: list[dict[str, str]]
    ) -> None:
        self.gate(bluesky, asked, allow=allow, createdAt="2026-11-22T08:00:00.000Z")
        for hidden in (True, False):
            await connector.hide(Surface.COMMENT, asked, hidden=hidden)
            (gate,) = bluesky.repos[ME]["app.bsky.feed.threadgate"].values()
            assert (gate[1]["allow"], gate[1]["createdAt"]) == (allow, "2026-11-22T08:00:00.000Z")
            assert gate[1]["hiddenReplies"] == ([asked] if hidden else [])

    async def test_three_hundred_are_hidden_and_no_more(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        others = [f"at://{BOB}/{POST}/3kspam{n:07}".replace("0", "a").replace("1", "b") for n in range(299)]
        self.gate(bluesky, asked, hiddenReplies=others)
        await connector.hide(Surface.COMMENT, asked, hidden=True)
        more = bluesky.write(BOB, "spam", answer_to=asked)
        with pytest.raises(Refused, match="300 replies already"):
            await connector.hide(Surface.COMMENT, more, hidden=True)
        await connector.hide(Surface.COMMENT, asked, hidden=False)
        await connector.hide(Surface.COMMENT, more, hidden=True)

    @pytest.mark.parametrize("gated", [True, False], ids=["a gate that stood", "a gate that is new"])
    async def test_what_another_hand_changes_meanwhile_is_kept(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str, monkeypatch: pytest.MonkeyPatch, gated: bool
    ) -> None:
        if gated:
            self.gate(bluesky, asked)
        other, write = bluesky.write(BOB, "spam", answer_to=asked), connector._calls.write
        hands = iter([lambda: self.gate(bluesky, asked, allow=[], hiddenReplies=[other])])

        async def too_late(*given: Any) -> Any:
            next(hands, lambda: None)()
            return await write(*given)

        monkeypatch.setattr(connector._calls, "write", too_late)
        await connector.hide(Surface.COMMENT, asked, hidden=True)
        (gate,) = bluesky.repos[ME]["app.bsky.feed.threadgate"].values()
        assert (gate[1]["allow"], gate[1]["hiddenReplies"]) == ([], [other, asked])

    async def test_a_gate_that_changes_again_and_again_is_left_alone(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.fail(PUT, 400, {"error": "InvalidSwap", "message": "Record was at bafyreiother"}, times=99)
        with pytest.raises(Unavailable, match="changed meanwhile"):
            await connector.hide(Surface.COMMENT, asked, hidden=True)
        assert 1 < len(bluesky.calls_to(PUT)) < 5

    async def test_in_somebody_elses_thread_is_refused(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        theirs = bluesky.write(ANN, "hi", answer_to=bluesky.write(BOB, "my thread"))
        with pytest.raises(Refused, match="only replies in a thread that the account began"):
            await connector.hide(Surface.COMMENT, theirs, hidden=True)
        mention = bluesky.write(ANN, "@avatar.example.com look", mention=ME)
        with pytest.raises(Refused, match="only replies in a thread that the account began"):
            await connector.hide(Surface.COMMENT, mention, hidden=True)
        assert not bluesky.calls_to(PUT)

    @pytest.mark.parametrize("root", [f"at://{ME}", f"at://{ME}/app.bsky.feed.like/3kroot2222222"])
    async def test_a_reply_that_claims_a_root_which_is_no_post_is_refused(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str, root: str
    ) -> None:
        bluesky._record(asked)[1]["reply"]["root"] = {"uri": root, "cid": "bafyreiroot"}
        with pytest.raises(Refused, match="only replies in a thread that the account began"):
            await connector.hide(Surface.COMMENT, asked, hidden=True)
        assert not bluesky.calls_to(PUT)

    async def test_what_is_gone_is_refused(self, connector: BlueskyConnector, bluesky: Bluesky, asked: str) -> None:
        bluesky.remove(asked)
        with pytest.raises(Refused, match="gone"):
            await connector.hide(Surface.COMMENT, asked, hidden=True)

    async def test_a_lost_answer_is_looked_for(self, connector: BlueskyConnector, bluesky: Bluesky, asked: str) -> None:
        bluesky.lose(PUT)
        await connector.hide(Surface.COMMENT, asked, hidden=True)
        assert len(bluesky.calls_to(PUT)) == 1
        assert (await connector.poll("")).events == []

    def gate(self, bluesky: Bluesky, asked: str, **more: Any) -> None:
        """The creator's app sets who may answer in the thread of a post, and hides some."""
        root = bluesky._record(asked)[1]["reply"]["root"]["uri"]
        record = {"$type": "app.bsky.feed.threadgate", "post": root, "createdAt": "2026-11-22T08:00:00.000Z", **more}
        bluesky._put(ME, "app.bsky.feed.threadgate", root.rpartition("/")[2], record)


class TestAccess:
    async def test_a_token_that_ended_is_renewed(self, build: Build, bluesky: Bluesky, asked: str) -> None:
        connector = build()
        bluesky.ahead = timedelta(hours=2, minutes=1)
        with pytest.raises(Unauthorized):
            await connector.send(answer_to(asked))
        renewed = await connector.renew()
        assert renewed.expires_at is not None
        assert timedelta(hours=3) < renewed.expires_at - datetime.now(UTC) < timedelta(hours=5)
        fresh = build(
            {"accessJwt": renewed.credentials["access_jwt"], "refreshJwt": renewed.credentials["refresh_jwt"]}
        )
        await fresh.send(answer_to(asked))
        assert bluesky.posted(ME) == ["Six weeks."]

    async def test_a_renewal_whose_answer_was_lost_gives_the_same_tokens_again(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        bluesky.lose("/xrpc/com.atproto.server.refreshSession")
        with pytest.raises(Unavailable):
            await connector.renew()
        assert (await connector.renew()).credentials == (await connector.renew()).credentials

    async def test_a_used_refresh_token_ends_two_hours_later(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        await connector.renew()
        bluesky.ahead = timedelta(hours=2, minutes=1)
        with pytest.raises(Unauthorized):
            await connector.renew()

    async def test_a_removed_app_password_ends_everything(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.revoke(ME)
        with pytest.raises(Unauthorized):
            await connector.renew()
        await connector.poll("")  # the short token goes on till its end
        bluesky.ahead = timedelta(hours=2, minutes=1)
        with pytest.raises(Unauthorized):
            await connector.send(answer_to(asked))
        with pytest.raises(Unauthorized):
            await connector.poll("")
        with pytest.raises(Unauthorized):
            await connector.examine("")

    async def test_a_session_is_given_back_with_its_long_token(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        for _ in range(2):  # the second time there is nothing to give back
            await connector.revoke()
        for call in bluesky.calls_to("/xrpc/com.atproto.server.deleteSession"):
            assert call.headers["authorization"] == f"Bearer {connector._account.credentials['refresh_jwt']}"
        with pytest.raises(Unauthorized):
            await connector.renew()
        await connector.poll("")  # the short token goes on till its end, two hours at the most
        bluesky.ahead = timedelta(hours=2, minutes=1)
        with pytest.raises(Unauthorized):
            await connector.poll("")

    async def test_a_renewed_session_is_given_back_as_it_is_now(self, build: Build, bluesky: Bluesky) -> None:
        known = (await build().renew()).credentials
        renewed = build({"accessJwt": known["access_jwt"], "refreshJwt": known["refresh_jwt"]})
        await renewed.revoke()
        with pytest.raises(Unauthorized):
            await renewed.renew()

    async def test_a_session_that_ended_by_its_time_is_given_back_all_the_same(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        bluesky.ahead = timedelta(days=91)
        await connector.revoke()
        assert bluesky.calls_to("/xrpc/com.atproto.server.deleteSession"), "the server was told, and refused nothing"

    async def test_what_the_server_never_gave_is_refused(self, build: Build) -> None:
        with pytest.raises(Unauthorized):
            await build({"accessJwt": "a.b.c", "refreshJwt": "a.b.c"}).revoke()

    async def test_a_server_that_cannot_be_asked_leaves_the_session_standing_and_says_so(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        bluesky.fail("/xrpc/com.atproto.server.deleteSession", 503, {"error": "NotEnoughResources"})
        with pytest.raises(Ambiguous, match="503"):
            await connector.revoke()
        await connector.renew()

    async def test_an_account_that_was_taken_down(
        self, connector: BlueskyConnector, bluesky: Bluesky, asked: str
    ) -> None:
        bluesky.people[ME].status = "takendown"
        with pytest.raises(Unauthorized):
            await connector.send(answer_to(asked))

    async def test_tokens_are_never_told(self, connector: BlueskyConnector, bluesky: Bluesky, asked: str) -> None:
        secret = connector._account.credentials["access_jwt"]
        bluesky.fail(PUT, 400, {"error": "InvalidRequest", "message": f"not with {secret}"})
        with pytest.raises(EngageError) as caught:
            await connector.send(answer_to(asked))
        assert secret not in str(caught.value)


class TestLabel:
    async def test_counts_while_the_profile_has_it(self, build: Build, bluesky: Bluesky) -> None:
        bluesky.label(ME, "bot")
        connector, now = build(bot_label=True), datetime.now(UTC)
        assert (await connector.capabilities(Surface.COMMENT, "x", now, now)).native_bot_label
        bluesky.label(ME)
        later = now + timedelta(minutes=11)
        assert (await connector.capabilities(Surface.COMMENT, "x", now, now)).native_bot_label
        assert not (await connector.capabilities(Surface.COMMENT, "x", now, later)).native_bot_label
        assert len(bluesky.calls_to("/xrpc/com.atproto.repo.getRecord")) == 2

    async def test_an_unlabelled_account_asks_nobody(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        able = await connector.capabilities(Surface.COMMENT, "x", kit.FIRST, kit.FIRST)
        assert (able.native_bot_label, able.max_length, able.unit) == (False, 300, LengthUnit.GRAPHEMES)
        assert bluesky.calls == []

    async def test_words_tell_it_where_nobody_can_look(self, build: Build, bluesky: Bluesky) -> None:
        bluesky.label(ME, "bot")
        bluesky.fail("/xrpc/com.atproto.repo.getRecord", 502, times=9)
        able = await build(bot_label=True).capabilities(Surface.COMMENT, "x", kit.FIRST, kit.FIRST)
        assert (able.may_reply, able.native_bot_label) == (True, False)


def found(findings: Sequence[Finding], name: str) -> Finding:
    return next(one for one in findings if one.name == name)


class TestExamine:
    async def test_a_whole_account(self, build: Build, bluesky: Bluesky) -> None:
        bluesky.label(ME, "bot")
        findings = await build(bot_label=True).examine("")
        assert [(one.name, one.state) for one in findings] == [
            ("access", "ok"),
            ("direct messages", "ok"),
            ("bot label", "ok"),
            ("limits", "ok"),
        ]
        assert not [call for call in bluesky.calls if call.method == "POST"], "nothing is written"

    async def test_what_is_missing_says_how_to_mend_it(self, build: Build, bluesky: Bluesky) -> None:
        findings = await build(bluesky.session(ME, privileged=False)).examine("")
        poor = [one for one in findings if one.state == "warn"]
        assert [one.name for one in poor] == ["direct messages", "bot label"]
        assert all(one.fix for one in poor)

    async def test_a_label_that_is_newer_than_the_connection(
        self, connector: BlueskyConnector, bluesky: Bluesky
    ) -> None:
        bluesky.label(ME, "bot")
        assert "again" in found(await connector.examine(""), "bot label").fix

    async def test_a_closed_account(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        bluesky.people[ME].status = "deactivated"
        bluesky.fail("/xrpc/chat.bsky.convo.listConvos", 200, {"convos": []})
        bluesky.fail("/xrpc/com.atproto.repo.getRecord", 400, {"error": "RecordNotFound"})
        assert found(await connector.examine(""), "access").state == "fail"

    async def test_a_session_of_somebody_else(self, build: Build, bluesky: Bluesky) -> None:
        findings = await build(bluesky.session(ANN)).examine("")
        assert found(findings, "access").state == "fail"

    async def test_used_up_reads(self, connector: BlueskyConnector, bluesky: Bluesky) -> None:
        quiet = {"ratelimit-remaining": "0", "ratelimit-reset": str(int(datetime.now(UTC).timestamp()) + 60)}
        bluesky.fail("/xrpc/com.atproto.repo.getRecord", 400, {"error": "RecordNotFound"}, quiet)
        bluesky.fail("/xrpc/chat.bsky.convo.listConvos", 200, {"convos": []}, quiet)
        assert found(await connector.examine(""), "limits").state == "warn"


class TestConnecting:
    def app(self, bluesky: Bluesky) -> App:
        return App("bluesky", {"base_url": bluesky.url})

    async def grant(self, bluesky: Bluesky, **entered: str) -> Grant:
        given = {"handle": "@avatar.example.com", "app_password": "abcd-efgh-ijkl-mnop", **entered}
        (grant,) = await connect.CONNECT.grant(self.app(bluesky), given)
        return grant

    async def test_an_app_password_grants_the_account(self, bluesky: Bluesky, build: Build, asked: str) -> None:
        bluesky.label(ME, "bot")
        grant = await self.grant(bluesky)
        assert (grant.platform_user_id, grant.handle) == (ME, "avatar.example.com")
        assert grant.config == {"service": "https://bsky.social", "dms": True, "bot_label": True}
        assert grant.expires_at is not None
        assert timedelta(minutes=110) < grant.expires_at - datetime.now(UTC) <= timedelta(hours=2)
        assert set(grant.credentials) == {"access_jwt", "refresh_jwt"}, "the password is not kept"
        tokens = {"accessJwt": grant.credentials["access_jwt"], "refreshJwt": grant.credentials["refresh_jwt"]}
        await build(tokens).send(answer_to(asked))

    async def test_one_without_direct_messages_is_noted(self, bluesky: Bluesky) -> None:
        assert (await self.grant(bluesky, app_password="only-only-post-post")).config["dms"] is False

    @pytest.mark.parametrize(
        ("wrong", "why"),
        [
            ({"password": "nope-nope-nope-nope"}, "open no account"),
            ({"password": "abcd-efgh-ijkl-mnop", "handle": "who.example.com"}, "open no account"),
            ({"password": "main"}, "own password"),
            ({"password": "abcd-efgh-ijkl-mnop", "service": "http://pds.example"}, "https"),
        ],
    )
    async def test_what_opens_nothing_is_refused(self, bluesky: Bluesky, wrong: dict[str, str], why: str) -> None:
        bluesky.people[ME].password = "main"
        app = App("bluesky", {"base_url": bluesky.url} if why != "https" else {})
        given = {"handle": wrong.get("handle", "avatar.example.com"), "app_password": wrong["password"]}
        with pytest.raises(Refused, match=why):
            await connect.CONNECT.grant(app, {**given, "service": wrong.get("service", "")})

    async def test_a_closed_account_is_refused(self, bluesky: Bluesky) -> None:
        bluesky.people[ME].status = "suspended"
        with pytest.raises(Refused, match="suspended"):
            await self.grant(bluesky)

    async def test_too_many_sessions(self, bluesky: Bluesky) -> None:
        bluesky.people[ME].logins = 30
        with pytest.raises(RateLimited) as caught:
            await self.grant(bluesky)
        assert caught.value.retry_after is not None

    @pytest.mark.parametrize("answer", ["text", {"did": ME}])
    async def test_an_answer_that_is_no_session(self, bluesky: Bluesky, answer: Any) -> None:
        bluesky.fail("/xrpc/com.atproto.server.createSession", 200, answer)
        with pytest.raises(Unavailable):
            await self.grant(bluesky)

    async def test_an_account_elsewhere_is_called_there(self, bluesky: Bluesky) -> None:
        service = {"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": "https://pds.example"}
        tokens = bluesky.session(ME)
        answer = {**tokens, "did": ME, "handle": "avatar.example.com", "didDoc": {"id": ME, "service": [service]}}
        bluesky.fail("/xrpc/com.atproto.server.createSession", 200, answer)
        assert (await self.grant(bluesky)).config["service"] == "https://pds.example"

    def test_a_wrong_time_between_polls_names_its_setting(self, bluesky: Bluesky) -> None:
        with pytest.raises(ConfigError, match="poll_s"):
            BlueskyConnector(kit.account(bluesky.url, {"poll_s": "often"}))


async def test_a_server_that_answers_with_nonsense(connector: BlueskyConnector, bluesky: Bluesky, asked: str) -> None:
    bluesky.fail("/xrpc/app.bsky.feed.getPosts", 200, {"posts": [{"uri": asked}]})
    with pytest.raises(Unavailable):
        await connector.send(answer_to(asked))
    bluesky.fail("/xrpc/app.bsky.feed.getPosts", 200, {"posts": 5})
    with pytest.raises(Unavailable):
        await posts.views(connector._calls, [asked])
    bluesky.fail("/xrpc/chat.bsky.convo.getConvo", 200, {"convo": 5})
    with pytest.raises(Unavailable):
        await connector.send(kit.message())
