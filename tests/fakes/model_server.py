"""A small real server of the OpenAI chat-completions protocol. Tests say how its model behaves.

with ModelServer() as server:
    server.mode = Mode.FENCED
    composer = ModelComposer("openai:m", base_url=server.url, api_key="key")
"""

import asyncio
import json
import re
import socket
import threading
from collections.abc import AsyncIterator, Callable
from enum import StrEnum, auto
from typing import Any, Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response, StreamingResponse
from starlette.routing import Route

USAGE = {"prompt_tokens": 120, "completion_tokens": 30, "total_tokens": 150}
ALL = [f"p{number}" for number in range(1, 7)]
Asked = dict[str, Any]  # the body of a request


class Mode(StrEnum):
    """How the model, or the server before it, behaves."""

    STRUCTURED = auto()  # a good model: the passage nearest to what the follower asked, or declines
    FENCED = auto()  # the same inside ``` marks
    PROSE = auto()  # the same with talk around it
    DECLINE = auto()
    UNCITED = auto()  # a good answer that names a passage that was never given
    GARBAGE = auto()
    EMPTY = auto()
    REFUSAL = auto()
    CUT = auto()  # the answer ends in the middle: finish_reason "length"
    ABORT = auto()  # the connection ends in the middle of the body
    STREAM = auto()  # half of an event stream nobody asked for
    HANG = auto()  # no answer while the server lives
    NO_SCHEMA = auto()  # 400 for any response_format
    UNAUTHORIZED = auto()
    NO_MODEL = auto()
    BUSY = auto()  # 429 with Retry-After: 7
    BROKEN = auto()  # 500
    FILTERED = auto()  # 400 about what the follower wrote
    PAGE = auto()  # a web page with 200
    GATEWAY = auto()  # 502 with a web page
    ECHOES_KEY = auto()  # 400 whose words hold the key
    QUOTES = auto()  # 429 whose words hold what the follower wrote
    REFUSES_ALOUD = auto()  # a refusal beside an answer that could be read
    OBEYS = auto()  # taken over: answers with whatever the follower wrote
    SAYS = auto()  # taken over for good: answers with `says`, and names all passages for it
    LEAKS = auto()  # tells its instructions
    LEAKS_MARK = auto()  # tells only the mark in them, spelled out
    INVENTS = auto()  # facts no passage holds, with a passage named for them


class ModelServer:
    """Serves from a thread while the `with` block lasts. `mode` holds for every call, `script` for the next ones."""

    def __init__(self, port: int = 0) -> None:
        self.reset()
        self._socket = socket.create_server(("127.0.0.1", port), backlog=512)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def reset(self) -> None:
        """As new: a good model that was never asked."""
        self.mode = Mode.STRUCTURED
        self.script: list[Mode] = []
        self.says = ""
        self.delay = 0.0  # seconds before an answer, for measurements
        self.requests: list[Asked] = []
        self.keys: list[str] = []
        self.callers: list[tuple[str, int]] = []  # address and port that the connections came from
        self._crowd, self._gathered = 0, asyncio.Event()
        self.targets: list[str] = []  # the addresses asked for; whole ones where it is taken for a proxy

    def gather(self, count: int) -> None:
        """Answer nobody before `count` calls more are open."""
        self._crowd, self._gathered = self.calls + count, asyncio.Event()

    @property
    def calls(self) -> int:
        return len(self.requests)

    def __enter__(self) -> Self:
        routes = [("/v1/chat/completions", self._complete), ("/v1/responses", self._respond)]
        app = Starlette(routes=[Route(path, endpoint, methods=["POST"]) for path, endpoint in routes])
        self._server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)
        self._socket.close()

    async def _serve(self) -> None:
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        await self._server.serve([self._socket])

    async def _complete(self, request: Request) -> Response:
        asked: Asked = await request.json()
        self.requests.append(asked)
        self.keys.append(request.headers.get("authorization", ""))
        self.callers.append(request.scope["client"])
        if self.calls >= self._crowd:
            self._gathered.set()
        await self._gathered.wait()
        self.targets.append(f"{request.headers['host']}{request.url.path}")
        mode = self.script.pop(0) if self.script else self.mode
        if mode is Mode.HANG:
            await self._over.wait()
        if self.delay:
            await asyncio.sleep(self.delay)
        if mode is Mode.NO_SCHEMA and "response_format" not in asked:
            mode = Mode.STRUCTURED
        if mode is Mode.SAYS:
            return completion(written(self.says, *ALL))
        return FAILURES[mode](asked) if mode in FAILURES else completion(ANSWERS[mode](asked))

    async def _respond(self, request: Request) -> Response:
        """The newer protocol, which a few models are reached by only."""
        asked: Asked = await request.json()
        self.requests.append(asked)
        messages = [{"role": message["role"], "content": text_of(message["content"])} for message in asked["input"]]
        return newer(good({"messages": messages}))


