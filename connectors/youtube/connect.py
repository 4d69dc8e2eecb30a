"""How a channel is granted: Google's consent page, with PKCE.

https://developers.google.com/identity/protocols/oauth2/web-server
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from connectors import oauth
from connectors.fields import get, items, text
from connectors.youtube.calls import Calls, patiently
from connectors.youtube.limits import DAILY_UNITS, plan_of
from connectors.youtube.refusals import Said
from engage.errors import Malformed, Refused, Unauthorized, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import AccountLink, App

SCOPE = "https://www.googleapis.com/auth/youtube.force-ssl"
ACCOUNTS = "https://accounts.google.com"
TOKENS = "https://oauth2.googleapis.com"
SECRET_BYTES = 24


def provider(app: App) -> oauth.Provider:
    """Google. A refresh token comes only with `offline`, and a second time only with `consent`."""
    base = app.config.get("base_url")
    return oauth.Provider(
        authorize_url=f"{base or ACCOUNTS}/o/oauth2/v2/auth",
        token_url=f"{base or TOKENS}/token",
        scopes=(SCOPE,),
        more={"access_type": "offline", "prompt": "consent"},
        revoke_url=f"{base or TOKENS}/revoke",
    )


class YouTubeConnect:
    """The application is a client of a Google Cloud project with the YouTube Data API enabled."""

    app_fields: Sequence[Field] = (
        *oauth.APP_FIELDS,
        Field("daily_units", "Units a day", hint="what the project's Quotas page says", default=str(DAILY_UNITS)),
        Field("channels", "Channels that share them", hint="polls are spread accordingly", default="1"),
    )
    account_fields: Sequence[Field] = ()

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError."""
        plan_of(app)
        return oauth.begin(provider(app), app, redirect_uri, state)

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The channel that was chosen on the page. Raises Refused or Retryable."""
        try:
            tokens = await oauth.exchange(provider(app), app, answer, redirect_uri, keep, datetime.now(UTC))
        except Unauthorized as error:
            raise Refused(str(error)) from None
        _check(tokens)
        channel = await _channel(app, tokens.access)
        kept = {"access_token": tokens.access, "refresh_token": tokens.refresh}
        # WebSub's secret is ours to choose: each account has its own.
        secret = {"webhook_secret": secrets.token_urlsafe(SECRET_BYTES)}
        return [Grant(text(channel, "id"), handle_of(channel), kept | secret, tokens.expires_at)]


async def give_back(account: AccountLink) -> None:
    """End the grant; one that is over already is no error. Raises ConfigError, Refused or Retryable."""
    known = account.credentials
    token = known.get("refresh_token") or known.get("access_token", "")
    try:
        await oauth.revoke(provider(account.app), account.app, token)
    except Refused as error:
        if "invalid_token" not in str(error):
            raise


def _check(tokens: oauth.Tokens) -> None:
    """A creator may take the tick off a scope, and Google leaves the refresh token out where one is given already."""
    scopes = tokens.rest.get("scope")
    if isinstance(scopes, str) and SCOPE not in scopes.split():
        raise Refused("the access to YouTube was not ticked on Google's page: connect again and tick it")
    if not tokens.refresh:
        fix = "remove Engage under https://myaccount.google.com/connections and connect again"
        raise Refused(f"Google gave no refresh token: {fix}")


async def _channel(app: App, access_token: str) -> Any:
    calls = Calls(AccountLink("", "", credentials={"access_token": access_token}, app=app))
    try:
        return await patiently(own_channel, calls)
    except (Said, Unauthorized) as error:
        raise Refused(str(error)) from None
    finally:
        await calls.close()


async def own_channel(calls: Calls) -> Any:
    """The channel that the access is for. Raises Refused where the Google account has none, or as a read."""
    rows = items(await calls.read("channels", part="snippet", mine="true"), "items")
    if not rows:
        raise Refused("this Google account has no YouTube channel")
    try:
        text(rows[0], "id")
    except Malformed as error:
        raise Unavailable(f"YouTube named no channel: {error}") from None
    return rows[0]


def handle_of(channel: Any) -> str:
    """The handle without its @, or the title where there is none."""
    handle = get(channel, "snippet", "customUrl")
    name = handle if isinstance(handle, str) and handle else get(channel, "snippet", "title")
    return name.removeprefix("@") if isinstance(name, str) else ""


CONNECT = YouTubeConnect()
