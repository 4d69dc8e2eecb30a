"""Connecting an account by its code, renewing both tokens, and what happens when that is over."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from connectors.douyin.connect import CONNECT
from connectors.douyin.examine import renewals
from connectors.douyin.tokens import Kept
from engage.errors import ConfigError, RateLimited, Refused, Unauthorized, Unavailable
from engage.grants import Consent, Grant
from engage.platform import App, Examinable, Renewable
from tests.connectors.douyin import kit
from tests.connectors.douyin.conftest import Make
from tests.platforms.douyin import ACCESS, REFRESH, Douyin

BACK = "https://studio.example/connect/douyin/back"
CODE, RENEW, PROLONG = "/oauth/access_token/", "/oauth/refresh_token/", "/oauth/renew_refresh_token/"
FIFTEEN, THIRTY = timedelta(seconds=ACCESS), timedelta(seconds=REFRESH)


async def consent(app: App) -> tuple[dict[str, str], Mapping[str, str]]:
    """What Douyin's page sends back, and what was kept."""
    begun = await CONNECT.begin(app, {}, BACK, "state-1")
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(begun.url)
    assert answer.status_code == 302, answer.text
    came = urlsplit(answer.headers["location"])
    assert f"{came.scheme}://{came.netloc}{came.path}" == BACK
    return dict(parse_qsl(came.query)), begun.keep


async def granted(app: App) -> Grant:
    answer, keep = await consent(app)
    (grant,) = await CONNECT.finish(app, answer, BACK, keep)
    return grant


def near(at: str | datetime | None, span: timedelta) -> bool:
    """Whether a time is that far from now."""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return moment is not None and abs(moment - datetime.now(UTC) - span) < timedelta(minutes=1)


class TestConsent:
    async def test_a_creator_connects(self, douyin: Douyin) -> None:
        assert isinstance(CONNECT, Consent)
        app = kit.app(base_url=douyin.url)
        answer, keep = await consent(app)
        assert (answer["state"], keep) == ("state-1", {})
        (grant,) = await CONNECT.finish(app, answer, BACK, keep)
        assert (grant.platform_user_id, grant.handle) == (kit.OWN, "小林")
        assert grant.config == {"scopes": kit.SCOPES, "business": True}
        assert grant.credentials["access_token"] == douyin.creator.token
        assert grant.credentials["refresh_token"] == douyin.creator.refresh
        assert grant.credentials["renewals_left"] == "5"
        assert near(grant.expires_at, FIFTEEN)
        assert near(grant.credentials["refresh_ends_at"], THIRTY)
        assert douyin.creator.token not in repr(grant)
        (call,) = douyin.calls_to(CODE)
        assert call.form["client_secret"] == kit.SECRETS[0]
        assert call.query == {}

    async def test_only_what_the_app_was_opened_for_is_asked(self, douyin: Douyin) -> None:
        grant = await granted(kit.app(base_url=douyin.url, scopes=""))
        assert grant.config["scopes"] == ["user_info", "item.comment"]
        begun = await CONNECT.begin(kit.app(scopes="mobile, im.direct_message"), {}, BACK, "s")
        assert dict(parse_qsl(urlsplit(begun.url).query)) == {
            "response_type": "code",
            "client_key": kit.CLIENT,
            "redirect_uri": BACK,
            "scope": "user_info,item.comment,mobile,im.direct_message",
            "state": "s",
        }

    async def test_a_personal_account_is_known_as_one(self, douyin: Douyin) -> None:
        douyin.creator.role = ""
        assert (await granted(kit.app(base_url=douyin.url))).config["business"] is False

    async def test_a_profile_that_cannot_be_read_costs_only_the_name(self, douyin: Douyin) -> None:
        douyin.fail("/oauth/userinfo/", 200, kit.said(28001018, "应用未获得该能力"))
        grant = await granted(kit.app(base_url=douyin.url))
        assert (grant.handle, grant.config) == (kit.OWN, {"scopes": kit.SCOPES})

    async def test_a_code_is_good_once(self, douyin: Douyin) -> None:
        app = kit.app(base_url=douyin.url)
        answer, keep = await consent(app)
        await CONNECT.finish(app, answer, BACK, keep)
        with pytest.raises(Refused, match="10007"):
            await CONNECT.finish(app, answer, BACK, keep)

    async def test_who_does_not_agree_grants_nothing(self, douyin: Douyin) -> None:
        with pytest.raises(Refused):
            await CONNECT.finish(kit.app(base_url=douyin.url), {"state": "s", "error": "denied"}, BACK, {})
        assert douyin.calls == []

    async def test_a_wrong_secret_is_refused_without_being_shown(self, douyin: Douyin) -> None:
        app = kit.app(base_url=douyin.url)
        answer, keep = await consent(app)
        wrong = replace(app, secrets={"client_secret": "wrong-secret-0123456789"})
        with pytest.raises(Refused) as caught:
            await CONNECT.finish(wrong, answer, BACK, keep)
        assert "wrong-secret" not in str(caught.value)
        with pytest.raises(ConfigError, match="client_secret"):
            await CONNECT.finish(replace(app, secrets={}), answer, BACK, keep)

    @pytest.mark.parametrize("dial", ["fail", "cut", "lose", "broken"])
    async def test_an_answer_that_is_lost_may_come_later(self, douyin: Douyin, dial: str) -> None:
        app = kit.app(base_url=douyin.url)
        answer, keep = await consent(app)
        if dial == "broken":
            douyin.fail(CODE, 200, {"data": {"error_code": 0, "expires_in": "x"}})
        elif dial == "fail":
            douyin.fail(CODE, 503)
        else:
            getattr(douyin, dial)(CODE)
        with pytest.raises(Unavailable):
            await CONNECT.finish(app, answer, BACK, keep)
        assert len(douyin.calls_to(CODE)) == 1


