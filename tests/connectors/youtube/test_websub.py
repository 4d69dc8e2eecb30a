"""New videos: the hub is asked, asks back, and delivers."""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.youtube import websub
from connectors.youtube.connector import YouTubeConnector
from connectors.youtube.parse import parse
from engage.errors import ConfigError, InvalidSignature, Malformed, Refused, Unavailable
from engage.models import EventKind
from tests.connectors.youtube import kit
from tests.platforms.youtube import CHANNEL, YouTube

CALLBACK = "https://public.example/hooks/youtube/a1"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


async def test_the_hub_is_asked_for_the_channels_feed_and_again_before_it_ends(
    youtube: YouTube, connector: YouTubeConnector
) -> None:
    again_at = await connector.subscribe(CALLBACK)
    [asked] = youtube.subscriptions
    assert asked["hub.topic"] == f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"
    assert (asked["hub.mode"], asked["hub.callback"]) == ("subscribe", CALLBACK)
    assert asked["hub.secret"] == kit.SECRETS[0]
    assert len(asked["hub.secret"]) < 200
    assert again_at is not None
    assert again_at < datetime.now(UTC) + timedelta(seconds=int(asked["hub.lease_seconds"]))


async def test_a_hub_that_is_away_is_asked_again(youtube: YouTube, connector: YouTubeConnector) -> None:
    youtube.fail("/subscribe", 503, times=3)
    with pytest.raises(Unavailable):
        await connector.subscribe(CALLBACK)
    youtube.fail("/subscribe", 400, "Invalid callback")
    with pytest.raises(Refused):
        await connector.subscribe(CALLBACK)


ASKED = {"hub.mode": "subscribe", "hub.topic": websub.topic(CHANNEL), "hub.challenge": "c-42"}


class TestChallenge:
    def test_is_answered_for_our_feed(self, connector: YouTubeConnector) -> None:
        assert connector.challenge({**ASKED, "hub.lease_seconds": "432000"}) == "c-42"

    @pytest.mark.parametrize(
        "other",
        [
            {"hub.topic": websub.topic("UClin")},
            {"hub.mode": "unsubscribe"},
            {"hub.mode": "denied"},
            {"hub.challenge": ""},
        ],
    )
    def test_is_not_answered_for_anything_else(self, connector: YouTubeConnector, other: dict[str, str]) -> None:
        assert connector.challenge({**ASKED, **other}) is None

    def test_nothing_is_no_challenge(self, connector: YouTubeConnector) -> None:
        assert connector.challenge({}) is None


class TestDelivery:
    def received(self, connector: YouTubeConnector, body: bytes) -> tuple[str, object]:
        raw = connector.receive(kit.sign(kit.SECRETS[1], "", NOW, body), body, NOW)
        return raw.key, json.loads(raw.body)

    def test_names_the_new_video(self, connector: YouTubeConnector) -> None:
        key, payload = self.received(connector, kit.body("vid2"))
        assert key == "videos vid2 2026-11-22T08:00:00.123456789+00:00"
        [event] = parse(payload, CHANNEL)
        assert (event.kind, event.reason) == (EventKind.STATUS, "new video vid2: Caf\u00e9 & long runs")

    def test_names_a_deleted_video(self, connector: YouTubeConnector) -> None:
        body = b"""<feed xmlns:at="http://purl.org/atompub/tombstones/1.0" xmlns="http://www.w3.org/2005/Atom">
        <at:deleted-entry ref="yt:video:vid2" when="2026-11-22T08:00:00+00:00"/></feed>"""
        key, payload = self.received(connector, body)
        assert key == "videos vid2 deleted"
        assert [event.reason for event in parse(payload, CHANNEL)] == ["video vid2 was deleted"]

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"no xml",
            b'{"kind": "engage#feed"}',
            b'<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><feed>&b;</feed>',
            b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><feed>&a;</feed>',
        ],
    )
    def test_what_is_no_feed(self, connector: YouTubeConnector, body: bytes) -> None:
        with pytest.raises(Malformed):
            self.received(connector, body)

    def test_a_feed_without_videos_is_ignored(self, connector: YouTubeConnector) -> None:
        _, payload = self.received(connector, b"<feed/>")
        assert [event.kind for event in parse(payload, CHANNEL)] == [EventKind.IGNORED]

    def test_the_known_signature(self) -> None:
        """Made from the documented construction: hex HMAC-SHA1 of the raw body."""
        body = base64.b64decode(
            "PGZlZWQgeG1sbnM9Imh0dHA6Ly93d3cudzMub3JnLzIwMDUvQXRvbSI+PGVudHJ5PjxpZD55dDp2aWRlbzp2aWQxMjM8L2lkPjwvZW50"
            "cnk+PC9mZWVkPg=="
        )
        headers = {"x-hub-signature": "sha1=cc455aabd4ecb383e503b947d80223c0e9c2e4f9"}
        websub.verify(["other", "hubsecret"], headers, body)
        with pytest.raises(InvalidSignature):
            websub.verify(["other"], headers, body)

    @pytest.mark.parametrize("method", ["sha256", "md5", ""])
    def test_another_method_than_the_hubs_is_refused(self, connector: YouTubeConnector, method: str) -> None:
        body = kit.body("vid2")
        digest = hmac.new(kit.SECRETS[0].encode(), body, method or "sha1").hexdigest()
        with pytest.raises(InvalidSignature):
            connector.receive({"x-hub-signature": f"{method}={digest}"}, body, NOW)

    def test_without_a_secret_nothing_is_taken(self) -> None:
        connector = YouTubeConnector(kit.account("http://127.0.0.1:9", secrets=()))
        with pytest.raises(ConfigError, match="webhook_secret"):
            connector.receive({}, b"", NOW)
