"""How an account is granted: on its own server's page, or with an app password, which is used once and not kept."""

from collections.abc import Mapping, Sequence
from typing import Any

from connectors.bluesky import dms, oauth, oauth_client, profiles
from connectors.bluesky.sessions import PASSWORD_SCOPE, Session, session
from connectors.bluesky.xrpc import HOME, Calls, base_url
from engage.errors import Ambiguous, Malformed, Refused, Unauthorized, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import AccountLink, App

_HANDLE = Field("handle", "Handle", hint="As in name.bsky.social")


class BlueskyConnect:
    """A handle, and the consent of its owner (Consent) or an app password (Entry)."""

    app_fields: Sequence[Field] = oauth_client.APP_FIELDS
    consent_fields: Sequence[Field] = (_HANDLE,)
    account_fields: Sequence[Field] = (
        _HANDLE,
        Field(
            "app_password",
            "App password",
            secret=True,
            hint="Bluesky: Settings, Privacy and security, App passwords; allow access to your direct messages",
        ),
        Field("service", "Server", default=HOME, hint="Only where the account is hosted elsewhere"),
    )

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page of the account's own server. Raises ConfigError, Refused or Retryable."""
        return await oauth.begin(app, entered, redirect_uri, state)

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The account that signed in there. Raises Refused or Retryable."""
        return await oauth.finish(app, answer, redirect_uri, keep)

    async def grant(self, app: App, entered: Mapping[str, str]) -> Sequence[Grant]:
        """The account that they open. Raises Refused or Retryable."""
        opened = await _open(app, entered)
        if opened.scope == PASSWORD_SCOPE:
            raise Refused("that is the account's own password: make an app password in Bluesky and enter that one")
        if opened.closed:
            raise Refused(f"the account is {opened.closed}")
        config: dict[str, Any] = {"service": opened.server or _service(entered)}
        link = AccountLink("", opened.did, opened.handle, config, opened.credentials, app)
        calls = Calls(link)
        try:
            config |= {"dms": await dms.allowed(calls), "bot_label": await profiles.labelled(calls)}
        finally:
            await calls.close()
        return [Grant(opened.did, opened.handle, opened.credentials, opened.expires_at, config)]


async def _open(app: App, entered: Mapping[str, str]) -> Session:
    calls = Calls(AccountLink("", "", config={"base_url": base_url(app) or _service(entered)}))
    given = {"identifier": entered.get("handle", "").strip().lstrip("@"), "password": entered.get("app_password", "")}
    try:
        return session((await calls.write("com.atproto.server.createSession", given)).json())
    except Unauthorized as error:
        raise Refused(f"the handle and the app password open no account: {error}") from None
    except (Ambiguous, Malformed, ValueError):
        raise Unavailable("the server did not answer with a session") from None
    finally:
        await calls.close()


def _service(entered: Mapping[str, str]) -> str:
    service = (entered.get("service") or HOME).strip().rstrip("/")
    if not service.startswith("https://"):
        raise Refused("the server's address must begin with https://")
    return service


CONNECT = BlueskyConnect()
