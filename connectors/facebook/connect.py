"""How Pages are granted: Facebook Login. One consent may bring several, each with a token that does not end.

https://developers.facebook.com/documentation/facebook-login/guides/advanced/manual-flow and
https://developers.facebook.com/documentation/facebook-login/guides/access-tokens/get-long-lived
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import oauth
from connectors.fields import MISSING, get, id_of, items, text
from connectors.meta_deauthorization import GRANTED_BY
from connectors.meta_graph import VERSION, Graph, host
from connectors.meta_login import newest_secret
from connectors.meta_webhooks import FIELDS
from engage.errors import Malformed, Refused, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import App

GRAPH = "https://graph.facebook.com"
PAGE = "https://www.facebook.com"
SCOPES = (
    "pages_show_list",
    "pages_manage_metadata",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_messaging",
)
PAGES = 10  # of 100 Pages of one person


class FacebookLogin:
    """The creator consents on Facebook's page and chooses Pages. PKCE is for OpenID Connect only, and in testing."""

    app_fields: Sequence[Field] = (
        Field("client_id", "App ID"),
        Field("client_secret", "App secret", secret=True),
        *FIELDS,
        Field("version", "Version of the Graph API", default=VERSION),
    )
    account_fields: Sequence[Field] = ()

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError."""
        provider = oauth.Provider(
            authorize_url=f"{host({}, app, PAGE)}/{version_of(app)}/dialog/oauth",
            token_url=f"{host({}, app, GRAPH)}/{version_of(app)}/oauth/access_token",
            scopes=SCOPES,
            separator=",",
            pkce=False,
        )
        return oauth.begin(provider, app, redirect_uri, state)

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The Pages of the answer. Raises Refused or Retryable."""
        code, known = oauth.code_in(answer), {"client_id": oauth.client_id(app), "client_secret": newest_secret(app)}
        short = await _token(app, {**known, "redirect_uri": redirect_uri, "code": code})
        # Only a long-lived token of a person brings tokens of Pages that do not end.
        long = await _token(app, {**known, "grant_type": "fb_exchange_token", "fb_exchange_token": short})
        graph = graph_of(app, long)
        try:
            me = await graph.get("/me", {"fields": "id"})
            rows, _ = await graph.every("/me/accounts", {"fields": "id,name,access_token,tasks", "limit": "100"}, PAGES)
        finally:
            await graph.close()
        # Of a Page on which the person may do nothing, Facebook tells no token.
        open_to_us = [row for row in rows if get(row, "access_token") is not MISSING]
        if not open_to_us:
            raise Refused("no Page was granted: choose at least one on Facebook's page")
        return [_grant(row, me) for row in open_to_us]


def version_of(app: App) -> str:
    """The version of the Graph API."""
    return str(app.config.get("version") or VERSION)


def graph_of(app: App, token: str) -> Graph:
    """The calls of a token that is no account's yet."""
    return Graph(host({}, app, GRAPH), version_of(app), token)


async def _token(app: App, asked: Mapping[str, str]) -> str:
    graph = graph_of(app, "")
    try:
        return text(await graph.get("/oauth/access_token", asked), "access_token")
    except Malformed:
        raise Unavailable("Facebook granted something that is no token") from None
    finally:
        await graph.close()


def _grant(row: Any, me: Any) -> Grant:
    try:
        credentials = {"access_token": text(row, "access_token")}
        tasks = [task for task in items(row, "tasks") if isinstance(task, str)]
        config = {"tasks": tasks, GRANTED_BY: id_of(me, "id")}
        return Grant(id_of(row, "id"), text(row, "name"), credentials, None, config)
    except Malformed as error:
        raise Unavailable(f"Facebook granted a Page that cannot be read: {error}") from None


CONNECT = FacebookLogin()
