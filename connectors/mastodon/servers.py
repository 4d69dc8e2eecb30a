"""Names and addresses of servers: which one a creator means, and which ones we call. Pure."""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from engage.errors import ConfigError, Refused

_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_TOP = re.compile(r"[a-z]{2,63}|xn--[a-z0-9-]{1,59}")  # no number: "127.1" and "0x7f.0.0.1" are addresses as well
_PRIVATE = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".onion", ".test", ".invalid")


def server_name(entered: str) -> str:
    """The public host that a creator means by "mastodon.social", "https://mastodon.social" or "@ada@mastodon.social".

    Whatever we call gets requests from inside the operator's network, so it must be a name that the internet knows: no
    address, no port, no name of a private network. Raises Refused.
    """
    text = entered.strip().lower()
    try:
        named = urlsplit(text).netloc if "://" in text else text.rpartition("@")[2]
        host = named.strip("/").encode("idna").decode("ascii").rstrip(".")
    except ValueError:
        host = ""
    if not is_public(host):
        raise Refused("That is not the name of a public server. Enter it as in mastodon.social.")
    return host


def is_public(host: str) -> bool:
    """Whether a host is a name that the internet may know."""
    labels = host.split(".")
    if len(host) > 253 or len(labels) < 2 or f".{host}".endswith(_PRIVATE) or _is_address(host):
        return False
    return all(_LABEL.fullmatch(label) for label in labels) and bool(_TOP.fullmatch(labels[-1]))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def base_url(config: Mapping[str, Any], app_config: Mapping[str, Any], place: str) -> str:
    """Where an account's server is called. Raises ConfigError where the account does not say which it is."""
    if given := config.get("base_url") or app_config.get("base_url"):
        return str(given).rstrip("/")
    host = config.get("server")
    if isinstance(host, str) and is_public(host):
        return f"https://{host}"
    fix = "Connect the account again."
    raise ConfigError("it is no public server's name", key="server", place=place, fix=fix)


def streaming_url(said: Any, base: str) -> str:
    """The address that a server gives for its streams, which gets the account's token too; its own where it is none.

    It is called without encryption only where the server itself is.
    """
    try:
        at = urlsplit(said if isinstance(said, str) else "")
        port = at.port
    except ValueError:
        return base
    scheme = {"wss": "https", "ws": "http"}.get(at.scheme, at.scheme)
    if scheme == "https" and port is None and is_public(at.hostname or ""):
        return f"https://{at.hostname}"
    if scheme == "http" and base.startswith("http:"):
        return f"http://{at.netloc}"
    return base
