"""Whose account it is and who may open it: from a handle to its DID, its server, and who authorizes there.

Every address in these answers was written by a stranger. So it is asked only by HTTPS, at a public address, and
redirects are not followed.
"""

import asyncio
import re
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlsplit

from connectors import http
from connectors.answers import PLAIN
from connectors.bluesky.xrpc import base_url
from connectors.fields import get
from engage.errors import Refused
from engage.platform import App

RESOLVER = "https://public.api.bsky.app"
DIRECTORY = "https://plc.directory"
_HANDLE = re.compile(r"([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")
_DID = re.compile(r"did:(plc:[a-z2-7]{24}|web:[a-z0-9.-]+)")


@dataclass(frozen=True, slots=True)
class Identity:
    """An account, and its server (PDS)."""

    did: str
    handle: str
    server: str


@dataclass(frozen=True, slots=True)
class Authorities:
    """An authorization server's own word of where it is asked. issuer: its name."""

    issuer: str
    authorize: str
    push: str
    token: str
    revoke: str


class Lookup:
    """Reads what strangers wrote. A test's `base_url` and `directory` of the app are trusted."""

    def __init__(self, app: App) -> None:
        here = base_url(app)
        self._resolver = here or RESOLVER
        self._directory = str(app.config.get("directory") or here or DIRECTORY)
        self._trusted = tuple(one for one in (here, here and self._directory) if one)

    async def identity(self, entered: str) -> Identity:
        """The account of a handle or a DID. Raises Refused or Unavailable."""
        name = entered.strip().removeprefix("@").lower()
        did = name if name.startswith("did:") else await self._did_of(name)
        if not (_DID.fullmatch(did) or self._trusted):
            raise Refused("the account has an identifier of an unknown kind")
        document = await self._get(self._document_of(did))
        claimed = _handle_in(document)
        if get(document, "id") != did or (name != did and claimed != name):
            raise Refused(f"{name} does not name its account, or the account does not name it: its handle is broken")
        server = _server_in(document)
        return Identity(did, claimed or did, await self.checked(server))

    async def _did_of(self, handle: str) -> str:
        if not _HANDLE.fullmatch(handle):
            raise Refused("that is no handle: enter it as in name.bsky.social")
        found = await self._get(f"{self._resolver}/xrpc/com.atproto.identity.resolveHandle?handle={quote(handle)}")
        return str(get(found, "did"))

    def _document_of(self, did: str) -> str:
        if did.startswith("did:web:"):
            return f"https://{did.removeprefix('did:web:')}/.well-known/did.json"
        return f"{self._directory}/{quote(did)}"

    async def authorities(self, server: str) -> Authorities:
        """Who opens the accounts of a server. Raises Refused or Unavailable."""
        resource = await self._get(f"{server}/.well-known/oauth-protected-resource")
        match resource:
            case {"authorization_servers": [str(issuer)]}:
                return await self.authorities_of(issuer)
        raise Refused(f"{server} names no authorization server: connect with an app password")

    async def authorities_of(self, issuer: str) -> Authorities:
        """What an authorization server says of itself. Raises Refused or Unavailable."""
        said = await self._get(f"{issuer.rstrip('/')}/.well-known/oauth-authorization-server")
        match said:
            case {
                "issuer": str(name),
                "authorization_endpoint": str(authorize),
                "pushed_authorization_request_endpoint": str(push),
                "token_endpoint": str(token),
            } if name == issuer:
                revoke = str(said.get("revocation_endpoint") or "")
                for url in (authorize, push, token, *([revoke] if revoke else [])):
                    await self.checked(url)
                return Authorities(name, authorize, push, token, revoke)
        raise Refused(f"{issuer} is no authorization server that Engage understands")

    async def _get(self, url: str) -> Any:
        async with http.client(await self.checked(url)) as calls:
            answer = await http.read(calls, calls.build_request("GET", url), PLAIN)
        try:
            return answer.json()
        except ValueError:
            raise Refused(f"{urlsplit(url).hostname} did not answer with JSON") from None

    async def checked(self, url: str) -> str:
        """The address, where a stranger may send us there. Raises Refused."""
        if any(url == one or url.startswith(f"{one}/") for one in self._trusted):
            return url
        parts = urlsplit(url)
        if parts.scheme != "https" or not parts.hostname or parts.username is not None:
            raise Refused("an account's servers must have addresses that begin with https://")
        if not await _is_public(parts.hostname):
            raise Refused(f"{parts.hostname} is no address on the internet")
        return url


async def _is_public(host: str) -> bool:
    """Whether all addresses of a host are on the internet; one that has none is found out when it is called."""
    try:
        found = await asyncio.get_running_loop().getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return "." in host
    return all(ip_address(str(one[4][0]).partition("%")[0]).is_global for one in found)


def _handle_in(document: Any) -> str:
    """The first handle that an account's document claims (https://atproto.com/specs/did); '' where it claims none."""
    match document:
        case {"alsoKnownAs": list(names)}:
            found = (str(one).removeprefix("at://").lower() for one in names if str(one).startswith("at://"))
            return next(found, "")
    return ""


def _server_in(document: Any) -> str:
    services = get(document, "service")
    for one in services if isinstance(services, list) else ():
        if str(get(one, "id")).endswith("#atproto_pds") and isinstance(url := get(one, "serviceEndpoint"), str):
            return url.rstrip("/")
    raise Refused("the account names no server of its own")
