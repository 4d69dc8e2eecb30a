"""How a channel is granted: Kick's consent page, with PKCE.

https://github.com/KickEngineering/KickDevDocs/blob/main/getting-started/generating-tokens-oauth2-flow.md
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

from connectors import http, oauth
from connectors.fields import id_of, text, yes
from connectors.kick.calls import BLOCKED, KICK, UNBLOCKED, Calls, host
from connectors.kick.keys import keys_in
from engage.errors import Malformed, Refused, Unauthorized, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import AccountLink, App

ID = "https://id.kick.com"
SCOPES = ("user:read", "chat:write", "events:subscribe", "moderation:chat_message:manage")
AS = ("bot", "user")


def provider(app: App) -> oauth.Provider:
    """Kick's own OAuth 2.1."""
    base = host({}, app, ID)
    return oauth.Provider(f"{base}/oauth/authorize", f"{base}/oauth/token", SCOPES)


@contextmanager
def unblocked() -> Iterator[None]:
    """Around calls to Kick's token endpoint: what stands before it may turn away a good one."""
    try:
        yield
    except Refused as error:
        if BLOCKED in str(error).lower():
            raise Unavailable(str(error), retry_after=UNBLOCKED) from None
        raise


class KickConnect:
    """The application is made in the developer tab of a Kick account."""

    app_fields: Sequence[Field] = (
        *oauth.APP_FIELDS,
        Field(
            "public_key",
            "Kick's public key",
            hint="the block from Kick's page on webhook security; two while it changes",
        ),
        Field("bot", "Name or user ID of the application's bot", hint="so that its own lines are known", optional=True),
    )
    account_fields: Sequence[Field] = (
        Field(
            "type", "Write as (bot or user)", hint="bot: by the application's bot; user: as the creator", default="bot"
        ),
    )

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError or Refused."""
        keys_in(str(app.config.get("public_key", "")))
        writes_as = entered.get("type") or AS[0]
        if writes_as not in AS:
            raise Refused("write as “bot” or as “user”")
        if writes_as == "bot":
            oauth.required(app, "bot", app.config.get("bot"))  # or the avatar might answer its own lines
        begun = oauth.begin(provider(app), app, redirect_uri, state)
        return Begun(begun.url, {**begun.keep, "type": writes_as})

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The channel of whoever consented. Raises Refused or Retryable."""
        try:
            with unblocked():
                tokens = await oauth.exchange(provider(app), app, answer, redirect_uri, keep, datetime.now(UTC))
            _check(tokens)
            credentials = {"access_token": tokens.access, "refresh_token": tokens.refresh}
            user_id, name = await whose(AccountLink("", "", credentials=credentials, app=app))
        except Unauthorized as error:
            raise Refused(str(error)) from None
        return [Grant(user_id, name, credentials, tokens.expires_at, {"type": keep.get("type") or AS[0]})]


def _check(tokens: oauth.Tokens) -> None:
    """Where Kick says what it granted: a call without its scope is answered as if the access were gone."""
    said = tokens.rest.get("scope")
    scopes = said.replace(",", " ").split() if isinstance(said, str) else []
    if scopes and (missing := [scope for scope in SCOPES if scope not in scopes]):
        raise Refused(f"Kick granted no {', '.join(missing)}: tick it in the developer tab, and connect again")


async def give_back(account: AccountLink) -> None:
    """Void both tokens, each by itself. Raises what a read does."""
    url = f"{host(account.config, account.app, ID)}/oauth/revoke"
    async with http.client(url) as client:
        for kind in ("refresh_token", "access_token"):
            if token := account.credentials.get(kind):
                asked = {"token": token, "token_hint_type": kind}  # as Kick has it; RFC 7009 says `token_type_hint`
                with unblocked():
                    await http.read(client, client.build_request("POST", url, params=asked), KICK)


async def whose(account: AccountLink) -> tuple[str, str]:
    """Id and name of the user whose token it is. Raises what a read does."""
    calls = Calls(account)
    try:
        rows = await calls.ask("GET", "/users")
        row = rows[0] if isinstance(rows, list) and rows else None
        return id_of(row, "user_id"), text(row, "name")
    except Malformed as error:
        raise Unavailable(f"Kick did not say whose token it is: {error}") from None
    finally:
        await calls.close()


async def granted(account: AccountLink) -> tuple[str, ...]:
    """The scopes of a token, as Kick's introspection tells them. Raises what a read does."""
    app, token = account.app, account.credentials.get("access_token", "")
    base = host(account.config, app, ID)
    async with http.client(base, headers={"authorization": f"Bearer {token}"}) as client:
        answer = await http.read(client, client.build_request("POST", "/oauth/token/introspect"), KICK)
    try:
        said = answer.json()["data"]
        return tuple(text(said, "scope", empty=True).split()) if yes(said, "active") else ()
    except (ValueError, KeyError, TypeError, Malformed):
        raise Unavailable("Kick did not say what the token is for") from None


CONNECT = KickConnect()
