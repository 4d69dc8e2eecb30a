"""The connector against a Twitch that keeps its rules."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from connectors.twitch.connector import TwitchConnector
from engage.errors import Ambiguous, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.models import Surface
from engage.platform import Found
from tests.connectors.twitch.conftest import Connect, app_of
from tests.connectors.twitch.kit import BOT, CHANNEL, FOLLOWER, reply, whisper
from tests.platforms.specs import spec_file
from tests.platforms.twitch import Twitch

CHAT = "/helix/chat/messages"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


class TestChat:
    async def test_a_bot_account_answers_with_its_badge(self, twitch: Twitch, connect: Connect) -> None:
        asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        receipt = await connect().send(reply(in_reply_to=asked))
        posted = twitch.lines[-1]
        assert (posted.id, posted.text, posted.reply_to) == (receipt.id, "Six weeks.", asked)
        assert (posted.sender, posted.badge, posted.source_only) == (BOT, True, True)
        assert receipt.quiet_until is None

    async def test_without_a_bot_account_the_creator_answers_by_the_application(
        self, twitch: Twitch, connect: Connect
    ) -> None:
        asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        await connect(bot_user_id=CHANNEL).send(reply(in_reply_to=asked))
        assert (twitch.lines[-1].sender, twitch.lines[-1].badge) == (CHANNEL, False)

    async def test_without_channel_bot_the_creators_own_token_answers(self, twitch: Twitch, connect: Connect) -> None:
        twitch.users[CHANNEL].scopes = {"user:read:chat", "user:write:chat"}
        asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        connector = connect(bot_user_id=CHANNEL, scopes=["user:read:chat", "user:write:chat"])
        await connector.send(reply(in_reply_to=asked))
        assert (twitch.lines[-1].sender, twitch.lines[-1].source_only) == (CHANNEL, False)
        assert twitch.calls_to("/oauth2/token") == []

    async def test_500_characters_go_and_501_do_not(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        able = await connector.capabilities(Surface.LIVE, f"chat:{CHANNEL}", NOW, NOW)
        await connector.send(reply("ö" * able.max_length, in_reply_to=""))
        with pytest.raises(Refused):
            await connector.send(reply("ä" * (able.max_length + 1), in_reply_to=""))
        assert len(twitch.lines) == 1

    async def test_what_was_deleted_is_not_answered(self, twitch: Twitch, connect: Connect) -> None:
        asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        twitch.remove(asked)
        with pytest.raises(Refused):
            await connect().send(reply(in_reply_to=asked))

    @pytest.mark.parametrize("reason", ["msg_rejected", "channel_settings", "followers_only_mode", "moderated_room"])
    async def test_a_dropped_line_is_not_posted(self, reason: str, twitch: Twitch, connect: Connect) -> None:
        twitch.drops = reason
        with pytest.raises(Refused, match=reason):
            await connect().send(reply(in_reply_to=""))

    async def test_automod_holds_a_line(self, twitch: Twitch, connect: Connect) -> None:
        with pytest.raises(Refused, match="msg_rejected"):
            await connect().send(reply("a heldword", in_reply_to=""))

    async def test_the_same_words_to_two_followers_wait_until_twitch_takes_them_again(
        self, twitch: Twitch, connect: Connect
    ) -> None:
        connector = connect()
        await connector.send(reply(in_reply_to=""))
        with pytest.raises(Unavailable, match="msg_duplicate") as caught:
            await connector.send(reply(in_reply_to=""))
        assert caught.value.retry_after == timedelta(seconds=31)
        twitch.lines[-1].at -= timedelta(seconds=31)
        await connector.send(reply(in_reply_to=""))

    async def test_the_21st_line_in_30_seconds_waits(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        for number in range(20):
            await connector.send(reply(f"line {number}", in_reply_to=""))
        with pytest.raises(RateLimited):
            await connector.send(reply("one more", in_reply_to=""))
        limit = next(limit for limit in connector.limits if limit.per == timedelta(seconds=30))
        assert limit.count == 20

    async def test_a_moderator_may_say_more(self, twitch: Twitch, connect: Connect) -> None:
        twitch.moderators[CHANNEL] = {BOT}
        connector = connect(bot_moderates=True)
        for number in range(25):
            await connector.send(reply(f"line {number}", in_reply_to=""))
        limit = next(limit for limit in connector.limits if limit.per == timedelta(seconds=30))
        assert limit.count == 100

    async def test_who_is_banned_stops_until_a_person_has_looked(self, twitch: Twitch, connect: Connect) -> None:
        twitch.banned[CHANNEL] = {BOT}
        with pytest.raises(Unauthorized, match="lift the ban"):
            await connect().send(reply(in_reply_to=""))

    @pytest.mark.parametrize("code", ["msg_banned", "user_banned", "user_warned", "msg_suspended"])
    async def test_so_does_who_is_told_it_with_the_line(self, code: str, twitch: Twitch, connect: Connect) -> None:
        twitch.drops = code
        with pytest.raises(Unauthorized, match=code):
            await connect().send(reply(in_reply_to=""))

    async def test_who_is_timed_out_waits(self, twitch: Twitch, connect: Connect) -> None:
        twitch.timed_out = {BOT}
        with pytest.raises(RateLimited, match="user_timed_out") as caught:
            await connect().send(reply(in_reply_to=""))
        assert caught.value.retry_after == timedelta(minutes=1)

    @pytest.mark.parametrize(
        ("mode", "error"),
        [("emote_mode", Refused), ("follower_mode", Refused), ("slow_mode", RateLimited), ("subscriber_mode", Refused)],
    )
    async def test_modes_of_the_chat_hold_for_a_bot_that_is_no_moderator(
        self, mode: str, error: type[EngageError], twitch: Twitch, connect: Connect
    ) -> None:
        twitch.modes = {mode: True}
        with pytest.raises(error):
            await connect().send(reply(in_reply_to=""))
        twitch.moderators[CHANNEL] = {BOT}
        await connect(bot_moderates=True).send(reply(in_reply_to=""))

    async def test_a_line_break_glues_no_words_together(self, twitch: Twitch, connect: Connect) -> None:
        await connect().send(reply("Six weeks.\n\n I am sure. ", in_reply_to=""))
        assert twitch.lines[-1].text == "Six weeks. I am sure."

    @pytest.mark.parametrize("text", ["...six weeks, I think", "/uptime says two hours", ".5 l a day", "!so"])
    async def test_what_looks_like_a_command_is_posted_whole(self, text: str, twitch: Twitch, connect: Connect) -> None:
        asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
        await connect().send(reply(text, in_reply_to=asked))
        assert twitch.lines[-1].text == f"@viewer32 {text}"
        with pytest.raises(Refused, match="command"):
            await connect().send(reply(text, in_reply_to=asked, follower_name=""))
        assert len(twitch.lines) == 2

    async def test_a_bot_that_took_its_consent_back_is_unauthorized(self, twitch: Twitch, connect: Connect) -> None:
        twitch.users[BOT].scopes.clear()
        with pytest.raises(Unauthorized, match="user:bot"):
            await connect().send(reply(in_reply_to=""))

    async def test_nobody_can_look_for_it(self, twitch: Twitch, connect: Connect) -> None:
        assert (await connect().find(reply())).found is Found.UNREADABLE


class TestFaults:
    async def test_what_every_dial_leads_to(self, twitch: Twitch, connect: Connect) -> None:
        connector, number = connect(), iter(range(100))
        for turn, error, posted in (
            (lambda: twitch.fail(CHAT, 503), Ambiguous, 0),
            (lambda: twitch.fail(CHAT, 500), Ambiguous, 0),
            (lambda: twitch.fail(CHAT, 429, {"message": "slow"}, {"Ratelimit-Reset": "1"}), RateLimited, 0),
            (lambda: twitch.fail(CHAT, 403, {"message": "not permitted"}), Unauthorized, 0),
            (lambda: twitch.fail(CHAT, 401, {"message": "Missing scope"}), Unauthorized, 0),
            (lambda: twitch.cut(CHAT), Ambiguous, 0),
            (lambda: twitch.lose(CHAT), Ambiguous, 1),
        ):
            before = len(twitch.lines)
            turn()
            with pytest.raises(EngageError) as caught:
                await connector.send(reply(f"line {next(number)}", in_reply_to=""))
            assert type(caught.value) is error
            assert len(twitch.lines) == before + posted
        await connector.send(reply("after all of it", in_reply_to=""))

    async def test_a_stalled_answer_is_ambiguous(
        self, twitch: Twitch, connect: Connect, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        connector = connect()
        connector._helix._http.timeout = 0.2
        twitch.stall(CHAT)
        with pytest.raises(Ambiguous):
            await connector.send(reply(in_reply_to=""))
        assert len(twitch.lines) == 1

    async def test_an_exhausted_minute_says_when_it_is_over(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        twitch.points = 1
        receipt = await connector.send(reply(in_reply_to=""))
        assert receipt.quiet_until is not None
        assert receipt.quiet_until > receipt.sent_at
        with pytest.raises(RateLimited) as caught:
            await connector.send(reply("more", in_reply_to=""))
        assert caught.value.retry_after is not None
        assert timedelta() < caught.value.retry_after <= timedelta(seconds=31)


class TestApplicationsToken:
    async def test_is_asked_for_once_by_all_accounts_at_once(self, twitch: Twitch, connect: Connect) -> None:
        made = [connect() for _ in range(8)]
        await asyncio.gather(*(one.send(reply(f"line {n}", in_reply_to="")) for n, one in enumerate(made)))
        assert len(twitch.lines) == 8
        assert len(twitch.calls_to("/oauth2/token")) == 1

    async def test_that_ended_early_is_asked_for_again(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        await connector.send(reply("one", in_reply_to=""))
        twitch.expire(app=True)
        with pytest.raises(Unavailable):  # surely not posted, and not a matter of the account
            await connector.send(reply("two", in_reply_to=""))
        await connector.send(reply("two", in_reply_to=""))
        assert [line.text for line in twitch.lines] == ["one", "two"]

    @pytest.mark.parametrize("change", ["client_secret", "client_id"])
    async def test_of_a_wrong_application_is_no_doubt_about_a_reply(
        self, change: str, twitch: Twitch, connect: Connect
    ) -> None:
        app = app_of(twitch)
        wrong = replace(app, secrets={**app.secrets, change: "x" * 20}, config={**app.config})
        if change == "client_id":
            wrong = replace(app, config={**app.config, change: "nobody"})
        with pytest.raises(Unauthorized, match="invalid client") as caught:
            await connect(wrong).send(reply(in_reply_to=""))
        assert "x" * 20 not in str(caught.value)

    async def test_that_cannot_be_had_now_is_retried(self, twitch: Twitch, connect: Connect) -> None:
        twitch.fail("/oauth2/token", 503)
        connector = connect()
        with pytest.raises(Unavailable):
            await connector.send(reply(in_reply_to=""))
        await connector.send(reply(in_reply_to=""))


class TestWhispers:
    async def test_are_off_by_default_and_say_so(self, connect: Connect) -> None:
        able = await connect().capabilities(Surface.DM, f"whisper:{FOLLOWER}", NOW, NOW)
        assert (able.may_reply, able.reason) == (False, "whispers are off for this account")

    async def test_need_their_scope(self, connect: Connect) -> None:
        connector = connect(whispers=True, scopes=["user:write:chat"])
        able = await connector.capabilities(Surface.DM, f"whisper:{FOLLOWER}", NOW, NOW)
        assert "user:manage:whispers" in able.reason

    async def test_are_answered_by_the_creator(self, twitch: Twitch, connect: Connect) -> None:
        twitch.whisper(FOLLOWER, CHANNEL, "Between us: which shoes?")
        connector = connect(whispers=True)
        able = await connector.capabilities(Surface.DM, f"whisper:{FOLLOWER}", NOW, NOW)
        assert (able.may_reply, able.native_bot_label, able.max_length) == (True, False, 10_000)
        receipt = await connector.send(whisper("x" * 10_000))
        assert twitch.whispers[-1] == (CHANNEL, FOLLOWER, "x" * 10_000)
        with pytest.raises(Refused):
            await connector.delete(receipt.id)

    async def test_longer_ones_are_cut_by_twitch(self, twitch: Twitch, connect: Connect) -> None:
        twitch.whisper(FOLLOWER, CHANNEL, "Hello?")
        await connect(whispers=True).send(whisper("x" * 10_001))
        assert len(twitch.whispers[-1][2]) == 10_000

    async def test_a_missing_phone_number_does_not_end_the_access(self, twitch: Twitch, connect: Connect) -> None:
        twitch.users[CHANNEL].phone = False
        with pytest.raises(Refused, match="phone"):
            await connect(whispers=True).send(whisper())

    async def test_who_wants_none_gets_none(self, twitch: Twitch, connect: Connect) -> None:
        twitch.users[FOLLOWER].blocks_whispers = True
        with pytest.raises(Refused):
            await connect(whispers=True).send(whisper())

    async def test_beyond_their_limit_do_not_stop_the_chat(self, twitch: Twitch, connect: Connect) -> None:
        """The creator's own whispers count as well: RateLimited would make the whole account wait."""
        connector = connect(whispers=True)
        twitch.fail("/helix/whispers", 429, {"message": "limit"}, {"Ratelimit-Remaining": "700"})
        with pytest.raises(Unavailable):
            await connector.send(whisper())
        twitch.fail("/helix/whispers", 429, {"message": "limit"}, {"Ratelimit-Remaining": "0"})
        with pytest.raises(RateLimited):  # the points, which are the account's
            await connector.send(whisper())

    async def test_go_to_40_people_a_day(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect(whispers=True)
        (quota,) = connector.quotas
        assert (quota.units, quota.surfaces) == (40, {Surface.DM})
        twitch._whispered[CHANNEL] = [(datetime.now(UTC) - timedelta(seconds=61), f"u{n}") for n in range(quota.units)]
        if twitch._whispered[CHANNEL][0][0].date() == datetime.now(UTC).date():  # not in the first minute of a day
            with pytest.raises(Unavailable):
                await connector.send(whisper())

    async def test_a_silent_drop_cannot_be_seen(self, twitch: Twitch, connect: Connect) -> None:
        twitch.drops_whispers = True
        assert (await connect(whispers=True).send(whisper())).id
        assert twitch.whispers == []


class TestModeration:
    async def test_a_followers_line_is_hidden_for_good(self, twitch: Twitch, connect: Connect) -> None:
        line = twitch.say(FOLLOWER, "buy followers", CHANNEL)
        connector = connect()
        await connector.hide(Surface.LIVE, line, hidden=True)
        assert twitch.lines[-1].deleted
        for surface, hidden in ((Surface.LIVE, False), (Surface.DM, True)):
            with pytest.raises(Refused):
                await connector.hide(surface, line, hidden=hidden)

    async def test_our_own_line_is_taken_back(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        receipt = await connector.send(reply(in_reply_to=""))
        await connector.delete(receipt.id)
        assert twitch.lines[-1].deleted
        with pytest.raises(Refused):  # gone already
            await connector.delete(receipt.id)

    async def test_what_the_avatar_wrote_as_the_creator_stays(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect(bot_user_id=CHANNEL)
        receipt = await connector.send(reply(in_reply_to=""))
        with pytest.raises(Refused, match="broadcaster"):
            await connector.delete(receipt.id)

    async def test_an_old_line_stays(self, twitch: Twitch, connect: Connect) -> None:
        line = twitch.say(FOLLOWER, "long ago", CHANNEL)
        twitch.lines[-1].at -= timedelta(hours=7)
        with pytest.raises(Refused):
            await connect().hide(Surface.LIVE, line, hidden=True)

    async def test_is_tried_again_where_twitch_is_away(self, twitch: Twitch, connect: Connect) -> None:
        line = twitch.say(FOLLOWER, "buy followers", CHANNEL)
        twitch.fail("/helix/moderation/chat", 503)
        await connect().hide(Surface.LIVE, line, hidden=True)
        assert twitch.lines[-1].deleted


class TestTokens:
    async def test_are_renewed_and_both_are_new(self, twitch: Twitch, connect: Connect) -> None:
        old = twitch.grant(CHANNEL)
        renewed = await connect(credentials={**old, "kept": "as it was"}).renew()
        assert renewed.credentials["kept"] == "as it was"
        assert all(renewed.credentials[name] != old[name] for name in old)
        assert renewed.expires_at is not None
        assert renewed.expires_at > datetime.now(UTC) + timedelta(hours=3)
        with pytest.raises(Unauthorized):  # a refresh token that was used
            await connect(credentials=old).renew()
        await connect(credentials=dict(renewed.credentials)).renew()

    async def test_a_refresh_token_that_stays_is_kept(self, twitch: Twitch, connect: Connect) -> None:
        twitch.rotates = False
        old = twitch.grant(CHANNEL)
        assert (await connect(credentials=old).renew()).credentials["refresh_token"] == old["refresh_token"]

    async def test_are_not_renewed_after_the_creator_left(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        twitch.revoke(CHANNEL)
        with pytest.raises(Unauthorized):
            await connector.renew()

    async def test_are_void_even_where_the_subscriptions_could_not_be_ended(
        self, twitch: Twitch, connect: Connect
    ) -> None:
        twitch.fail("/helix/eventsub", 503, times=3)
        connector = connect()
        with pytest.raises(Unavailable):
            await connector.revoke()
        with pytest.raises(Unauthorized):
            await connector.hide(Surface.LIVE, twitch.say(FOLLOWER, "hello", CHANNEL), hidden=True)

    @pytest.mark.parametrize("dial", ["fail", "lose"])
    async def test_an_outage_is_no_end(self, dial: str, twitch: Twitch, connect: Connect) -> None:
        args = (503,) if dial == "fail" else ()
        getattr(twitch, dial)("/oauth2/token", *args)
        with pytest.raises(Unavailable):
            await connect().renew()

    async def test_an_ended_one_is_unauthorized(self, twitch: Twitch, connect: Connect) -> None:
        line = twitch.say(FOLLOWER, "hello", CHANNEL)
        connector = connect()
        twitch.expire()
        with pytest.raises(Unauthorized):
            await connector.hide(Surface.LIVE, line, hidden=True)


class TestCapabilities:
    @pytest.mark.parametrize(
        ("config", "may", "badge"),
        [
            ({}, True, True),
            ({"bot_user_id": CHANNEL}, True, False),  # the creator's own lines bear no badge
            ({"scopes": ["user:write:chat"]}, True, False),  # whether the bot moderates is not known
            ({"bot_user_id": CHANNEL, "scopes": ["user:write:chat"]}, True, False),
            ({"bot_user_id": CHANNEL, "scopes": []}, False, False),
        ],
    )
    async def test_of_chat(self, config: dict[str, object], may: bool, badge: bool, connect: Connect) -> None:
        able = await connect(**config).capabilities(Surface.LIVE, f"chat:{CHANNEL}", NOW, NOW)
        assert (able.may_reply, able.native_bot_label, able.max_length) == (may, badge, 500)
        assert able.may_reply or able.reason

    async def test_a_bot_account_shares_its_limit_between_channels(self, connect: Connect) -> None:
        shared = {limit.shared_by for limit in connect().limits}
        assert f"twitch sender {BOT}" in shared
        assert f"twitch sender {BOT}" not in {limit.shared_by for limit in connect(bot_user_id=CHANNEL).limits}


class TestExamination:
    def states(self, findings: object) -> dict[str, str]:
        return {finding.name: finding.state for finding in findings}  # type: ignore[attr-defined]

    async def test_of_a_good_account(self, twitch: Twitch, connect: Connect) -> None:
        findings = await connect().examine("")
        states = {"access": "ok", "scopes": "ok", "chat modes": "ok", "points": "ok", "subscriptions": "ok"}
        assert self.states(findings) == states
        assert any("of 800" in finding.found for finding in findings)
        assert twitch.lines == []

    async def test_of_an_account_without_access(self, twitch: Twitch, connect: Connect) -> None:
        connector = connect()
        twitch.expire()
        (finding,) = await connector.examine("")
        assert (finding.name, finding.state) == ("access", "fail")

    async def test_of_missing_scopes_and_subscriptions(self, twitch: Twitch, connect: Connect) -> None:
        twitch.users[CHANNEL].scopes -= {"channel:bot"}
        findings = await connect().examine("https://engage.example/hooks/twitch")
        states = self.states(findings)
        assert (states["access"], states["scopes"], states["subscriptions"]) == ("ok", "fail", "fail")
        assert "channel:bot" in next(finding.found for finding in findings if finding.name == "scopes")

    async def test_of_a_chat_whose_modes_keep_the_bot_out(self, twitch: Twitch, connect: Connect) -> None:
        twitch.modes = {"follower_mode": True, "slow_mode": True}
        (modes,) = [one for one in await connect().examine("") if one.name == "chat modes"]
        assert (modes.state, "moderator" in modes.fix) == ("warn", True)
        assert "followers only, slow" in modes.found
        free = await connect(bot_moderates=True).examine("")
        assert "chat modes" not in self.states(free)

    async def test_of_a_token_of_somebody_else(self, twitch: Twitch, connect: Connect) -> None:
        findings = await connect(credentials=twitch.grant(BOT)).examine("")
        assert self.states(findings)["access"] == "fail"

    async def test_of_a_wrong_application(self, twitch: Twitch, connect: Connect) -> None:
        app = app_of(twitch)
        wrong = replace(app, secrets={**app.secrets, "client_secret": "x" * 20})
        assert self.states(await connect(wrong).examine(""))["application"] == "fail"


async def test_every_request_is_one_of_helix(twitch: Twitch, connect: Connect) -> None:
    """(The fixture holds those of all tests against the description.)"""
    spec_file("twitch/openapi.json")
    asked = twitch.say(FOLLOWER, "How long did you wait?", CHANNEL)
    connector: TwitchConnector = connect(whispers=True)
    receipt = await connector.send(reply(in_reply_to=asked))
    await connector.send(whisper())
    await connector.delete(receipt.id)
    await connector.hide(Surface.LIVE, asked, hidden=True)
    assert len(twitch.calls_to("/helix")) == 4
