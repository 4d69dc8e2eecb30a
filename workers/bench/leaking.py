"""A model that leaks: whatever it is shown it gives back as its answer, over real HTTP, and it is remembered here.

The guard knows the instructions again, and holds back an answer that quotes them. So it gives back everything once,
once what the turn brought alone, and once the bare sentences that hold a word it was told to look for.
"""

import json
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from engage.compose.prompt import MARK
from workers.bench.model import completion


class Leaking:
    """The prompts that were seen, in the order in which they came."""

    def __init__(self, wanted: re.Pattern[str]) -> None:
        self._wanted = wanted
        self.prompts: list[str] = []
        self.url = ""

    def answer(self, messages: Sequence[Mapping[str, Any]]) -> str:
        """What it says to a prompt."""
        said = [str(message["content"]) for message in messages]
        self.prompts.append("\n".join(said))
        match len(self.prompts) % 3:
            case 0:
                return self.prompts[-1]
            case 1:
                return said[-1]
        lines = [line.removeprefix(MARK) for line in said[-1].splitlines() if self._wanted.search(line)]
        return " ".join(dict.fromkeys(lines))


@contextmanager
def running(wanted: re.Pattern[str]) -> Iterator[Leaking]:
    """The model's server, in this process."""
    model = Leaking(wanted)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            told = {
                "answer": model.answer(asked["messages"]),
                "passages": ["p1", "p2", "p3"],
                "decline": False,
                "reason": "",
            }
            body = json.dumps(completion(json.dumps(told))).encode()
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name in the standard library
            """Nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    model.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
