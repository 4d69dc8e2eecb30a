"""TikTok's signature, as it is documented and as it is attacked."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.tiktok.webhooks import TikTokWebhooks, verify
from engage.errors import InvalidSignature, Malformed
from engage.platform import App
from tests.connectors.tiktok import kit
from tests.platforms.tiktok import TikTok

# A vector of the documented construction, made with another implementation of it.
BODY = b'{"client_key":"app","event":"comment.update","create_time":1700000000,"user_openid":"biz","content":"{}"}'
SIGNATURE = "0704622b6d36d73ea75355b7f318b063237453cbb07e3b0282ff46f60d03c2e8"
HEADER = f"t=1700000000,s={SIGNATURE}"
THEN = datetime.fromtimestamp(1700000000, UTC)


def test_the_known_vector() -> None:
    verify(["other", "test-secret"], HEADER, BODY, THEN)
    receiver = TikTokWebhooks(App("tiktok", {"client_id": "app"}, {"client_secret": "other test-secret"}))
    delivery = receiver.receive({"tiktok-signature": HEADER}, BODY, THEN + timedelta(minutes=4))
    assert [(owner, event.body) for owner, event in delivery.events] == [("biz", BODY)]
    assert receiver.challenge({"challenge": "x"}) is None


@pytest.mark.parametrize("off", [timedelta(minutes=6), -timedelta(minutes=6)], ids=["late", "early"])
def test_a_time_out_of_the_window_is_a_replay(off: timedelta) -> None:
    with pytest.raises(InvalidSignature, match="replay"):
        verify(["test-secret"], HEADER, BODY, THEN + off)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "t=1700000000",
        f"s={SIGNATURE}",
        f"t=,s={SIGNATURE}",
        f"t=-1,s={SIGNATURE}",
        f"t=١٧٠٠٠٠٠٠٠٠,s={SIGNATURE}",
        f"t=99999999999999999999,s={SIGNATURE}",
        f"t=1700000001,s={SIGNATURE}",
        "t=1700000000,s=",
        "t=1700000000,s=é",
        f"t=1700000000,s={SIGNATURE.upper()}",
        f"t=1700000000;s={SIGNATURE}",
    ],
)
def test_a_header_that_is_none(header: str) -> None:
    with pytest.raises(InvalidSignature):
        verify(["test-secret"], header, BODY, THEN)


def test_order_and_blanks_of_the_header_do_not_matter() -> None:
    verify(["test-secret"], turned := f"s={SIGNATURE}, t=1700000000", BODY, THEN)
    with pytest.raises(InvalidSignature):
        verify(["another"], turned, BODY, THEN)


@pytest.mark.parametrize("body", [b"not json", b"[]", b'{"event": "x"}', b'{"user_openid": {}}'])
def test_a_signed_body_that_names_nobody(body: bytes) -> None:
    headers = kit.sign(kit.SECRETS[0], "d1", THEN, body)
    with pytest.raises(Malformed):
        TikTokWebhooks(kit.app()).receive(headers, body, THEN)


def test_deliveries_go_to_the_account_they_name(tiktok: TikTok) -> None:
    tiktok.comments("where is this?")
    headers, body = tiktok.signed(tiktok.events[-1], secret=kit.SECRETS[1])
    delivery = TikTokWebhooks(kit.app()).receive(headers, body, datetime.now(UTC))
    ((owner, event),) = delivery.events
    assert owner == kit.OWN
    assert json.loads(event.body)["event"] == "comment.update"
    assert b'"content": "{' in event.body, "it goes on as it came: JSON in a string"
