"""A model that takes its time, on a real port, and remembers who was answered when."""

import re
import threading
import time
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

import orjson

from workers.bench.model import completion, quoted

SECONDS = 0.3
_MARK = re.compile(r"\((f_\d+)\)")


def marked(text: str, follower: str) -> str:
    """A question by which the model knows whose turn it is: the prompt itself names nobody."""
    return f"{text} ({follower})"


def mark_of(text: str) -> str:
    """Whose question it is, '' where it is nobody's: the last mark, as earlier ones stand in the history."""
    found = _MARK.findall(text)
    return str(found[-1]) if found else ""


class Model:
    """`with Model() as model: model.url`. calls: follower → when each call for their question began (epoch seconds)."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self.calls: dict[str, list[float]] = defaultdict(list)
        self.seconds = seconds
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.model = self
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"
        self._thread = threading.Thread(target=self._server.serve_forever, name="model", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def answer(self, asked: dict[str, Any]) -> dict[str, Any]:
        prompt = str(asked["messages"][-1]["content"])
        self.calls[mark_of(prompt)].append(time.time())
        time.sleep(self.seconds)
        return completion(quoted(asked) or "{}")


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a connection that a killed worker left is nobody's to wait for
    request_queue_size = 128
    model: Model


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_POST(self) -> None:
        asked = orjson.loads(self.rfile.read(int(self.headers["content-length"])))
        body = orjson.dumps(self.server.model.answer(asked))
        try:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            self.close_connection = True  # whoever asked was killed

    def handle(self) -> None:
        try:
            super().handle()
        except ConnectionError:
            return

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the library's name
        """Says nothing."""
