"""How a Threads account is granted: Meta's consent page for Threads, and its tokens.

A code becomes a token of an hour, and that one a token of 60 days, which can be prolonged
(https://developers.facebook.com/docs/threads/get-started/long-lived-tokens).
"""

from collections.abc import Mapping, Sequence

from connectors import oauth
from connectors.fields import id_of, text
from connectors.meta_graph import host
from connectors.meta_login import Login
from connectors.meta_webhooks import FIELDS
from engage.errors import Malformed, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import App

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
LOGIN = Login("Threads", "th")


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
        granted = await LOGIN.exchange(app, answer, redirect_uri, graph, graph)
        me = await LOGIN.me(graph, str(app.config.get("version") or VERSION), granted.long, "id,username")
        try:
            user_id, username = id_of(me, "id"), text(me, "username")
        except Malformed as error:
            raise Unavailable(f"Threads did not say whose token it is: {error}") from None
        return [Grant(user_id, username, {"access_token": granted.long}, granted.ends_at)]


CONNECT = ThreadsLogin()
