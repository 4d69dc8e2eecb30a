"""Asking for a room's comments: Douyin pushes them only after a live mini-play (直播小玩法) asked for it.

A task is a room and a kind of message. It ends by itself when the broadcast does or the host takes the mini-play off.
https://developer.open-douyin.com/docs/resource/zh-CN/interaction/develop/server/live-room-scope/data-open/start-task
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import httpx

from connectors import http
from connectors.douyin import calls, rooms
from connectors.douyin.envelope import READ
from connectors.fields import number, text
from engage.errors import EngageError, Malformed, Refused, Retryable, Unauthorized, Unavailable
from engage.platform import AccountLink, App

TOKEN_HOST = "https://developer.toutiao.com"  # noqa: S105 - an address
LIVE_HOST = "https://webcast.bytedance.com"
TASK = "/api/live_data/task/"
AGAIN = timedelta(minutes=2)  # asked again it changes nothing; a host who comes back is heard again
TOKEN_GRANT = "client_credential"  # noqa: S105 - a word of theirs
NOT_STARTED, RUNS = 2, 3  # what `status` says; 1: there is no task, 4: it is over


def asked_for(account: AccountLink) -> list[rooms.Room]:
    """The account's rooms whose comments are asked for here: those with a number, where the mini-play is known."""
    app = account.app
    if not (app.config.get("live_app_id") and app.secrets.get("live_app_secret")):
        return []
    return [room for room in rooms.rooms_of(app.config, account.platform_user_id) if room.id != rooms.ANY]


async def start(account: AccountLink, now: datetime) -> datetime | None:
    """Ask for the comments of the account's named rooms. Returns when to ask again; None: there is none to ask for.

    Raises Unavailable where a room is not live, or the mini-play not mounted in it: the others are asked for.
    """
    named, failed = asked_for(account), list[EngageError]()
    if not named:
        return None
    async with _calls(account.app) as asking:
        for room in named:
            try:
                await _ask(asking, "start", account.app, room)
            except (Refused, Retryable) as error:
                failed.append(error)
    if failed:
        raise next((error for error in failed if isinstance(error, Retryable)), failed[0])
    return now + AGAIN


async def stop(account: AccountLink) -> None:
    """No more comments of the account's named rooms. Raises Refused or Retryable."""
    if named := asked_for(account):
        async with _calls(account.app) as asking:
            for room in named:
                await _ask(asking, "stop", account.app, room)


async def status(account: AccountLink) -> dict[str, int]:
    """Of each named room, whether its comments are pushed. Raises Refused or Retryable."""
    if not (named := asked_for(account)):
        return {}
    async with _calls(account.app) as asking:
        answers = {room.id: await _ask(asking, "get", account.app, room) for room in named}
    try:
        return {room_id: int(number(answer.json(), "data", "status")) for room_id, answer in answers.items()}
    except Malformed:
        raise Unavailable("Douyin did not say whether a live room is listened to") from None


@asynccontextmanager
async def _calls(app: App) -> AsyncIterator[httpx.AsyncClient]:
    """With a token of the mini-play. Its refusal is Refused and not Unauthorized: the creator's access is another."""
    try:
        headers = {"access-token": await _token(app)}
        async with http.client(calls.host("live_url", LIVE_HOST, app.config), headers=headers) as asking:
            yield asking
    except Unauthorized as error:
        raise Refused(f"the live mini-play has no access: {error}") from None


async def _ask(asking: httpx.AsyncClient, what: str, app: App, room: rooms.Room) -> httpx.Response:
    task = {"roomid": room.id, "appid": str(app.config["live_app_id"]), "msg_type": "live_comment"}
    if what == "get":
        return await http.read(asking, asking.build_request("GET", TASK + what, params=task), READ)
    return await http.read(asking, asking.build_request("POST", TASK + what, json=task), READ)


async def _token(app: App) -> str:
    """The mini-play's own, good for two hours; one that was given before is good for five minutes more.

    It is asked for each time, as that is seldom.
    """
    address = calls.host("live_token_url", TOKEN_HOST, app.config)
    secret = app.secrets["live_app_secret"].split(" ")[0]
    grant = {"appid": app.config["live_app_id"], "secret": secret, "grant_type": TOKEN_GRANT}
    async with http.client(address) as asking:
        answer = await http.read(asking, asking.build_request("POST", "/api/apps/v2/token", json=grant), READ)
    try:
        return text(answer.json(), "data", "access_token")
    except Malformed:
        raise Unavailable("Douyin gave the live mini-play no token") from None
