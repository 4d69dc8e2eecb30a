"""One network for all tests of a module, emptied before each; and an app's webhook endpoint."""

import json
import queue
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from connectors.sandbox.network.server import SandboxServer


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxServer]:
    with SandboxServer() as server:
        yield server


@dataclass
class World:
    """A network with one creator, and short names for what everybody does there."""

    http: httpx.Client
    url: str
    account: dict[str, Any] = field(default_factory=dict)
    post_id: str = ""

    def call(self, method: str, path: str, body: Any = None, *, status: int = 200, token: str = "") -> Any:
        headers = {"authorization": f"Bearer {token}"} if token else {}
        answer = self.http.request(method, path, json=body, headers=headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: Any = None, *, status: int, token: str = "") -> str:
        """The code of the refusal."""
        return str(self.call(method, path, body, status=status, token=token)["error"]["code"])

    def write(self, surface: str = "comment", text: str = "How long?", **more: Any) -> dict[str, str]:
        body = {"creator": "ada", "surface": surface, "follower": "tom", "follower_name": "Tom", "text": text, **more}
        if surface == "comment" and "reply_to" not in more:
            body.setdefault("post_id", self.post_id)
        return dict(self.call("POST", "/api/follow/write", body, status=201))

    def answer(
        self, to: dict[str, str], surface: str = "comment", text: str = "Six weeks.", **more: Any
    ) -> dict[str, Any]:
        place = {"conversation_id": to["conversation_id"], "in_reply_to": to["id"]}
        return {"surface": surface, "text": text, "automated": True, **place, **more}

    def reply(self, to: dict[str, str], surface: str = "comment", text: str = "Six weeks.", **more: Any) -> Any:
        return self.call("POST", "/api/reply", self.answer(to, surface, text, **more), token=self.token)

    def refused_reply(self, body: dict[str, Any], status: int) -> str:
        return self.refused("POST", "/api/reply", body, status=status, token=self.token)

    def events(self, after: int = 0, **query: int) -> list[Any]:
        path = f"/api/events?after={after}" + "".join(f"&{name}={value}" for name, value in query.items())
        return list(self.call("GET", path, token=self.token)["events"])

    def stats(self) -> Any:
        return self.call("GET", "/_stats")

    def faults(self, **dials: Any) -> Any:
        return self.call("PUT", "/_faults", dials)

    @property
    def token(self) -> str:
        return str(self.account["access_token"])


@pytest.fixture
def world(running: SandboxServer) -> Iterator[World]:
    with httpx.Client(base_url=running.url, trust_env=False, timeout=10) as client:
        made = World(client, running.url)
        made.call("POST", "/_reset")
        made.account = made.call("POST", "/api/accounts", {"handle": "ada", "display_name": "Ada"}, status=201)
        post = made.call("POST", "/api/creator/post", {"creator": "ada", "text": "New shoes day!"}, status=201)
        made.post_id = post["id"]
        yield made


@dataclass
class Endpoint:
    """Where an app takes webhooks: what came, and what to answer next (200 where nothing is said)."""

    url: str = ""
    statuses: list[int] = field(default_factory=list)
    came: "queue.Queue[tuple[dict[str, str], bytes]]" = field(default_factory=queue.Queue)

    def next(self) -> tuple[dict[str, str], bytes]:
        return self.came.get(timeout=5)

    def next_event(self) -> Any:
        return json.loads(self.next()[1])


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    made = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            made.came.put(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(made.statuses.pop(0) if made.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    made.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield made
    server.shutdown()
    server.server_close()
    thread.join()
