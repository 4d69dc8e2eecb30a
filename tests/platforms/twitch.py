"""Twitch on a port of this machine: its tokens, Helix, and EventSub by webhook and by WebSocket.

`say`, `whisper`, `remove` and `revoke` are what people do there; whoever subscribed to it is told. What was posted
stands in `lines` and `whispers`. Rules are those of https://dev.twitch.tv/docs/api/reference/ and /docs/eventsub/.
"""

import asyncio
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import MISSING, dataclass, field, fields
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.platforms.base import Simulator, deliver

CLIENT_SECRET = "appsecret0123456789abcdef"
REDIRECT = "http://127.0.0.1/connect/twitch/back"
TOKEN_SECONDS = 14124
LENGTH = 500
MAX_AGE = timedelta(hours=6)  # of a line that is to be deleted
SOCKETS = 3  # with subscriptions, for each user
# Why a line is dropped in a mode of the chat. Moderators are free of them. The codes are made up: none are documented.
MODES = {
    "emote_mode": "emote_only_mode",
    "follower_mode": "followers_only_mode",
    "slow_mode": "slow_mode",
    "subscriber_mode": "subscribers_only_mode",
    "unique_chat_mode": "unique_chat_mode",
}
_clients = count(1)
_MAY_READ = {"user:read:chat"}
_MAY_WHISPER = {"user:read:whispers", "user:manage:whispers"}


class No(Exception):
    """A refusal in Twitch's words."""

    def __init__(self, status: int, message: str) -> None:
        self.status, self.message = status, message


@dataclass
class User:
    id: str
    login: str
    phone: bool = True
    blocks_whispers: bool = False
    scopes: set[str] = field(default_factory=set)  # granted to the application


@dataclass
class Line:
    """A line of chat."""

    id: str
    channel: str
    sender: str
    text: str
    reply_to: str = ""
    badge: bool = False  # the Chat Bot badge
    deleted: bool = False
    source_only: bool = False
    at: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Subscription:
    id: str
    type: str
    condition: dict[str, str]
    transport: dict[str, str]
    status: str = "enabled"
    created_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def shown(self) -> dict[str, Any]:
        transport = {key: value for key, value in self.transport.items() if key != "secret"}
        return {
            "id": self.id,
            "status": self.status,
            "type": self.type,
            "version": "1",
            "condition": self.condition,
            "transport": transport,
            "created_at": stamp(self.created_at),
            "cost": 0,
        }


@dataclass
class Session:
    """What a WebSocket's subscriptions hang on. It moves from one connection to the next."""

    id: str
    socket: WebSocket
    moves_by: str = ""
    owner: str = ""  # whose token made its subscriptions


