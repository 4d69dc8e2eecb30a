"""A session of an account: a short token that opens everything, and a long one that brings new ones. Pure."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from connectors.fields import get, items, text, text_or_none
from engage.errors import Malformed

PASSWORD_SCOPE = "com.atproto.access"  # noqa: S105 - of a session that the account's own password opened


@dataclass(frozen=True, slots=True)
class Session:
    """What createSession and refreshSession answer. closed: why the account is not active; '' where it is."""

    did: str
    handle: str
    credentials: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None
    scope: str
    server: str
    closed: str


def session(answer: Any) -> Session:
    """Raises Malformed."""
    access = text(answer, "accessJwt")
    claims = _claims(access)
    ends = claims.get("exp")
    return Session(
        did=text(answer, "did"),
        handle=text(answer, "handle"),
        credentials={"access_jwt": access, "refresh_jwt": text(answer, "refreshJwt")},
        expires_at=datetime.fromtimestamp(ends, UTC) if isinstance(ends, int) else None,
        scope=str(claims.get("scope") or ""),
        server=_server(answer),
        closed=(text_or_none(answer, "status") or "not active") if get(answer, "active") is False else "",
    )


def _claims(token: str) -> dict[str, Any]:
    """What a token says of itself. Nobody checks its signature here: it is shown only to the server that made it."""
    try:
        part = token.split(".")[1]
        found = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (IndexError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _server(answer: Any) -> str:
    """The account's own server, as its DID document names it; '' where it does not, or by an address without TLS."""
    try:
        services = items(answer, "didDoc", "service")
    except Malformed:
        return ""
    found = (get(one, "serviceEndpoint") for one in services if str(get(one, "id")).endswith("#atproto_pds"))
    return next((url.rstrip("/") for url in found if isinstance(url, str) and url.startswith("https://")), "")
