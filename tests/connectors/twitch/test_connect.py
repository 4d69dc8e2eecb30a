"""A creator's consent on Twitch's page."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest

from connectors import connect_of
from connectors.twitch.connect import CONNECT
from connectors.twitch.tokens import SCOPES, WHISPERS
from engage.errors import ConfigError, Refused, Unavailable
from engage.grants import Consent, Grant
from engage.platform import App
from tests.connectors.twitch.kit import BOT, CHANNEL
from tests.platforms.twitch import REDIRECT, Twitch


async def granted(twitch: Twitch, app: App, entered: Mapping[str, str] | None = None) -> Grant:
    begun = await CONNECT.begin(app, entered or {}, REDIRECT, "state-1")
    answer = twitch.consent(begun.url, CHANNEL)
    assert answer["state"] == "state-1"
    (grant,) = await CONNECT.finish(app, answer, REDIRECT, begun.keep)
    return grant


async def test_brings_the_account_with_what_it_may_do(twitch: Twitch, application: App) -> None:
    grant = await granted(twitch, application)
    assert (grant.platform_user_id, grant.handle) == (CHANNEL, "streamer")
    assert set(grant.credentials) == {"access_token", "refresh_token"}
    assert grant.expires_at is not None
    assert timedelta(hours=3) < grant.expires_at - datetime.now(UTC) < timedelta(hours=4)
    assert set(SCOPES) <= set(grant.config["scopes"])
    assert (grant.config["bot_user_id"], grant.config["whispers"]) == (CHANNEL, False)


async def test_finds_the_bot_account(twitch: Twitch, application: App) -> None:
    entered = {"bot": " Streamer_Bot ", "bot_moderates": "yes", "whispers": "Yes"}
    grant = await granted(twitch, application, entered)
    assert grant.config["bot_user_id"] == BOT
    assert (grant.config["bot_moderates"], grant.config["whispers"]) == (True, True)


async def test_an_unknown_bot_is_named(twitch: Twitch, application: App) -> None:
    with pytest.raises(Refused, match="nobody_here"):
        await granted(twitch, application, {"bot": "nobody_here"})


@pytest.mark.parametrize(("whispers", "asked"), [("no", False), ("yes", True)])
async def test_asks_for_whispers_only_where_they_are_wanted(whispers: str, asked: bool, application: App) -> None:
    begun = await CONNECT.begin(application, {"whispers": whispers}, REDIRECT, "s")
    query = dict(parse_qsl(urlsplit(begun.url).query))
    assert (WHISPERS in query["scope"].split()) is asked
    assert query["force_verify"] == "true"
    assert "code_challenge" not in query  # Twitch knows no PKCE


async def test_who_says_no_is_not_connected(twitch: Twitch, application: App) -> None:
    begun = await CONNECT.begin(application, {}, REDIRECT, "s")
    with pytest.raises(Refused, match="denied"):
        await CONNECT.finish(application, twitch.consent(begun.url, CHANNEL, refuses=True), REDIRECT, begun.keep)


async def test_a_code_is_good_for_once(twitch: Twitch, application: App) -> None:
    begun = await CONNECT.begin(application, {}, REDIRECT, "s")
    answer = twitch.consent(begun.url, CHANNEL)
    await CONNECT.finish(application, answer, REDIRECT, begun.keep)
    with pytest.raises(Refused, match="code"):
        await CONNECT.finish(application, answer, REDIRECT, begun.keep)


async def test_an_outage_may_pass(twitch: Twitch, application: App) -> None:
    begun = await CONNECT.begin(application, {}, REDIRECT, "s")
    answer = twitch.consent(begun.url, CHANNEL)
    twitch.fail("/oauth2/token", 503)
    with pytest.raises(Unavailable):
        await CONNECT.finish(application, answer, REDIRECT, begun.keep)


async def test_a_wrong_secret_is_named(twitch: Twitch, application: App) -> None:
    wrong = App(application.platform, application.config, {"client_secret": "x" * 20})
    begun = await CONNECT.begin(wrong, {}, REDIRECT, "s")
    with pytest.raises(ConfigError, match="client_secret"):
        await CONNECT.finish(wrong, twitch.consent(begun.url, CHANNEL), REDIRECT, begun.keep)


def test_is_a_consent_and_keeps_its_secrets_apart() -> None:
    connect = connect_of("twitch")
    assert isinstance(connect, Consent)
    assert {field.name for field in connect.app_fields if field.secret} == {"client_secret", "webhook_secret"}
    assert all(field.optional or field.default for field in connect.account_fields)
