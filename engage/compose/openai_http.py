"""OpenAI-compatible servers over aiohttp: LangChain writes the request and reads the answer, nothing stands between.

The provider's own client turns each request into typed objects and back, over a pool that looks through all of its
connections every time: 3-6 ms of CPU a call and seconds of waiting at 256 in flight. This takes a tenth of that
(docs/performance.md).
"""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any, cast
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import httpx2
import orjson
from langchain_core.callbacks import AsyncCallbackManagerForLLMRun
from langchain_core.language_models import LanguageModelInput
from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.outputs import ChatResult
from langchain_core.runnables import RunnableConfig
from langchain_openai import ChatOpenAI
from langsmith.utils import tracing_is_enabled
from openai import DefaultAioHttpClient
from pydantic import PrivateAttr

CONNECTIONS = 512
# Shorter than the 5 s after which common servers close an idle connection: a request that meets the closing is lost.
KEEP_ALIVE = 4.0


def make(model: str, options: Mapping[str, Any]) -> "LeanChatOpenAI":
    """The chat model of a name; `options` are those of ChatOpenAI."""
    # For the few models below that the library calls: LangChain's own pool outlives its event loop.
    limits = httpx2.Limits(max_connections=CONNECTIONS, keepalive_expiry=KEEP_ALIVE)
    near = is_loopback(urlsplit(options.get("base_url", "")).hostname or "")
    library = DefaultAioHttpClient(timeout=options["timeout"], limits=limits, trust_env=not near)
    return LeanChatOpenAI(model=model, http_async_client=library, **options)


class Refused(Exception):
    """An answer that is no 2xx: what `engage.compose.providers` needs to say what it means."""

    def __init__(self, status: int, headers: Mapping[str, str], said: str, code: str) -> None:
        super().__init__(said)
        self.status_code = status
        self.code = code
        self.response = self  # where the clients of providers keep their headers
        self.headers = headers


class LeanChatOpenAI(ChatOpenAI):
    """ChatOpenAI with a connection pool of its own. For one event loop; close it with `aclose`."""

    _session: aiohttp.ClientSession | None = PrivateAttr(None)
    _url: str = PrivateAttr("")

    async def ainvoke(
        self,
        input: LanguageModelInput,  # noqa: A002 - the library's name
        config: RunnableConfig | None = None,
        *,
        stop: list[str] | None = None,
        **kwargs: Any,
    ) -> AIMessage:
        """Straight to the answer where nobody listens: callbacks and traces cost as much as the request itself."""
        if config or self.callbacks or self.cache or tracing_is_enabled():
            return await super().ainvoke(input, config, stop=stop, **kwargs)
        result = await self._agenerate(self._convert_input(input).to_messages(), stop, **kwargs)
        return cast(AIMessage, result.generations[0].message)

    async def _agenerate(
        self,
        messages: list[BaseMessage],
        stop: list[str] | None = None,
        run_manager: AsyncCallbackManagerForLLMRun | None = None,
        **kwargs: Any,
    ) -> ChatResult:
        payload = self._get_request_payload(messages, stop=stop, **kwargs)
        if "messages" not in payload:  # a few models are reached by a newer protocol only: the library speaks it
            return await super()._agenerate(messages, stop, run_manager, **kwargs)
        answer = await self._post({key: value for key, value in payload.items() if key != "stream"})
        result = self._create_chat_result(answer)
        for generation, choice in zip(result.generations, answer["choices"], strict=True):
            generation.message.additional_kwargs["refusal"] = choice["message"].get("refusal")
        return result

    async def _post(self, payload: dict[str, Any]) -> Any:
        """The answer's JSON, or its text where it is none. Raises Refused or one of aiohttp's errors."""
        async with self._pool().post(self._url, data=orjson.dumps(payload)) as answer:
            body = await answer.read()
            if answer.status >= 400:
                raise Refused(answer.status, answer.headers, *_problem(body))
            is_json = "json" in answer.content_type
            return orjson.loads(body) if is_json else body.decode(errors="replace")

    def _pool(self) -> aiohttp.ClientSession:
        if self._session is None:
            client = self.root_async_client
            self._url = str(client.base_url.join("chat/completions"))
            known = {**client.default_headers, **client.auth_headers}
            self._session = aiohttp.ClientSession(
                headers={name: value for name, value in known.items() if isinstance(value, str)},
                connector=aiohttp.TCPConnector(limit=CONNECTIONS, keepalive_timeout=KEEP_ALIVE),
                cookie_jar=aiohttp.DummyCookieJar(),
                # The composer's own limit says what to do about it, so it comes first.
                timeout=aiohttp.ClientTimeout(total=cast(float, self.request_timeout) + 1.0),
                proxy=proxy_of(self._url),
            )
        return self._session

    async def aclose(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None
        if self.http_async_client is not None:
            await self.http_async_client.aclose()


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxy_of(url: str) -> str | None:
    """The environment's proxy for an address, asked for once: aiohttp would look into files at every request."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    return proxies.get(parts.scheme) or proxies.get("all")


def _problem(body: bytes) -> tuple[str, str]:
    """What a refusal says, and its code."""
    try:
        error = orjson.loads(body)["error"]
        return str(error["message"]), str(error.get("code") or "")
    except (ValueError, KeyError, TypeError, AttributeError):
        return body[:200].decode(errors="replace"), ""
