"""The connector against an X that keeps its rules."""

from datetime import UTC, datetime, timedelta

import pytest

from connectors.x.connector import XConnector
from engage.compose.lengths import measure
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized
from engage.models import LengthUnit, Outgoing, Surface
from engage.platform import Found
from tests.connectors.x.conftest import Connect, app_of
from tests.connectors.x.kit import BROADCAST, FOLLOWER, OTHER, OWN, line, message, reply
from tests.platforms.x import X

POSTS, NOTES = "/2/tweets", f"/2/dm_conversations/with/{FOLLOWER}/messages"
CHAT = f"/2/broadcasts/{BROADCAST}/chat"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def asked(x: X, text: str = "hey @Creator, how long did you wait?", **more: str) -> str:
    """A follower's post that asks the creator."""
    return x.write(FOLLOWER, text, **more)


def to_post(x: X, text: str = "Six weeks.", post: str = "", **more: object) -> Outgoing:
    post = post or asked(x)
    place = f"post:{x.posts[post].thread}:{FOLLOWER}"
    return reply(text, in_reply_to=post, conversation_id=place, **more)


def to_line(x: X, text: str = "Six weeks.", **more: object) -> Outgoing:
    x.broadcasts.get(BROADCAST) or x.broadcast(OWN, BROADCAST)
    number = x.chat(BROADCAST, FOLLOWER, "How long?")
    return line(text, in_reply_to=f"{BROADCAST}:{number}", **more)


def to_note(x: X, text: str = "Six weeks.", **more: object) -> Outgoing:
    number = x.message(FOLLOWER, OWN, "How long?")
    return message(text, in_reply_to=f"dm:{number}", **more)


