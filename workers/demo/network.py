"""The sandbox network as the demo and the end-to-end tests use it: over its HTTP API, as its clients do."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import httpx

from connectors import http
from workers.process import PARENT


@contextmanager
def running(log: Path) -> Iterator[str]:
    """The sandbox as a process of its own; yields its address."""
    with log.open("ab") as errors:
        env = {**os.environ, PARENT: str(os.getpid())}
        command = [sys.executable, "-m", "connectors.sandbox.network"]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=errors, env=env)
    try:
        assert server.stdout is not None
        yield str(json.loads(server.stdout.readline())["url"])
    finally:
        server.terminate()
        server.wait(timeout=20)
        if server.stdout is not None:
            server.stdout.close()


class Network:
    """A client of the sandbox's own API. Raises httpx errors: a demo that cannot reach its network is over."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = http.client(url, timeout=timedelta(seconds=30))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()

    async def _call(self, method: str, path: str, body: Any = None, token: str = "") -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        answer = await self._http.request(method, path, json=body, headers=headers)
        if answer.is_error:
            raise httpx.HTTPStatusError(answer.text, request=answer.request, response=answer)
        return answer.json()

    async def connect(self, handle: str, display_name: str) -> dict[str, str]:
        """A new account of a creator: user_id, access_token, webhook_secret, app_id."""
        account: dict[str, str] = await self._call("POST", "/api/accounts", _account(handle, display_name))
        return account

    async def call_back(self, user_id: str, token: str, url: str) -> None:
        """Have the account's events delivered to a webhook."""
        await self._call("PATCH", f"/api/accounts/{user_id}", {"webhook_url": url}, token)

    async def publish(self, creator: str, text: str) -> str:
        return str((await self._call("POST", "/api/creator/post", {"creator": creator, "text": text}))["id"])

    async def write(self, **message: Any) -> dict[str, str]:
        """A follower writes: {"id", "conversation_id"}."""
        written: dict[str, str] = await self._call("POST", "/api/follow/write", message)
        return written

    async def write_many(self, messages: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Many followers write at once: {"id", "conversation_id"} of each, in order."""
        written: list[dict[str, str]] = (await self._call("POST", "/api/follow/batch", {"messages": messages}))[
            "written"
        ]
        return written

    async def edit(self, message_id: str, text: str) -> None:
        await self._call("PATCH", f"/api/follow/{message_id}", {"text": text})

    async def delete(self, message_id: str) -> None:
        await self._call("DELETE", f"/api/follow/{message_id}")

    async def stats(self) -> dict[str, Any]:
        figures: dict[str, Any] = await self._call("GET", "/_stats")
        return figures

    async def faults(self, **dials: Any) -> None:
        await self._call("PUT", "/_faults", dials)

    async def messages(self) -> list[dict[str, Any]]:
        """Every follower's message with the replies to it."""
        found: list[dict[str, Any]] = (await self._call("GET", "/_messages"))["messages"]
        return found


def _account(handle: str, display_name: str) -> dict[str, str]:
    return {"handle": handle, "display_name": display_name}
