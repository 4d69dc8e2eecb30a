"""OAuth 2.0 with PKCE: where a creator is asked, and the calls that bring and renew tokens.

RFC 6749 (the code and refresh grants, section 5.2 for errors), RFC 7636 (PKCE, S256). Where a platform deviates, its
`Provider` says so.
"""

import base64
import hashlib
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import httpx

from connectors import http
from connectors.answers import Dialect, plain_message, status_401
from engage.errors import Ambiguous, ConfigError, EngageError, Refused, Unauthorized, Unavailable
from engage.grants import Begun, Field
from engage.platform import App

# What an operator enters of an application that is registered with the platform.
APP_FIELDS = (Field("client_id", "Client ID"), Field("client_secret", "Client secret", secret=True))
VERIFIER = "verifier"  # under this name `begin` keeps it
VERIFIER_BYTES = 48  # 64 characters; RFC 7636 wants 43 to 128


@dataclass(frozen=True, slots=True)
class Provider:
    """One platform's consent page and token endpoint."""

    authorize_url: str
    token_url: str
    scopes: tuple[str, ...]
    more: Mapping[str, str] = field(default_factory=dict)  # parameters of the consent page beside the standard ones
    client_name: str = "client_id"  # what the platform calls it
    secret_name: str = "client_secret"  # noqa: S105 - a name
    separator: str = " "  # between scopes
    pkce: bool = True  # false: the platform refuses or ignores a challenge
    revoke_url: str = ""  # where tokens are given back (RFC 7009); '' the platform has no such place
    basic: bool = False  # id and secret go into the Authorization header (RFC 6749, 2.3.1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token endpoint granted. expires_at: None where the token does not end. rest: what else it said."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)  # '' where there is none
    expires_at: datetime | None
    rest: Mapping[str, Any] = field(repr=False)


def new_verifier() -> str:
    """A fresh secret of one consent."""
    return secrets.token_urlsafe(VERIFIER_BYTES)


def challenge(verifier: str) -> str:
    """What the consent page is told of it (S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def begin(provider: Provider, app: App, redirect_uri: str, state: str) -> Begun:
    """Where the creator's browser is sent, and the verifier to keep. Raises ConfigError: the application has no id."""
    verifier = new_verifier()
    asked = {
        "response_type": "code",
        provider.client_name: client_id(app),
        "redirect_uri": redirect_uri,
        "scope": provider.separator.join(provider.scopes),
        "state": state,
    }
    if provider.pkce:
        asked |= {"code_challenge": challenge(verifier), "code_challenge_method": "S256"}
    return Begun(f"{provider.authorize_url}?{urlencode({**asked, **provider.more})}", {VERIFIER: verifier})


def code_in(answer: Mapping[str, str]) -> str:
    """The code of the page's redirect. Raises Refused where the creator did not consent."""
    if code := answer.get("code"):
        return code
    said = answer.get("error_description") or answer.get("error") or "the answer holds no code"
    raise Refused(f"the access was not granted: {said[:200]}")


async def exchange(
    provider: Provider, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str], now: datetime
) -> Tokens:
    """Tokens for the answer that the consent brought. Raises Refused, Unauthorized (ask again) or Retryable."""
    grant = {"grant_type": "authorization_code", "code": code_in(answer), "redirect_uri": redirect_uri}
    proof = {"code_verifier": keep.get(VERIFIER, "")} if provider.pkce else {}
    return await ask(provider, app, {**grant, **proof}, now)


async def refresh(provider: Provider, app: App, refresh_token: str, now: datetime) -> Tokens:
    """New tokens for a refresh token; where the platform does not change it, the same one comes back.

    Raises Unauthorized (the grant is over: the creator must consent again) or Retryable (with the same one again).
    """
    tokens = await ask(provider, app, {"grant_type": "refresh_token", "refresh_token": refresh_token}, now)
    return tokens if tokens.refresh else Tokens(tokens.access, refresh_token, tokens.expires_at, tokens.rest)


def client_id(app: App) -> str:
    """Raises ConfigError."""
    return required(app, "client_id", app.config.get("client_id"))


def client_secret(app: App) -> str:
    """As it was entered: several stand there, with spaces between, while it is changed. Raises ConfigError."""
    return required(app, "client_secret", app.secrets.get("client_secret"))


def required(app: App, key: str, value: Any) -> str:
    """A setting of an application. Raises ConfigError where it is missing."""
    if isinstance(value, str) and value:
        return value
    fix = f"Set it with `engage app set {app.platform}`."
    raise ConfigError("it is missing", key=key, place=f"application of {app.platform}", fix=fix)


async def ask(provider: Provider, app: App, grant: Mapping[str, str], now: datetime) -> Tokens:
    """Tokens for any grant (RFC 6749, 4.4 for `client_credentials`). Raises Unauthorized, ConfigError or Retryable."""
    return _tokens(await _post(provider, app, provider.token_url, grant), now)


async def revoke(provider: Provider, app: App, token: str) -> None:
    """Give a token back, with a refresh token the grant (RFC 7009). Raises Unauthorized, ConfigError or Retryable."""
    await _post(provider, app, provider.revoke_url, {"token": token})


async def _post(provider: Provider, app: App, url: str, form: Mapping[str, str]) -> httpx.Response:
    known, secret = client_id(app), client_secret(app).split()[0]  # the newest stands first
    async with http.client(url) as calls:
        if provider.basic:
            auth = httpx.BasicAuth(known, secret)
            request = calls.build_request("POST", url, data={**form, provider.client_name: known})
            request = next(auth.auth_flow(request))
        else:
            client = {provider.client_name: known, provider.secret_name: secret}
            request = calls.build_request("POST", url, data={**form, **client})
        try:
            return await http.write(calls, request, _TOKENS)
        except Ambiguous as error:
            raise Unavailable(str(error)) from None  # nothing is posted: the same may be asked for again


def _tokens(answer: httpx.Response, now: datetime) -> Tokens:
    unreadable = f"{answer.request.url.host} granted something that is no token"
    try:
        said = answer.json()
        access, seconds = said["access_token"], said.get("expires_in")
        ends = now + timedelta(seconds=float(seconds)) if seconds is not None else None
        refresh_token = said.get("refresh_token") or ""
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
        raise Unavailable(unreadable) from None
    if not (isinstance(access, str) and access and isinstance(refresh_token, str)):
        raise Unavailable(unreadable)
    return Tokens(access, refresh_token, ends, said)


def _refused(response: httpx.Response) -> EngageError | None:
    """RFC 6749 5.2: the grant itself is refused, or the application is."""
    if response.status_code not in (400, 401):
        return None
    try:
        said = response.json()
    except ValueError:
        return None
    match said:
        case {"error": "invalid_grant"}:
            return Unauthorized("the grant is over: connect the account again")
        case {"error": "invalid_client" | "unauthorized_client" as word}:
            fix = "Copy the application's id and secret from the platform's console again"
            return ConfigError(f"the platform says {word}", key="client_secret", place="application", fix=fix)
    return None


_TOKENS = Dialect(is_auth=status_401, message=plain_message, special=_refused)
