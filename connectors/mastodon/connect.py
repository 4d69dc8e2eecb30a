"""How an account is granted: on its own server's page, where the application registers itself."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from connectors import http, oauth
from connectors.mastodon.calls import DIALECT, client, fetch, reading
from connectors.mastodon.limits import LENGTH, LINK
from connectors.mastodon.parse import APP_NAME
from connectors.mastodon.servers import base_url, server_name
from connectors.mastodon.timeline import Timeline
from engage.errors import Ambiguous, ConfigError, Refused, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import AccountLink, App

SCOPES = ("read:accounts", "read:notifications", "read:statuses", "write:statuses")


@dataclass(frozen=True, slots=True)
class MastodonConnect:
    """Consent on the account's server."""

    app_fields: ClassVar[Sequence[Field]] = ()
    account_fields: ClassVar[Sequence[Field]] = (Field("server", "Server", hint="as in mastodon.social"),)

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """Registers an application on the creator's server and sends them there. Raises Refused or Retryable."""
        server, address = _server(app, entered.get("server", ""))
        client_id, client_secret = await _registered(address, redirect_uri)
        known = _application(app, client_id, client_secret)
        begun = oauth.begin(_provider(address), known, redirect_uri, state)
        kept = {"server": server, "client_id": client_id, "client_secret": client_secret}
        return Begun(begun.url, {**begun.keep, **kept})

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The account that signed in there. Raises Refused, Unauthorized or Retryable."""
        server, address = _server(app, keep.get("server", ""))
        known = _application(app, keep.get("client_id", ""), keep.get("client_secret", ""))
        try:
            now = datetime.now(UTC)
            tokens = await oauth.exchange(_provider(address), known, answer, redirect_uri, keep, now)
        except ConfigError:
            raise Refused(f"{server} no longer knows the application that was registered there: begin again") from None
        credentials = {"access_token": tokens.access, **{name: keep[name] for name in ("client_id", "client_secret")}}
        scope = tokens.rest.get("scope")
        return [await _granted(server, address, credentials, scope if isinstance(scope, str) else "")]


def _server(app: App, entered: str) -> tuple[str, str]:
    """Its name and where it is called. A test's address stands for any server."""
    if isinstance(given := app.config.get("base_url"), str) and given:
        return urlsplit(given).netloc, given.rstrip("/")
    server = server_name(entered)
    return server, base_url({"server": server}, {}, "connect")


def _application(app: App, client_id: str, client_secret: str) -> App:
    return App(app.platform, {"client_id": client_id}, {"client_secret": client_secret})


def _provider(address: str) -> oauth.Provider:
    revoke = f"{address}/oauth/revoke"  # https://docs.joinmastodon.org/methods/oauth/#revoke
    return oauth.Provider(f"{address}/oauth/authorize", f"{address}/oauth/token", SCOPES, revoke_url=revoke)


async def give_back(app: App, config: Mapping[str, Any], credentials: Mapping[str, str]) -> None:
    """Void an account's token. Raises Unauthorized, Refused, ConfigError or Retryable."""
    known = _application(app, credentials.get("client_id", ""), credentials.get("client_secret", ""))
    address = base_url(config, app.config, "mastodon account")
    await oauth.revoke(_provider(address), known, credentials.get("access_token", ""))


async def _registered(address: str, redirect_uri: str) -> tuple[str, str]:
    """A fresh application's id and secret (https://docs.joinmastodon.org/methods/apps/#create)."""
    asked = {"client_name": APP_NAME, "redirect_uris": [redirect_uri], "scopes": " ".join(SCOPES)}
    async with client(address, "") as calls:
        try:
            answer = await http.write(calls, calls.build_request("POST", "/api/v1/apps", json=asked), DIALECT)
        except Ambiguous as error:
            raise Unavailable(str(error)) from None  # an application too many is nobody's harm
    return reading(answer, lambda body: (_word(body["client_id"]), _word(body["client_secret"])))


def _word(value: Any) -> str:
    if not (isinstance(value, str) and value):
        raise TypeError
    return value


async def _granted(server: str, address: str, credentials: Mapping[str, str], scope: str) -> Grant:
    """Whose token it is, and what the connector needs to know of the account and its server."""
    async with client(address, credentials["access_token"]) as calls:
        answer = await fetch(calls, "/api/v1/accounts/verify_credentials")
        own, name = reading(answer, lambda me: (_word(me["id"]), _word(me["username"])))
        instance = reading(await fetch(calls, "/api/v2/instance"), dict)
        # Each server counts its accounts for itself: only with its name an id is one account's.
        user_id = f"{own}@{server}"
        since = await Timeline(AccountLink("", user_id), calls).newest_mention()
    config = {"server": server, "since": since, "scope": scope, **lengths_in(instance)}
    return Grant(user_id, f"{name}@{server}", credentials, None, config)


def lengths_in(instance: Mapping[str, Any]) -> dict[str, int]:
    """What a server says of the length of statuses (https://docs.joinmastodon.org/entities/Instance/#statuses)."""
    said = instance.get("configuration")
    statuses = said.get("statuses") if isinstance(said, dict) else None
    known = statuses if isinstance(statuses, dict) else {}
    asked = {"max_characters": LENGTH, "characters_reserved_per_url": LINK}
    return {name: value if isinstance(value := known.get(name), int) else usual for name, usual in asked.items()}


CONNECT = MastodonConnect()
