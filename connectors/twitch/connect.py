"""How a creator lets Engage onto their channel: Twitch's own page."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import ClassVar

from connectors import oauth
from connectors.fields import id_of, items
from connectors.twitch.helix import Helix
from connectors.twitch.hosts import Hosts, hosts_for_app
from connectors.twitch.tokens import SCOPES, WHISPERS, Valid, in_twitchs_words, provider
from engage.errors import Malformed, Refused, Unauthorized, Unavailable
from engage.grants import Begun, Field, Grant
from engage.platform import AccountLink, App

_SIGNING_HINT = "10 to 100 letters and digits of your own making, which sign what Twitch sends"
_SINCE_HINT = "When the webhook secret was changed, as 2026-11-22T08:00Z: older subscriptions are made anew"
_BOT_HINT = "Connect it first, like any account. Without one the avatar writes as the creator, and has no badge"


class TwitchConnect:
    """OAuth, the code flow. Twitch knows no PKCE."""

    app_fields: ClassVar[Sequence[Field]] = (
        *oauth.APP_FIELDS,
        Field("webhook_secret", "Webhook secret", secret=True, hint=_SIGNING_HINT),
        Field("secret_since", "Webhook secret valid since", hint=_SINCE_HINT, optional=True),
    )
    account_fields: ClassVar[Sequence[Field]] = (
        Field("bot", "Login of the bot account", hint=_BOT_HINT, optional=True),
        Field("bot_moderates", "Is the bot a moderator of the channel? (yes or no)", default="no"),
        Field("whispers", "Answer whispers? (yes or no)", hint="At most 40 a day", default="no"),
    )

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """Ask for whispers only where they are wanted."""
        scopes = (*SCOPES, WHISPERS) if _yes(entered, "whispers") else SCOPES
        asked = provider(hosts_for_app(app), scopes)
        begun = oauth.begin(asked, app, redirect_uri, state)
        kept = {field.name: entered.get(field.name, "") for field in self.account_fields}
        # The page lets the creator see as whom they are signed in.
        return Begun(f"{begun.url}&force_verify=true", {**begun.keep, **kept})

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """One account: that of whoever consented."""
        hosts, now = hosts_for_app(app), datetime.now(UTC)
        with in_twitchs_words():
            tokens = await oauth.exchange(provider(hosts), app, answer, redirect_uri, keep, now)
        credentials = {"access_token": tokens.access, "refresh_token": tokens.refresh}
        valid, bot_id = await _look_up(app, hosts, credentials, keep.get("bot", "").strip().lower())
        config = {
            "scopes": sorted(valid.scopes),
            "bot_user_id": bot_id or valid.user_id,
            "bot_moderates": _yes(keep, "bot_moderates"),
            "whispers": _yes(keep, "whispers"),
        }
        return [Grant(valid.user_id, valid.login, credentials, tokens.expires_at, config)]


async def _look_up(app: App, hosts: Hosts, credentials: Mapping[str, str], bot: str) -> tuple[Valid, str]:
    """Who consented, and the id of the bot account ('' where none was named)."""
    helix = Helix(AccountLink("", "", credentials=credentials, app=app), hosts)
    try:
        valid = await helix.validate()
        return valid, await _id_of(helix, bot) if bot and bot != valid.login else ""
    except Unauthorized as error:
        raise Refused(f"Twitch does not take its own token: {error}") from None
    finally:
        await helix.close()


async def _id_of(helix: Helix, login: str) -> str:
    answer = await helix.ask("GET", "/users", as_app=False, login=login)
    try:
        found = items(answer.json(), "data")
        if found:
            return id_of(found[0], "id")
    except (ValueError, Malformed):
        raise Unavailable("Twitch did not answer with a user") from None
    raise Refused(f"Twitch knows no account {login!r}")


def _yes(entered: Mapping[str, str], name: str) -> bool:
    return entered.get(name, "").strip().lower() in ("yes", "y", "true", "1", "on")


CONNECT = TwitchConnect()
