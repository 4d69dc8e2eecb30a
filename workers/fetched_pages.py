"""What a web server answers, as a file to be imported or as the reason why it is none. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import File, in_memory
from workers.public_addresses import NotPublic

LARGEST = 10 * 1024 * 1024  # bytes of a page
_READABLE = re.compile(r"text/(?:html|xml|plain|markdown|csv)|application/(?:pdf|(?:[\w.-]+\+)?(?:xml|json))")
_TEXT = frozenset(("text/html", "application/xhtml+xml", "text/plain"))


@dataclass(frozen=True, slots=True)
class Answer:
    """status: of HTTP. url: what was asked. location: where it sends on, absolute; "" where it does not."""

    status: int
    url: str
    location: str = ""
    kind: str = ""
    charset: str = ""
    body: bytes = b""
    is_whole: bool = True


def checked(here: str, url: str) -> SplitResult:
    """The parts of an address that may be asked. Raises Unreadable, or ValueError where it is no address."""
    parts = urlsplit(here)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        way = "it sends on to something else" if here != url else "not an address"
        raise Unreadable(url, f"{way}: give an address that begins with https:// or http://")
    if parts.username is not None or parts.password is not None:
        raise Unreadable(url, "it holds a name or a password: only public pages are read")
    return parts


def file_of(answer: Answer, url: str) -> File:
    """The page as a file. Raises Unreadable where it is none that can be read."""
    if answer.status != 200:
        raise Unreadable(url, f"the site answers {answer.status}: see whether the page opens in a browser")
    if not _READABLE.fullmatch(answer.kind):
        raise Unreadable(url, f"{answer.kind} is nothing to read: give the address of a page, a feed or a text")
    if not answer.is_whole:
        raise Unreadable(url, f"larger than {LARGEST >> 20} MB: download it and import the file")
    if not answer.body.strip():
        raise Unreadable(url, "the page is empty")
    parts = urlsplit(answer.url)
    name = f"{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
    return in_memory(answer.url, name, _in_utf8(answer))


def _in_utf8(answer: Answer) -> bytes:
    """Text in the encoding that the server names; other kinds tell theirs themselves."""
    if answer.kind not in _TEXT or answer.charset in ("", "utf-8", "utf8"):
        return answer.body
    try:
        return answer.body.decode(answer.charset, "replace").encode()
    except LookupError:
        return answer.body


def told(error: Exception) -> str:
    """Why a server was not reached, and what to do."""
    if isinstance(error.__cause__, NotPublic):
        return f"{error.__cause__}: only public pages are fetched; save the page and import the file"
    if isinstance(error, ValueError):
        return "not an address that can be asked: copy it from the browser"
    return f"it cannot be reached ({type(error).__name__}): see whether it opens in a browser"