class TestRenewal:
    def days(self, **spans: float) -> dict[str, str]:
        """Credentials that end in so many days."""
        return {name: (datetime.now(UTC) + timedelta(days=span)).isoformat() for name, span in spans.items()}

    async def test_access_is_made_longer(self, douyin: Douyin, connected: Make) -> None:
        before = douyin.creator.refresh
        connector = connected(known=self.days(access_ends_at=3, refresh_ends_at=18))
        assert isinstance(connector, Renewable)
        renewed = await connector.renew()
        assert near(renewed.expires_at, FIFTEEN)
        assert near(renewed.credentials["refresh_ends_at"], timedelta(days=18))  # whatever the answer says of it
        assert renewed.credentials["refresh_token"] == before
        assert renewed.credentials["renewals_left"] == "5"
        assert douyin.calls_to(PROLONG) == []
        (call,) = douyin.calls_to(RENEW)
        assert call.form == {"client_key": kit.CLIENT, "grant_type": "refresh_token", "refresh_token": before}

    async def test_the_right_to_it_is_prolonged_before_it_ends(self, douyin: Douyin, connected: Make) -> None:
        before = douyin.creator.refresh
        renewed = await connected(known=self.days(access_ends_at=3, refresh_ends_at=6)).renew()
        assert renewed.credentials["refresh_token"] == douyin.creator.refresh != before
        assert renewed.credentials["renewals_left"] == "4"
        assert near(renewed.credentials["refresh_ends_at"], THIRTY)
        assert near(renewed.expires_at, FIFTEEN)
        assert [call.path for call in douyin.calls] == [RENEW, PROLONG], "what is used up comes last"

    async def test_five_times_and_then_somebody_must_scan_again(self, douyin: Douyin, connected: Make) -> None:
        known: dict[str, str] = {}
        for left in ("4", "3", "2", "1", "0"):
            known |= self.days(access_ends_at=3, refresh_ends_at=6)
            known = dict((await connected(known=known).renew()).credentials)
            assert known["renewals_left"] == left
        renewed = await connected(known={**known, **self.days(access_ends_at=3, refresh_ends_at=6)}).renew()
        assert near(renewed.expires_at, FIFTEEN)
        assert len(douyin.calls_to(PROLONG)) == 5, "the sixth is not asked for"
        douyin.creator.refresh_ends_at = 0
        with pytest.raises(Unauthorized, match="scan"):
            await connected(known={**renewed.credentials, **self.days(access_ends_at=0.01)}).renew()

    @pytest.mark.parametrize("code", [10020, 10004])
    async def test_where_it_may_not_be_prolonged_it_is_asked_once(
        self, douyin: Douyin, connected: Make, code: int
    ) -> None:
        douyin.may_prolong, douyin.creator.prolonged = code == 10020, 5
        renewed = await connected(known=self.days(access_ends_at=3, refresh_ends_at=6)).renew()
        assert renewed.credentials["renewals_left"] == "0"
        assert renewed.credentials["access_token"] == douyin.creator.token
        assert near(renewed.expires_at, FIFTEEN)

    async def test_a_fault_while_prolonging_is_tried_again_in_time(self, douyin: Douyin, connected: Make) -> None:
        douyin.fail(PROLONG, 503)
        known = self.days(access_ends_at=3, refresh_ends_at=6)
        renewed = await connected(known=known).renew()
        assert near(renewed.expires_at, timedelta(days=6)), "before the right to renew is over"
        assert renewed.credentials["renewals_left"] == "5"
        again = await connected(known=dict(renewed.credentials)).renew()
        assert again.credentials["renewals_left"] == "4"

    async def test_a_lost_answer_costs_no_day_of_the_access(self, douyin: Douyin, connected: Make) -> None:
        """As a process that is killed between Douyin's answer and our commit: the old right is void."""
        douyin.lose(PROLONG)
        renewed = await connected(known=self.days(access_ends_at=3, refresh_ends_at=6)).renew()
        known = dict(renewed.credentials)
        assert known["refresh_token"] != douyin.creator.refresh
        with pytest.raises(Unavailable, match="scan") as caught:
            await connected(known=known).renew()
        assert caught.value.retry_after is not None
        assert abs(caught.value.retry_after - FIFTEEN + timedelta(hours=1)) < timedelta(minutes=1)
        assert near(known["access_ends_at"], FIFTEEN)

    @pytest.mark.parametrize("dial", ["cut", "lose"])
    async def test_access_is_asked_for_again_where_the_answer_was_lost(
        self, douyin: Douyin, connected: Make, dial: str
    ) -> None:
        getattr(douyin, dial)(RENEW)
        renewed = await connected(known=self.days(access_ends_at=3, refresh_ends_at=18)).renew()
        assert renewed.credentials["access_token"] == douyin.creator.token
        assert len(douyin.calls_to(RENEW)) == 2

    async def test_too_many_calls_renew_later(self, douyin: Douyin, connected: Make) -> None:
        douyin.fail(RENEW, 200, kit.said(28003018, "请求频率过高"))
        with pytest.raises(RateLimited):
            await connected().renew()

    async def test_credentials_of_which_nothing_is_known_are_renewed_too(self, douyin: Douyin, connected: Make) -> None:
        renewed = await connected().renew()
        assert near(renewed.credentials["refresh_ends_at"], THIRTY)
        assert near(renewed.expires_at, FIFTEEN)

    async def test_a_withdrawn_access_is_over(self, douyin: Douyin, connected: Make) -> None:
        connector = connected()
        douyin.withdraws()
        with pytest.raises(Unauthorized) as caught:
            await connector.renew()
        assert kit.REFRESH not in str(caught.value)


