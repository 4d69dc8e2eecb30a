"""Discord as the documentation tells it: REST, the gateway with sessions that can be resumed, and signed webhooks.

Beside the dials of every simulator:

- `deaf`: heartbeats are not answered
- `busy`: so many identifies and resumes are answered with an invalid session; a resume may be tried again
- `move()`: asks every client to connect again; `hang_up(code)`: closes what is open, and what was not read yet is lost
- `forget()`: sessions can no longer be resumed
"""

import asyncio
import json
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from tests.platforms.base import Simulator, deliver

T = TypeVar("T")
GUILD_MESSAGES, DIRECT_MESSAGES, MESSAGE_CONTENT = 1 << 9, 1 << 12, 1 << 15
KNOWN_INTENTS = (1 << 26) - 1
BEGINNING_MS = 1_420_070_400_000
GRANTED_TO_SMALL_APPS = 1 << 19


@dataclass
class Channel:
    """A channel, a thread or a direct message. Permissions are the bot's."""

    id: str
    name: str = "talk"
    server_id: str = ""  # '' in a direct message
    parent_id: str = ""  # of a thread
    view: bool = True
    send: bool = True
    read_history: bool = True
    manage: bool = True
    locked: bool = False
    blocked: bool = False  # the person takes no direct messages
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    posts: deque[float] = field(default_factory=deque)  # when, for the limit


@dataclass
class Session:
    """What a client can go on with. log: each dispatch that it was, or should have been, sent."""

    id: str
    intents: int
    log: list[dict[str, Any]] = field(default_factory=list)
    alive: bool = True
    wire: "Wire | None" = None


