"""How a creator's Douyin account is granted: they scan a code on Douyin's page with the app, then a code for tokens.

The page knows no PKCE; what protects the answer is the state and that a code is good once, for ten minutes.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from connectors import oauth
from connectors.douyin import calls, limits, permissions, rooms, tokens
from connectors.fields import get, text_or_none
from engage.errors import EngageError
from engage.grants import Begun, Field, Grant
from engage.platform import App

AUTHORIZE = "/platform/oauth/connect/"
PROFILE = "/oauth/userinfo/"
_SCOPES_HINT = (
    "What the console opened for the app beside these two: video.list.bind im.direct_message im.recall_message"
)
_ROOMS_HINT = "ROOM=OPEN_ID, several with a blank between them; *=OPEN_ID is any room"


class DouyinConnect:
    """Consent for one account of Douyin."""

    app_fields: Sequence[Field] = (
        Field("client_id", "Client Key", hint="控制台 → 设置 → 应用信息"),
        Field("client_secret", "Client Secret", secret=True),
        Field("scopes", "Scopes", hint=_SCOPES_HINT, default="user_info item.comment"),
        Field("comment_length", "Longest comment, in characters", default=str(limits.COMMENT_LENGTH)),
        Field("dm_length", "Longest direct message, in characters", default=str(limits.MESSAGE_LENGTH)),
        Field("live_rooms", "Live rooms", hint=_ROOMS_HINT, optional=True),
        Field("live_app_id", "App id of the live mini-play", hint="直播小玩法, tt…", optional=True),
        Field("live_app_secret", "App secret of the live mini-play", secret=True, optional=True),
        Field("live_secret", "Push secret of the live mini-play", secret=True, hint="开发配置", optional=True),
    )
    account_fields: Sequence[Field] = ()

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """Douyin's page. Raises ConfigError."""
        rooms.rooms(app.config)
        return Begun(oauth.begin(_provider(app), app, redirect_uri, state).url)

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The account that the answer grants. Raises Refused or Retryable."""
        granted = await tokens.exchange(app, oauth.code_in(answer), datetime.now(UTC))
        handle, business = await _profile(app, granted)
        config = {"scopes": granted.scopes}
        return [
            Grant(
                granted.open_id,
                handle,
                granted.kept.credentials,
                granted.kept.access_ends_at,
                config if business is None else {**config, "business": business},
            )
        ]


def _provider(app: App) -> oauth.Provider:
    return oauth.Provider(
        authorize_url=calls.host("base_url", calls.API, app.config) + AUTHORIZE,
        token_url="",
        scopes=permissions.asked_for(app.config),
        client_name="client_key",
        separator=",",
        pkce=False,
    )


async def _profile(app: App, granted: tokens.Granted) -> tuple[str, bool | None]:
    """The account's name, and whether it is an enterprise account; the code is used up, so nothing here may fail."""
    try:
        async with calls.client({}, app.config, granted.kept.access) as asking:
            form = {"open_id": granted.open_id, "access_token": granted.kept.access}
            said = await calls.ask(asking, PROFILE, form)
        name = text_or_none(said, "nickname")
    except EngageError:
        return granted.open_id, None
    role = get(said, "e_account_role")
    return name or granted.open_id, bool(role) if isinstance(role, str) else None


CONNECT = DouyinConnect()