class TestDoctor:
    async def found(self, connector: Any, callback: str = "https://engage.example/hooks/douyin") -> dict[str, Any]:
        assert isinstance(connector, Examinable)
        return {one.name: one for one in await connector.examine(callback)}

    async def test_all_is_well(self, douyin: Douyin, connected: Make) -> None:
        douyin.mounted.add(kit.ROOM)
        douyin.tasks.add(kit.ROOM)
        ends = {"refresh_ends_at": (datetime.now(UTC) + timedelta(days=20, hours=1)).isoformat()}
        found = await self.found(connected(known={**ends, "renewals_left": "3"}))
        assert {one.state for one in found.values()} == {"ok"}
        assert "小林" in found["access"].found
        assert kit.OWN in found["access"].found  # which live_rooms needs
        assert "20 days" in found["renewal"].found
        assert "3 times more" in found["renewal"].found
        assert "videos can be read: 1" in found["comments"].found
        assert "https://engage.example/hooks/douyin" in found["webhooks"].found
        assert kit.TOKEN not in str(found)

    async def test_what_is_wrong_is_named_with_its_cure(self, douyin: Douyin, connected: Make) -> None:
        douyin.creator.role = ""
        found = await self.found(connected(scopes=["user_info"], app={"live_rooms": ""}), "")
        states = {name: one.state for name, one in found.items()}
        assert states["comments"] == "fail"
        assert (states["direct messages"], states["webhooks"], states["renewal"]) == ("warn", "warn", "warn")
        assert all(one.fix for one in found.values() if one.state != "ok")
        found = await self.found(connected(scopes=["user_info", "item.comment"]))
        assert "webhook only" in found["comments"].found

    async def test_whether_a_live_room_is_listened_to(self, douyin: Douyin, connected: Make) -> None:
        connector = connected()
        live = (await self.found(connector))["live"]
        assert (live.state, "nobody is live" in live.found) == ("warn", True)
        douyin.mounted.add(kit.ROOM)
        live = (await self.found(connector))["live"]
        assert (live.state, "not asked for" in live.found) == ("warn", True)
        await connector.subscribe("")
        live = (await self.found(connector))["live"]
        assert (live.state, "pushed" in live.found) == ("ok", True)
        douyin.fail("/api/apps/v2/token", 200, {"err_no": 40017, "err_tips": "bad secret", "data": {}})
        live = (await self.found(connector))["live"]
        assert (live.state, "40017" in live.found) == ("fail", True)

    async def test_videos_that_may_not_be_read(self, douyin: Douyin, connected: Make) -> None:
        douyin.creator.scopes.remove("video.list.bind")
        assert (await self.found(connected()))["comments"].state == "warn"

    async def test_a_profile_that_may_not_be_read_hides_nothing_else(self, douyin: Douyin, connected: Make) -> None:
        douyin.fail("/oauth/userinfo/", 200, kit.said(28001018, "应用未获得该能力"))
        found = await self.found(connected())
        assert (found["access"].state, found["comments"].state) == ("warn", "ok")

    @pytest.mark.parametrize(
        ("days", "left", "state", "words"),
        [
            (20, 0, "ok", "0 times"),
            (6, 1, "ok", "1 time more"),
            (6, 0, "warn", "6 days"),
            (-1, 0, "fail", "is over"),
        ],
    )
    def test_how_long_no_person_is_needed(self, days: int, left: int, state: str, words: str) -> None:
        now = datetime(2026, 11, 22, 8, tzinfo=UTC)
        kept = Kept("a", "r", now + timedelta(days=9), now + timedelta(days=days, hours=1), left)
        finding = renewals(kept, now)
        assert finding.state == state
        assert words in finding.found

    async def test_an_access_that_ended_says_so(self, douyin: Douyin, connected: Make) -> None:
        douyin.creator.ends_at = 0
        with pytest.raises(Unauthorized):
            await self.found(connected())
