"""A stand-in for a model's server in a process of its own: waits as long as a model does, and costs little itself.

It speaks the OpenAI protocol. Asked as Engage asks, it quotes the first passage and names it, so that grounding and
guard do their whole work; anybody else gets a fixed text. What it cost the machine is not counted as Engage's.
"""

import argparse
import asyncio
import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import uvicorn

from workers import process

USAGE = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
DIMENSIONS = 384
FIXED = "Thank you for watching!"
LONGEST = 220  # characters: a public comment has 300, and its disclosure needs some of them
_PASSAGE = re.compile(r"^\[(p\d+)\] .*\n(?:asked:\n(?:¦ .*\n)+answered:\n)?¦ (.*)$", re.MULTILINE)


class Model:
    """Bare ASGI: a framework would cost more than everything it does here."""

    def __init__(self, seconds: float, text: str) -> None:
        self._seconds = seconds
        self._text = text
        self.calls = 0
        self.in_flight = 0
        self.peak = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        asked = await _body(receive)
        answer = await self._answer(scope["path"], asked)
        body = orjson.dumps(answer)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200 if answer is not None else 404, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _answer(self, path: str, asked: bytes) -> Any:
        if path.endswith("/chat/completions"):
            return completion(await self._write(orjson.loads(asked)))
        if path.endswith("/responses"):
            return response(await self._write(orjson.loads(asked)))
        if path.endswith("/embeddings"):
            return embeddings(orjson.loads(asked)["input"])
        if path == "/stats":
            return {"calls": self.calls, "peak_in_flight": self.peak}
        return None

    async def _write(self, asked: dict[str, Any]) -> str:
        self.calls += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        await asyncio.sleep(self._seconds)
        self.in_flight -= 1
        return quoted(asked) or self._text


async def _body(receive: Any) -> bytes:
    parts: list[bytes] = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


def quoted(asked: dict[str, Any]) -> str:
    """The reply to a prompt of ours: its first passage, shortened at a sentence; '' for anybody else's prompt."""
    prompt = next((m["content"] for m in asked.get("messages", ()) if m["role"] == "user"), "")
    found = _PASSAGE.search(prompt) if isinstance(prompt, str) else None
    if found is None:
        return ""
    code, text = found.groups()
    if len(text) > LONGEST:
        text = text[:LONGEST].rpartition(". ")[0] or text[:LONGEST]
    return json.dumps({"answer": text, "passages": [code], "decline": False, "reason": ""})


def completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}


def response(text: str) -> dict[str, Any]:
    """The newer protocol of the same provider, which some of the references speak."""
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "id": "m", "status": "completed", "role": "assistant", "content": [part]}
    counted = {"input_tokens": 900, "output_tokens": 60, "total_tokens": 960}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    head = {"id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "m", "error": None}
    return {**head, "output": [message], "usage": {**counted, **details}, "incomplete_details": None}


def embeddings(texts: Any) -> dict[str, Any]:
    count = len(texts) if isinstance(texts, list) else 1
    data = [{"object": "embedding", "index": place, "embedding": [0.01] * DIMENSIONS} for place in range(count)]
    return {"object": "list", "model": "e", "data": data, "usage": {"prompt_tokens": 1, "total_tokens": 1}}


@contextmanager
def running(ms: float, text: str = FIXED) -> Iterator[str]:
    """The stand-in as a process of its own; yields the address that OpenAI's clients are given."""
    line = [sys.executable, "-m", "workers.bench.model", "--ms", str(ms), "--text", text]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, env={**os.environ, process.PARENT: str(os.getpid())})
    assert server.stdout is not None
    with server.stdout:
        try:
            yield str(json.loads(server.stdout.readline())["url"])
        finally:
            process.end(server, 10)


def main() -> int:
    reading = argparse.ArgumentParser(description=__doc__)
    reading.add_argument("--ms", type=float, default=800)
    reading.add_argument("--text", default=FIXED)
    chosen = reading.parse_args()
    process.begin("ERROR")
    listening = socket.create_server(("127.0.0.1", 0), backlog=2048)
    print(json.dumps({"url": f"http://127.0.0.1:{listening.getsockname()[1]}/v1"}), flush=True)  # noqa: T201
    app = Model(chosen.ms / 1000, chosen.text)
    options = {"log_config": None, "access_log": False, "lifespan": "off", "timeout_keep_alive": 30}
    uvicorn.Server(uvicorn.Config(app, **options)).run([listening])  # type: ignore[arg-type]
    return 0


if __name__ == "__main__":
    sys.exit(main())
