"""Pages and feeds that a creator names by their address, fetched as files to be imported.

Only from the internet (workers/public_addresses.py), only where robots.txt allows it (RFC 9309), and only to read.
"""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
from types import TracebackType
from urllib.parse import SplitResult, urldefrag, urljoin

import aiohttp
from protego import Protego

from connectors.http import USER_AGENT
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import File
from workers.fetched_pages import LARGEST, Answer, checked, file_of, told
from workers.public_addresses import connector

LARGEST_RULES = 500 * 1024  # bytes of robots.txt that count (RFC 9309, 2.5)
REDIRECTS = 5
PATIENCE = timedelta(seconds=20)  # for an address with all its redirects and rules
_ACCEPT = "text/html, application/rss+xml, application/atom+xml, application/feed+json, */*;q=0.5"
_REDIRECTED = frozenset((301, 302, 303, 307, 308))


@dataclass
class Fetcher:
    """Fetches any number of addresses; a site's rules are asked for once. An async context manager.

    permitted: IP addresses that are asked though they are not public, for servers of one's own.
    """

    permitted: Collection[str] = ()
    patience: timedelta = PATIENCE
    _rules: dict[str, Protego] = field(default_factory=dict)

    async def __aenter__(self) -> "Fetcher":
        headers = {"user-agent": USER_AGENT, "accept": _ACCEPT}
        self._session = aiohttp.ClientSession(
            connector=connector(self.permitted), headers=headers, cookie_jar=aiohttp.DummyCookieJar(), trust_env=False
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()

    async def fetch(self, url: str) -> File:
        """What stands at an address, named by where it was found. Raises Unreadable with what to do about it."""
        try:
            async with asyncio.timeout(self.patience.total_seconds()):
                return await self._fetch(url)
        except TimeoutError:
            seconds = f"{self.patience.total_seconds():g}"
            raise Unreadable(url, f"no whole answer within {seconds} seconds: try again later") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreadable(url, told(error)) from None

    async def _fetch(self, url: str) -> File:
        here = url
        for _ in range(REDIRECTS + 1):
            here = urldefrag(here).url
            parts = checked(here, url)
            await self._ask_leave(parts, here, url)
            answer = await self._get(here, LARGEST)
            if answer.location:
                here = answer.location
                continue
            return file_of(answer, url)
        raise Unreadable(url, f"it sends on more than {REDIRECTS} times: give the address of the page itself")

    async def _ask_leave(self, parts: SplitResult, here: str, url: str) -> None:
        """Raises Unreadable where the site does not want us there."""
        site = f"{parts.scheme}://{parts.netloc}"
        if site not in self._rules:
            self._rules[site] = await self._rules_of(site, url)
        if not self._rules[site].can_fetch(here, USER_AGENT):
            raise Unreadable(url, f"{site}/robots.txt does not let programs read it: save the page and import the file")

    async def _rules_of(self, site: str, url: str) -> Protego:
        here = f"{site}/robots.txt"
        for _ in range(REDIRECTS + 1):
            checked(here, url)
            answer = await self._get(here, LARGEST_RULES)
            if not answer.location:
                break
            here = answer.location
        if answer.status >= 500:
            raise Unreadable(
                url, f"{site}/robots.txt answers {answer.status}, so nobody knows what may be read: try later"
            )
        # None (4xx), or sent on and on: everything is allowed (RFC 9309, 2.3.1.2 and 2.3.1.3).
        return Protego.parse(answer.body.decode("utf-8", "replace") if answer.status == 200 else "")

    async def _get(self, url: str, largest: int) -> Answer:
        """What comes after `largest` bytes is cut off."""
        async with self._session.get(url, allow_redirects=False) as response:
            if response.status in _REDIRECTED and (location := response.headers.get("location")):
                return Answer(response.status, url, urljoin(url, location))
            body = bytearray()
            async for part in response.content.iter_chunked(64 * 1024):
                body += part
                if len(body) > largest:
                    break
            kind, charset = response.content_type.lower(), (response.charset or "").lower()
            whole = len(body) <= largest
            return Answer(response.status, url, "", kind, charset, bytes(body[:largest]), whole)
