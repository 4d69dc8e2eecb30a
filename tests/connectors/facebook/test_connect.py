"""How Pages are granted: Facebook's page, a code, a person's token, and one token for each Page."""

from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors.facebook.connect import CONNECT, SCOPES
from engage.errors import ConfigError, Refused, Unavailable
from engage.grants import Consent
from engage.platform import App
from tests.connectors.facebook import kit
from tests.platforms.facebook import Facebook

BACK = "https://studio.example/connect/facebook/back"


async def test_the_page_is_asked_for_what_is_needed() -> None:
    assert isinstance(CONNECT, Consent)
    begun = await CONNECT.begin(App("facebook", {"client_id": "88"}), {}, BACK, "state-1")
    page = urlsplit(begun.url)
    assert (page.netloc, page.path) == ("www.facebook.com", "/v25.0/dialog/oauth")
    assert dict(parse_qsl(page.query)) == {
        "response_type": "code",
        "client_id": "88",
        "redirect_uri": BACK,
        "scope": ",".join(SCOPES),
        "state": "state-1",
    }
    with pytest.raises(ConfigError, match="client_id"):
        await CONNECT.begin(App("facebook"), {}, BACK, "state-1")


async def test_one_consent_brings_every_page(platform: Facebook) -> None:
    grants = await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})
    assert {grant.platform_user_id: grant.handle for grant in grants} == platform.pages
    assert [grant.expires_at for grant in grants] == [None, None]
    tokens = {grant.credentials["access_token"] for grant in grants}
    assert {platform.tokens[token].account for token in tokens} == set(platform.pages)
    assert grants[0].config == {"tasks": ["MODERATE", "MESSAGING"], "granted_by": platform.person_id}
    exchanges = platform.calls_to("/v25.0/oauth/access_token")
    assert ["authorization" in call.headers for call in exchanges] == [False, False]
    assert exchanges[0].query["redirect_uri"] == BACK


async def test_without_a_page_there_is_nothing_to_connect(platform: Facebook) -> None:
    platform.pages = {}
    with pytest.raises(Refused, match="no Page"):
        await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})


async def test_a_page_on_which_the_person_may_do_nothing_stops_no_other(platform: Facebook) -> None:
    platform.closed_pages = {"100000000000003": "A friend's"}
    app = kit.app(base_url=platform.url)
    grants = await CONNECT.finish(app, {"code": platform.code}, BACK, {})
    assert {grant.platform_user_id for grant in grants} == set(platform.pages)
    platform.pages, platform.code = {}, "again"
    with pytest.raises(Refused, match="no Page"):
        await CONNECT.finish(app, {"code": platform.code}, BACK, {})


async def test_who_declines_is_told_so(platform: Facebook) -> None:
    answer = {"error": "access_denied", "error_description": "Permissions error"}
    with pytest.raises(Refused, match="Permissions error"):
        await CONNECT.finish(kit.app(base_url=platform.url), answer, BACK, {})
    assert platform.calls == []


async def test_a_code_is_good_once(platform: Facebook) -> None:
    app, code = kit.app(base_url=platform.url), platform.code
    await CONNECT.finish(app, {"code": code}, BACK, {})
    with pytest.raises(Refused) as caught:
        await CONNECT.finish(app, {"code": code}, BACK, {})
    assert kit.SECRETS[0] not in str(caught.value)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/v25.0/oauth/access_token", "no JSON"),
        ("/v25.0/oauth/access_token", {"token": 5}),
        ("/v25.0/me/accounts", {"data": "x"}),
        ("/v25.0/me/accounts", {"data": [{"id": "1", "access_token": "t"}]}),
        ("/v25.0/me", {}),
    ],
)
async def test_an_answer_that_says_nothing_can_be_asked_again(platform: Facebook, path: str, said: object) -> None:
    platform.fail(path, 200, said)
    with pytest.raises(Unavailable):
        await CONNECT.finish(kit.app(base_url=platform.url), {"code": platform.code}, BACK, {})
