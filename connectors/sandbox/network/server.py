"""Serving the network: in this process until stopped, or in a thread beside tests, the demo and measurements."""

import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connectors.sandbox.network.app import application
from connectors.sandbox.network.site import Site

START_TIMEOUT_S = 20.0


class _Protocol(HttpToolsProtocol):
    """HTTP that can also be cut, for the fault "posted, and the connection is reset"."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self.scope["extensions"] = {"sandbox.connection": {"abort": self.transport.abort}}


class _Server(uvicorn.Server):
    """A server that says when it is ready."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._ready()


def _server(site: Site, ready: Callable[[], None]) -> _Server:
    config = uvicorn.Config(
        application(site),
        http=_Protocol,
        ws="none",
        lifespan="on",
        log_level="warning",
        access_log=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=1,  # open pages and held answers do not keep it alive
    )
    return _Server(config, ready)


def _listen(host: str, port: int) -> tuple[socket.socket, str]:
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    name = f"[{host}]" if ":" in host else host
    return listener, f"http://{name}:{listener.getsockname()[1]}"


def serve(host: str, port: int, ready: Callable[[str], None]) -> None:
    """Serve a new network until SIGINT or SIGTERM; `ready` is told the address. Port 0 takes a free one."""
    listener, url = _listen(host, port)
    with listener:
        _server(Site(), lambda: ready(url)).run(sockets=[listener])


class SandboxServer:
    """A network on a free port, in a thread: `with SandboxServer() as server: … server.url`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0) -> None:
        self.site = Site()
        self._listener, self.url = _listen(host, port)
        self._started = threading.Event()
        self._server = _server(self.site, self._started.set)
        self._thread = threading.Thread(target=self._server.run, args=([self._listener],), name="sandbox", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._started.wait(START_TIMEOUT_S):
            raise TimeoutError("the sandbox did not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listener.close()
