"""Consent and tokens as RFC 6749 and RFC 7636 have them, against a server that answers byte for byte."""

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connectors import oauth
from engage.errors import ConfigError, EngageError, RateLimited, Refused, Unauthorized, Unavailable
from engage.platform import App
from tests.connectors.conftest import Scripted, hang_up, response

Start = Callable[..., Awaitable[Scripted]]
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
APP = App("paper", {"client_id": "app-7"}, {"client_secret": "s3cr3t-new s3cr3t-old"})
BACK = "https://studio.example/connect/paper/back"
TOKENS = {"access_token": "at", "refresh_token": "rt", "expires_in": 3600, "scope": "read"}


def provider(url: str = "https://paper.example", **more: Any) -> oauth.Provider:
    return oauth.Provider(f"{url}/authorize", f"{url}/token", ("read", "write"), **more)


def said(server: Scripted) -> dict[str, str]:
    """The form of the newest request."""
    return {name: values[0] for name, values in parse_qs(server.requests[-1].partition("\r\n\r\n")[2]).items()}


def test_the_page_gets_a_challenge_and_we_keep_what_proves_it() -> None:
    begun = oauth.begin(provider(more={"prompt": "consent"}), APP, BACK, "state-1")
    asked = {name: values[0] for name, values in parse_qs(urlsplit(begun.url).query).items()}
    verifier = begun.keep[oauth.VERIFIER]
    assert 43 <= len(verifier) <= 128
    assert asked == {
        "response_type": "code",
        "client_id": "app-7",
        "redirect_uri": BACK,
        "scope": "read write",
        "state": "state-1",
        "code_challenge": oauth.challenge(verifier),
        "code_challenge_method": "S256",
        "prompt": "consent",
    }
    assert verifier not in begun.url
    assert verifier not in repr(begun)
    assert oauth.begin(provider(), APP, BACK, "state-2").keep != begun.keep


def test_the_challenge_is_the_one_of_the_standard() -> None:
    """RFC 7636, appendix B."""
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert oauth.challenge(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


async def test_a_code_becomes_tokens_with_the_newest_secret(scripted: Start) -> None:
    server = await scripted(response(200, json.dumps(TOKENS)))
    keep = {oauth.VERIFIER: "v"}
    tokens = await oauth.exchange(provider(server.url), APP, {"code": "c"}, BACK, keep, NOW)
    assert (tokens.access, tokens.refresh, tokens.expires_at) == ("at", "rt", NOW + timedelta(hours=1))
    assert said(server) == {
        "grant_type": "authorization_code",
        "code": "c",
        "redirect_uri": BACK,
        "code_verifier": "v",
        "client_id": "app-7",
        "client_secret": "s3cr3t-new",
    }
    assert "at" not in repr(tokens).replace("expires_at", "").replace("datetime", "")


async def test_id_and_secret_may_stand_in_the_header(scripted: Start) -> None:
    server = await scripted(response(200, json.dumps(TOKENS)))
    await oauth.refresh(provider(server.url, basic=True), APP, "old", NOW)
    assert "authorization: Basic " in server.requests[0]
    assert said(server) == {"grant_type": "refresh_token", "refresh_token": "old", "client_id": "app-7"}


async def test_a_refresh_token_that_is_not_changed_stays(scripted: Start) -> None:
    server = await scripted(response(200, json.dumps({"access_token": "at2"})))
    tokens = await oauth.refresh(provider(server.url), APP, "old", NOW)
    assert (tokens.access, tokens.refresh, tokens.expires_at) == ("at2", "old", None)


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (response(400, '{"error": "invalid_grant"}'), Unauthorized),
        (response(400, '{"error": "invalid_client"}'), ConfigError),
        (response(401, '{"error": "unauthorized_client"}'), ConfigError),
        (response(400, '{"error": "invalid_request"}'), Refused),
        (response(400, "<html>"), Refused),
        (response(401, "<html>"), Unauthorized),
        (response(429, "", "retry-after: 7"), RateLimited),
        (response(500), Unavailable),
        (hang_up, Unavailable),
        (response(200, "{half"), Unavailable),
        (response(200, "[]"), Unavailable),
        (response(200, '{"access_token": ""}'), Unavailable),
        (response(200, '{"access_token": 5}'), Unavailable),
        (response(200, '{"access_token": "a", "expires_in": "soon"}'), Unavailable),
    ],
)
async def test_what_a_token_endpoint_may_answer(answer: Any, error: type[EngageError], scripted: Start) -> None:
    """Nothing is posted here: what is lost may be asked for again, so it is never Ambiguous."""
    server = await scripted(answer)
    with pytest.raises(error) as caught:
        await oauth.refresh(provider(server.url), APP, "the-refresh-token", NOW)
    assert type(caught.value) is error
    assert "s3cr3t" not in str(caught.value)
    assert "the-refresh-token" not in str(caught.value)


async def test_a_token_is_given_back(scripted: Start) -> None:
    server = await scripted(response(200, ""))
    given = provider(revoke_url=f"{server.url}/revoke")
    await oauth.revoke(given, APP, "the-refresh-token")
    assert server.requests[-1].startswith("POST /revoke ")
    assert said(server) == {"token": "the-refresh-token", "client_id": "app-7", "client_secret": "s3cr3t-new"}


@pytest.mark.parametrize("answer", [{"error": "access_denied", "error_description": "no, thanks"}, {}])
def test_a_creator_who_says_no_grants_nothing(answer: dict[str, str]) -> None:
    with pytest.raises(Refused, match=r"not granted: (no, thanks|the answer holds no code)"):
        oauth.code_in(answer)


@pytest.mark.parametrize(("app", "key"), [(App("paper"), "client_id"), (App("paper", APP.config), "client_secret")])
async def test_an_application_that_is_not_registered_is_named_with_the_fix(app: App, key: str) -> None:
    with pytest.raises(ConfigError, match=rf"{key} \(application of paper\).*engage app set paper"):
        await oauth.refresh(provider(), app, "old", NOW)
