"""Asking for a room's comments: Douyin pushes them only after a live mini-play (直播小玩法) asked for it.

https://developer.open-douyin.com/docs/resource/zh-CN/interaction/develop/server/live-room-scope/data-open/start-task
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from connectors import http
from connectors.douyin import calls, rooms
from connectors.douyin.envelope import READ
from connectors.fields import text
from engage.errors import Malformed, Refused, Unauthorized, Unavailable
from engage.platform import AccountLink, App

TOKEN_HOST = "https://developer.toutiao.com"  # noqa: S105 - an address
LIVE_HOST = "https://webcast.bytedance.com"
AGAIN = timedelta(minutes=10)  # asked again it changes nothing; a host who comes back is heard again
TOKEN_GRANT = "client_credential"  # noqa: S105 - a word of theirs


async def start(account: AccountLink, now: datetime) -> datetime | None:
    """Ask for the comments of the account's named rooms. Returns when to ask again; None: there is none to ask for.

    Raises Unavailable where the room is not live, or the mini-play not mounted in it; Refused, never Unauthorized: the
    creator's access is another one.
    """
    app = account.app
    named = [room for room in rooms.rooms_of(app.config, account.platform_user_id) if room.id != rooms.ANY]
    if not (named and app.config.get("live_app_id") and app.secrets.get("live_app_secret")):
        return None
    try:
        await _start(app, named)
    except Unauthorized as error:
        raise Refused(f"the live mini-play has no access: {error}") from None
    return now + AGAIN


async def _start(app: App, named: Sequence[rooms.Room]) -> None:
    token = await _token(app)
    async with http.client(calls.host("live_url", LIVE_HOST, app.config), headers={"access-token": token}) as asking:
        for room in named:
            task = {"roomid": room.id, "appid": app.config["live_app_id"], "msg_type": "live_comment"}
            await http.read(asking, asking.build_request("POST", "/api/live_data/task/start", json=task), READ)


async def _token(app: App) -> str:
    """The mini-play's own, good for two hours: it is asked for each time, as that is seldom."""
    address = calls.host("live_token_url", TOKEN_HOST, app.config)
    secret = app.secrets["live_app_secret"].split(" ")[0]
    grant = {"appid": app.config["live_app_id"], "secret": secret, "grant_type": TOKEN_GRANT}
    async with http.client(address) as asking:
        answer = await http.read(asking, asking.build_request("POST", "/api/apps/v2/token", json=grant), READ)
    try:
        return text(answer.json(), "data", "access_token")
    except Malformed:
        raise Unavailable("Douyin gave the live mini-play no token") from None
