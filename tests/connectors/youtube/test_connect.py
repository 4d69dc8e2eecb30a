"""Connecting a channel, renewing its access, and looking at it."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors import oauth
from connectors.youtube.connect import CONNECT
from connectors.youtube.connector import YouTubeConnector
from engage.errors import ConfigError, Refused, Unauthorized, Unavailable
from engage.grants import Grant
from engage.platform import Revocable
from tests.connectors.youtube import kit
from tests.platforms.youtube import CHANNEL, FORCE_SSL, YouTube

BACK = "https://studio.example/connect/youtube/back"


async def granted(youtube: YouTube, *, tick: bool = True) -> Grant:
    app = kit.app(youtube.url)
    begun = await CONNECT.begin(app, {}, BACK, "state-1")
    answer = youtube.consent(begun.url, tick=tick)
    assert answer["state"] == "state-1"
    [grant] = await CONNECT.finish(app, answer, BACK, begun.keep)
    return grant


class TestConsent:
    async def test_grants_the_channel(self, youtube: YouTube) -> None:
        grant = await granted(youtube)
        assert (grant.platform_user_id, grant.handle) == (CHANNEL, "ada")
        assert grant.credentials["access_token"] in youtube.access
        assert grant.credentials["refresh_token"] in youtube.refresh
        assert len(grant.credentials["webhook_secret"]) >= 32
        assert grant.expires_at is not None
        assert timedelta(minutes=55) < grant.expires_at - datetime.now(UTC) <= timedelta(hours=1)

    async def test_each_channel_has_a_webhook_secret_of_its_own(self, youtube: YouTube) -> None:
        one, other = await granted(youtube), await granted(youtube)
        assert one.credentials["webhook_secret"] != other.credentials["webhook_secret"]

    async def test_asks_for_one_scope_with_a_challenge(self) -> None:
        begun = await CONNECT.begin(kit.app(), {}, BACK, "s")
        asked = dict(parse_qsl(urlsplit(begun.url).query))
        assert begun.url.startswith("https://accounts.google.com/o/oauth2/v2/auth?")
        assert asked["scope"] == FORCE_SSL
        assert asked["code_challenge"] == oauth.challenge(begun.keep["verifier"])
        assert (asked["redirect_uri"], asked["state"]) == (BACK, "s")

    async def test_with_the_wrong_verifier_is_refused(self, youtube: YouTube) -> None:
        app = kit.app(youtube.url)
        begun = await CONNECT.begin(app, {}, BACK, "s")
        with pytest.raises(Refused):
            await CONNECT.finish(app, youtube.consent(begun.url), BACK, {"verifier": oauth.new_verifier()})

    async def test_that_the_creator_did_not_give(self, youtube: YouTube) -> None:
        with pytest.raises(Refused, match="access_denied"):
            await CONNECT.finish(kit.app(youtube.url), {"error": "access_denied"}, BACK, {})

    async def test_without_the_tick_is_refused(self, youtube: YouTube) -> None:
        with pytest.raises(Refused, match="ticked"):
            await granted(youtube, tick=False)

    async def test_without_a_refresh_token_says_what_to_do(self, youtube: YouTube) -> None:
        youtube.fail("/token", 200, {"access_token": "ya29.x", "expires_in": 3599, "scope": FORCE_SSL})
        with pytest.raises(Refused, match="connections"):
            await granted(youtube)

    async def test_of_a_google_account_without_a_channel(self, youtube: YouTube) -> None:
        youtube.channels = []
        with pytest.raises(Refused, match="no YouTube channel"):
            await granted(youtube)

    async def test_while_google_is_away_can_be_tried_again(self, youtube: YouTube) -> None:
        youtube.fail("/token", 503)
        with pytest.raises(Unavailable):
            await granted(youtube)

    async def test_needs_the_application(self) -> None:
        with pytest.raises(ConfigError, match="client_id"):
            await CONNECT.begin(replace(kit.app(), config={}), {}, BACK, "s")


class TestRenewal:
    async def test_brings_a_new_token_and_keeps_the_rest(self, youtube: YouTube) -> None:
        account = kit.account(youtube.url)
        connector = YouTubeConnector(account)
        renewed = await connector.renew()
        await connector.close()
        assert renewed.credentials["access_token"] != account.credentials["access_token"]
        assert {**renewed.credentials, "access_token": ""} == {**account.credentials, "access_token": ""}
        assert renewed.expires_at is not None
        youtube.access.discard(account.credentials["access_token"])
        fresh = YouTubeConnector(replace(account, credentials=renewed.credentials))
        await fresh.poll("")
        await fresh.close()

    async def test_whose_answer_was_lost_can_be_asked_for_again(
        self, youtube: YouTube, connector: YouTubeConnector
    ) -> None:
        youtube.lose("/token")
        with pytest.raises(Unavailable):
            await connector.renew()
        assert (await connector.renew()).credentials["access_token"] in youtube.access

    async def test_after_the_creator_took_the_access_back(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.refresh.clear()
        with pytest.raises(Unauthorized):
            await connector.renew()


class TestGivingBack:
    async def test_ends_the_grant_and_may_be_done_twice(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        assert isinstance(connector, Revocable)
        await connector.revoke()
        assert youtube.refresh | youtube.access == set()
        await connector.revoke()
        assert len(youtube.calls_to("/revoke", "POST")) == 2

    async def test_that_google_refuses_is_told(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.fail("/revoke", 400, {"error": "invalid_request"})
        with pytest.raises(Refused):
            await connector.revoke()
        youtube.fail("/revoke", 503)
        with pytest.raises(Unavailable):
            await connector.revoke()


class TestExamination:
    async def states(self, connector: YouTubeConnector, callback: str = "") -> dict[str, str]:
        return {finding.name: finding.state for finding in await connector.examine(callback)}

    async def test_of_a_channel_that_is_well(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        states = await self.states(connector, "https://public.example/hooks/youtube/a1")
        assert states == dict.fromkeys(("access", "comments", "live chat", "quota", "new videos"), "ok")
        assert youtube.units == 3

    async def test_says_what_is_missing(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.streaming_enabled = False
        states = await self.states(connector)
        assert (states["live chat"], states["new videos"]) == ("warn", "warn")

    async def test_says_that_comments_are_refused(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.fail("/youtube/v3/commentThreads", 403, kit.error(403, "forbidden"))
        youtube.fail("/youtube/v3/liveBroadcasts", 403, kit.error(403, "forbidden"))
        states = await self.states(connector)
        assert (states["comments"], states["live chat"]) == ("fail", "fail")

    async def test_of_an_access_that_is_gone(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.access.clear()
        assert await self.states(connector) == {"access": "fail"}

    async def test_of_a_scope_that_is_missing(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.scope = "openid"
        assert await self.states(connector) == {"access": "fail"}

    async def test_of_another_channel(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        youtube.channels = [{"id": "UClin", "handle": "@lin"}]
        assert await self.states(connector) == {"access": "fail"}

    async def test_writes_nothing_and_shows_no_secret(self, youtube: YouTube, connector: YouTubeConnector) -> None:
        told = json.dumps([str(finding) for finding in await connector.examine("")])
        assert {call.method for call in youtube.calls} == {"GET"}
        assert not [one for one in kit.account("").credentials.values() if one in told]
