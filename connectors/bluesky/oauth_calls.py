"""The calls to an authorization server: where a creator is sent, and the tokens that come of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import dpop, http
from connectors.answers import Dialect, words
from connectors.bluesky import oauth_client
from connectors.bluesky.oauth_identity import Authorities
from engage.errors import Ambiguous, ConfigError, EngageError, Refused, Unauthorized, Unavailable
from engage.platform import App


@dataclass(frozen=True, slots=True)
class Client:
    """One grant's side of the talk. key_name: of the client's own key, '' where it has none; key: the grant's own."""

    app: App
    id: str
    key_name: str
    key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Granted:
    """What the token endpoint gave. refresh: '' where the grant cannot be renewed."""

    did: str
    scope: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)
    expires_at: datetime


async def push(server: Authorities, client: Client, asked: Mapping[str, str]) -> str:
    """Lay down what the creator will be asked (RFC 9126); returns its name. Raises Refused, ConfigError, Retryable."""
    match await _post(server, client, server.push, asked):
        case {"request_uri": str(name)} if name:
            return name
    raise Unavailable(f"{server.issuer} did not take the request")


async def tokens(server: Authorities, client: Client, grant: Mapping[str, str]) -> Granted:
    """Raises Unauthorized (the grant is over), Refused, ConfigError or Retryable."""
    match await _post(server, client, server.token, grant):
        case {"token_type": "DPoP", "access_token": str(access), "sub": str(did), "scope": str(scope), **rest}:
            if not (access and "atproto" in scope.split()):
                raise Refused("the access that was granted is none to an account")
            refresh = str(rest.get("refresh_token") or "")
            return Granted(did, scope, access, refresh, _end(rest.get("expires_in")))
    raise Unavailable(f"{server.issuer} granted something that is no token")


async def revoke(server: Authorities, client: Client, token: str) -> None:
    """Give a grant back (RFC 7009). Raises what `tokens` raises."""
    if not server.revoke:
        raise Refused(f"{server.issuer} takes nothing back from here: its settings do")
    await _post(server, client, server.revoke, {"token": token})


async def _post(server: Authorities, client: Client, url: str, form: Mapping[str, str]) -> Any:
    async with http.client(url) as calls:

        def request() -> httpx.Request:
            """With an assertion of the client of its own, as one counts once (RFC 7523, 3)."""
            known = oauth_client.authentication(client.app, client.id, server.issuer, client.key_name)
            return calls.build_request("POST", url, data={**form, **known})

        calls.auth = dpop.Proofs(dpop.key_of(client.key), again=request)
        try:
            answer = await http.write(calls, request(), _DIALECT)
        except Ambiguous as error:
            raise Unavailable(str(error)) from None  # nothing is posted: the same may be asked for again
    try:
        return answer.json() if answer.content else {}
    except ValueError:
        raise Unavailable(f"{server.issuer} did not answer with JSON") from None


def _end(seconds: Any) -> datetime:
    """When a token ends; at once where nobody says it, so that it is renewed."""
    known = isinstance(seconds, int | float) and 0 <= seconds < 1e9
    return datetime.now(UTC) + timedelta(seconds=seconds if known else 0)


def _message(body: Any) -> str:
    match body:
        case {"error": str(name), "error_description": str(said)}:
            return f"{name}: {said}"
        case {"error": str(name)}:
            return name
    return ""


def _special(response: httpx.Response) -> EngageError | None:
    """RFC 6749, 5.2: the grant itself is refused, or the client is."""
    if response.status_code not in (400, 401):
        return None
    said = words(response, _PLAIN)
    match _name(response):
        case "invalid_grant":
            return Unauthorized(f"the grant is over: connect the account again ({said})")
        case "use_dpop_nonce" | "invalid_dpop_proof":
            return Unavailable(f"{said} (is the clock of this machine right?)")
        case "invalid_client" | "invalid_client_metadata" | "unauthorized_client" | "invalid_redirect_uri":
            fix = "Its address must be readable from the internet; see connectors/bluesky/README.md, Set-up."
            return ConfigError(said, key="client_id", place=oauth_client.PLACE, fix=fix)
    return Refused(said)


def _name(response: httpx.Response) -> str:
    try:
        match response.json():
            case {"error": str(name)}:
                return name
    except ValueError:
        pass
    return ""


_PLAIN = Dialect(message=_message)
_DIALECT = Dialect(message=_message, special=_special)
