"""Who Engage is to an authorization server: a client that is known by the address of a document about it. Pure.

https://atproto.com/specs/auth. An installation without an address on the internet is the client `http://localhost`,
which needs no document.
"""

import json
import secrets
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from connectors import dpop
from engage.errors import ConfigError, Unauthorized
from engage.grants import Field
from engage.platform import App

SCOPE = "atproto transition:generic transition:chat.bsky"
CHAT_SCOPE = "transition:chat.bsky"
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_SECONDS = 60  # the reference server takes none that is older
LOOPBACK = frozenset({"127.0.0.1", "::1"})
PLACE = "application of bluesky"

APP_FIELDS = (
    Field("client_id", "Address of the client document", hint="the one named Webhooks here", optional=True),
    Field("redirect_uri", "Redirect address", hint="at the same host as the document", optional=True),
    Field("client_key", "Client key", secret=True, hint="64 hexadecimal digits: openssl rand -hex 32", optional=True),
)


def client_id(app: App, redirect_uri: str) -> str:
    """The client that sends a creator away and takes them back at `redirect_uri`. Raises ConfigError."""
    registered = str(app.config.get("client_id") or "")
    if registered:
        _check_redirect(app, redirect_uri)
        return registered
    if urlsplit(redirect_uri).scheme == "http" and urlsplit(redirect_uri).hostname in LOOPBACK:
        return "http://localhost?" + urlencode({"redirect_uri": redirect_uri, "scope": SCOPE}, quote_via=quote)
    fix = "Set it with `engage app set bluesky`, open the studio at http://127.0.0.1, or connect with an app password."
    raise ConfigError("a studio at another address than 127.0.0.1 needs one", key="client_id", place=PLACE, fix=fix)


def _check_redirect(app: App, redirect_uri: str) -> None:
    if app.config.get("redirect_uri") == redirect_uri:
        return
    fix = f"Set it to {redirect_uri} with `engage app set bluesky`, or open the studio at its own address."
    raise ConfigError("it is another one than the studio's", key="redirect_uri", place=PLACE, fix=fix)


def document(app: App) -> str:
    """What authorization servers read at the client's address, as JSON; '' where none is registered."""
    address, redirect_uri = str(app.config.get("client_id") or ""), str(app.config.get("redirect_uri") or "")
    if not (address and redirect_uri):
        return ""
    known = keys(app)
    said: dict[str, Any] = {
        "client_id": address,
        "client_name": "Engage",
        "application_type": "web",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "redirect_uris": [redirect_uri],
        "scope": SCOPE,
        "dpop_bound_access_tokens": True,
        "token_endpoint_auth_method": "private_key_jwt" if known else "none",
    }
    if known:
        said |= {"token_endpoint_auth_signing_alg": "ES256", "jwks": {"keys": [_shown(key) for key in known.values()]}}
    return json.dumps(said)


def keys(app: App) -> dict[str, dpop.Key]:
    """The client's keys by their names, the newest first: several stand there while they change. Raises ConfigError."""
    try:
        made = [dpop.key_of(text) for text in app.secrets.get("client_key", "").split()]
    except ValueError:
        fix = "Make one with `openssl rand -hex 32`, and set it with `engage app set bluesky`."
        raise ConfigError("it is no key", key="client_key", place=PLACE, fix=fix) from None
    return {dpop.thumbprint(dpop.public(key)): key for key in made}


def authentication(app: App, client: str, issuer: str, key_name: str) -> Mapping[str, str]:
    """What a request to an authorization server says of the client. Raises Unauthorized.

    key_name: the key with which the grant was begun, as it is bound to it; '' for a client without a key.
    """
    if not key_name:
        return {"client_id": client}
    key = keys(app).get(key_name)
    if key is None:
        raise Unauthorized("the client key with which the account was connected is gone: connect it again")
    now = int(time.time())
    claims = {"iss": client, "sub": client, "aud": issuer, "jti": secrets.token_urlsafe(16)}
    assertion = dpop.signed(key, {"kid": key_name}, {**claims, "iat": now, "exp": now + ASSERTION_SECONDS})
    return {"client_id": client, "client_assertion_type": ASSERTION, "client_assertion": assertion}


def newest_key(app: App, client: str) -> str:
    """The name of the key that new grants are bound to, '' where the client has none."""
    return next(iter(keys(app)), "") if client.startswith("https://") else ""


def _shown(key: dpop.Key) -> dict[str, str]:
    jwk = dpop.public(key)
    return {**jwk, "kid": dpop.thumbprint(jwk), "use": "sig", "alg": "ES256"}
