"""How Instagram and Threads grant an account: a code becomes a token of an hour, that one a token of 60 days.

The longer token can be prolonged from its second day on. Neither page knows PKCE: the app's secret proves who asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from connectors import http, oauth
from connectors.fields import get, number, text
from connectors.meta import READING
from connectors.meta_graph import decoded
from engage.errors import Ambiguous, Malformed, Refused, Unavailable
from engage.platform import App, Renewed

TOO_YOUNG = timedelta(hours=24)  # a token must be that old before it can be prolonged


@dataclass(frozen=True, slots=True)
class Granted:
    """What a consent brought. `said`: all that the first answer told. long: the token of 60 days."""

    said: Any
    long: str
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Login:
    """One product. grant: what its grant types begin with, `ig` or `th`."""

    product: str
    grant: str

    async def exchange(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, tokens_url: str, graph_url: str
    ) -> Granted:
        """The token of 60 days for what the consent brought. Raises Refused, ConfigError or Retryable."""
        form = {
            "client_id": oauth.client_id(app),
            "client_secret": newest_secret(app),
            "grant_type": "authorization_code",
            "redirect_uri": redirect_uri,
            "code": oauth.code_in(answer),
        }
        said = await ask("POST", tokens_url, "/oauth/access_token", data=form)
        rows = get(said, "data")  # a page shows it in a list, the reference without
        short = rows[0] if isinstance(rows, list) and rows else said
        asked = {
            "grant_type": f"{self.grant}_exchange_token",
            "client_secret": newest_secret(app),
            "access_token": self._token(short),
        }
        long = await ask("GET", graph_url, "/access_token", params=asked)
        return Granted(short, self._token(long), self._ends(long))

    async def me(self, graph_url: str, version: str, token: str, fields: str) -> Any:
        """Whose token it is."""
        bearer = {"authorization": f"Bearer {token}"}
        return await ask("GET", graph_url, f"/{version}/me", params={"fields": fields}, headers=bearer)

    async def prolong(self, graph_url: str, credentials: Mapping[str, str]) -> Renewed:
        """Sixty more days. Raises Unauthorized (it has ended, or was revoked) or Retryable."""
        asked = {"grant_type": f"{self.grant}_refresh_token", "access_token": credentials.get("access_token", "")}
        try:
            said = await ask("GET", graph_url, "/refresh_access_token", params=asked)
        except Refused as error:
            raise Unavailable(f"{error} (a token is renewed from its second day on)", retry_after=TOO_YOUNG) from None
        return Renewed({**credentials, "access_token": self._token(said)}, self._ends(said))

    def _token(self, said: Any) -> str:
        try:
            return text(said, "access_token")
        except Malformed:
            raise Unavailable(f"{self.product} granted something that is no token") from None

    def _ends(self, said: Any) -> datetime:
        try:
            return datetime.now(UTC) + timedelta(seconds=number(said, "expires_in"))
        except (Malformed, OverflowError):
            raise Unavailable(f"{self.product} does not say when the token ends") from None


def newest_secret(app: App) -> str:
    """The app's secret; the newest comes first while secrets are changed. Raises ConfigError."""
    return oauth.client_secret(app).split()[0]


async def ask(method: str, base_url: str, path: str, **more: Any) -> Any:
    """One call that grants. It posts nothing: what is lost may be asked again. Raises Refused or Retryable."""
    async with http.client(base_url) as calls:
        request: httpx.Request = calls.build_request(method, path, **more)
        try:
            return decoded(await http.write(calls, request, READING))
        except Ambiguous as error:
            raise Unavailable(str(error)) from None
