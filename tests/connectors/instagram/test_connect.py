"""How an account is granted: Instagram's page, a code, a token of an hour, a token of 60 days."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.instagram.connect import CONNECT, SCOPES
from engage.errors import ConfigError, EngageError, Refused, Unavailable
from engage.grants import Consent
from engage.platform import App
from tests.connectors.instagram import kit
from tests.platforms.instagram import SCOPED, Instagram

BACK = "https://studio.example/connect/instagram/back"


async def test_the_page_is_asked_for_what_is_needed() -> None:
    assert isinstance(CONNECT, Consent)
    begun = await CONNECT.begin(App("instagram", {"client_id": "99"}), {}, BACK, "state-1")
    page = urlsplit(begun.url)
    assert (page.netloc, page.path) == ("www.instagram.com", "/oauth/authorize")
    assert dict(parse_qsl(page.query)) == {
        "response_type": "code",
        "client_id": "99",
        "redirect_uri": BACK,
        "scope": ",".join(SCOPES),
        "state": "state-1",
    }
    with pytest.raises(ConfigError, match="client_id"):
        await CONNECT.begin(App("instagram"), {}, BACK, "state-1")


@pytest.mark.parametrize("in_a_list", [True, False], ids=["in-a-list", "bare"])
async def test_a_consent_brings_the_account(platform: Instagram, in_a_list: bool) -> None:
    platform.in_a_list = in_a_list
    app = kit.app(base_url=platform.url)
    (grant,) = await CONNECT.finish(app, {"code": platform.code, "state": "s"}, BACK, {})
    assert (grant.platform_user_id, grant.handle) == (kit.OWN, "ada.makes")
    assert grant.config == {"permissions": list(SCOPES), "granted_by": SCOPED}
    token = grant.credentials["access_token"]
    assert token.startswith("IGAAlong")
    assert grant.expires_at is not None
    assert timedelta(days=59) < grant.expires_at - datetime.now(UTC) < timedelta(days=61)
    assert token not in repr(grant)


async def test_who_declines_is_told_so(platform: Instagram) -> None:
    answer = {"error": "access_denied", "error_reason": "user_denied", "error_description": "The user denied it."}
    with pytest.raises(Refused, match="denied"):
        await CONNECT.finish(kit.app(base_url=platform.url), answer, BACK, {})
    assert platform.calls == []


async def test_a_code_is_good_once(platform: Instagram) -> None:
    app, code = kit.app(base_url=platform.url), platform.code
    await CONNECT.finish(app, {"code": code}, BACK, {})
    with pytest.raises(Refused):
        await CONNECT.finish(app, {"code": code}, BACK, {})


@pytest.mark.parametrize("path", ["/oauth/access_token", "/access_token", "/v25.0/me"])
async def test_an_answer_that_says_nothing_can_be_asked_again(platform: Instagram, path: str) -> None:
    for said in ("", "no JSON", {}, {"data": "x"}):
        platform.code = "again"
        platform.fail(path, 200, said)
        with pytest.raises(EngageError) as caught:
            await CONNECT.finish(kit.app(base_url=platform.url), {"code": "again"}, BACK, {})
        assert type(caught.value) is Unavailable
        assert kit.SECRETS[0] not in str(caught.value)


async def test_a_refusal_tells_no_secret(platform: Instagram) -> None:
    secret = kit.SECRETS[0]
    said = {"error_type": "OAuthException", "code": 400, "error_message": f"Invalid secret {secret}"}
    platform.fail("/access_token", 400, said)
    with pytest.raises(Refused, match="Invalid secret") as caught:
        await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})
    assert secret not in str(caught.value)
