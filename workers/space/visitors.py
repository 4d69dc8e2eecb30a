"""Who a visitor of a page is: a name that we gave them, signed, so that nobody can take another's. Pure."""

import hashlib
import hmac
import secrets

COOKIE = "engage_visitor"
LASTS = 365 * 24 * 3600  # seconds
_NAME_LENGTH = 22


def new_visitor() -> str:
    return secrets.token_urlsafe(16)


def signed(key: str, page: str, visitor: str) -> str:
    """What stands in the cookie. It holds for one page: another page's visitors are other people."""
    return f"{visitor}.{_mark(key, page, visitor)}"


def known(key: str, page: str, cookie: str) -> str | None:
    """The visitor that a cookie names, or None where it is not one of ours."""
    visitor, _, mark = cookie.partition(".")
    right = len(visitor) == _NAME_LENGTH and hmac.compare_digest(mark.encode(), _mark(key, page, visitor).encode())
    return visitor if right else None


def overlay_token(key: str, account_id: str) -> str:
    """What the address of an account's overlay holds: it shows what followers wrote, so it is not for everybody."""
    return _mark(key, "overlay", account_id)


def _mark(key: str, page: str, visitor: str) -> str:
    return hmac.new(key.encode(), f"{page}\n{visitor}".encode(), hashlib.sha256).hexdigest()[:32]