class Wire:
    """One open WebSocket: what is put into `out` is sent, a number closes it."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.out: asyncio.Queue[dict[str, Any] | int] = asyncio.Queue()
        self.session: Session | None = None
        self.closed = False  # from here
        self.received: deque[float] = deque()

    async def write(self) -> None:
        while True:
            frame = await self.out.get()
            if isinstance(frame, int):
                self.closed = True
                await self.socket.close(frame)
                return
            await self.socket.send_text(json.dumps(frame))

    def lose(self) -> None:
        while not self.out.empty():
            self.out.get_nowait()


class Discord(Simulator):
    """One application with its bot, one server, and whoever writes there."""

    bot_id = "1100000000000000001"
    server_id = "1200000000000000001"
    heartbeat_ms = 41_250
    channel_limit, channel_seconds, global_limit = 5, 5.0, 50
    nonce_seconds = 180.0

    def __init__(self, token: str) -> None:
        super().__init__()
        self.token = token
        self.key = Ed25519PrivateKey.generate()
        self.channels: dict[str, Channel] = {}
        self.names: dict[str, str] = {self.bot_id: "ada-avatar"}
        self.sessions: dict[str, Session] = {}
        self.wires: list[Wire] = []
        self.closed_with: list[int] = []  # by clients
        self.identified: list[dict[str, Any]] = []
        self.resumed = 0
        self.beats: list[Any] = []
        self.starts_left = 1000
        self.starts_reset = 3600.0  # seconds until Discord's day ends
        self.public = False  # anybody may add the bot to a server
        self.servers = 1
        self.content_intent = True
        self.deaf = False
        self.busy = 0
        self.event_url: str | None = None
        self._beaten = threading.Condition()
        self._nonces: dict[str, tuple[float, str]] = {}
        self._requests: deque[float] = deque()
        self._count = count(1)

    @property
    def public_key(self) -> str:
        return self.key.public_key().public_bytes_raw().hex()

    # what people do -------------------------------------------------------------------------------------------------

    def add(self, channel_id: str, **traits: Any) -> Channel:
        """A channel of the server; a direct message with server_id=''."""
        channel = Channel(channel_id, **{"server_id": self.server_id, **traits})
        self.channels[channel_id] = channel
        return channel

    def write(self, author_id: str, channel_id: str, said: str, reply_to: str = "", **more: Any) -> str:
        """Somebody writes; the id of the message."""
        message = self._message(author_id, self.channels[channel_id], said, reply_to) | more
        self._do(lambda: self._add(self.channels[channel_id], message))
        return str(message["id"])

    def edit(self, channel_id: str, message_id: str, said: str) -> None:
        message = self.channels[channel_id].messages[message_id]
        message |= {"content": said, "edited_timestamp": _now(), "mentions": self._mentioned(said)}
        self._do(lambda: self._tell("MESSAGE_UPDATE", self._told(self.channels[channel_id], message)))

    def remove(self, channel_id: str, *message_ids: str) -> None:
        channel = self.channels[channel_id]
        self._do(lambda: self._remove(channel, message_ids))

    def posted(self, channel_id: str = "") -> list[dict[str, Any]]:
        """What the bot has written, oldest first."""
        places = [self.channels[channel_id]] if channel_id else list(self.channels.values())
        rows = [row for place in places for row in place.messages.values() if row["author"]["id"] == self.bot_id]
        return sorted(rows, key=lambda row: int(row["id"]))

    # what Discord does ----------------------------------------------------------------------------------------------

    def move(self) -> None:
        """Ask clients to connect again (op 7)."""
        self._do(lambda: [wire.out.put_nowait({"op": 7, "d": None}) for wire in self.wires])

    def ask_for_beat(self) -> None:
        self._do(lambda: [wire.out.put_nowait({"op": 1, "d": None}) for wire in self.wires])

    def hang_up(self, code: int = 4000) -> None:
        def work() -> None:
            for wire in self.wires:
                wire.lose()
                wire.out.put_nowait(code)

        self._do(work)

    def forget(self) -> None:
        def work() -> None:
            for session in self.sessions.values():
                session.alive = False

        self._do(work)

    def wait_for_beats(self, number: int) -> None:
        with self._beaten:
            assert self._beaten.wait_for(lambda: len(self.beats) >= number, 15), "no heartbeats"

    def invalidate(self, *, again: bool) -> None:
        """Tell clients that their session is invalid (op 9)."""
        self._do(lambda: [wire.out.put_nowait({"op": 9, "d": again}) for wire in self.wires])

    def call(self, url: str, payload: Any, *, forged: bool = False) -> httpx.Response:
        """Call an application's webhook address, with a wrong signature where `forged`."""
        body, at = json.dumps(payload).encode(), str(int(time.time()))
        key = Ed25519PrivateKey.generate() if forged else self.key
        signature = key.sign(at.encode() + body).hex()
        return deliver(url, body, {"x-signature-timestamp": at, "x-signature-ed25519": signature})

    def event(self, kind: str, user_id: str) -> dict[str, Any]:
        told = {"type": kind, "timestamp": _now().replace("+00:00", ""), "data": {"user": self._user(user_id)}}
        return {"version": 1, "application_id": self.bot_id, "type": 1, "event": told}

    # state ----------------------------------------------------------------------------------------------------------

    def _do(self, work: Callable[[], T]) -> T:
        if self._loop is None:  # nobody is connected
            return work()

        async def there() -> T:
            return work()

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result()

    def snowflake(self) -> str:
        return str((int(time.time() * 1000) - BEGINNING_MS) << 22 | next(self._count) & 0x3FFFFF)

    def _user(self, user_id: str) -> dict[str, Any]:
        name = self.names.get(user_id, f"user{user_id[-3:]}")
        bot = {"bot": True} if user_id == self.bot_id else {}
        return {"id": user_id, "username": name, "global_name": None, "discriminator": "0", "avatar": None, **bot}

    def _mentioned(self, said: str) -> list[dict[str, Any]]:
        return [self._user(user_id) for user_id in self.names if f"<@{user_id}>" in said]

    def _message(self, author_id: str, channel: Channel, said: str, reply_to: str) -> dict[str, Any]:
        message: dict[str, Any] = {
            "id": self.snowflake(),
            "channel_id": channel.id,
            "type": 19 if reply_to else 0,
            "content": said.strip(),
            "author": self._user(author_id),
            "timestamp": _now(),
            "edited_timestamp": None,
            "mentions": self._mentioned(said),
            "attachments": [],
            "embeds": [],
        }
        if channel.parent_id:
            message["position"] = len(channel.messages)
        if reply_to:
            message["message_reference"] = {"type": 0, "channel_id": channel.id, "message_id": reply_to}
            message["referenced_message"] = channel.messages.get(reply_to)
        return message

    def _add(self, channel: Channel, message: dict[str, Any], nonce: Any = None) -> None:
        channel.messages[message["id"]] = message
        told = self._told(channel, message)
        self._tell("MESSAGE_CREATE", {**told, "nonce": nonce} if nonce else told)

    def _told(self, channel: Channel, message: dict[str, Any]) -> dict[str, Any]:
        """As the gateway tells it: with the server, which a call does not."""
        if not channel.server_id:
            return dict(message)
        return {**message, "guild_id": channel.server_id, "member": {"nick": None, "roles": []}}

    def _remove(self, channel: Channel, message_ids: Sequence[str]) -> None:
        for message_id in message_ids:
            channel.messages.pop(message_id, None)
        where = {"channel_id": channel.id} | ({"guild_id": channel.server_id} if channel.server_id else {})
        if len(message_ids) == 1:
            self._tell("MESSAGE_DELETE", {"id": message_ids[0], **where})
        else:
            self._tell("MESSAGE_DELETE_BULK", {"ids": list(message_ids), **where})

    def _tell(self, kind: str, d: dict[str, Any]) -> None:
        for session in self.sessions.values():
            wanted = GUILD_MESSAGES if "guild_id" in d else DIRECT_MESSAGES
            if session.alive and session.intents & wanted:
                self._dispatch(session, kind, self._seen(session, d))

    def _seen(self, session: Session, d: dict[str, Any]) -> dict[str, Any]:
        """Without the intent the words of others are empty, unless they are meant for the bot."""
        if session.intents & MESSAGE_CONTENT or "guild_id" not in d or "content" not in d:
            return d
        meant = d["author"]["id"] == self.bot_id or any(user["id"] == self.bot_id for user in d["mentions"])
        return d if meant else {**d, "content": ""}

    def _dispatch(self, session: Session, kind: str, d: dict[str, Any]) -> None:
        frame = {"op": 0, "s": len(session.log) + 1, "t": kind, "d": d}
        session.log.append(frame)
        if session.wire is not None:
            session.wire.out.put_nowait(frame)

    # the gateway ----------------------------------------------------------------------------------------------------

    async def _gateway(self, socket: WebSocket) -> None:
        await socket.accept()
        if (socket.query_params.get("v"), socket.query_params.get("encoding")) != ("10", "json"):
            await socket.close(4012)
            return
        wire = Wire(socket)
        self.wires.append(wire)
        wire.out.put_nowait({"op": 10, "d": {"heartbeat_interval": self.heartbeat_ms}})
        writing = asyncio.create_task(wire.write())
        try:
            await self._hear(wire)
        except WebSocketDisconnect as gone:
            if not wire.closed:
                self.closed_with.append(gone.code)
            if not wire.closed and wire.session is not None and gone.code in (1000, 1001):
                wire.session.alive = False
        except RuntimeError:
            pass  # it was closed from here
        finally:
            writing.cancel()
            self.wires.remove(wire)
            if wire.session is not None and wire.session.wire is wire:
                wire.session.wire = None

    async def _hear(self, wire: Wire) -> None:
        while True:
            try:
                async with asyncio.timeout(self.heartbeat_ms / 1000 * 3 + 5):
                    raw = await wire.socket.receive_text()
            except TimeoutError:
                wire.out.put_nowait(4009)
                continue
            wire.received.append(time.monotonic())
            while wire.received[0] < time.monotonic() - 60:
                wire.received.popleft()
            if len(raw.encode()) > 4096 or len(wire.received) > 120:
                wire.out.put_nowait(4002 if len(raw.encode()) > 4096 else 4008)
                continue
            self._answer(wire, json.loads(raw))

    def _answer(self, wire: Wire, frame: dict[str, Any]) -> None:
        op, d = frame["op"], frame["d"]
        if op == 1:
            with self._beaten:
                self.beats.append(d)
                self._beaten.notify_all()
            if not self.deaf:
                wire.out.put_nowait({"op": 11})
        elif op not in (2, 6):
            wire.out.put_nowait(4001)
        elif wire.session is not None:
            wire.out.put_nowait(4005)
        elif d["token"] != self.token:
            wire.out.put_nowait(4004)
        elif op == 2:
            self._identify(wire, d)
        else:
            self._resume(wire, d)

    def _identify(self, wire: Wire, d: dict[str, Any]) -> None:
        self.identified.append(d)
        self.starts_left -= 1
        if self.starts_left < 0:
            self.token = "reset"
        if d["intents"] & ~KNOWN_INTENTS:
            wire.out.put_nowait(4013)
        elif d["intents"] & MESSAGE_CONTENT and not self.content_intent:
            wire.out.put_nowait(4014)
        elif self.starts_left < 0:
            wire.out.put_nowait(4004)
        elif self.busy:
            self.busy -= 1
            wire.out.put_nowait({"op": 9, "d": False})
        else:
            assert {"os", "browser", "device"} <= set(d["properties"])
            session = Session(f"s{len(self.sessions) + 1:031d}", d["intents"], wire=wire)
            self.sessions[session.id] = wire.session = session
            self._dispatch(session, "READY", self._ready(session))

    def _ready(self, session: Session) -> dict[str, Any]:
        return {
            "v": 10,
            "user": self._user(self.bot_id),
            "guilds": [{"id": self.server_id, "unavailable": True}],
            "session_id": session.id,
            "resume_gateway_url": f"{self._ws}/resume",
            "application": {"id": self.bot_id, "flags": 0},
        }

    def _resume(self, wire: Wire, d: dict[str, Any]) -> None:
        session = self.sessions.get(d["session_id"])
        if self.busy:
            self.busy -= 1
            wire.out.put_nowait({"op": 9, "d": True})
        elif session is None or not session.alive:
            wire.out.put_nowait({"op": 9, "d": False})
        elif d["seq"] > len(session.log):
            session.alive = False
            wire.out.put_nowait(4007)
        else:
            self.resumed += 1
            session.wire, wire.session = wire, session
            for missed in session.log[d["seq"] :]:
                wire.out.put_nowait(missed)
            self._dispatch(session, "RESUMED", {})

    @property
    def _ws(self) -> str:
        return self.url.replace("http", "ws", 1)

    # calls ----------------------------------------------------------------------------------------------------------

    def routes(self) -> Sequence[BaseRoute]:
        one, many = "/api/v10/channels/{channel}/messages/{message}", "/api/v10/channels/{channel}/messages"
        return [
            WebSocketRoute("/", self._gateway),
            WebSocketRoute("/resume/", self._gateway),
            Route("/api/v10/users/@me", self._checked(self._me)),
            Route("/api/v10/applications/@me", self._checked(self._application)),
            Route("/api/v10/gateway/bot", self._checked(self._address)),
            Route("/api/v10/channels/{channel}", self._checked(self._channel)),
            Route(many, self._checked(self._list), methods=["GET"]),
            Route(many, self._checked(self._post), methods=["POST"]),
            Route(one, self._checked(self._one), methods=["GET"]),
            Route(one, self._checked(self._delete), methods=["DELETE"]),
        ]

    def _checked(self, act: Callable[[Request, Any], Response]) -> Callable[[Request], Any]:
        async def answer(request: Request) -> Response:
            if not request.headers.get("user-agent", "").startswith("DiscordBot ("):
                return Response("<html>blocked</html>", 403, media_type="text/html")
            if request.headers.get("authorization") != f"Bot {self.token}":
                return refused(401, 0, "401: Unauthorized")
            wait = over(self._requests, self.global_limit, 1.0)
            if wait:
                return too_many(wait, everywhere=True)
            body = await request.body()
            return act(request, json.loads(body) if body else None)

        return answer

    def _me(self, request: Request, body: Any) -> Response:
        return JSONResponse(self._user(self.bot_id))

    def _application(self, request: Request, body: Any) -> Response:
        flags = GRANTED_TO_SMALL_APPS if self.content_intent else 0
        said = {"id": self.bot_id, "name": "Ada's avatar", "flags": flags, "verify_key": self.public_key}
        told = {"bot_public": self.public, "approximate_guild_count": self.servers}
        return JSONResponse({**said, **told, "event_webhooks_url": self.event_url})

    def _address(self, request: Request, body: Any) -> Response:
        limit = {"total": 1000, "remaining": self.starts_left, "reset_after": int(self.starts_reset * 1000)}
        return JSONResponse({"url": self._ws, "shards": 1, "session_start_limit": {**limit, "max_concurrency": 1}})

    def _visible(self, request: Request) -> Channel | Response:
        channel = self.channels.get(request.path_params["channel"])
        if channel is None:
            return refused(404, 10003, "Unknown Channel")
        return channel if channel.view else refused(403, 50001, "Missing Access")

    def _channel(self, request: Request, body: Any) -> Response:
        channel = self._visible(request)
        if isinstance(channel, Response):
            return channel
        kind = 1 if not channel.server_id else 11 if channel.parent_id else 0
        said = {"id": channel.id, "type": kind, "name": channel.name, "parent_id": channel.parent_id or None}
        return JSONResponse({**said, "guild_id": channel.server_id} if channel.server_id else said)

    def _list(self, request: Request, body: Any) -> Response:
        channel = self._visible(request)
        if isinstance(channel, Response):
            return channel
        rows = sorted(channel.messages.values(), key=lambda row: int(row["id"])) if channel.read_history else []
        after, limit = int(request.query_params.get("after", 0)), int(request.query_params.get("limit", 50))
        if not 1 <= limit <= 100:
            return refused(400, 50035, "Invalid Form Body", {"limit": "Value should be between 1 and 100."})
        later = [row for row in rows if int(row["id"]) > after]
        return JSONResponse(list(reversed(later[:limit])))

    def _one(self, request: Request, body: Any) -> Response:
        channel = self._visible(request)
        if isinstance(channel, Response):
            return channel
        if not channel.read_history:
            return refused(403, 50001, "Missing Access")
        message = channel.messages.get(request.path_params["message"])
        return JSONResponse(message) if message else refused(404, 10008, "Unknown Message")

    def _post(self, request: Request, body: Any) -> Response:
        channel = self._visible(request)
        if isinstance(channel, Response):
            return channel
        if problem := self._unwanted(channel, body):
            return problem
        wait = over(channel.posts, self.channel_limit, self.channel_seconds)
        headers = self._limit_headers(channel)
        if wait:
            return too_many(wait, headers)
        nonce = str(body.get("nonce", ""))
        at, known = self._nonces.get(nonce, (0.0, ""))
        if body.get("enforce_nonce") and known in channel.messages and time.monotonic() - at < self.nonce_seconds:
            return JSONResponse(channel.messages[known], headers=headers)
        answered = (body.get("message_reference") or {}).get("message_id", "")
        message = self._message(self.bot_id, channel, body["content"], answered)
        message |= {"mentions": [], "allowed_mentions": body.get("allowed_mentions")}
        self._nonces[nonce] = (time.monotonic(), message["id"])
        self._add(channel, message, nonce)
        return JSONResponse({**message, "nonce": nonce}, headers=headers)

    def _unwanted(self, channel: Channel, body: Any) -> Response | None:
        content, answered = str(body.get("content") or ""), body.get("message_reference") or {}
        if not channel.server_id and channel.blocked:
            return refused(403, 50007, "Cannot send messages to this user")
        if not channel.send:
            return refused(403, 50013, "Missing Permissions")
        if answered and channel.server_id and not channel.read_history:
            return refused(400, 160002, "Cannot reply without permission to read message history")
        if channel.locked:
            return refused(400, 160005, "Thread is locked")
        if not content.strip():
            return refused(400, 50006, "Cannot send an empty message")
        if len(content) > 2000:
            return refused(400, 50035, "Invalid Form Body", {"content": "Must be 2000 or fewer in length."})
        if len(str(body.get("nonce", ""))) > 25:
            return refused(400, 50035, "Invalid Form Body", {"nonce": "Must be 25 or fewer in length."})
        missing = answered.get("message_id") not in channel.messages
        if answered and missing and answered.get("fail_if_not_exists", True):
            return refused(400, 50035, "Invalid Form Body", {"message_reference": "Unknown message"})
        return None

    def _limit_headers(self, channel: Channel) -> dict[str, str]:
        left = max(0, self.channel_limit - len(channel.posts))
        first = channel.posts[0] if channel.posts else time.monotonic()
        after = max(0.0, first + self.channel_seconds - time.monotonic())
        limit = {"limit": self.channel_limit, "remaining": left, "reset-after": f"{after:.3f}", "bucket": "abcd1234"}
        return {f"x-ratelimit-{name}": str(value) for name, value in limit.items()}

    def _delete(self, request: Request, body: Any) -> Response:
        channel = self._visible(request)
        if isinstance(channel, Response):
            return channel
        message = channel.messages.get(request.path_params["message"])
        if message is None:
            return refused(404, 10008, "Unknown Message")
        if message["author"]["id"] != self.bot_id and not channel.server_id:
            return refused(403, 50003, "Cannot execute action on a DM channel")
        if message["author"]["id"] != self.bot_id and not channel.manage:
            return refused(403, 50013, "Missing Permissions")
        self._remove(channel, [message["id"]])
        return Response(status_code=204)


def over(times: deque[float], most: int, seconds: float) -> float:
    """Count a call; how long to wait where it is one too many."""
    now = time.monotonic()
    while times and times[0] <= now - seconds:
        times.popleft()
    if len(times) >= most:
        return times[0] + seconds - now
    times.append(now)
    return 0.0


def too_many(wait: float, headers: dict[str, str] | None = None, *, everywhere: bool = False) -> Response:
    body = {"message": "You are being rate limited.", "retry_after": round(wait, 3), "global": everywhere}
    said = {"retry-after": str(int(wait) + 1), "x-ratelimit-scope": "global" if everywhere else "user"}
    return JSONResponse(
        body, 429, {**(headers or {}), **said, **({"x-ratelimit-global": "true"} if everywhere else {})}
    )


def refused(status: int, code: int, message: str, fields: dict[str, str] | None = None) -> Response:
    body: dict[str, Any] = {"code": code, "message": message}
    if fields:
        body["errors"] = {key: {"_errors": [{"code": "WRONG", "message": why}]} for key, why in fields.items()}
    return JSONResponse(body, status)


def _now() -> str:
    return datetime.now(UTC).isoformat()
