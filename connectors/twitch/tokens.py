"""The three tokens of Twitch: a creator's (renewed), the application's own (kept here), and whether one still holds."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from weakref import WeakKeyDictionary

import httpx

from connectors import http, oauth
from connectors.fields import get, id_of, items, number, text
from connectors.oauth import Provider, Tokens
from connectors.twitch.hosts import Hosts
from engage.errors import ConfigError, Malformed, Refused, Unauthorized, Unavailable
from engage.platform import App

SCOPES = (
    "user:read:chat",
    "user:write:chat",
    "user:bot",
    "channel:bot",
    "moderator:manage:chat_messages",
)
WHISPERS = "user:manage:whispers"
CHANNEL_BOT = "channel:bot"
_SPARE = timedelta(minutes=10)  # an application's token is asked for anew this long before it ends

_Key = tuple[str, str]
_kept: dict[_Key, Tokens] = {}
_asking: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[_Key, asyncio.Lock]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Valid:
    """What Twitch says of a creator's token."""

    user_id: str
    login: str
    client_id: str
    scopes: frozenset[str]
    expires_in: timedelta


def provider(hosts: Hosts, scopes: Sequence[str] = SCOPES) -> Provider:
    """Twitch knows no PKCE, the secret proves us (https://github.com/twitchdev/issues/issues/1097, 2025-08-08)."""
    revoking = f"{hosts.oauth}/revoke"
    return Provider(f"{hosts.oauth}/authorize", f"{hosts.oauth}/token", tuple(scopes), pkce=False, revoke_url=revoking)


async def app_token(app: App, hosts: Hosts) -> str:
    """The application's own token, the same for all its accounts. Raises Unauthorized or Retryable."""
    key = (hosts.oauth, str(app.config.get("client_id", "")))
    locks = _asking.setdefault(asyncio.get_running_loop(), {})
    async with locks.setdefault(key, asyncio.Lock()):
        now = datetime.now(UTC)
        kept = _kept.get(key)
        if kept is None or (kept.expires_at is not None and kept.expires_at - _SPARE <= now):
            try:
                with in_twitchs_words():
                    kept = await oauth.ask(provider(hosts), app, {"grant_type": "client_credentials"}, now)
            except (ConfigError, Refused) as error:  # nothing was posted: the account waits until somebody mends it
                raise Unauthorized(str(error)) from None
            _kept[key] = kept
        return kept.access


async def give_back(app: App, hosts: Hosts, token: str) -> None:
    """Void a creator's token. Raises Unauthorized (it is void already), ConfigError or Retryable.

    https://dev.twitch.tv/docs/authentication/revoke-tokens/
    """
    try:
        await oauth.revoke(provider(hosts), app, token)
    except Refused as error:  # 400 Invalid token, 404 client does not exist
        raise Unauthorized(str(error)) from None


def forget(token: str) -> None:
    """Twitch does not take this one any more: ask for another the next time."""
    for key in [key for key, kept in _kept.items() if kept.access == token]:
        del _kept[key]


@contextmanager
def in_twitchs_words() -> Iterator[None]:
    """Twitch tells refused applications by words that RFC 6749 does not know."""
    try:
        yield
    except Refused as error:
        if "invalid client" not in str(error).lower():
            raise
        fix = "Copy both from the application's page in the developer console again"
        raise ConfigError(str(error), key="client_secret", place="application of twitch", fix=fix) from None


async def validate(calls: httpx.AsyncClient, hosts: Hosts, token: str) -> Valid:
    """Ask whether a creator's token holds, as Twitch wants hourly. Raises Unauthorized (it does not) or Retryable."""
    request = calls.build_request("GET", f"{hosts.oauth}/validate", headers={"authorization": f"OAuth {token}"})
    answer = await http.read(calls, request)
    try:
        said = answer.json()
        return Valid(
            user_id=id_of(said, "user_id"),
            login=text(said, "login"),
            client_id=text(said, "client_id"),
            scopes=frozenset(str(scope) for scope in items(said, "scopes")),
            expires_in=timedelta(seconds=number(said, "expires_in") if get(said, "expires_in") is not None else 0),
        )
    except (ValueError, Malformed, OverflowError):
        raise Unavailable("Twitch did not say whose token it is") from None
