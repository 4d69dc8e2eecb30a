"""The connector against a simulated Threads that enforces the documented rules: answering, hiding, renewing."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from connectors.threads import calls
from connectors.threads.connector import ThreadsConnector
from connectors.threads.limits import QUOTAS
from engage.errors import Ambiguous, RateLimited, Refused, Unauthorized, Unavailable
from engage.limits import REPLY, Period
from engage.models import LengthUnit, Outgoing, Surface
from engage.platform import Examinable, Found, Moderation, PollSource, Renewable, Subscribing
from tests.connectors.threads import kit
from tests.platforms.threads import Media, Threads

FAN = kit.FAN
PUBLISH = "/v1.0/me/threads_publish"


def answer_to(media: Media, text: str = "Six weeks.", **more: Any) -> Outgoing:
    place = f"{media.root}:{media.author}"
    return Outgoing("o1", "key-1", Surface.COMMENT, place, media.id, f"@{media.author}", text, **more)


@pytest.fixture
def asked(platform: Threads) -> Media:
    """A follower's reply to the account's post."""
    return platform.write(FAN, "how long?", platform.post.id)


class TestSending:
    async def test_a_reply_is_answered_below_it(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        receipt = await connector.send(answer_to(asked))
        assert platform.posted == [{"id": receipt.id, "surface": "comment", "to": asked.id, "text": "Six weeks."}]
        seen = await connector.find(answer_to(asked))
        assert seen.found is Found.FOUND
        assert seen.receipt is not None
        assert seen.receipt.id == receipt.id

    async def test_a_mention_in_a_strangers_post_is_answered_there(
        self, platform: Threads, connector: ThreadsConnector
    ) -> None:
        mention = platform.write(FAN, "@ada.makes do you ship?")
        receipt = await connector.send(answer_to(mention))
        assert platform.media[receipt.id].root == mention.id
        assert (await connector.find(answer_to(mention))).found is Found.FOUND

    async def test_a_reply_that_is_slow_to_be_made_is_waited_for(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        platform.slow = 1
        await connector.send(answer_to(asked))
        assert len(platform.posted) == 1
        assert len(platform.calls_to("/v1.0/17900000000")) == 2, "it was asked again whether it is ready"

    async def test_a_reply_that_is_never_ready_is_surely_not_posted(
        self, platform: Threads, connector: ThreadsConnector, asked: Media, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(calls, "WAITS", (0.0, 0.0))
        platform.slow = 9
        with pytest.raises(Unavailable, match="IN_PROGRESS"):
            await connector.send(answer_to(asked))
        platform.slow, platform.broken = 0, True
        with pytest.raises(Unavailable, match="ERROR UNKNOWN"):
            await connector.send(answer_to(asked))
        platform.broken = False
        platform.fail("/v1.0/17900000000", 400, kit.refusal(100, 33), times=2)
        with pytest.raises(Unavailable, match="unknown"):
            await connector.send(answer_to(asked))
        assert platform.calls_to(PUBLISH) == []

    @pytest.mark.parametrize(
        ("longest", "over"),
        [("a" * 500, "a"), ("ü" * 250, ""), ("🎉" * 125, "a")],
        ids=["letters", "umlauts", "emoji"],
    )
    async def test_the_longest_reply_fits(
        self, platform: Threads, connector: ThreadsConnector, asked: Media, longest: str, over: str
    ) -> None:
        able = await connector.capabilities(Surface.COMMENT, f"{asked.root}:{FAN}", asked.at, platform.now())
        assert able.may_reply
        assert (able.max_length, able.unit) == (500, LengthUnit.BYTES)
        assert able.window_ends_at is None
        assert len(longest.encode()) == able.max_length
        await connector.send(answer_to(asked, longest))
        if over:  # of an umlaut Threads counts a character, of an emoji its bytes
            with pytest.raises(Refused):
                await connector.send(answer_to(asked, longest + over))
        assert len(platform.posted) == 1

    async def test_five_links_and_no_more(self, connector: ThreadsConnector, asked: Media) -> None:
        links = [f"https://a.example/{number}" for number in range(6)]
        await connector.send(answer_to(asked, " ".join(links[:5])))
        with pytest.raises(Refused):
            await connector.send(answer_to(asked, " ".join(links)))

    async def test_what_threads_does_not_know_yet_is_answered_by_another_try(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        platform.unknown = 1
        with pytest.raises(Unavailable, match="24/4279009"):
            await connector.send(answer_to(asked))
        await connector.send(answer_to(asked))
        assert len(platform.posted) == 1

    async def test_a_deleted_one_is_not_answered(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        platform.remove(asked.id)
        with pytest.raises(Refused):
            await connector.send(answer_to(asked))
        assert platform.posted == []

    async def test_what_the_creator_did_not_permit_is_told(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        platform.scopes = ("threads_basic", "threads_read_replies")
        with pytest.raises(Unauthorized):
            await connector.send(answer_to(asked))

    async def test_a_thousand_replies_in_a_day(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        (quota,) = QUOTAS
        assert (quota.units, quota.period, quota.endpoint) == (1000, Period.DAY, REPLY)
        platform.used_before = 999
        await connector.send(answer_to(asked))
        with pytest.raises(RateLimited):
            await connector.send(answer_to(asked, "Seven."))
        assert len(platform.posted) == 1


class TestFaults:
    @pytest.mark.parametrize(
        ("dial", "error", "posted"),
        [
            ("cut", Ambiguous, 0),
            ("lose", Ambiguous, 1),
            ("unavailable", Ambiguous, 0),
            ("unknown", Ambiguous, 0),
            ("busy", RateLimited, 0),
        ],
    )
    async def test_a_lost_publication_is_settled_by_reading(
        self,
        platform: Threads,
        connector: ThreadsConnector,
        asked: Media,
        dial: str,
        error: type[Exception],
        posted: int,
    ) -> None:
        reply = answer_to(asked, first_sent_at=platform.now())
        faults = {"unavailable": (503, ""), "unknown": (400, kit.refusal(24, 4279009)), "busy": (400, kit.refusal(17))}
        if dial in faults:
            platform.fail(PUBLISH, *faults[dial])
        else:
            getattr(platform, dial)(PUBLISH)
        with pytest.raises(error):
            await connector.send(reply)
        assert (await connector.find(reply)).found is (Found.FOUND if posted else Found.ABSENT)
        assert len(platform.posted) == posted
        assert len(platform.calls_to(PUBLISH)) == 1, "no write is repeated"

    @pytest.mark.parametrize("dial", ["cut", "lose", "unavailable", "nothing"])
    async def test_a_lost_first_step_has_posted_nothing(
        self, platform: Threads, connector: ThreadsConnector, asked: Media, dial: str
    ) -> None:
        path = "/v1.0/me/threads"
        if dial == "unavailable":
            platform.fail(path, 503, method="POST")
        elif dial == "nothing":
            platform.fail(path, 200, {}, method="POST")
        else:
            getattr(platform, dial)(path, method="POST")
        with pytest.raises(Unavailable):
            await connector.send(answer_to(asked))
        assert platform.calls_to(PUBLISH) == []
        await connector.send(answer_to(asked))
        assert len(platform.posted) == 1, "another try posts it once"

    async def test_an_answer_that_does_not_come_may_be_posted(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        connector._graph._http.timeout = 0.2
        platform.stall(PUBLISH)
        with pytest.raises(Ambiguous):
            await connector.send(answer_to(asked))
        assert (await connector.find(answer_to(asked))).found is Found.FOUND

    async def test_what_cannot_be_read_is_not_guessed(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        row = {"id": "5", "text": "Six weeks.", "replied_to": {"id": asked.id}, "timestamp": "soon"}
        for said in ({}, "no JSON", {"data": 5}, {"data": [row]}, {"data": [], "paging": {"cursors": {"after": 5}}}):
            platform.fail("/v1.0/me/replies", 200, said, times=1 if said == {"data": [row]} else 3)
            assert (await connector.find(answer_to(asked))).found is Found.UNREADABLE
        platform.fail("/v1.0/me/replies", 503, times=3)
        assert (await connector.find(answer_to(asked))).found is Found.UNREADABLE

    async def test_the_same_words_to_somebody_else_are_another_reply(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        other = platform.write("fan_2", "me too", platform.post.id)
        await connector.send(answer_to(other))
        assert (await connector.find(answer_to(asked))).found is Found.ABSENT
        assert (await connector.find(answer_to(other, "Seven."))).found is Found.ABSENT
        untold = {"id": "1", "text": "Six weeks.", "timestamp": platform.now().isoformat()}
        platform.fail("/v1.0/me/replies", 200, {"data": [untold]})
        assert (await connector.find(answer_to(asked))).found is Found.UNREADABLE, "it may be ours"

    async def test_an_older_reply_of_the_same_words_is_another(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        await connector.send(answer_to(asked))
        platform.ahead = timedelta(hours=1)
        assert (await connector.find(answer_to(asked, first_sent_at=platform.now()))).found is Found.ABSENT

    async def test_a_reply_is_found_on_a_later_page_and_after_its_parent_was_deleted(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        reply = answer_to(asked, first_sent_at=platform.now())
        await connector.send(reply)
        for number in range(120):
            platform.write(kit.HANDLE, f"by hand {number}", platform.post.id)
        platform.remove(asked.id)
        assert (await connector.find(reply)).found is Found.FOUND
        asked_for = [call.query.get("after") for call in platform.calls_to("/v1.0/me/replies")]
        assert asked_for == [None, "50", "100", "121"], "Threads tells a cursor after the last page too"

    async def test_more_than_can_be_read_is_not_said_to_be_absent(
        self, platform: Threads, connector: ThreadsConnector, asked: Media, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("connectors.threads.connector.PAGES", 1)
        platform.write(kit.HANDLE, "by hand", platform.post.id)
        assert (await connector.find(answer_to(asked))).found is Found.UNREADABLE

    @pytest.mark.parametrize("subcode", [458, 460, 463])
    async def test_a_withdrawn_access_is_noticed(
        self, platform: Threads, connector: ThreadsConnector, asked: Media, subcode: int
    ) -> None:
        del platform.tokens[kit.TOKEN]
        platform.fail("/v1.0", 400, kit.refusal(190, subcode))
        for ask in (connector.send(answer_to(asked)), connector.poll(""), connector.find(answer_to(asked))):
            with pytest.raises(Unauthorized) as caught:
                await ask
            assert kit.TOKEN not in str(caught.value)


class TestUsage:
    async def test_a_full_limit_quiets_the_account(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        assert (await connector.send(answer_to(asked))).quiet_until is None
        platform.usage["call_count"] = 96
        receipt = await connector.send(answer_to(asked, "Seven."))
        assert receipt.quiet_until == receipt.sent_at + timedelta(minutes=5)
        platform.business_usage = {"type": "threads", "call_count": 100, "estimated_time_to_regain_access": 19}
        assert (await connector.poll("")).wait > timedelta(minutes=18)

    async def test_a_refusal_waits_as_long_as_meta_says(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        told = {"x-business-use-case-usage": '{"1": [{"call_count": 100, "estimated_time_to_regain_access": 7}]}'}
        for path in ("/v1.0/me/threads", PUBLISH):
            for code, headers, minutes in ((4, told, 7), (17, {}, 5), (368, {}, 360)):
                platform.fail(path, 400, kit.refusal(code), headers, method="POST")
                with pytest.raises(RateLimited) as caught:
                    await connector.send(answer_to(asked))
                assert caught.value.retry_after == timedelta(minutes=minutes)


class TestModeration:
    async def test_hides_and_shows_a_reply_with_all_below(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        assert isinstance(connector, Moderation)
        below = platform.write("fan_2", "rude", asked.id)
        for hidden in (True, True, False):
            await connector.hide(Surface.COMMENT, asked.id, hidden=hidden)
            assert (asked.hidden, below.hidden) == (hidden, hidden)

    async def test_what_is_deeper_or_elsewhere_cannot_be_hidden(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        deeper = platform.write("fan_2", "rude", asked.id)
        mention = platform.write(FAN, "@ada.makes rude")
        for one in (deeper, mention):
            with pytest.raises(Refused):
                await connector.hide(Surface.COMMENT, one.id, hidden=True)
        with pytest.raises(Refused):
            await connector.hide(Surface.DM, asked.id, hidden=True)

    async def test_takes_its_own_back_and_nobody_elses(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        receipt = await connector.send(answer_to(asked))
        await connector.delete(receipt.id)
        assert receipt.id not in platform.media
        with pytest.raises(Unauthorized):
            await connector.delete(asked.id)
        with pytest.raises(Refused):
            await connector.delete(receipt.id)

    async def test_a_hundred_deletions_in_a_day(
        self, platform: Threads, connector: ThreadsConnector, asked: Media
    ) -> None:
        receipt = await connector.send(answer_to(asked))
        platform.deletions = [platform.now()] * 100
        with pytest.raises(RateLimited):
            await connector.delete(receipt.id)


class TestRenewing:
    async def test_a_token_is_prolonged_and_the_old_one_still_works(
        self, platform: Threads, connector: ThreadsConnector
    ) -> None:
        assert isinstance(connector, Renewable)
        platform.ahead = timedelta(days=48)
        renewed = await connector.renew()
        assert renewed.credentials["access_token"] != kit.TOKEN
        assert renewed.expires_at is not None
        assert timedelta(days=59) < renewed.expires_at - datetime.now(UTC) < timedelta(days=61)
        again = await connector.renew()  # whose process was killed before it wrote the new one down
        assert again.credentials["access_token"] in platform.tokens

    async def test_a_token_of_today_is_renewed_tomorrow(self, connector: ThreadsConnector) -> None:
        with pytest.raises(Unavailable) as caught:
            await connector.renew()
        assert caught.value.retry_after == timedelta(days=1)
        assert kit.TOKEN not in str(caught.value)

    async def test_an_ended_or_withdrawn_token_is_not(self, platform: Threads, connector: ThreadsConnector) -> None:
        platform.ahead = timedelta(days=61)
        with pytest.raises(Unauthorized):
            await connector.renew()
        platform.tokens.clear()
        with pytest.raises(Unauthorized):
            await connector.renew()

    async def test_a_lost_answer_is_asked_for_again(self, platform: Threads, connector: ThreadsConnector) -> None:
        platform.ahead = timedelta(days=48)
        platform.lose("/refresh_access_token", times=2)  # a GET is repeated once by itself
        with pytest.raises(Unavailable):
            await connector.renew()
        assert (await connector.renew()).credentials["access_token"]

    async def test_what_is_no_token_is_not_kept(self, platform: Threads, connector: ThreadsConnector) -> None:
        for said in ({}, {"access_token": ""}, {"access_token": "x"}, {"access_token": "x", "expires_in": "soon"}, "x"):
            platform.fail("/refresh_access_token", 200, said)
            with pytest.raises(Unavailable):
                await connector.renew()


class TestExamining:
    async def test_all_is_well(self, platform: Threads, connector: ThreadsConnector, asked: Media) -> None:
        assert isinstance(connector, Examinable)
        assert isinstance(connector, PollSource)
        assert not isinstance(connector, Subscribing), "the console subscribes the app, for all its accounts"
        await connector.send(answer_to(asked))
        found = {one.name: one for one in await connector.examine("https://studio.example/hooks/threads")}
        assert {one.state for one in found.values()} == {"ok"}
        assert found["access"].found == "@ada.makes"
        assert found["replies"].found == "1 of 1000 in 24 hours"

    async def test_what_is_wrong_is_named_with_its_fix(self, platform: Threads, connector: ThreadsConnector) -> None:
        platform.usage["total_time"] = 90
        platform.own = "17841400000000009"
        platform.used_before = 900
        platform.scopes = platform.scopes[:-1]
        found = {one.name: one for one in await connector.examine("")}
        states = {name: one.state for name, one in found.items()}
        assert states == {
            "access": "fail",
            "permissions": "fail",
            "mentions": "ok",
            "webhooks": "warn",
            "replies": "warn",
            "limits": "warn",
        }
        assert found["permissions"].found == "missing: threads_delete"
        assert all(one.fix for one in found.values() if one.state != "ok")

    async def test_what_meta_does_not_tell_is_no_failure(self, platform: Threads, connector: ThreadsConnector) -> None:
        platform.testers_only = True
        platform.fail("/v1.0/me/threads_publishing_limit", 200, {"data": []})
        found = {one.name: one for one in await connector.examine("https://studio.example/hooks/threads")}
        assert (found["permissions"].state, found["replies"].state) == ("warn", "warn")
