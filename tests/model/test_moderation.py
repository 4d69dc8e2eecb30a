"""A moderation endpoint over real HTTP: what it says in our words, and what its failures mean."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from engage.compose.moderation import Moderation
from engage.errors import ConfigError, Unavailable
from engage.settings import load
from workers import doctor

KEY = "sk-moderation-0123456789"
NOTHING = {"harassment": 0.0, "hate": 0.0, "self-harm": 0.0, "self-harm/intent": 0.0, "illicit": 0.0, "violence": 0.0}


class Endpoint(ThreadingHTTPServer):
    """Answers as OpenAI's does. `scores` are of the next texts, `status` and `body` replace the answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.scores: dict[str, float] = {}
        self.status = 200
        self.body: bytes | None = None
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.asked.append({"path": self.path, **json.loads(body)})
        self.server.keys.append(self.headers["authorization"])
        result = {"flagged": False, "categories": {}, "category_scores": NOTHING | self.server.scores}
        answer = {"id": "m", "model": "m", "results": [result]}
        told = json.dumps(answer).encode() if self.server.body is None else self.server.body
        self.send_response(self.server.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(told)))
        self.end_headers()
        self.wfile.write(told)

    def log_message(self, *_: object) -> None:
        """Not into the tests' output."""


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    server = Endpoint()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


async def scores(endpoint: Endpoint, text: str = "hello") -> dict[str, float]:
    moderation = Moderation("openai:omni", endpoint.url, KEY, 5)
    try:
        return dict(await moderation.scores(text))
    finally:
        await moderation.aclose()


async def test_its_categories_become_our_labels(endpoint: Endpoint) -> None:
    endpoint.scores = {"harassment": 0.2, "hate": 0.9, "self-harm/intent": 0.7, "violence": 1.0}
    assert await scores(endpoint, "what a text") == {"abuse": 0.9, "self_harm": 0.7, "restricted": 0.0}
    assert endpoint.asked == [{"path": "/v1/moderations", "model": "omni", "input": "what a text"}]
    assert endpoint.keys == [f"Bearer {KEY}"]


@pytest.mark.parametrize(
    ("status", "body"),
    [(500, b"{}"), (401, b"{}"), (429, b"{}"), (200, b"{}"), (200, b'{"results": []}'), (200, b"no")],
)
async def test_whatever_is_no_answer_means_that_it_is_away(endpoint: Endpoint, status: int, body: bytes) -> None:
    endpoint.status, endpoint.body = status, body
    with pytest.raises(Unavailable) as found:
        await scores(endpoint)
    assert KEY not in str(found.value)


async def test_an_endpoint_that_is_not_there_is_away() -> None:
    moderation = Moderation("mine", "http://127.0.0.1:1/v1", "", 1)
    with pytest.raises(Unavailable):
        await moderation.scores("hello")
    await moderation.aclose()


def test_a_setting_that_cannot_work_is_told() -> None:
    with pytest.raises(ConfigError, match="moderation_base_url"):
        Moderation("acme:guard", "", KEY, 5)
    with pytest.raises(ConfigError, match="moderation_api_key"):
        Moderation("openai:omni", "", "", 5)


def test_doctor_asks_it_once(endpoint: Endpoint, tmp_path: Path) -> None:
    def found(**chosen: Any) -> tuple[str, str]:
        checks = doctor.examine(load({}, home=tmp_path, **chosen))
        (check,) = [check for check in checks if check.name == "moderation"]
        return check.state, check.found

    named = {"moderation": "openai:omni", "moderation_base_url": endpoint.url, "moderation_api_key": KEY}
    assert found()[0] == "ok"
    assert found(**named) == ("ok", f"openai:omni at {endpoint.url}")
    endpoint.status = 500
    assert found(**named)[0] == "fail"
    assert found(moderation="acme:guard")[0] == "fail"
