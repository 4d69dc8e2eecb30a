"""Connecting an account on TikTok's page, renewing it, and seeing that it is over."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from connectors.tiktok.connect import CONNECT
from engage.errors import ConfigError, RateLimited, Refused, Unauthorized, Unavailable
from engage.grants import Consent, Grant
from engage.platform import App, Renewable
from tests.connectors.tiktok import kit
from tests.connectors.tiktok.conftest import Make
from tests.platforms.tiktok import TikTok, V

BACK = "https://studio.example/connect/tiktok/back"
TOKEN = f"{V}/tt_user/oauth2/token/"
REFRESH = f"{V}/tt_user/oauth2/refresh_token/"


async def consent(app: App, region: str = "br") -> tuple[dict[str, str], Mapping[str, str]]:
    """What TikTok's page sends back, and what was kept."""
    begun = await CONNECT.begin(app, {"region": region}, BACK, "state-1")
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(begun.url)
    assert answer.status_code == 302, answer.text
    came = urlsplit(answer.headers["location"])
    assert f"{came.scheme}://{came.netloc}{came.path}" == f"{BACK}/"
    return dict(parse_qsl(came.query)), begun.keep


async def granted(app: App) -> Grant:
    answer, keep = await consent(app)
    (grant,) = await CONNECT.finish(app, answer, BACK, keep)
    return grant


async def test_a_creator_connects(tiktok: TikTok) -> None:
    assert isinstance(CONNECT, Consent)
    app = kit.app(base_url=tiktok.url)
    answer, keep = await consent(app)
    assert answer["state"] == "state-1"
    (grant,) = await CONNECT.finish(app, answer, BACK, keep)
    assert (grant.platform_user_id, grant.handle) == (kit.OWN, "creator")
    assert grant.credentials == {"access_token": tiktok.creator.token, "refresh_token": tiktok.creator.refresh}
    assert grant.config == {"region": "BR", "scopes": kit.SCOPES, "business": True}
    assert grant.expires_at is not None
    assert abs(grant.expires_at - datetime.now(UTC) - timedelta(days=1)) < timedelta(minutes=1)
    assert tiktok.creator.token not in repr(grant)
    (call,) = tiktok.calls_to(TOKEN)
    assert call.headers["content-type"] == "application/json"
    assert "access-token" not in call.headers


async def test_a_code_may_be_named_auth_code(tiktok: TikTok) -> None:
    app = kit.app(base_url=tiktok.url)
    answer, keep = await consent(app)
    renamed = {"auth_code": answer.pop("code"), **answer}
    assert len(await CONNECT.finish(app, renamed, BACK, keep)) == 1


async def test_an_app_without_messaging_does_not_ask_for_it(tiktok: TikTok) -> None:
    grant = await granted(kit.app(base_url=tiktok.url, messaging="no"))
    assert [scope for scope in grant.config["scopes"] if scope.startswith("message")] == []


async def test_a_code_is_good_once(tiktok: TikTok) -> None:
    app = kit.app(base_url=tiktok.url)
    answer, keep = await consent(app)
    await CONNECT.finish(app, answer, BACK, keep)
    with pytest.raises(Refused, match="40131"):
        await CONNECT.finish(app, answer, BACK, keep)


async def test_who_says_no_is_not_connected(tiktok: TikTok) -> None:
    with pytest.raises(Refused, match="not granted: access_denied"):
        await CONNECT.finish(kit.app(base_url=tiktok.url), {"error": "access_denied"}, BACK, {})
    assert tiktok.calls_to(TOKEN) == []


@pytest.mark.parametrize("region", ["", "B", "Brazil", "12", "ÄÖ"])
async def test_a_country_is_two_letters(region: str) -> None:
    with pytest.raises(Refused, match="two letters"):
        await CONNECT.begin(kit.app(), {"region": region}, BACK, "s")


async def test_without_an_app_nobody_connects() -> None:
    with pytest.raises(ConfigError, match="client_id"):
        await CONNECT.begin(App("tiktok"), {"region": "BR"}, BACK, "s")


