"""How a Threads account is granted: Meta's consent page for Threads, and its tokens.

A code becomes a token of an hour, and that one a token of 60 days, which can be prolonged
(https://developers.facebook.com/docs/threads/get-started/long-lived-tokens).
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import http, oauth
from connectors.fields import id_of, number, text
from connectors.meta import READING
from connectors.meta_graph import decoded, host
from connectors.meta_webhooks import FIELDS
from engage.errors import Ambiguous, Malformed, Refused, Unavailable
from engage.platform import App, Begun, Field, Grant, Renewed

GRAPH = "https://graph.threads.net"
PAGE = "https://threads.net"
VERSION = "v1.0"
SCOPES = (
    "threads_basic",
    "threads_content_publish",
    "threads_manage_replies",
    "threads_read_replies",
    "threads_manage_mentions",
    "threads_delete",
)
TOO_YOUNG = timedelta(hours=24)  # a token must be that old before it can be prolonged


class ThreadsLogin:
    """The creator consents on Threads' page. It knows no PKCE: the app's secret proves who asks."""

    app_fields: Sequence[Field] = (
        Field("client_id", "Threads app ID", hint="not the Meta app's ID"),
        Field("client_secret", "Threads app secret", secret=True),
        *FIELDS,
        Field("version", "Version of the Threads API", default=VERSION),
    )
    account_fields: Sequence[Field] = ()

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError."""
        provider = oauth.Provider(
            authorize_url=f"{host({}, app, PAGE)}/oauth/authorize",
            token_url=f"{host({}, app, GRAPH)}/oauth/access_token",
            scopes=SCOPES,
            separator=",",
            pkce=False,
        )
        return oauth.begin(provider, app, redirect_uri, state)

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The account of the answer, with a token of 60 days. Raises Refused or Retryable."""
        graph = host({}, app, GRAPH)
        form = {
            "client_id": oauth.client_id(app),
            "client_secret": _secret(app),
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": oauth.code_in(answer),
        }
        short = await _ask("POST", graph, "/oauth/access_token", data=form)
        asked = {"grant_type": "th_exchange_token", "client_secret": _secret(app), "access_token": _token(short)}
        long = await _ask("GET", graph, "/access_token", params=asked)
        return [await _granted(graph, app, long)]


async def _granted(graph: str, app: App, long: Any) -> Grant:
    token = _token(long)
    path, bearer = f"/{app.config.get('version') or VERSION}/me", {"authorization": f"Bearer {token}"}
    me = await _ask("GET", graph, path, params={"fields": "id,username"}, headers=bearer)
    try:
        user_id, username = id_of(me, "id"), text(me, "username")
    except Malformed as error:
        raise Unavailable(f"Threads did not say whose token it is: {error}") from None
    return Grant(user_id, username, {"access_token": token}, _ends(long))


async def prolong(base_url: str, token: str, credentials: Mapping[str, str]) -> Renewed:
    """Sixty more days. Raises Unauthorized (it has ended, or was revoked) or Retryable."""
    asked = {"grant_type": "th_refresh_token", "access_token": token}
    try:
        said = await _ask("GET", base_url, "/refresh_access_token", params=asked)
    except Refused as error:
        raise Unavailable(f"{error} (a token is renewed from its second day on)", retry_after=TOO_YOUNG) from None
    return Renewed({**credentials, "access_token": _token(said)}, _ends(said))


async def _ask(method: str, base_url: str, path: str, **more: Any) -> Any:
    """One call that grants. It posts nothing: what is lost may be asked again."""
    async with http.client(base_url) as calls:
        request: httpx.Request = calls.build_request(method, path, **more)
        try:
            return decoded(await http.write(calls, request, READING))
        except Ambiguous as error:
            raise Unavailable(str(error)) from None


def _secret(app: App) -> str:
    """The newest one, which comes first while secrets are changed."""
    return oauth.client_secret(app).split()[0]


def _token(said: Any) -> str:
    try:
        return text(said, "access_token")
    except Malformed:
        raise Unavailable("Threads granted something that is no token") from None


def _ends(said: Any) -> datetime:
    try:
        return datetime.now(UTC) + timedelta(seconds=number(said, "expires_in"))
    except (Malformed, OverflowError):
        raise Unavailable("Threads does not say when the token ends") from None


CONNECT = ThreadsLogin()
