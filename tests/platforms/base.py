"""What the simulated platforms share: real HTTP and WebSockets on a port of this machine, with dials for faults.

A simulator subclasses `Simulator`, gives its `routes`, and enforces the platform's documented rules in them. Whatever
it is asked is kept in `calls`. The dials act on the next calls of a path:

- `fail(path, 503)`: an answer of that status, and nothing is done
- `cut(path)`: the connection is cut before anything is done
- `lose(path)`: it is done, and the connection is cut instead of an answer
- `stall(path)`: it is done, and the answer does not come before the simulator stops
"""

import asyncio
import json
import socket
import threading
import time
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

START_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Call:
    """One request as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes
    raw_query: str = ""
    at: float = field(default_factory=time.monotonic, compare=False)

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))


@dataclass(slots=True)
class _Dial:
    path: str
    times: int
    act: Callable[[Scope, Receive, Send, ASGIApp], Awaitable[None]]
    method: str = ""


class _Protocol(HttpToolsProtocol):
    """HTTP whose connection can be cut."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"simulator": {"abort": self.transport.abort}}


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._ready = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready.set()


@dataclass
class Simulator(ABC):
    """`with SomePlatform() as platform: … platform.url`. It runs on a thread of its own."""

    calls: list[Call] = field(default_factory=list)
    url: str = ""
    answer_counts: Counter[tuple[str, int]] = field(default_factory=Counter)  # of answers, by path

    def __post_init__(self) -> None:
        self._dials: list[_Dial] = []
        self._over = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    @abstractmethod
    def routes(self) -> Sequence[BaseRoute]:
        """What it answers."""

    # dials ----------------------------------------------------------------------------------------------------------

    def fail(
        self,
        path: str,
        status: int,
        body: Any = "",
        headers: Mapping[str, str] | None = None,
        times: int = 1,
        method: str = "",
    ) -> None:
        text = body if isinstance(body, str) else json.dumps(body)
        kind = "text/plain" if isinstance(body, str) else "application/json"

        async def act(scope: Scope, receive: Receive, send: Send, app: ASGIApp) -> None:
            answer = Response(text, status, {"content-type": kind, **(headers or {})})
            await answer(scope, receive, send)

        self._dials.append(_Dial(path, times, act, method))

    def cut(self, path: str, times: int = 1, method: str = "") -> None:
        async def act(scope: Scope, receive: Receive, send: Send, app: ASGIApp) -> None:
            scope["extensions"]["simulator"]["abort"]()

        self._dials.append(_Dial(path, times, act, method))

    def lose(self, path: str, times: int = 1, method: str = "") -> None:
        async def act(scope: Scope, receive: Receive, send: Send, app: ASGIApp) -> None:
            await app(scope, receive, _nowhere)
            scope["extensions"]["simulator"]["abort"]()

        self._dials.append(_Dial(path, times, act, method))

    def stall(self, path: str, times: int = 1, method: str = "") -> None:
        async def act(scope: Scope, receive: Receive, send: Send, app: ASGIApp) -> None:
            await app(scope, receive, _nowhere)
            await self._over.wait()

        self._dials.append(_Dial(path, times, act, method))

    def calls_to(self, path: str, method: str = "") -> list[Call]:
        """What was asked of addresses that begin with `path`."""
        return [call for call in self.calls if call.path.startswith(path) and method in ("", call.method)]

    # serving --------------------------------------------------------------------------------------------------------

    async def _app(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._loop = asyncio.get_running_loop()
        inner = self._starlette
        if scope["type"] != "http":
            await inner(scope, receive, send)
            return
        body = await _whole(receive)
        self._note(scope, body)
        given = _again(body, receive)
        for dial in self._dials:
            if scope["path"].startswith(dial.path) and dial.method in ("", scope["method"]) and dial.times > 0:
                dial.times -= 1
                await dial.act(scope, given, send, inner)
                return

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                self.answer_counts[scope["path"], message["status"]] += 1
            await send(message)

        await inner(scope, given, counted)

    def _note(self, scope: Scope, body: bytes) -> None:
        raw = scope["query_string"].decode()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        query = dict(parse_qsl(raw, keep_blank_values=True))
        self.calls.append(Call(scope["method"], scope["path"], query, headers, body, raw))

    def soon(self, work: Callable[[], Any]) -> None:
        """Do something in the simulator's own loop, once it has answered somebody."""
        assert self._loop is not None, "nobody has called yet"
        self._loop.call_soon_threadsafe(work)

    def __enter__(self) -> Self:
        self._starlette = Starlette(routes=list(self.routes()))
        self._listener = socket.socket()
        self._listener.bind(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        config = uvicorn.Config(
            self._app,
            http=_Protocol,
            ws="websockets-sansio",
            interface="asgi3",  # (of a bound method it would think that it is older)
            lifespan="off",
            log_level="error",
            access_log=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=1,
        )
        started = threading.Event()
        self._server = _Server(config, started)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._listener],), name=type(self).__name__, daemon=True
        )
        self._thread.start()
        assert started.wait(START_SECONDS), "the simulator did not start"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._over.set)
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()


async def _nowhere(message: Message) -> None:
    """An answer that nobody gets."""


async def _whole(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


def _again(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, and then what the connection says."""
    parts = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def give() -> Message:
        return next(parts, None) or await receive()

    return give


def deliver(url: str, body: bytes, headers: Mapping[str, str]) -> httpx.Response:
    """Call a webhook as a platform does."""
    sent = {"content-type": "application/json", **headers}
    return httpx.post(url, content=body, headers=sent, timeout=20)
