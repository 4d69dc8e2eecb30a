"""How a creator lets Engage onto their account: X's own page, OAuth 2 with PKCE.

https://docs.x.com/resources/fundamentals/authentication/oauth-2-0/authorization-code
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import ClassVar

from connectors import oauth
from connectors.fields import id_of, text
from connectors.x.calls import SITE, Calls, host
from connectors.x.limits import BUDGET, PRICES, SUMMONED, plan_of, yes
from engage.errors import ConfigError, Malformed, Refused, Unauthorized, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import AccountLink, App

SCOPES = (
    "tweet.read",
    "tweet.write",
    "tweet.moderate.write",
    "users.read",
    "dm.read",
    "dm.write",
    "broadcast.read",
    "broadcast.write",
    "offline.access",
)
_LABELS = {
    "price_reply": "Price of a summoned reply, in dollars",
    "price_post": "Price of a post, in dollars",
    "price_link": "Price of a post with a link, in dollars",
    "price_dm": "Price of a direct message, in dollars",
    "price_post_event": "Price of hearing of a post, in dollars",
    "price_dm_event": "Price of hearing of a direct message, in dollars",
    "price_by_hand": "Price of hiding or deleting something, in dollars",
}
_KEY_HINT = "The API Key Secret, where X signs webhooks with it; else leave it empty"
_BUDGET_HINT = "Replies and listening stop before it is spent. Or none: nobody counts. Set X's own spending limit too"
_RULE_HINT = (
    "summoned: only who @mentions or quotes the account is answered in public; all: with an Enterprise contract"
)


def provider(app: App) -> oauth.Provider:
    """X wants id and secret of a confidential client in the Authorization header."""
    return oauth.Provider(
        authorize_url=f"{host({}, app, SITE)}/i/oauth2/authorize",
        token_url=f"{host({}, app)}/2/oauth2/token",
        revoke_url=f"{host({}, app)}/2/oauth2/revoke",
        scopes=SCOPES,
        basic=True,
    )


@contextmanager
def in_xs_words() -> Iterator[None]:
    """X says `invalid_request` of a code or token that is used up, where RFC 6749 has `invalid_grant`."""
    try:
        yield
    except Refused as error:
        raise Unauthorized(str(error)) from None


class XConnect:
    """The application is one of X's developer console."""

    app_fields: ClassVar[Sequence[Field]] = (
        *oauth.APP_FIELDS,
        Field("bearer_token", "Bearer token", secret=True, hint="of the application, for its webhooks and its stream"),
        Field("consumer_secret", "API key secret", secret=True, hint=_KEY_HINT, optional=True),
        Field("monthly_budget", "Budget a month, in dollars", hint=_BUDGET_HINT, default=BUDGET),
        Field("reply_rule", "Whom to answer in public (summoned or all)", hint=_RULE_HINT, default=SUMMONED),
        Field("links", "May posts hold links? (yes or no)", hint="X takes 20 times as much for them", default="no"),
        *(Field(key, _LABELS[key], default=default) for key, default in PRICES.items()),
    )
    account_fields: ClassVar[Sequence[Field]] = (
        Field(
            "automated_label",
            "Does the account bear X's Automated label? (yes or no)",
            hint="Then public replies need no marker in their text",
            default="no",
        ),
    )

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError."""
        plan_of(app).quotas()
        begun = oauth.begin(provider(app), app, redirect_uri, state)
        return Begun(begun.url, {**begun.keep, "automated_label": entered.get("automated_label", "")})

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The account of whoever consented. X's code is good for half a minute."""
        tokens = await oauth.exchange(provider(app), app, answer, redirect_uri, keep, datetime.now(UTC))
        credentials = {"access_token": tokens.access, "refresh_token": tokens.refresh}
        user_id, handle = await _who(AccountLink("", "", credentials=credentials, app=app))
        granted = str(tokens.rest.get("scope") or "").split() or list(SCOPES)
        config = {"scopes": sorted(granted), "automated_label": yes(keep.get("automated_label"))}
        return [Grant(user_id, handle, credentials, tokens.expires_at, config)]


async def _who(account: AccountLink) -> tuple[str, str]:
    calls = Calls(account)
    try:
        said = await calls.ask("GET", "/2/users/me")
        return id_of(said, "data", "id"), text(said, "data", "username")
    except Malformed:
        raise Unavailable("X did not say whose account it is") from None
    except (Unauthorized, ConfigError) as error:
        raise Refused(f"X does not take its own token: {error}") from None
    finally:
        await calls.close()


CONNECT = XConnect()
