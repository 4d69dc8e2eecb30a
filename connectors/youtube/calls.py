"""The calls of one account to the YouTube Data API, and what they bring."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import httpx
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors import http
from connectors.answers import by_status, meaning, plain_message
from connectors.fields import get
from connectors.streams import OPENING
from connectors.youtube.refusals import DIALECT, by_reason, reasons_in
from engage.errors import Ambiguous, Unavailable
from engage.platform import AccountLink

API = "https://youtube.googleapis.com"
PATH = "/youtube/v3/"
# The longest silence of a chat before its connection is opened again, in case it is dead.
IDLE = timedelta(minutes=10)
_PATIENCE = httpx.Timeout(10, read=IDLE.total_seconds())
_LARGEST = 32 * 2**20
T = TypeVar("T")


def host_of(account: AccountLink, key: str, default: str) -> str:
    """Where calls go: a setting of the account or its application, `base_url` for all of them, or the real host."""
    for name in (key, "base_url"):
        for config in (account.config, account.app.config):
            if isinstance(value := config.get(name), str) and value:
                return value.rstrip("/")
    return default


async def patiently(ask: Callable[..., Awaitable[T]], *what: Any) -> T:
    """Ask again, a few times, where YouTube is away for a moment. Each time costs units. Raises as `ask` does."""
    patient = AsyncRetrying(
        stop=stop_after_attempt(http.READ_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        retry=retry_if_exception_type(Unavailable),
        reraise=True,
    )
    return await patient(ask, *what)


class Calls:
    """One account's way to the API. Methods are named as YouTube's paths: `comments`, `liveChat/messages`."""

    def __init__(self, account: AccountLink) -> None:
        token = account.credentials.get("access_token", "")
        self._http = http.client(host_of(account, "base_url", API), headers={"authorization": f"Bearer {token}"})

    async def read(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask, once: each attempt costs units. Raises RateLimited, Unavailable, Unauthorized or Said."""
        return _object(await self._once("GET", method, **params))

    async def insert(self, method: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Post something, once. Raises also Ambiguous."""
        request = self._http.build_request("POST", PATH + method, params={"part": "snippet"}, json=body)
        answer = await http.write(self._http, request, DIALECT)
        try:
            return _object(answer)
        except Unavailable:
            raise Ambiguous("YouTube took the reply, but its answer is unreadable") from None

    async def repeatable(self, verb: str, method: str, **params: Any) -> None:
        """Do what may be done twice, and is done again by whoever asked for it. Raises as a read."""
        await self._once(verb, method, **params)

    async def _once(self, verb: str, method: str, **params: Any) -> httpx.Response:
        """A call that `http.read` would repeat by itself, and so beside the plan of the day."""
        try:
            return await http.write(self._http, self._http.build_request(verb, PATH + method, params=params), DIALECT)
        except Ambiguous as error:
            raise Unavailable(str(error)) from None

    async def stream(self, method: str, **params: Any) -> AsyncGenerator[dict[str, Any]]:
        """The objects of an answer that does not end, each as soon as it is whole. Raises as a read."""
        request = self._http.build_request("GET", PATH + method, params=params, timeout=_PATIENCE)
        try:
            async with asyncio.timeout(OPENING.total_seconds()):
                answer = await self._http.send(request, stream=True)
        except http.LOST as error:
            raise http.lost(error, request.url.host, once=False) from None
        try:
            if not answer.is_success:
                await answer.aread()
                raise meaning(answer, DIALECT, once=False, now=datetime.now(UTC)) or Unavailable()
            async for value in _objects(answer):
                yield _good(value, answer)
        except http.LOST as error:
            raise http.lost(error, request.url.host, once=False) from None
        finally:
            await answer.aclose()

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        said = None
    if not isinstance(said, dict):
        raise Unavailable(f"{answer.request.url.host} did not answer with an object")
    return said


async def _objects(answer: httpx.Response) -> AsyncIterator[dict[str, Any]]:
    """Each object of a list that grows, whatever stands between them: `[`, `,`, line ends, or `data:` of an event."""
    decoder, rest = json.JSONDecoder(), ""
    async for chunk in answer.aiter_text():
        rest += chunk
        while (start := rest.find("{")) >= 0:
            try:
                value, end = decoder.raw_decode(rest, start)
            except ValueError:
                break  # not whole yet
            rest = rest[end:]
            yield value
        if len(rest) > _LARGEST:
            raise Unavailable(f"{answer.request.url.host} sent something that does not end")


def _good(value: dict[str, Any], answer: httpx.Response) -> dict[str, Any]:
    """An object of a stream. It may also be the error that ends it, which no status tells any more."""
    if "error" not in value:
        return value
    code = get(value, "error", "code")
    status = code if isinstance(code, int) else 500
    said = f"{answer.request.url.host} ended the stream with {status}: {plain_message(value)[:200]}"
    raise by_reason(reasons_in(value), status, said, None, datetime.now(UTC)) or by_status(
        status, said, None, once=False
    )
