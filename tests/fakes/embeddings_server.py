"""A small real server of the OpenAI embeddings protocol: the built-in model, seen through a random projection.

with EmbeddingsServer() as server:
    server.mode = Mode.BUSY
    encoder = ProvidedEncoder("openai:other", server.url, "key", 5)
"""

import asyncio
import base64
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from enum import StrEnum, auto
from typing import Any, Self

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from engage.memory.encoder import shared_encoder
from engage.memory.floats import Floats
from engage.memory.local import DIMENSIONS

WIDTH = 256
SHARED = 0.6  # of what all its vectors have in common: unrelated texts look alike to it
NOISE = 0.005


class Mode(StrEnum):
    """How it behaves."""

    GOOD = auto()
    BUSY = auto()  # 429 with Retry-After: 7
    BUSY_SHORTLY = auto()  # 429 with Retry-After: 0
    BROKEN = auto()  # 500
    UNAUTHORIZED = auto()
    NO_MODEL = auto()
    ECHOES_KEY = auto()  # 400 whose words hold the key
    WIDER = auto()  # a number more in each vector
    UNEVEN = auto()  # vectors of two widths
    FEWER = auto()  # a vector too few
    NAN = auto()
    ZEROS = auto()
    WORDS = auto()  # something else than numbers
    PAGE = auto()  # a web page with 200
    HANG = auto()  # no answer while the server lives


class EmbeddingsServer:
    """Serves from a thread while the `with` block lasts. `mode` holds for every call, `script` for the next ones."""

    def __init__(self, port: int = 0) -> None:
        self.reset()
        self._begun = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def reset(self) -> None:
        """As new: a good model that was never asked."""
        self.mode = Mode.GOOD
        self.script: list[Mode] = []
        self.answered: Counter[str] = Counter()  # texts whose vectors were given away
        self.calls = 0
        self.keys: list[str] = []
        self.sizes: list[int] = []
        self.hang_from: int | None = None  # calls that are answered; the next ones hang
        self.hanging = threading.Event()
        self.before: Callable[[], None] = lambda: None  # called, on a thread, before each answer

    def __enter__(self) -> Self:
        app = Starlette(routes=[Route("/v1/embeddings", self._embed, methods=["POST"])])
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        self._begun.wait(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._socket.close()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        await self._server.serve([self._socket])

    async def _embed(self, request: Request) -> Response:
        asked = await request.json()
        self.calls += 1
        self.keys.append(request.headers.get("authorization", ""))
        texts = [asked["input"]] if isinstance(asked["input"], str) else list(asked["input"])
        self.sizes.append(len(texts))
        mode = self.script.pop(0) if self.script else self.mode
        if mode is Mode.HANG or (self.hang_from is not None and self.calls > self.hang_from):
            self.hanging.set()
            await self._over.wait()
            return failure(503, "over")
        if mode in FAILURES:
            return FAILURES[mode]()
        await asyncio.to_thread(self.before)
        vectors = SPOILT.get(mode, lambda made: made)((await asyncio.to_thread(project, texts)).tolist())
        self.answered.update(texts)
        return answer(vectors, asked.get("encoding_format", "float"))


def project(texts: Sequence[str]) -> Floats:
    """The built-in vectors in WIDTH dimensions, pushed towards one direction, with noise that a text always gets."""
    # Alone, as questions are: the built-in encoder gives a text the same vector whatever stands beside it.
    made = shared_encoder().encode(texts) @ _MATRIX
    noise = np.stack([np.random.default_rng(len(text)).normal(size=WIDTH) for text in texts]) * NOISE
    found = made / np.linalg.norm(made, axis=1, keepdims=True) + noise
    found[:, 0] += SHARED
    shown: Floats = (3.0 * found).astype(np.float32)  # of any length: who wants unit vectors makes them
    return shown


_MATRIX = np.random.default_rng(7).normal(size=(DIMENSIONS, WIDTH)).astype(np.float32)


def answer(vectors: list[Any], form: str) -> Response:
    def shown(one: Any) -> Any:
        return base64.b64encode(np.asarray(one, np.float32).tobytes()).decode() if form == "base64" else one

    data = [{"object": "embedding", "index": at, "embedding": shown(one)} for at, one in enumerate(vectors)]
    usage = {"prompt_tokens": 1, "total_tokens": 1}
    body = {"object": "list", "data": data, "model": "other", "usage": usage}
    return Response(json.dumps(body), media_type="application/json")  # NaN goes through, as from many servers


def failure(status: int, message: str, **headers: str) -> Response:
    error = {"message": message, "type": "error", "param": None, "code": ""}
    return JSONResponse({"error": error}, status, {name.replace("_", "-"): value for name, value in headers.items()})


SPOILT: dict[Mode, Callable[[list[list[float]]], list[Any]]] = {
    Mode.WIDER: lambda made: [[*one, 0.5] for one in made],
    Mode.UNEVEN: lambda made: [[*made[0], 0.5], *made[1:]],
    Mode.FEWER: lambda made: made[:-1] or [made[0], made[0]],
    Mode.NAN: lambda made: [[float("nan"), *one[1:]] for one in made],
    Mode.ZEROS: lambda made: [[0.0] * len(one) for one in made],
    Mode.WORDS: lambda made: [["much"] * len(one) for one in made],
}
FAILURES: dict[Mode, Callable[[], Response]] = {
    Mode.BUSY: lambda: failure(429, "Rate limit reached", retry_after="7"),
    Mode.BUSY_SHORTLY: lambda: failure(429, "Rate limit reached", retry_after="0"),
    Mode.BROKEN: lambda: failure(500, "The server had an error"),
    Mode.UNAUTHORIZED: lambda: failure(401, "Incorrect API key provided: sk-test-key-0123456789"),
    Mode.NO_MODEL: lambda: failure(404, "The model `other` does not exist"),
    Mode.ECHOES_KEY: lambda: failure(400, "no model for sk-test-key-0123456789"),
    Mode.PAGE: lambda: Response("<html>welcome</html>", media_type="text/html"),
}
