"""The calls of Meta's Graph API, as Instagram, Facebook Pages and Threads share them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import httpx

from connectors import http
from connectors.fields import get, text_or_none
from connectors.meta import POSTING, READING
from engage.errors import Ambiguous, Unavailable
from engage.platform import App

VERSION = "v25.0"


def host(config: Mapping[str, Any], app: App, default: str) -> str:
    """The address of a host of Meta's, or the one that stands for all of them in tests."""
    return str(config.get("base_url") or app.config.get("base_url") or default)


class Graph:
    """The calls of one account. The token stands in a header, never in an address."""

    def __init__(self, base_url: str, version: str, token: str) -> None:
        self._version = version
        self._http = http.client(base_url, headers={"authorization": f"Bearer {token}"} if token else {})

    def _request(self, method: str, path: str, **more: Any) -> httpx.Request:
        return self._http.build_request(method, f"/{self._version}{path}", **more)

    async def post(self, path: str, **more: Any) -> httpx.Response:
        """Post something once. Raises what `http.write` does."""
        return await http.write(self._http, self._request("POST", path, **more), POSTING)

    async def set(self, path: str, params: Mapping[str, str]) -> None:
        """A POST that may be repeated. Raises what a read does."""
        await http.read(self._http, self._request("POST", path, params=params), READING)

    async def delete(self, path: str) -> None:
        """Raises what a read does."""
        await http.read(self._http, self._request("DELETE", path), READING)

    async def get(self, path: str, params: Mapping[str, str]) -> Any:
        """A decoded answer. Raises what a read does."""
        return decoded(await self.read(path, params))

    async def read(self, path: str, params: Mapping[str, str]) -> httpx.Response:
        """An answer with its headers. Raises what a read does."""
        return await http.read(self._http, self._request("GET", path, params=params), READING)

    async def every(
        self, path: str, params: Mapping[str, str], pages: int, enough: Callable[[Any], bool] = lambda row: False
    ) -> tuple[list[Any], bool]:
        """The rows of a list, and whether that was all that is wanted of it. Raises what a read does.

        enough: whether nothing that is wanted stands behind a row.
        """
        rows: list[Any] = []
        after: dict[str, str] = {}
        for _ in range(pages):
            page = await self.get(path, {**params, **after})
            rows += listed(page)
            following = cursor(page)
            if not following or (rows and enough(rows[-1])):
                return rows, True
            after = {"after": following}
        return rows, False

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def decoded(answer: httpx.Response) -> Any:
    """The JSON of an answer to a read. Raises Unavailable where it is none."""
    try:
        return answer.json()
    except ValueError:
        raise Unavailable(f"{answer.request.url.host} did not answer with JSON") from None


def listed(page: Any, *path: str) -> Sequence[Any]:
    """The rows of a page of a list. Raises Unavailable where there is no list: that says nothing of what is in it."""
    rows = get(page, *path, "data")
    if not isinstance(rows, list):
        raise Unavailable("Meta did not answer with a list")
    return rows


def cursor(page: Any) -> str:
    """The cursor of the page after this one; '' after the last."""
    if not isinstance(get(page, "paging", "next"), str):
        return ""
    return text_or_none(page, "paging", "cursors", "after") or ""


def new_id(answer: httpx.Response, name: str) -> str:
    """The id of what was posted. Raises Ambiguous where the answer does not tell it."""
    try:
        value = get(answer.json(), name)
    except ValueError:
        value = None
    if isinstance(value, str) and value:
        return value
    raise Ambiguous(f"{answer.request.url.host} accepted the reply, but does not say under which id")