async def test_a_platform_that_is_away_is_asked_again_later(tiktok: TikTok) -> None:
    app = kit.app(base_url=tiktok.url)
    answer, keep = await consent(app)
    tiktok.cut(TOKEN)
    with pytest.raises(Unavailable):
        await CONNECT.finish(app, answer, BACK, keep)
    assert len(await CONNECT.finish(app, answer, BACK, keep)) == 1, "the code was not used up"


@pytest.mark.parametrize("said", [kit.said(51065, "System error"), kit.said(40001, "No"), kit.said(0, "OK", {})])
async def test_a_grant_is_not_lost_for_want_of_a_name(tiktok: TikTok, said: dict[str, object]) -> None:
    app = kit.app(base_url=tiktok.url)
    answer, keep = await consent(app)
    tiktok.fail(f"{V}/business/get/", 200, said, times=3)
    (grant,) = await CONNECT.finish(app, answer, BACK, keep)
    assert (grant.handle, "business" in grant.config) == (kit.OWN, False)


# renewing -----------------------------------------------------------------------------------------------------------


async def test_access_is_renewed_and_the_new_pair_is_kept(tiktok: TikTok, connected: Make) -> None:
    old = tiktok.creator.token
    connector = connected()
    assert isinstance(connector, Renewable)
    renewed = await connector.renew()
    assert renewed.credentials == {"access_token": tiktok.creator.token, "refresh_token": tiktok.creator.refresh}
    assert renewed.expires_at is not None
    assert renewed.expires_at > datetime.now(UTC) + timedelta(hours=23)
    assert old not in repr(renewed)
    with pytest.raises(Unauthorized):
        await connector.send(kit.reply())
    assert (await connected().send(kit.reply(conversation_id=f"{tiktok.video}:{tiktok.comments('hi')}"))).id


async def test_a_refresh_token_is_good_once(tiktok: TikTok, connected: Make) -> None:
    first = connected()
    await first.renew()
    with pytest.raises(Unauthorized, match="connect the account again"):
        await first.renew()


async def test_a_lost_answer_to_a_renewal_is_not_asked_for_twice_in_a_row(tiktok: TikTok, connected: Make) -> None:
    tiktok.lose(REFRESH)
    with pytest.raises(Unavailable):
        await connected().renew()
    assert len(tiktok.calls_to(REFRESH)) == 1


async def test_a_renewal_that_is_too_soon_waits(tiktok: TikTok, connected: Make) -> None:
    tiktok.fail(REFRESH, 200, kit.said(40100, "Too many requests"))
    with pytest.raises(RateLimited) as caught:
        await connected().renew()
    assert caught.value.retry_after == timedelta(minutes=5)


async def test_an_answer_without_tokens_keeps_the_old_ones(tiktok: TikTok, connected: Make) -> None:
    for data in ({}, {"access_token": "a", "refresh_token": "", "expires_in": 5, "open_id": "x", "scope": ""}):
        tiktok.fail(REFRESH, 200, kit.said(0, "OK", data))
        with pytest.raises(Unavailable):
            await connected().renew()


async def test_a_refusal_tells_no_secret(tiktok: TikTok, connected: Make) -> None:
    words = f"refresh_token {tiktok.creator.refresh} of {kit.SECRETS[0]} is invalid"
    tiktok.fail(REFRESH, 200, kit.said(40002, words))
    with pytest.raises(Unauthorized) as caught:
        await connected().renew()
    assert tiktok.creator.refresh not in str(caught.value)
    assert kit.SECRETS[0] not in str(caught.value)
    assert "40002" in str(caught.value)


async def test_access_is_given_back(tiktok: TikTok, connected: Make) -> None:
    connector = connected()
    await connector.revoke()
    (call,) = tiktok.calls_to(f"{V}/tt_user/oauth2/revoke/")
    assert set(call.json) == {"client_id", "client_secret", "access_token"}
    assert tiktok.creator.token == ""
    with pytest.raises(Unauthorized):  # it is gone already
        await connector.revoke()
