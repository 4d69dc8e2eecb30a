"""A creator removes the app on Meta's side: the callback is believed only where an app's secret signed it."""

import json
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from connectors import parser, webhooks_of
from connectors.meta_deauthorization import opened
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.models import EventKind
from engage.platform import App, Delivery
from tests.platforms.instagram import SCOPED, Instagram

# Facebook's own example, as its page on signed requests had it and many libraries test with it.
EXAMPLE = (
    "secret",
    "vlXgu64BQGFSQrY0ZcJBZASMvYvTHu9GQ0YM9rjPSso.eyJhbGdvcml0aG0iOiJITUFDLVNIQTI1NiIsIjAiOiJwYXlsb2FkIn0",
    {"algorithm": "HMAC-SHA256", "0": "payload"},
)
FORM = {"content-type": "application/x-www-form-urlencoded"}
PRODUCTS = ["facebook", "instagram", "threads"]


def received(signed: str, secrets: str = "one two", product: str = "instagram") -> Delivery:
    make = webhooks_of(product)
    assert make is not None
    app = App(product, {}, {"client_secret": secrets})
    return make(app).receive(FORM, urlencode({"signed_request": signed}).encode(), datetime.now(UTC))


def signed_by(secret: str, **more: object) -> str:
    return Instagram(secret=secret).signed_request(SCOPED, **more)


def test_the_documented_example_opens_with_its_secret_only() -> None:
    secret, signed, said = EXAMPLE
    assert opened([secret], signed) == said
    assert opened(["another", secret], signed) == said
    with pytest.raises(InvalidSignature):
        opened(["another"], signed)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("secret", ["one", "two"])
def test_either_of_two_secrets_ends_the_access(product: str, secret: str) -> None:
    signed = signed_by(secret)
    ((person, raw),) = received(signed, product=product).people
    assert person == SCOPED
    assert received(signed, product=product).people[0][1].key == raw.key, "told again it is the same"
    (event,) = parser(product)(json.loads(raw.body), "17841400000000001")
    assert event.kind is EventKind.REMOVED
    assert event.reason


@pytest.mark.parametrize("product", PRODUCTS)
def test_nobody_else_can_end_it(product: str) -> None:
    signed = signed_by("one")
    head, _, payload = signed.partition(".")
    other = signed_by("one", user_id="5").partition(".")[2]
    for forged in (
        signed_by("three"),
        f"{head}.{other}",
        f".{payload}",
        f"{head}.",
        head,
        "",
        "é.é",
        f"{head}!.{payload}",
    ):
        with pytest.raises(InvalidSignature):
            received(forged, product=product)
    with pytest.raises(InvalidSignature):
        received(signed, secrets="two", product=product)
    with pytest.raises(ConfigError, match="client_secret"):
        received(signed, secrets="", product=product)


def test_padding_changes_nothing() -> None:
    head, _, payload = signed_by("one").partition(".")
    assert received(f"{head}=.{payload}").people


def test_a_form_is_no_way_around_the_signature_of_a_webhook() -> None:
    make = webhooks_of("instagram")
    assert make is not None
    body = json.dumps({"object": "instagram", "entry": []}).encode()
    with pytest.raises(InvalidSignature):
        make(App("instagram", {}, {"client_secret": "one"})).receive(FORM, body, datetime.now(UTC))


def test_a_call_of_long_ago_ends_nothing() -> None:
    then = datetime.now(UTC) - timedelta(days=3)
    assert received(signed_by("one", issued_at=int(then.timestamp()))) == Delivery()


@pytest.mark.parametrize("wrong", [{"algorithm": "none"}, {"algorithm": 5}, {"user_id": ""}, {"issued_at": "soon"}])
def test_what_is_signed_and_tells_nothing_is_malformed(wrong: dict[str, object]) -> None:
    with pytest.raises(Malformed):
        received(signed_by("one", **wrong))
