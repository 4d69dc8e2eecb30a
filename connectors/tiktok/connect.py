"""How a creator's TikTok account is granted: TikTok's own page, then a code for tokens.

The page knows no PKCE; what protects the answer is the state and that a code is good once, for ten minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from connectors import oauth
from connectors.fields import get, text_or_none
from connectors.tiktok import calls, permissions, tokens
from engage.errors import EngageError, Refused
from engage.grants import Begun, Field, Grant
from engage.platform import App

AUTHORIZE = "/v2/auth/authorize"
HOST = "https://www.tiktok.com"
PROFILE = ("username", "display_name", "is_business_account")


class TikTokConnect:
    """Consent for one account of TikTok."""

    app_fields: Sequence[Field] = (
        *oauth.APP_FIELDS,
        Field("messaging", "Business Messaging", hint="yes, once TikTok has approved it for the app", default="no"),
        Field("us_reviewed", "US data security review", hint="yes, once the app has passed it", default="no"),
        Field("calls_per_minute", "Calls a minute", hint="what the app's level allows", default="600"),
    )
    account_fields: Sequence[Field] = (
        Field("region", "Country of the account", hint="two letters, such as BR: TikTok does not tell it to apps"),
    )

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """TikTok's page. Raises ConfigError or Refused."""
        region = entered.get("region", "").strip().upper()
        if len(region) != 2 or not (region.isascii() and region.isalpha()):
            raise Refused("the country of the account is two letters, such as BR or ID")
        begun = oauth.begin(_provider(app), app, with_slash(redirect_uri), state)
        return Begun(begun.url, {"region": region})

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The account that the answer grants. Raises Refused or Retryable."""
        code = oauth.code_in({**answer, "code": answer.get("auth_code") or answer.get("code", "")})
        grant = {"grant_type": "authorization_code", "auth_code": code, "redirect_uri": with_slash(redirect_uri)}
        granted = await tokens.ask(app, {}, tokens.CODE, grant, datetime.now(UTC))
        handle, business = await _profile(app, granted)
        config = {"region": keep.get("region", ""), "scopes": granted.scopes}
        return [
            Grant(
                granted.open_id,
                handle,
                {"access_token": granted.access, "refresh_token": granted.refresh},
                granted.expires_at,
                config if business is None else {**config, "business": business},
            )
        ]


def with_slash(redirect_uri: str) -> str:
    """TikTok registers only addresses that end so."""
    return redirect_uri if redirect_uri.endswith("/") else f"{redirect_uri}/"


def _provider(app: App) -> oauth.Provider:
    messaging = permissions.agreed(app.config, "messaging")  # an app that is not approved for it gets an error page
    return oauth.Provider(
        authorize_url=str(app.config.get("base_url") or HOST).rstrip("/") + AUTHORIZE,
        token_url="",
        scopes=(*permissions.ALWAYS, *(permissions.MESSAGING if messaging else ())),
        more={"disable_auto_auth": "1"},  # otherwise who granted it before is sent back without a code
        client_name="client_key",
        separator=",",
        pkce=False,
    )


async def _profile(app: App, granted: tokens.Tokens) -> tuple[str, bool | None]:
    """The account's name, and whether it is a Business Account; the code is used up, so nothing here may fail."""
    try:
        async with calls.client({}, app.config, granted.access) as asking:
            asked = {"business_id": granted.open_id, "fields": calls.listed(*PROFILE)}
            said = await calls.get(asking, "/business/get/", asked)
        name = text_or_none(said, "username") or text_or_none(said, "display_name")
    except EngageError:
        return granted.open_id, None
    business = get(said, "is_business_account")
    return name or granted.open_id, business if isinstance(business, bool) else None


CONNECT = TikTokConnect()