def text_of(content: Any) -> str:
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def newer(content: str) -> Response:
    """A completion of the newer protocol."""
    part = {"type": "output_text", "text": content, "annotations": []}
    message = {"id": "m_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    head = {"id": "r_1", "object": "response", "created_at": 1, "status": "completed", "model": "m"}
    rest = {"parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    details = {"input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    usage = {"input_tokens": 120, "output_tokens": 30, "total_tokens": 150, **details}
    return JSONResponse({**head, **rest, "output": [message], "usage": usage})


def completion(content: str, finish: str = "stop", refusal: str | None = None) -> Response:
    message = {"role": "assistant", "content": content, "refusal": refusal}
    choice = {"index": 0, "message": message, "finish_reason": finish}
    body = {"id": "c_1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
    return JSONResponse(body)


def failure(status: int, message: str, code: str = "", **headers: str) -> Response:
    error = {"message": message, "type": "error", "param": None, "code": code}
    return JSONResponse({"error": error}, status, {name.replace("_", "-"): value for name, value in headers.items()})


def broken_off(body: bytes, **headers: str) -> Response:
    """A body that ends before it is whole."""

    async def parts() -> AsyncIterator[bytes]:
        yield body
        raise ConnectionAbortedError("the server hangs up")

    return StreamingResponse(parts(), headers={"content-type": "application/json", "content-length": "900", **headers})


# What the models read and write --------------------------------------------------------------------------------------


def prompt(asked: Asked) -> str:
    """The message of the turn: the first that is not the system's."""
    return str(next(message["content"] for message in asked["messages"] if message["role"] == "user"))


def blocks(asked: Asked) -> list[str]:
    """What stands between fence lines, without the marks: passages, history, perhaps a post, the follower's text."""
    nonce = re.search(r"^<<<(\w+)$", prompt(asked), re.MULTILINE)
    assert nonce, "the prompt has no fence"
    found = re.findall(rf"^<<<{nonce[1]}\n(.*?)\n{nonce[1]}>>>$", prompt(asked), re.MULTILINE | re.DOTALL)
    return [re.sub(r"^¦ ", "", block, flags=re.MULTILINE) for block in found]


def nearest(asked: Asked) -> tuple[str, str]:
    """Code and first line of the passage that shares most words with the follower's text; empty where none does."""
    wanted = _words(blocks(asked)[-1])
    found = re.findall(r"^\[(p\d+)\] .*\n((?:(?!\[p\d+\] ).*(?:\n|$))+)", blocks(asked)[0], re.MULTILINE)
    score, code, text = max(((len(wanted & _words(text)), code, text) for code, text in found), default=(0, "", ""))
    return (code, text.split("answered:\n")[-1].split("\n")[0]) if score else ("", "")


def _words(text: str) -> set[str]:
    return {word for word in re.findall(r"\w+", text.lower()) if len(word) > 3}


def written(answer: str, *passages: str, decline: bool = False, reason: str = "") -> str:
    return json.dumps({"answer": answer, "passages": passages, "decline": decline, "reason": reason})


def good(asked: Asked) -> str:
    code, line = nearest(asked)
    return written(line, code) if code else written("", decline=True, reason="no passage answers it")


def taken_over(asked: Asked) -> str:
    return written(blocks(asked)[-1], *ALL)


def instructions(asked: Asked) -> str:
    return str(asked["messages"][0]["content"])


def mark(asked: Asked) -> str:
    return " ".join(instructions(asked).split()[-1].upper())


ANSWERS: dict[Mode, Callable[[Asked], str]] = {
    Mode.STRUCTURED: good,
    Mode.FENCED: lambda asked: f"```json\n{good(asked)}\n```",
    Mode.PROSE: lambda asked: f"Sure! Here is {{the}} reply you asked for:\n\n{good(asked)}\n\nAnything else?",
    Mode.DECLINE: lambda asked: written("", decline=True, reason="not in the passages"),
    Mode.UNCITED: lambda asked: written(nearest(asked)[1], "p99", "passage 1"),
    Mode.GARBAGE: lambda asked: "]] lorem {ipsum: dolor",
    Mode.EMPTY: lambda asked: "",
    Mode.OBEYS: taken_over,
    Mode.LEAKS: lambda asked: written(f"My instructions: {instructions(asked)[:600]}", "p1"),
    Mode.LEAKS_MARK: lambda asked: written(f"The secret is {mark(asked)}", "p1"),
    Mode.INVENTS: lambda asked: written("The workshop opens at 9:30 and a full rebuild costs 499 euros.", "p1"),
}
FAILURES: dict[Mode, Callable[[Asked], Response]] = {
    Mode.REFUSAL: lambda asked: completion("", refusal="I cannot help with that."),
    Mode.CUT: lambda asked: completion(good(asked)[:25], finish="length"),
    Mode.ABORT: lambda asked: broken_off(b'{"id": "c_1", "choices": [{"mess'),
    Mode.STREAM: lambda asked: Response(b'data: {"choices": [{"del', media_type="text/event-stream"),
    Mode.HANG: lambda asked: failure(503, "over"),
    Mode.NO_SCHEMA: lambda asked: failure(400, "response_format is not supported"),
    Mode.PAGE: lambda asked: HTMLResponse("<html>welcome</html>"),
    Mode.GATEWAY: lambda asked: HTMLResponse("<html>bad gateway</html>", 502),
    Mode.ECHOES_KEY: lambda asked: failure(404, "no model m for sk-test-key-0123456789"),
    Mode.QUOTES: lambda asked: failure(429, f"too much: {blocks(asked)[-1]}", retry_after="1"),
    Mode.REFUSES_ALOUD: lambda asked: completion(good(asked), refusal="I cannot help with that."),
    Mode.UNAUTHORIZED: lambda asked: failure(401, "Incorrect API key provided: sk-secret", "invalid_api_key"),
    Mode.NO_MODEL: lambda asked: failure(404, "The model `m` does not exist", "model_not_found"),
    Mode.BUSY: lambda asked: failure(429, "Rate limit reached", "rate_limit_exceeded", retry_after="7"),
    Mode.BROKEN: lambda asked: failure(500, "The server had an error"),
    Mode.FILTERED: lambda asked: failure(400, "The prompt triggered the policy", "content_filter"),
}
