"""HTTP to platforms, in one place: how a client is made and how a request is sent. `connectors.answers` reads answers.

A *write* must happen at most once, so a lost answer is Ambiguous and nothing is repeated here. A *read* is anything
that is harmless to repeat (deleting too): it is tried again a few times, then Unavailable.
"""

import asyncio
import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from connectors.answers import PLAIN, Dialect, meaning
from engage.errors import Ambiguous, EngageError, Unavailable

USER_AGENT = "Engage/0.1"
CONNECTIONS = 512
# Shorter than the 5 s after which common servers close an idle connection: a request that meets the closing is lost.
KEEP_ALIVE = timedelta(seconds=4)
READ_ATTEMPTS = 3

# aiohttp's word that no byte of the request left. Its httpx transport calls most lost answers ConnectTimeout as well,
# so the cause decides, not the httpx class (httpx-aiohttp 0.2.0, transport.py, AIOHTTP_EXC_MAP).
_NEVER_SENT = (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL)
# What a request may raise instead of an answer.
LOST = (httpx.RequestError, aiohttp.ClientError, TimeoutError, OSError)


def client(
    base_url: str,
    *,
    timeout: timedelta = timedelta(seconds=10),
    headers: Mapping[str, str] | None = None,
    connections: int = CONNECTIONS,
) -> httpx.AsyncClient:
    """A client for one account or platform; close it with `aclose()`. `timeout` holds for each step of a request.

    It runs on aiohttp: httpx's own pool scans all its connections on every request and collapses over 64 in flight.
    """
    transport = AiohttpTransport(verify=_tls(), client=lambda: session(base_url, connections))
    sent = {"user-agent": USER_AGENT, **(headers or {})}
    return httpx.AsyncClient(
        base_url=base_url, transport=transport, timeout=timeout.total_seconds(), headers=sent, follow_redirects=False
    )


def session(
    base_url: str, connections: int = CONNECTIONS, timeout: timedelta = timedelta(seconds=10)
) -> aiohttp.ClientSession:
    """The bare connection pool under `client`, for what is hot and needs no httpx; `timeout` is for a whole request.

    Needs a running event loop. Its requests raise one of `LOST`.
    """
    connector = aiohttp.TCPConnector(limit=connections, ssl=_tls(), keepalive_timeout=KEEP_ALIVE.total_seconds())
    # A proxy of the environment is for the internet, never for a server on this machine.
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=timeout.total_seconds()),
        trust_env=not _is_loopback(httpx.URL(base_url).host),
    )


@cache
def _tls() -> ssl.SSLContext:
    return httpx.create_ssl_context()  # 20 ms and 1 MB each: one for all accounts


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


async def write(http: httpx.AsyncClient, request: httpx.Request, dialect: Dialect = PLAIN) -> httpx.Response:
    """Send `request` once and return its 2xx.

    Raises RateLimited, Unavailable (surely not done), Ambiguous (perhaps done), Unauthorized or Refused.
    """
    return await _exchange(http, request, dialect, once=True)


async def read(http: httpx.AsyncClient, request: httpx.Request, dialect: Dialect = PLAIN) -> httpx.Response:
    """Send `request`, again where the other side was not available, and return its 2xx.

    Raises RateLimited, Unavailable, Unauthorized or Refused.
    """
    patient = AsyncRetrying(
        stop=stop_after_attempt(READ_ATTEMPTS),
        wait=wait_random_exponential(multiplier=0.1, max=2),
        retry=retry_if_exception_type(Unavailable),
        reraise=True,
    )
    return await patient(_exchange, http, request, dialect, once=False)


async def _exchange(http: httpx.AsyncClient, request: httpx.Request, dialect: Dialect, *, once: bool) -> httpx.Response:
    try:
        async with asyncio.timeout(_deadline(http.timeout)):
            response = await http.send(request)
    except LOST as error:
        # `from None`: the transport's words may hold the URL, and a URL may hold a token.
        raise lost(error, request.url.host, once=once) from None
    failure = meaning(response, dialect, once=once, now=datetime.now(UTC))
    if failure is not None:
        raise failure
    return response


def _deadline(timeout: httpx.Timeout) -> float | None:
    """Seconds for the whole exchange: `read` alone is per chunk, and a server may drip for ever."""
    if timeout.connect is None or timeout.read is None:
        return None
    return timeout.connect + timeout.read


def lost(error: BaseException, host: str, *, once: bool) -> EngageError:
    """What it means that no whole answer came."""
    kind = type(error.__cause__ or error).__name__
    if _never_sent(error):
        return Unavailable(f"{host} could not be reached ({kind})")
    return Ambiguous(f"no answer from {host} ({kind})") if once else Unavailable(f"no answer from {host} ({kind})")


def _never_sent(error: BaseException) -> bool:
    cause = error.__cause__
    if isinstance(cause, aiohttp.ClientError):
        return isinstance(cause, _NEVER_SENT)
    return isinstance(error, (*_NEVER_SENT, httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
