"""How an account is granted: Threads' page, a code, a token of an hour, a token of 60 days."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.threads.connect import CONNECT, SCOPES
from engage.errors import ConfigError, EngageError, Refused, Unavailable
from engage.grants import Consent
from engage.platform import App
from tests.connectors.threads import kit
from tests.platforms.threads import Threads

BACK = "https://studio.example/connect/threads/back"


async def test_the_page_is_asked_for_what_is_needed() -> None:
    assert isinstance(CONNECT, Consent)
    begun = await CONNECT.begin(App("threads", {"client_id": "99"}), {}, BACK, "state-1")
    page = urlsplit(begun.url)
    assert (page.netloc, page.path) == ("threads.net", "/oauth/authorize")
    assert dict(parse_qsl(page.query)) == {
        "response_type": "code",
        "client_id": "99",
        "redirect_uri": BACK,
        "scope": ",".join(SCOPES),
        "state": "state-1",
    }
    with pytest.raises(ConfigError, match="client_id"):
        await CONNECT.begin(App("threads"), {}, BACK, "state-1")


async def test_a_consent_brings_the_account(platform: Threads) -> None:
    (grant,) = await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code, "state": "s"}, BACK, {})
    assert (grant.platform_user_id, grant.handle) == (kit.OWN, kit.HANDLE)
    token = grant.credentials["access_token"]
    assert token.startswith("THAAlong")
    assert grant.expires_at is not None
    assert timedelta(days=59) < grant.expires_at - datetime.now(UTC) < timedelta(days=61)
    assert token not in repr(grant)


async def test_who_declines_is_told_so(platform: Threads) -> None:
    answer = {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied it."}
    with pytest.raises(Refused, match="denied"):
        await CONNECT.finish(kit.app(base_url=platform.url), answer, BACK, {})
    assert platform.calls == []


async def test_a_code_is_good_once(platform: Threads) -> None:
    app, code = kit.app(base_url=platform.url), platform.code
    await CONNECT.finish(app, {"code": code}, BACK, {})
    with pytest.raises(Refused):
        await CONNECT.finish(app, {"code": code}, BACK, {})


async def test_only_the_newest_of_two_secrets_is_shown(platform: Threads) -> None:
    await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})
    assert platform.calls[0].form["client_secret"] == kit.SECRETS[0]
    assert kit.SECRETS[1] not in str(platform.calls)


@pytest.mark.parametrize("path", ["/oauth/access_token", "/access_token", "/v1.0/me"])
async def test_an_answer_that_says_nothing_can_be_asked_again(platform: Threads, path: str) -> None:
    for said in ("", "no JSON", {}, {"data": "x"}):
        platform.code = "again"
        platform.fail(path, 200, said)
        with pytest.raises(EngageError) as caught:
            await CONNECT.finish(kit.app(base_url=platform.url), {"code": "again"}, BACK, {})
        assert type(caught.value) is Unavailable
        assert kit.SECRETS[0] not in str(caught.value)


@pytest.mark.parametrize("dial", ["cut", "lose"])
async def test_a_lost_exchange_can_be_asked_again(platform: Threads, dial: str) -> None:
    getattr(platform, dial)("/access_token", times=5)
    with pytest.raises(Unavailable) as caught:
        await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})
    assert kit.SECRETS[0] not in str(caught.value)


async def test_a_refusal_tells_no_secret(platform: Threads) -> None:
    secret = kit.SECRETS[0]
    said = {"error_type": "OAuthException", "code": 400, "error_message": f"Invalid secret {secret}"}
    platform.fail("/access_token", 400, said)
    with pytest.raises(Refused, match="Invalid secret") as caught:
        await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})
    assert secret not in str(caught.value)
