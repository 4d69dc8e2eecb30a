"""TikTok's token endpoints: the code and refresh grants as JSON in its own envelope, where OAuth has a form."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.fields import number, text
from connectors.oauth import client_id, client_secret
from connectors.tiktok import calls
from engage.errors import Ambiguous, Malformed, Unavailable
from engage.platform import App

CODE = "/tt_user/oauth2/token/"
REVOKE = "/tt_user/oauth2/revoke/"
REFRESH = "/tt_user/oauth2/refresh_token/"


@dataclass(frozen=True, slots=True)
class Tokens:
    """A day's access and a year's right to renew it, of the account `open_id`."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime
    open_id: str
    scopes: list[str]


def current_secret(app: App) -> str:
    """While the app's secret is being changed there are two: the new one stands first. Raises ConfigError."""
    return client_secret(app).split()[0]


async def ask(app: App, config: Mapping[str, Any], path: str, grant: Mapping[str, str], now: datetime) -> Tokens:
    """Tokens for a grant, asked for once. Raises Refused (the grant is not accepted), ConfigError or Retryable."""
    client = {"client_id": client_id(app), "client_secret": current_secret(app)}
    async with calls.client(config, app.config) as asking:
        try:
            return _tokens(await calls.post(asking, path, {**client, **grant}), now)
        except Ambiguous as error:
            raise Unavailable(str(error)) from None  # nothing is posted: the same grant may be asked for again


async def revoke(http: httpx.AsyncClient, app: App, access: str) -> None:
    """Void an access token. Raises what a read raises, ConfigError."""
    client = {"client_id": client_id(app), "client_secret": current_secret(app)}
    await calls.put(http, REVOKE, {**client, "access_token": access})


def _tokens(data: Mapping[str, Any], now: datetime) -> Tokens:
    try:
        ends = now + timedelta(seconds=number(data, "expires_in"))
        scopes = [scope for scope in text(data, "scope", empty=True).split(",") if scope]
        return Tokens(text(data, "access_token"), text(data, "refresh_token"), ends, text(data, "open_id"), scopes)
    except (Malformed, OverflowError):
        raise Unavailable("TikTok granted something that is no token") from None