def stamp(moment: datetime) -> str:
    """RFC 3339 with nanoseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"


def signed_headers(secret: str, message_id: str, sent: str, body: bytes, kind: str) -> dict[str, str]:
    """The headers of a webhook."""
    mac = hmac.new(secret.encode(), message_id.encode() + sent.encode() + body, hashlib.sha256)
    return {
        "twitch-eventsub-message-id": message_id,
        "twitch-eventsub-message-retry": "0",
        "twitch-eventsub-message-type": kind,
        "twitch-eventsub-message-timestamp": sent,
        "twitch-eventsub-message-signature": f"sha256={mac.hexdigest()}",
    }


@dataclass
class Twitch(Simulator):
    """See the module. `consent` is the person at the consent page."""

    users: dict[str, User] = field(default_factory=dict)
    moderators: dict[str, set[str]] = field(default_factory=dict)  # of a channel
    banned: dict[str, set[str]] = field(default_factory=dict)
    timed_out: set[str] = field(default_factory=set)
    modes: dict[str, Any] = field(default_factory=dict)  # of every channel, as its chat settings tell them
    lines: list[Line] = field(default_factory=list)
    whispers: list[tuple[str, str, str]] = field(default_factory=list)  # from, to, text
    subscriptions: list[Subscription] = field(default_factory=list)
    deliveries: list[tuple[str, int]] = field(default_factory=list)  # message id, status of the answer
    held_words: tuple[str, ...] = ("heldword",)  # AutoMod holds a line with one of these
    drops: str = ""  # the next lines are dropped for this reason
    drops_whispers: bool = False  # silently
    points: int = 800  # what is left of this minute
    rotates: bool = True  # a refresh token is good for once
    https_only: bool = False  # real callbacks must be; those of tests are on this machine
    keeps_old: bool = False  # an old connection stays open until the client closes it
    during_move: list[str] = field(default_factory=list)  # said when a new connection is open, before its welcome
    keepalive_s: float = 10
    unused_s: float = 10  # a connection without subscriptions is closed after this

    def __post_init__(self) -> None:
        super().__post_init__()
        self._begin()

    def reset(self) -> None:
        """Forget everything, as if it had just been started; nobody may be connected."""
        for one in fields(self):
            if one.default_factory is not MISSING:
                setattr(self, one.name, one.default_factory())
            elif one.name != "url":
                setattr(self, one.name, one.default)
        self._dials.clear()
        self._begin()

    def _begin(self) -> None:
        self.client_id = f"engage-client-{next(_clients)}"  # connectors keep an application's token by it
        self._ids = count(1)
        self._users_tokens: dict[str, str] = {}  # access token → user
        self._app_tokens: set[str] = set()
        self._refresh: dict[str, str] = {}
        self._codes: dict[str, tuple[str, str]] = {}
        self._whispered: dict[str, list[tuple[datetime, str]]] = {}
        self._sent: dict[tuple[str, str], list[datetime]] = {}
        self.sessions: dict[str, Session] = {}
        self._tasks: set[asyncio.Task[Any]] = set()

    def routes(self) -> Sequence[BaseRoute]:
        return [
            Route("/oauth2/token", self._answer(self._token), methods=["POST"]),
            Route("/oauth2/revoke", self._answer(self._void), methods=["POST"]),
            Route("/oauth2/validate", self._answer(self._validate)),
            Route("/helix/users", self._answer(self._get_users)),
            Route("/helix/chat/messages", self._answer(self._send_line), methods=["POST"]),
            Route("/helix/chat/settings", self._answer(self._get_settings)),
            Route("/helix/moderation/chat", self._answer(self._delete_line), methods=["DELETE"]),
            Route("/helix/whispers", self._answer(self._send_whisper), methods=["POST"]),
            Route("/helix/eventsub/subscriptions", self._answer(self._subscribe), methods=["POST"]),
            Route("/helix/eventsub/subscriptions", self._answer(self._get_subscriptions)),
            Route("/helix/eventsub/subscriptions", self._answer(self._unsubscribe), methods=["DELETE"]),
            WebSocketRoute("/ws", self._connect),
        ]

    def _answer(self, handle: Any) -> Any:
        async def endpoint(request: Request) -> Response:
            try:
                headers = self._spend() if request.url.path.startswith("/helix") else {}
                answer: Response = await handle(request)
                answer.headers.update(headers)
                return answer
            except No as no:
                headers = self._limit_headers() if request.url.path.startswith("/helix") else {}
                return JSONResponse({"error": "No", "status": no.status, "message": no.message}, no.status, headers)

        return endpoint

    # what people do -------------------------------------------------------------------------------------------------

    def user(self, user_id: str, login: str, *scopes: str) -> User:
        self.users[user_id] = User(user_id, login, scopes=set(scopes))
        return self.users[user_id]

    def consent(self, page: str, user_id: str, *, refuses: bool = False) -> dict[str, str]:
        """What the consent page sends back with the browser."""
        asked = dict(parse_qsl(urlsplit(page).query))
        assert asked["client_id"] == self.client_id
        assert asked["redirect_uri"] == REDIRECT
        assert asked["response_type"] == "code"
        if refuses:
            return {
                "error": "access_denied",
                "error_description": "The user denied you access",
                "state": asked["state"],
            }
        self.users[user_id].scopes |= set(asked["scope"].split())
        code = secrets.token_hex(8)
        self._codes[code] = (user_id, asked["redirect_uri"])
        return {"code": code, "scope": asked["scope"], "state": asked["state"]}

    def grant(self, user_id: str) -> dict[str, str]:
        """Tokens without the page."""
        return {name: str(value) for name, value in self._grant(user_id).items() if name.endswith("_token")}

    def say(self, sender: str, text: str, channel: str, reply_to: str = "", **event: Any) -> str:
        """Somebody writes in a chat. Returns the line's id."""
        line = Line(f"line-{next(self._ids)}", channel, sender, text, reply_to)
        self._do(lambda: self._write(line, **event))
        return line.id

    def whisper(self, sender: str, to: str, text: str) -> str:
        whisper_id = f"whisper-{next(self._ids)}"
        self.whispers.append((sender, to, text))
        names = {**self._named("from_user", sender), **self._named("to_user", to)}
        event = {**names, "whisper_id": whisper_id, "whisper": {"text": text}}
        self._do(lambda: self._announce("user.whisper.message", {"user_id": to}, event))
        return whisper_id

    def remove(self, line_id: str) -> None:
        """A moderator deletes a line."""
        self._do(lambda: self._remove(next(line for line in self.lines if line.id == line_id)))

    def clear(self, channel: str, user_id: str = "") -> None:
        """A moderator clears a chat, or with a user times them out."""
        self._do(lambda: self._clear(channel, user_id))

    def revoke(self, user_id: str) -> None:
        """The user disconnects the application."""
        self.users[user_id].scopes.clear()
        for tokens in (self._users_tokens, self._refresh):
            for token in [token for token, owner in tokens.items() if owner == user_id]:
                del tokens[token]
        self._do(lambda: self._end(user_id))

    def expire(self, *, app: bool = False) -> None:
        """All access tokens end now."""
        (self._app_tokens if app else self._users_tokens).clear()

    def move_sessions(self) -> None:
        """Every WebSocket is asked to reconnect."""
        self.soon(lambda: [self._later(self._ask_to_move(session)) for session in list(self.sessions.values())])

    def drop_sessions(self, code: int = 4000) -> None:
        """Every WebSocket is closed, and its subscriptions are gone."""
        self.soon(lambda: [self._later(self._drop(session, code)) for session in list(self.sessions.values())])

    def _do(self, work: Callable[[], Any]) -> None:
        """In the simulator's own loop, and wait until it is done; before anybody has called there is nobody to tell."""
        if self._loop is None:
            work()
            return
        done: Future[Any] = Future()
        self.soon(lambda: done.set_result(work()))
        done.result(timeout=20)

    # tokens ---------------------------------------------------------------------------------------------------------

    async def _token(self, request: Request) -> Response:
        form = {key: str(value) for key, value in (await request.form()).items()}
        if form.get("client_id") != self.client_id:
            raise No(400, "invalid client")
        if form.get("client_secret") != CLIENT_SECRET:
            raise No(403, "invalid client secret")
        if form["grant_type"] == "client_credentials":
            token = f"app{secrets.token_hex(12)}"
            self._app_tokens.add(token)
            return JSONResponse({"access_token": token, "expires_in": 5011271, "token_type": "bearer"})
        if form["grant_type"] == "authorization_code":
            user_id, redirect = self._codes.pop(form["code"], ("", ""))
            if not user_id or redirect != form["redirect_uri"]:
                raise No(400, "Invalid authorization code")
            return JSONResponse(self._grant(user_id))
        user_id = self._refresh.get(form["refresh_token"], "")
        if not user_id:
            raise No(400, "Invalid refresh token")
        if not self.rotates:
            return JSONResponse({**self._grant(user_id), "refresh_token": form["refresh_token"]})
        del self._refresh[form["refresh_token"]]
        return JSONResponse(self._grant(user_id))

    async def _void(self, request: Request) -> Response:
        form = await request.form()
        if form.get("client_id") != self.client_id:
            raise No(404, "client does not exist")
        if self._users_tokens.pop(str(form.get("token")), None) is None:
            raise No(400, "Invalid token")
        return Response(status_code=200)

    def _grant(self, user_id: str) -> dict[str, Any]:
        access, refresh = f"user{secrets.token_hex(12)}", f"refresh{secrets.token_hex(12)}"
        self._users_tokens[access], self._refresh[refresh] = user_id, user_id
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": TOKEN_SECONDS,
            "scope": sorted(self.users[user_id].scopes),
            "token_type": "bearer",
        }

    async def _validate(self, request: Request) -> Response:
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        user = self.users.get(self._users_tokens.get(token, ""))
        if kind != "OAuth" or user is None:
            raise No(401, "invalid access token")
        said = {"client_id": self.client_id, "login": user.login, "user_id": user.id, "expires_in": TOKEN_SECONDS}
        return JSONResponse({**said, "scopes": sorted(user.scopes)})

    def _caller(self, request: Request) -> User | None:
        """The user of the token, None for the application."""
        kind, _, token = request.headers.get("authorization", "").partition(" ")
        if request.headers.get("client-id") != self.client_id:
            raise No(401, "Client ID and OAuth token do not match")
        if kind != "Bearer" or (token not in self._app_tokens and token not in self._users_tokens):
            raise No(401, "Invalid OAuth token")
        return None if token in self._app_tokens else self.users[self._users_tokens[token]]

    def _user_with(self, request: Request, scope: str, user_id: str) -> User:
        user = self._caller(request)
        if user is None or user.id != user_id:
            raise No(401, "The ID must match the user ID in the access token")
        if scope not in user.scopes:
            raise No(401, f"Missing scope: {scope}")
        return user

    # points ---------------------------------------------------------------------------------------------------------

    def _limit_headers(self) -> dict[str, str]:
        reset = int(datetime.now(UTC).timestamp()) + 30
        return {
            "Ratelimit-Limit": "800",
            "Ratelimit-Remaining": str(max(0, self.points)),
            "Ratelimit-Reset": str(reset),
        }

    def _spend(self) -> dict[str, str]:
        if self.points <= 0:
            raise No(429, "Too Many Requests")
        self.points -= 1
        return self._limit_headers()

    # chat -----------------------------------------------------------------------------------------------------------

    async def _get_users(self, request: Request) -> Response:
        self._caller(request)
        found = [user for user in self.users.values() if user.login == request.query_params.get("login")]
        return JSONResponse({"data": [{"id": user.id, "login": user.login} for user in found]})

    async def _send_line(self, request: Request) -> Response:
        body = await request.json()
        channel, sender = body["broadcaster_id"], body["sender_id"]
        by_app = self._caller(request) is None
        self._may_send(request, body, by_app=by_app)
        if sender in self.banned.get(channel, set()):
            raise No(403, "The sender is not permitted to send chat messages to the broadcaster's chat room")
        if len(body["message"]) > LENGTH:
            raise No(422, "The message is too large")
        parent = body.get("reply_parent_message_id", "")
        if parent and not any(
            line.id == parent and line.channel == channel and not line.deleted for line in self.lines
        ):
            raise No(400, "The request's input was not valid. Message cannot be replied to.")
        if reason := self._drop_reason(channel, sender, body["message"]):
            drop = {"code": reason, "message": "It was not sent."}
            return JSONResponse({"data": [{"message_id": "", "is_sent": False, "drop_reason": drop}]})
        badge = by_app and sender != channel
        words = body["message"].replace("\n", "")
        if words.startswith(("/", ".")):  # a command: dropped, or taken off (github.com/twitchdev/issues/issues/1019)
            words = words.partition(" ")[2]
        line = Line(f"line-{next(self._ids)}", channel, sender, words, parent, badge)
        line.source_only = body.get("for_source_only") is True
        self._write(line)
        return JSONResponse({"data": [{"message_id": line.id, "is_sent": True, "drop_reason": None}]})

    def _may_send(self, request: Request, body: Mapping[str, Any], *, by_app: bool) -> None:
        channel, sender = body["broadcaster_id"], body["sender_id"]
        if channel not in self.users or sender not in self.users:
            raise No(400, "The ID in broadcaster_id or sender_id is not valid")
        if not by_app:
            self._user_with(request, "user:write:chat", sender)
            if "for_source_only" in body:
                raise No(400, "Cannot set for_source_only if User Access Token is used")
            return
        if not {"user:bot", "user:write:chat"} <= self.users[sender].scopes:
            raise No(401, "Missing scope: user:bot")
        if "channel:bot" not in self.users[channel].scopes and sender not in self.moderators.get(channel, set()):
            raise No(401, "Missing scope: channel:bot")

    def _drop_reason(self, channel: str, sender: str, text: str) -> str:
        if self.drops:
            return self.drops
        if any(word in text for word in self.held_words) or (text.startswith(("/", ".")) and " " not in text):
            return "msg_rejected"
        if sender in self.timed_out:
            return "user_timed_out"
        now = datetime.now(UTC)
        recent = [line for line in self.lines if line.sender == sender and now - line.at < timedelta(seconds=30)]
        moderates = sender == channel or sender in self.moderators.get(channel, set())
        if not moderates and any(line.text == text and line.channel == channel for line in recent):
            return "msg_duplicate"
        if not moderates and (mode := next((mode for mode, why in MODES.items() if self.modes.get(mode)), "")):
            return MODES[mode]
        return "msg_ratelimit" if len(recent) >= (100 if moderates else 20) else ""

    async def _get_settings(self, request: Request) -> Response:
        self._caller(request)
        told = {
            **dict.fromkeys(MODES, False),
            "slow_mode_wait_time": None,
            "follower_mode_duration": None,
            **self.modes,
        }
        return JSONResponse({"data": [{"broadcaster_id": request.query_params["broadcaster_id"], **told}]})

    def _write(self, line: Line, **event: Any) -> None:
        self.lines.append(line)
        sender, parent = line.sender, self._parent(line)
        mention = f"@{parent['parent_user_name']} " if parent else ""
        said = {
            **self._named("broadcaster_user", line.channel),
            **self._named("chatter_user", sender),
            "message_id": line.id,
            "message": {"text": mention + line.text, "fragments": [{"type": "text", "text": mention + line.text}]},
            "badges": [{"set_id": "bot-badge", "id": "1", "info": ""}] if line.badge else [],
            "message_type": "text",
            "reply": parent,
            "source_broadcaster_user_id": None,
            "source_message_id": None,
            **event,
        }
        self._announce("channel.chat.message", {"broadcaster_user_id": line.channel}, said)

    def _parent(self, line: Line) -> dict[str, str] | None:
        parent = next((one for one in self.lines if line.reply_to and one.id == line.reply_to), None)
        if parent is None:
            return None
        named = self._named("parent_user", parent.sender)
        return {"parent_message_id": parent.id, "parent_message_body": parent.text, **named}

    def _named(self, key: str, user_id: str) -> dict[str, str]:
        login = self.users[user_id].login if user_id in self.users else f"user{user_id}"
        return {f"{key}_id": user_id, f"{key}_login": login, f"{key}_name": login.title()}

    async def _delete_line(self, request: Request) -> Response:
        asked = request.query_params
        channel, moderator = asked["broadcaster_id"], asked["moderator_id"]
        self._user_with(request, "moderator:manage:chat_messages", moderator)
        moderators = self.moderators.get(channel, set())
        if moderator != channel and moderator not in moderators:
            raise No(403, "The user in moderator_id is not one of the broadcaster's moderators")
        line = next((one for one in self.lines if one.id == asked["message_id"] and not one.deleted), None)
        if line is None or datetime.now(UTC) - line.at > MAX_AGE:
            raise No(404, "The ID in message_id was not found, or it is more than 6 hours old")
        if line.sender == channel or (line.sender in moderators and moderator != channel):
            raise No(400, "You may not delete the broadcaster's or another moderator's messages")
        self._remove(line)
        return Response(status_code=204)

    def _remove(self, line: Line) -> None:
        line.deleted = True
        names = {**self._named("broadcaster_user", line.channel), **self._named("target_user", line.sender)}
        condition = {"broadcaster_user_id": line.channel}
        self._announce("channel.chat.message_delete", condition, {**names, "message_id": line.id})

    def _clear(self, channel: str, user_id: str) -> None:
        for line in self.lines:
            line.deleted = line.deleted or (line.channel == channel and user_id in ("", line.sender))
        kind = "channel.chat.clear_user_messages" if user_id else "channel.chat.clear"
        target = self._named("target_user", user_id) if user_id else {}
        told = {**self._named("broadcaster_user", channel), **target}
        self._announce(kind, {"broadcaster_user_id": channel}, told)

    # whispers -------------------------------------------------------------------------------------------------------

    async def _send_whisper(self, request: Request) -> Response:
        sender, to = request.query_params["from_user_id"], request.query_params["to_user_id"]
        user = self._user_with(request, "user:manage:whispers", sender)
        text = (await request.json())["message"]
        if not user.phone:
            raise No(401, "the sender does not have a verified phone number")
        if to not in self.users:
            raise No(404, "The ID in to_user_id was not found")
        if not text or sender == to or self.users[to].blocks_whispers:
            raise No(400, "The user that you're sending the whisper to doesn't allow whisper messages")
        self._count_whisper(sender, to)
        knows = any(who == to and whom == sender for who, whom, _ in self.whispers)
        if not self.drops_whispers:
            self.whispers.append((sender, to, text[: 10_000 if knows else LENGTH]))
        return Response(status_code=204)

    def _count_whisper(self, sender: str, to: str) -> None:
        now = datetime.now(UTC)
        before = self._whispered.setdefault(sender, [])
        for most, span in ((3, timedelta(seconds=1)), (100, timedelta(minutes=1))):
            if sum(now - at < span for at, _ in before) >= most:
                raise No(429, "whisper rate limit exceeded")
        people = {whom for at, whom in before if at.date() == now.date()}
        if to not in people and len(people) >= 40:
            raise No(429, "whisper recipients per day exceeded")
        before.append((now, to))

    # EventSub -------------------------------------------------------------------------------------------------------

    async def _subscribe(self, request: Request) -> Response:
        caller, body = self._caller(request), await request.json()
        condition, transport = body["condition"], body["transport"]
        if transport["method"] == "webhook":
            if caller is not None:
                raise No(401, "webhooks need an app access token")
            if not 10 <= len(transport["secret"]) <= 100 or not transport["secret"].isascii():
                raise No(400, "the length of the string in the secret field is not valid")
            if self.https_only and not transport["callback"].startswith("https://"):
                raise No(400, "the URL must use the HTTPS protocol and the 443 port number")
        elif caller is None or transport["session_id"] not in self.sessions:
            raise No(400, "the session does not exist, or this is no user access token")
        else:
            self._count_sockets(caller, transport["session_id"])
        if not self._may_hear(body["type"], condition, caller):
            raise No(403, "subscription missing proper authorization")
        made = Subscription(f"sub-{next(self._ids)}", body["type"], condition, transport)
        self._check_twins(made)
        self.subscriptions.append(made)
        if transport["method"] == "webhook":
            made.status = "webhook_callback_verification_pending"
            self._later(self._shake_hands(made))
        return JSONResponse({"data": [made.shown()], "total": 1, "total_cost": 0, "max_total_cost": 10000}, 202)

    def _may_hear(self, kind: str, condition: Mapping[str, str], caller: User | None) -> bool:
        if kind == "user.authorization.revoke":
            return condition == {"client_id": self.client_id} and caller is None
        if kind == "user.whisper.message":
            mine = caller is None or caller.id == condition["user_id"]
            return mine and bool(_MAY_WHISPER & self.users[condition["user_id"]].scopes)
        channel, reader = self.users[condition["broadcaster_user_id"]], self.users[condition["user_id"]]
        if caller is not None:
            return caller is reader and reader.scopes >= _MAY_READ
        moderates = reader.id in self.moderators.get(channel.id, set())
        return {"user:bot", *_MAY_READ} <= reader.scopes and ("channel:bot" in channel.scopes or moderates)

    def _check_twins(self, made: Subscription) -> None:
        twins = [one for one in self.subscriptions if one.type == made.type and one.condition == made.condition]
        places = [one.transport.get("callback") or one.transport["session_id"] for one in twins]
        if (made.transport.get("callback") or made.transport["session_id"]) in places:
            raise No(409, "subscription already exists")
        if len(twins) >= 3:
            raise No(429, "too many subscriptions of the same type and condition")

    def _count_sockets(self, caller: User, session_id: str) -> None:
        used = {key for key, session in self.sessions.items() if session.owner == caller.id} | {session_id}
        if len(used) > SOCKETS:
            raise No(429, "number of websocket transports limit exceeded")
        self.sessions[session_id].owner = caller.id

    async def _shake_hands(self, made: Subscription) -> None:
        challenge = f"pogchamp-{secrets.token_hex(8)}"
        said = {"challenge": challenge, "subscription": made.shown()}
        answer = await self._post(made, "webhook_callback_verification", said)
        good = answer is not None and answer.status_code == 200 and answer.text == challenge
        made.status = "enabled" if good else "webhook_callback_verification_failed"

    async def _get_subscriptions(self, request: Request) -> Response:
        if self._caller(request) is not None:
            raise No(401, "webhooks need an app access token")
        asked, start = request.query_params, int(request.query_params.get("after", "0"))
        if len({"user_id", "type", "status"} & set(asked)) > 1:
            raise No(400, "the request may specify only one filter query parameter")
        found = [one for one in self.subscriptions if "callback" in one.transport]
        found = [one for one in found if asked.get("type", one.type) == one.type]
        found = [one for one in found if "user_id" not in asked or asked["user_id"] in one.condition.values()]
        page = [one.shown() for one in found[start : start + 2]]  # small pages, so that they are turned
        cursor = {"cursor": str(start + 2)} if len(found) > start + 2 else {}
        total = {"total": len(found), "total_cost": 0, "max_total_cost": 10000}
        return JSONResponse({"data": page, **total, "pagination": cursor})

    async def _unsubscribe(self, request: Request) -> Response:
        self._caller(request)
        found = [one for one in self.subscriptions if one.id == request.query_params["id"]]
        if not found:
            raise No(404, "the subscription was not found")
        self.subscriptions.remove(found[0])
        return Response(status_code=204)

    def _announce(self, kind: str, condition: Mapping[str, str], event: Mapping[str, Any]) -> None:
        """Tell whoever subscribed to it."""
        for one in self.subscriptions:
            if one.type == kind and one.status == "enabled" and condition.items() <= one.condition.items():
                self._tell(one, "notification", {"subscription": one.shown(), "event": event})

    def _tell(self, one: Subscription, kind: str, payload: Mapping[str, Any]) -> None:
        if one.transport["method"] == "webhook":
            self._later(self._post(one, kind, payload))
        elif session := self.sessions.get(one.transport["session_id"]):
            self._later(_send(session.socket, kind, payload))

    async def _post(self, one: Subscription, kind: str, payload: Mapping[str, Any]) -> Any:
        body, message_id = json.dumps(payload).encode(), secrets.token_hex(16)
        headers = signed_headers(one.transport["secret"], message_id, stamp(datetime.now(UTC)), body, kind)
        try:
            answer = await asyncio.to_thread(deliver, one.transport["callback"], body, headers)
        except OSError:
            return None
        self.deliveries.append((message_id, answer.status_code))
        return answer

    def _end(self, user_id: str) -> None:
        ended = [one for one in self.subscriptions if user_id in one.condition.values() and one.status == "enabled"]
        for one in ended:
            one.status = "authorization_revoked"
            self._tell(one, "revocation", {"subscription": one.shown()})
        named = self._named("user", user_id)
        client = {"client_id": self.client_id}
        self._announce("user.authorization.revoke", client, {**client, **named})

    def _later(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    # WebSockets -----------------------------------------------------------------------------------------------------

    async def _connect(self, socket: WebSocket) -> None:
        await socket.accept()
        session = self._moving(socket.query_params.get("move", ""))
        if session is None:
            session = Session(f"session-{next(self._ids)}", socket)
            self.sessions[session.id] = session
        else:
            await self._take_over(session, socket)
        await _send(socket, "session_welcome", {"session": self._shown(session, "connected", self.keepalive_s)})
        watching = asyncio.create_task(self._watch(session, socket))
        try:
            await socket.receive_text()
            await socket.close(4001)  # whoever speaks is hung up on
        except WebSocketDisconnect:
            pass
        finally:
            watching.cancel()
            if session.socket is socket:
                self._forget(session)

    def _moving(self, ticket: str) -> Session | None:
        return next((one for one in self.sessions.values() if ticket and one.moves_by == ticket), None)

    async def _take_over(self, session: Session, socket: WebSocket) -> None:
        """Until the new connection's welcome the old one is told everything."""
        if self.during_move:
            line = Line(f"line-{next(self._ids)}", *self.during_move.pop(0).split("|"))
            self._write(line)
            await asyncio.sleep(0)  # its frame is on the way
        old, session.socket, session.moves_by = session.socket, socket, ""
        if not self.keeps_old:
            self._later(old.close(1000))

    async def _watch(self, session: Session, socket: WebSocket) -> None:
        """Signs of life; and the end of a connection that nobody uses."""
        await asyncio.sleep(self.unused_s)
        if not any(one.transport.get("session_id") == session.id for one in self.subscriptions):
            await socket.close(4003)
            return
        while session.socket is socket:
            await _send(socket, "session_keepalive", {})
            await asyncio.sleep(self.keepalive_s)

    async def _ask_to_move(self, session: Session) -> None:
        session.moves_by = secrets.token_hex(8)
        url = f"{self.url.replace('http', 'ws', 1)}/ws?move={session.moves_by}"
        said = {**self._shown(session, "reconnecting", None), "reconnect_url": url}
        await _send(session.socket, "session_reconnect", {"session": said})

    async def _drop(self, session: Session, code: int) -> None:
        self._forget(session)
        await session.socket.close(code)

    def _forget(self, session: Session) -> None:
        self.sessions.pop(session.id, None)
        self.subscriptions = [one for one in self.subscriptions if one.transport.get("session_id") != session.id]

    def _shown(self, session: Session, status: str, keepalive: float | None) -> dict[str, Any]:
        return {
            "id": session.id,
            "status": status,
            "connected_at": stamp(datetime.now(UTC)),
            "keepalive_timeout_seconds": keepalive,
            "reconnect_url": None,
        }


async def _send(socket: WebSocket, kind: str, payload: Mapping[str, Any]) -> None:
    metadata = {
        "message_id": secrets.token_hex(16),
        "message_type": kind,
        "message_timestamp": stamp(datetime.now(UTC)),
    }
    with suppress(RuntimeError, WebSocketDisconnect, OSError):  # it hung up
        await socket.send_text(json.dumps({"metadata": metadata, "payload": payload}))
