"""Somebody asks Meta that everything kept of them be erased: believed only where an app's secret signed it."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from connectors import webhooks_of
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.platform import App, Erasing, ErasureRequest
from tests.platforms.instagram import SCOPED, Instagram

FORM = {"content-type": "application/x-www-form-urlencoded"}
PRODUCTS = ["facebook", "instagram", "threads"]


def erasing(product: str = "instagram", secrets: str = "one two") -> Erasing:
    make = webhooks_of(product)
    assert make is not None
    found = make(App(product, {}, {"client_secret": secrets}))
    assert isinstance(found, Erasing)
    return found


def asked(signed: str, headers: dict[str, str] = FORM, **which: str) -> ErasureRequest:
    return erasing(**which).erasure_asked(headers, urlencode({"signed_request": signed}).encode(), datetime.now(UTC))


def signed_by(secret: str, **more: object) -> str:
    return Instagram(secret=secret).signed_request(SCOPED, **more)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("secret", ["one", "two"])
def test_either_of_two_secrets_is_believed_and_the_same_request_is_known_again(product: str, secret: str) -> None:
    signed = signed_by(secret, issued_at=int(datetime.now(UTC).timestamp()))
    request = asked(signed, product=product)
    assert request.person_id == SCOPED
    assert asked(signed, product=product) == request
    assert asked(signed_by(secret, issued_at=1 + int(datetime.now(UTC).timestamp()))).key != request.key


def test_nobody_else_is_believed() -> None:
    head, _, payload = signed_by("one").partition(".")
    other = signed_by("one", user_id="5").partition(".")[2]
    for forged in (signed_by("three"), f"{head}.{other}", f".{payload}", f"{head}.", head, "", "é.é"):
        with pytest.raises(InvalidSignature):
            asked(forged)
    with pytest.raises(ConfigError, match="client_secret"):
        asked(f"{head}.{payload}", secrets="")


@pytest.mark.parametrize(
    "wrong",
    [
        {"algorithm": "none"},
        {"algorithm": "HMAC-SHA1"},
        {"user_id": ""},
        {"user_id": "a\x00b"},
        {"user_id": "9" * 41},
        {"issued_at": "soon"},
        {"issued_at": int((datetime.now(UTC) - timedelta(days=3)).timestamp())},
        {"issued_at": int((datetime.now(UTC) + timedelta(days=1)).timestamp())},
    ],
)
def test_what_is_signed_in_another_way_or_long_ago_is_malformed(wrong: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        asked(signed_by("one", **wrong))


def test_a_call_that_is_no_form_is_malformed() -> None:
    with pytest.raises(Malformed, match="a form"):
        asked(signed_by("one"), {"content-type": "application/json"})


def test_meta_reads_where_it_can_be_followed() -> None:
    said = json.loads(erasing().erasure_acknowledged("https://x.example/erasures/abc", "abc"))
    assert said == {"url": "https://x.example/erasures/abc", "confirmation_code": "abc"}