class TestPosts:
    async def test_who_asks_is_answered_under_their_post(self, x: X, connect: Connect) -> None:
        question = asked(x)
        receipt = await connect().send(to_post(x, post=question))
        [posted] = x.written_by(OWN)
        assert (posted.id, posted.text, posted.reply_to) == (receipt.id, "Six weeks.", question)
        assert receipt.quiet_until is None

    async def test_who_quotes_is_answered(self, x: X, connect: Connect) -> None:
        own = x.write(OWN, "My new lens")
        question = asked(x, "What does it weigh?", quotes=own)
        await connect().send(to_post(x, post=question))
        assert [one.reply_to for one in x.written_by(OWN)] == ["", question]

    async def test_who_did_not_ask_is_refused_by_x(self, x: X, connect: Connect) -> None:
        """Should such a post ever get so far: the name that X puts before a reply does not count."""
        question = asked(x, "Nice!", reply_to=x.write(OWN, "My new lens"))
        with pytest.raises(Refused, match="mentioned"):
            await connect().send(to_post(x, post=question))

    async def test_with_an_enterprise_contract_everybody_may_be_answered(self, x: X, connect: Connect) -> None:
        x.enterprise = True
        question = asked(x, "Nice!", reply_to=x.write(OWN, "My new lens"))
        await connect(app_of(x, reply_rule="all")).send(to_post(x, post=question))
        assert x.written_by(OWN)[-1].reply_to == question

    @pytest.mark.parametrize("letter", ["a", "é", "界", "ж", "ש", "👋", "👨\u200d👩\u200d👧", "🇩🇪", "′"])
    async def test_280_weighted_characters_go_and_more_do_not(self, letter: str, x: X, connect: Connect) -> None:
        connector = connect()
        able = await connector.capabilities(Surface.COMMENT, "post:1:2", NOW, NOW)
        assert (able.may_reply, able.max_length, able.unit) == (True, 280, LengthUnit.WEIGHTED)
        whole = letter * (able.max_length // measure(letter, able.unit))
        await connector.send(to_post(x, whole))
        with pytest.raises(Refused):
            await connector.send(to_post(x, whole + letter))
        assert [one.text for one in x.written_by(OWN)] == [whole]

    @pytest.mark.parametrize("link", ["https://shop.example/" + "a" * 80, "https://a.example"])
    async def test_a_link_counts_23_however_long_it_is(self, link: str, x: X, connect: Connect) -> None:
        connector = connect(app_of(x, links="yes"))
        assert measure(f"{'a' * 256} {link}", LengthUnit.WEIGHTED) == 280
        await connector.send(to_post(x, f"{'a' * 256} {link}"))
        with pytest.raises(Refused):
            await connector.send(to_post(x, f"{'a' * 257} {link}"))

    async def test_a_deleted_post_is_not_answered(self, x: X, connect: Connect) -> None:
        outgoing = to_post(x)
        x.remove(outgoing.in_reply_to)
        with pytest.raises(Refused, match="deleted"):
            await connect().send(outgoing)

    async def test_the_same_words_twice_are_refused(self, x: X, connect: Connect) -> None:
        connector, outgoing = connect(), to_post(x)
        await connector.send(outgoing)
        with pytest.raises(Refused, match="duplicate"):
            await connector.send(outgoing)

    @pytest.mark.parametrize("text", ["See https://shop.example/a", "Look at shop.com", "www.lens.example"])
    async def test_a_dear_link_is_not_posted_unasked(self, text: str, x: X, connect: Connect) -> None:
        with pytest.raises(Refused, match="links"):
            await connect().send(to_post(x, text))
        assert x.calls_to(POSTS) == []
        await connect(app_of(x, links="yes")).send(to_post(x, text))
        assert x.written_by(OWN)[0].text == text

    async def test_the_101st_post_in_15_minutes_waits_until_the_window_is_over(self, x: X, connect: Connect) -> None:
        x.limits["post"] = 2
        connector = connect()
        first = await connector.send(to_post(x, "one"))
        last = await connector.send(to_post(x, "two"))
        assert first.quiet_until is None
        assert last.quiet_until is not None
        assert timedelta() < last.quiet_until - last.sent_at <= timedelta(minutes=15, seconds=2)
        with pytest.raises(RateLimited) as caught:
            await connector.send(to_post(x, "three"))
        assert caught.value.retry_after is not None
        assert timedelta(minutes=14) < caught.value.retry_after <= timedelta(minutes=15, seconds=2)
        assert 100 in [limit.count for limit in connector.limits if Surface.COMMENT in limit.surfaces]

    @pytest.mark.parametrize("whose", ["app", "user"])
    async def test_a_day_that_is_used_up_is_waited_for_although_the_quarter_hour_is_not(
        self, whose: str, x: X, connect: Connect
    ) -> None:
        """X tells a day's limit in headers of its own."""
        x.limits[f"post {whose} day"] = 1
        connector = connect()
        last = await connector.send(to_post(x, "one"))
        assert last.quiet_until is not None
        assert timedelta(hours=23) < last.quiet_until - last.sent_at <= timedelta(hours=24, seconds=2)
        with pytest.raises(RateLimited) as caught:
            await connector.send(to_post(x, "two"))
        assert caught.value.retry_after is not None
        assert timedelta(hours=23) < caught.value.retry_after <= timedelta(hours=24, seconds=2)

    async def test_where_the_money_is_used_up_the_account_waits_for_hours(self, x: X, connect: Connect) -> None:
        outgoing = to_post(x)
        x.credits = x.spent
        with pytest.raises(RateLimited, match="spending limit") as caught:
            await connect().send(outgoing)
        assert caught.value.retry_after == timedelta(hours=6)

    async def test_a_follower_s_reply_is_hidden_and_shown_again(self, x: X, connect: Connect) -> None:
        connector = connect()
        rude = asked(x, "Boo!", reply_to=x.write(OWN, "My new lens"))
        await connector.hide(Surface.COMMENT, rude, hidden=True)
        assert x.posts[rude].hidden
        await connector.hide(Surface.COMMENT, rude, hidden=False)
        assert not x.posts[rude].hidden

    async def test_elsewhere_nothing_can_be_hidden(self, x: X, connect: Connect) -> None:
        with pytest.raises(Refused):
            await connect().hide(Surface.COMMENT, asked(x), hidden=True)

    async def test_a_reply_is_taken_back_and_the_second_time_is_no_error(self, x: X, connect: Connect) -> None:
        connector = connect()
        receipt = await connector.send(to_post(x))
        await connector.delete(receipt.id)
        assert x.written_by(OWN) == []
        await connector.delete(receipt.id)

    async def test_what_is_not_ours_is_not_taken_back(self, x: X, connect: Connect) -> None:
        with pytest.raises(Refused):
            await connect().delete(asked(x))


class TestMessages:
    async def test_who_wrote_first_is_answered(self, x: X, connect: Connect) -> None:
        receipt = await connect().send(to_note(x))
        sent = x.notes[-1]
        assert (sent.sender, sent.to, sent.text, f"dm:{sent.id}") == (OWN, FOLLOWER, "Six weeks.", receipt.id)

    async def test_who_never_wrote_is_not(self, x: X, connect: Connect) -> None:
        with pytest.raises(Refused):
            await connect().send(message())

    async def test_a_thousand_characters_go_whole(self, x: X, connect: Connect) -> None:
        connector = connect()
        able = await connector.capabilities(Surface.DM, f"dm:{FOLLOWER}", NOW, NOW)
        await connector.send(to_note(x, "界" * able.max_length))
        assert len(x.notes[-1].text) == able.max_length == 1_000

    async def test_the_16th_in_15_minutes_waits(self, x: X, connect: Connect) -> None:
        connector = connect()
        for number in range(15):
            receipt = await connector.send(to_note(x, f"message {number}"))
        assert receipt.quiet_until is not None
        with pytest.raises(RateLimited):
            await connector.send(to_note(x, "one more"))
        assert 15 in [limit.count for limit in connector.limits if Surface.DM in limit.surfaces]

    async def test_one_is_taken_back(self, x: X, connect: Connect) -> None:
        connector = connect()
        receipt = await connector.send(to_note(x))
        await connector.delete(receipt.id)
        assert [one.sender for one in x.notes] == [FOLLOWER]
        await connector.delete(receipt.id)

    async def test_none_can_be_hidden(self, x: X, connect: Connect) -> None:
        with pytest.raises(Refused):
            await connect().hide(Surface.DM, "dm:1", hidden=True)

    async def test_without_the_scope_nobody_is_answered_and_it_says_why(self, x: X, connect: Connect) -> None:
        connector = connect(scopes=["tweet.read", "users.read"])
        for surface, scope in ((Surface.DM, "dm.write"), (Surface.COMMENT, "tweet.write")):
            able = await connector.capabilities(surface, "", NOW, NOW)
            assert (able.may_reply, able.reason) == (False, f"the account was connected without {scope}")


class TestChat:
    async def test_a_viewer_is_answered(self, x: X, connect: Connect) -> None:
        outgoing = to_line(x)
        receipt = await connect().send(outgoing)
        posted = x.broadcasts[BROADCAST].lines[-1]
        assert (posted.text, posted.author, f"{BROADCAST}:{posted.id}") == ("Six weeks.", OWN, receipt.id)
        assert f"{BROADCAST}:{posted.reply_to}" == outgoing.in_reply_to

    async def test_140_characters_go_and_141_do_not(self, x: X, connect: Connect) -> None:
        connector = connect()
        able = await connector.capabilities(Surface.LIVE, f"broadcast:{BROADCAST}", NOW, NOW)
        assert able.max_length == 140
        await connector.send(to_line(x, "界" * 140))
        x.calls.clear()
        with pytest.raises(Refused):
            await connector.send(to_line(x, "界" * 141))
        x.calls.clear()  # the description forbids what was tried
        assert len(x.broadcasts[BROADCAST].lines) == 3

    async def test_a_broadcast_that_is_over_takes_nothing(self, x: X, connect: Connect) -> None:
        outgoing = to_line(x)
        x.broadcasts[BROADCAST].running = False
        with pytest.raises(Refused):
            await connect().send(outgoing)
        assert (await connect().find(outgoing)).found is Found.UNREADABLE

    async def test_lines_are_removed(self, x: X, connect: Connect) -> None:
        connector = connect()
        outgoing = to_line(x)
        receipt = await connector.send(outgoing)
        await connector.delete(receipt.id)
        await connector.hide(Surface.LIVE, outgoing.in_reply_to, hidden=True)
        assert x.broadcasts[BROADCAST].lines == []
        with pytest.raises(Refused):
            await connector.hide(Surface.LIVE, outgoing.in_reply_to, hidden=False)

    @pytest.mark.parametrize("said", [{"success": False}, {"success": True}, {}])
    async def test_a_strange_receipt(self, said: dict[str, bool], x: X, connect: Connect) -> None:
        x.fail(CHAT, 200, {"data": said})
        error = Refused if said == {"success": False} else Ambiguous
        with pytest.raises(error):
            await connect().send(line())


class TestFaults:
    @pytest.mark.parametrize("place", ["post", "message", "line"])
    async def test_what_every_dial_leads_to(self, place: str, x: X, connect: Connect) -> None:
        connector = connect()
        make, path = {"post": (to_post, POSTS), "message": (to_note, NOTES), "line": (to_line, CHAT)}[place]
        limited = {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
        for number, (turn, error, posted) in enumerate(
            (
                (lambda: x.fail(path, 503), Ambiguous, 0),
                (lambda: x.fail(path, 500), Ambiguous, 0),
                (lambda: x.fail(path, 429, limited, {"x-rate-limit-reset": "1"}), RateLimited, 0),
                (lambda: x.fail(path, 403, {"detail": "not permitted"}), Refused, 0),
                (lambda: x.fail(path, 401, {"detail": "Unauthorized"}), Unauthorized, 0),
                (lambda: x.cut(path), Ambiguous, 0),
                (lambda: x.lose(path), Ambiguous, 1),
            )
        ):
            outgoing = make(x, f"text {number}")
            before = len(own(x))
            turn()
            with pytest.raises(EngageError) as caught:
                await connector.send(outgoing)
            assert type(caught.value) is error
            assert len(own(x)) == before + posted
        await connector.send(make(x, "after all of it"))

    async def test_a_stalled_answer_is_ambiguous(self, x: X, connect: Connect) -> None:
        connector = connect()
        connector._calls._http.timeout = 0.2
        outgoing = to_post(x)
        x.stall(POSTS)
        with pytest.raises(Ambiguous):
            await connector.send(outgoing)
        assert len(x.written_by(OWN)) == 1

    async def test_a_withdrawn_access_is_noticed(self, x: X, connect: Connect) -> None:
        connector, outgoing = connect(), to_post(x)
        x.revoke(OWN)
        with pytest.raises(Unauthorized):
            await connector.send(outgoing)


def own(x: X) -> list[object]:
    """Everything that was written for the creator."""
    lines = [one for broadcast in x.broadcasts.values() for one in broadcast.lines]
    return [
        *x.written_by(OWN),
        *(one for one in x.notes if one.sender == OWN),
        *(one for one in lines if one.author == OWN),
    ]


class TestSettling:
    @pytest.mark.parametrize("place", ["post", "message", "line"])
    async def test_a_lost_answer_is_settled_by_looking(self, place: str, x: X, connect: Connect) -> None:
        connector = connect()
        make, path = {"post": (to_post, POSTS), "message": (to_note, NOTES), "line": (to_line, CHAT)}[place]
        outgoing = make(x, "Look & see: it is  here <3", first_sent_at=datetime.now(UTC))
        assert (await connector.find(outgoing)).found is Found.ABSENT
        x.lose(path)
        with pytest.raises(Ambiguous):
            await connector.send(outgoing)
        seen = await connector.find(outgoing)
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        posted = own(x)[-1]
        assert seen.receipt.id.rpartition(":")[2] == posted.id  # type: ignore[attr-defined]

    @pytest.mark.parametrize("place", ["post", "message"])
    @pytest.mark.parametrize(
        "link",
        [
            "https://shop.example/a?b=1&c=2",
            "shop.com",
            "shop.com/" + "a" * 40,
            "http://shop.com",
            "https://shop.com/" + "a" * 40,
        ],
    )
    async def test_a_link_is_recognised_although_x_shortens_it(
        self, place: str, link: str, x: X, connect: Connect
    ) -> None:
        """X gives a name without a scheme one: taken for other words, a message would be sent twice."""
        connector = connect(app_of(x, links="yes"))
        make = to_post if place == "post" else to_note
        outgoing = make(x, f"Here: {link} or there.", first_sent_at=datetime.now(UTC))
        await connector.send(outgoing)
        assert (await connector.find(outgoing)).found is Found.FOUND

    async def test_the_same_words_to_somebody_else_under_the_same_post_are_not_it(self, x: X, connect: Connect) -> None:
        connector, root = connect(), x.write(OWN, "My new lens")
        one = asked(x, "@Creator weight?", reply_to=root)
        other = x.write(OTHER, "@Creator weight?", reply_to=root)
        thread = x.posts[root].thread
        await connector.send(reply(in_reply_to=other, conversation_id=f"post:{thread}:{OTHER}", follower_id=OTHER))
        looked = await connector.find(to_post(x, post=one, first_sent_at=datetime.now(UTC)))
        assert looked.found is Found.ABSENT

    async def test_it_is_looked_for_on_several_pages_and_not_for_ever(self, x: X, connect: Connect) -> None:
        x.page = 5
        connector, started = connect(), datetime.now(UTC)
        question = asked(x)
        outgoing = to_post(x, post=question, first_sent_at=started)
        await connector.send(outgoing)
        for number in range(8):
            x.write(OWN, f"another {number}")
        assert (await connector.find(outgoing)).found is Found.FOUND
        for number in range(20):
            x.write(OWN, f"one more {number}")
        assert (await connector.find(outgoing)).found is Found.UNREADABLE
        assert len(x.calls_to(f"/2/users/{OWN}/tweets")) == 5

    async def test_without_a_first_attempt_what_is_younger_than_the_question_is_read(
        self, x: X, connect: Connect
    ) -> None:
        connector = connect()
        outgoing = to_post(x)
        await connector.send(outgoing)
        assert (await connector.find(outgoing)).found is Found.FOUND
        assert "since_id" in x.calls_to(f"/2/users/{OWN}/tweets")[-1].query

    @pytest.mark.parametrize("status", [429, 503, 403])
    async def test_what_cannot_be_read_is_not_absent(self, status: int, x: X, connect: Connect) -> None:
        connector = connect()
        x.broadcast(OWN, BROADCAST)
        for outgoing, path in ((to_post(x), "/2/users/"), (to_note(x), "/2/dm_conv"), (to_line(x), "/2/broadcasts/")):
            x.fail(path, status, times=3)
            assert (await connector.find(outgoing)).found is Found.UNREADABLE
            x._dials.clear()

    @pytest.mark.parametrize("place", ["message", "line"])
    async def test_a_long_conversation_proves_nothing_unless_it_reaches_back(
        self, place: str, x: X, connect: Connect
    ) -> None:
        connector = connect()
        make = to_note if place == "message" else to_line
        outgoing = make(x, first_sent_at=datetime.now(UTC))
        for number in range(220 if place == "line" else 12):
            make(x, f"{number}")
        assert (await connector.find(outgoing)).found is Found.UNREADABLE
        late = make(x, first_sent_at=datetime.now(UTC) + timedelta(minutes=5))
        assert (await connector.find(late)).found is Found.ABSENT


class TestDisclosure:
    async def test_the_label_counts_where_the_creator_says_that_it_is_there(self, connect: Connect) -> None:
        for config, label in (({}, False), ({"automated_label": True}, True), ({"automated_label": "yes"}, False)):
            able = await connect(**config).capabilities(Surface.COMMENT, "", NOW, NOW)
            assert able.native_bot_label is label

    async def test_and_only_for_posts(self, connect: Connect) -> None:
        for surface in (Surface.DM, Surface.LIVE):
            able = await connect(automated_label=True).capabilities(surface, "", NOW, NOW)
            assert able.native_bot_label is False


def test_an_account_without_scopes_in_its_settings_has_them_all(connect: Connect) -> None:
    assert isinstance(connect(scopes=None), XConnector)
