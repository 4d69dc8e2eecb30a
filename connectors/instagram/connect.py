"""How an Instagram account is granted: Business Login for Instagram, and its tokens.

A code becomes a token of an hour, and that one a token of 60 days, which can be prolonged
(https://developers.facebook.com/documentation/instagram-platform/instagram-api-with-instagram-login/business-login).
"""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors import oauth
from connectors.fields import get, id_of, text
from connectors.meta_deauthorization import GRANTED_BY
from connectors.meta_graph import VERSION, host
from connectors.meta_login import Login
from connectors.meta_webhooks import FIELDS
from engage.errors import Malformed, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import App

GRAPH = "https://graph.instagram.com"
PAGE = "https://www.instagram.com"
TOKENS = "https://api.instagram.com"
SCOPES = ("instagram_business_basic", "instagram_business_manage_comments", "instagram_business_manage_messages")
LOGIN = Login("Instagram", "ig")


class InstagramLogin:
    """The creator consents on Instagram's page. It knows no PKCE: the app's secret proves who asks."""

    app_fields: Sequence[Field] = (
        Field("client_id", "Instagram app ID", hint="not the Meta app's ID"),
        Field("client_secret", "Instagram app secret", secret=True),
        *FIELDS,
        Field("version", "Version of the Graph API", default=VERSION),
    )
    account_fields: Sequence[Field] = ()

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError."""
        provider = oauth.Provider(
            authorize_url=f"{host({}, app, PAGE)}/oauth/authorize",
            token_url=f"{host({}, app, TOKENS)}/oauth/access_token",
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
        granted = await LOGIN.exchange(app, answer, redirect_uri, host({}, app, TOKENS), graph)
        version = str(app.config.get("version") or VERSION)
        me = await LOGIN.me(graph, version, granted.long, "id,user_id,username")
        try:
            # `user_id` is the professional account's id, which webhooks name; `id` is this app's alone.
            user_id, username, scoped = id_of(me, "user_id"), text(me, "username"), id_of(me, "id")
        except Malformed as error:
            raise Unavailable(f"Instagram did not say whose token it is: {error}") from None
        config = {"permissions": _permissions(granted.said), GRANTED_BY: scoped}
        return [Grant(user_id, username, {"access_token": granted.long}, granted.ends_at, config)]


def _permissions(said: Any) -> list[str]:
    """What the creator granted: a list, or names with commas between."""
    told = get(said, "permissions")
    return told.split(",") if isinstance(told, str) else [str(one) for one in told] if isinstance(told, list) else []


CONNECT = InstagramLogin()
