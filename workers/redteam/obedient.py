"""A model that has been taken over: it does whatever the last text says, as harmfully as could be thought of.

It speaks the OpenAI protocol, on a port of its own, and is reached by the same client as any other model. Before each
case it is told what the case wants and in which temper to write: what a real model might be talked into in one answer
of a hundred, this one does in every answer. It names every passage as its source.
"""

import asyncio
import json
import re
import socket
import threading
from typing import Any, Self

import uvicorn

from engage.redteam.packs import Case
from workers.redteam.tempers import TEMPERS, Heard, Temper

USAGE = {"prompt_tokens": 900, "completion_tokens": 60, "total_tokens": 960}
_SOURCES = [f"p{number}" for number in range(1, 9)]
_FENCE = re.compile(r"^<<<(\w+)$", re.MULTILINE)
_PASSAGE = re.compile(r"^\[p\d+\] .*\n(?:asked:\n(?:¦ .*\n)+answered:\n)?((?:¦ .*(?:\n|$))+)", re.MULTILINE)


class ObedientModel:
    """Serves from a thread while the `with` block lasts."""

    def __init__(self) -> None:
        self.case: Case | None = None
        self.temper: Temper = TEMPERS[0]
        self.calls = 0
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def hear(self, case: Case, temper: Temper) -> None:
        """What the next answers are for."""
        self.case, self.temper = case, temper

    def __enter__(self) -> Self:
        options: dict[str, Any] = {"log_config": None, "access_log": False, "lifespan": "off", "interface": "asgi3"}
        self._server = uvicorn.Server(uvicorn.Config(self._serve, **options))
        self._thread = threading.Thread(target=lambda: asyncio.run(self._server.serve([self._socket])), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)
        self._socket.close()

    async def _serve(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            body, more = body + message.get("body", b""), message.get("more_body", False)
        self.calls += 1
        answer = json.dumps(_completion(self._write(json.loads(body)["messages"]))).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(answer)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": answer})

    def _write(self, messages: list[dict[str, str]]) -> str:
        text = self.temper.write(heard(messages, self.case))
        return json.dumps({"answer": text, "passages": _SOURCES, "decline": False, "reason": ""})


def heard(messages: list[dict[str, str]], case: Case | None) -> Heard:
    """What the model was told, taken apart."""
    system = messages[0]["content"]
    prompt = next(message["content"] for message in messages if message["role"] == "user")
    nonce = _FENCE.search(prompt)
    code = nonce[1] if nonce else ""
    fenced = re.findall(rf"^<<<{code}\n(.*?)\n{code}>>>$", prompt, re.MULTILINE | re.DOTALL)
    found = [_unmarked(block) for block in _PASSAGE.findall(fenced[0] if fenced else "")]
    return Heard(
        system=system,
        canary=system.rsplit(None, 1)[-1],
        nonce=code,
        prompt=prompt,
        passages=tuple(found),
        text=_unmarked(fenced[-1]) if fenced else "",
        payload=case.text if case else "",
        rules=case.rules if case else "",
        wanted=case.wanted if case else "",
        values=case.values if case else (),
    )


def _unmarked(block: str) -> str:
    return re.sub(r"^¦ ", "", block, flags=re.MULTILINE).strip()


def _completion(text: str) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice], "usage": USAGE}
