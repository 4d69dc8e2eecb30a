"""Standard Webhooks: the specification's own example, and everything that must be refused."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from connectors.signatures import sign, verify
from engage.errors import ConfigError, InvalidSignature

# The example of the Standard Webhooks libraries and of the Svix documentation.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE_ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
SENT_AT = datetime.fromtimestamp(1614265330, UTC)
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
OTHER = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"


def headers(**changes: str) -> dict[str, str]:
    given = {"webhook-id": MESSAGE_ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE}
    return given | {name.replace("_", "-"): value for name, value in changes.items()}


def test_the_specifications_example() -> None:
    assert sign(SECRET, MESSAGE_ID, SENT_AT, BODY) == SIGNATURE
    assert verify([SECRET], headers(), BODY, SENT_AT) == MESSAGE_ID


def test_a_secret_without_its_prefix() -> None:
    assert sign(SECRET.removeprefix("whsec_"), MESSAGE_ID, SENT_AT, BODY) == SIGNATURE


@pytest.mark.parametrize("secrets", [[SECRET, OTHER], [OTHER, SECRET]])
def test_old_and_new_secret_while_they_change(secrets: list[str]) -> None:
    assert verify(secrets, headers(), BODY, SENT_AT) == MESSAGE_ID
    both = f"{sign(OTHER, MESSAGE_ID, SENT_AT, BODY)} v1a,ignored {SIGNATURE}"
    assert verify([SECRET], headers(webhook_signature=both), BODY, SENT_AT) == MESSAGE_ID


@pytest.mark.parametrize("minutes", [-5, 0, 5])
def test_a_clock_may_be_five_minutes_off(minutes: int) -> None:
    assert verify([SECRET], headers(), BODY, SENT_AT + timedelta(minutes=minutes))


@pytest.mark.parametrize(
    ("changes", "body", "late", "says"),
    [
        ({}, b'{"test":2432232314}', 0, "none of the configured secrets"),  # parsed and written again
        ({}, BODY + b" ", 0, "none of the configured secrets"),
        ({"webhook_id": "msg_other"}, BODY, 0, "none of the configured secrets"),
        ({"webhook_timestamp": "1614265331"}, BODY, 0, "none of the configured secrets"),
        ({"webhook_signature": "v1,AAAA"}, BODY, 0, "none of the configured secrets"),
        ({"webhook_signature": "v1,é"}, BODY, 0, "none of the configured secrets"),
        ({"webhook_signature": SIGNATURE.replace("v1", "v2")}, BODY, 0, "no v1 signature"),
        ({"webhook_signature": ""}, BODY, 0, "webhook-signature is missing"),
        ({"webhook_id": ""}, BODY, 0, "webhook-id is missing"),
        ({"webhook_timestamp": ""}, BODY, 0, "webhook-timestamp is missing"),
        ({"webhook_timestamp": "yesterday"}, BODY, 0, "not a number"),
        ({"webhook_timestamp": "-5"}, BODY, 0, "not a number"),
        ({"webhook_timestamp": "9" * 30}, BODY, 0, "not a number"),
        ({}, BODY, 301, "too old"),
        ({}, BODY, -301, "in the future"),
    ],
)
def test_refused_and_said_why(changes: dict[str, str], body: bytes, late: int, says: str) -> None:
    with pytest.raises(InvalidSignature, match=says) as caught:
        verify([SECRET, OTHER], headers(**changes), body, SENT_AT + timedelta(seconds=late))
    assert SECRET not in str(caught.value)


def test_the_wrong_secret_and_none() -> None:
    for secrets in ([OTHER], []):
        with pytest.raises(InvalidSignature):
            verify(secrets, headers(), BODY, SENT_AT)


def test_written_again_it_is_another_body() -> None:
    body = b'{"text": "caf\\u00e9",  "n": 1}'
    given = headers(webhook_signature=sign(SECRET, MESSAGE_ID, SENT_AT, body))
    assert verify([SECRET], given, body, SENT_AT)
    with pytest.raises(InvalidSignature):
        verify([SECRET], given, json.dumps(json.loads(body)).encode(), SENT_AT)


def test_a_secret_that_is_no_secret() -> None:
    with pytest.raises(ConfigError, match="webhook_secret") as caught:
        verify(["whsec_not base64!"], headers(), BODY, SENT_AT)
    assert "not base64!" not in str(caught.value)
