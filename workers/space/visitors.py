"""Who a visitor of a page is: a name that we gave them, signed, so that nobody can take another's. Pure."""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

COOKIE = "engage_visitor"
LASTS = timedelta(days=365)  # since the last message
_AHEAD = timedelta(days=1)  # by which the clock of another receiver may be ahead
_NAME_LENGTH = 22


def new_visitor() -> str:
    return secrets.token_urlsafe(16)


def signed(key: str, page: str, visitor: str, now: datetime) -> str:
    """What stands in the cookie. It holds for one page, another page's visitors are other people, and for a while."""
    issued = f"{now.timestamp():.0f}"
    return f"{visitor}.{issued}.{_mark(key, page, visitor, issued)}"


def known(key: str, page: str, cookie: str, now: datetime) -> str | None:
    """The visitor that a cookie names, or None where it is not one of ours, or over."""
    visitor, _, rest = cookie.partition(".")
    issued, _, mark = rest.partition(".")
    genuine = hmac.compare_digest(mark.encode(), _mark(key, page, visitor, issued).encode())
    if len(visitor) != _NAME_LENGTH or not genuine:
        return None
    age = now - datetime.fromtimestamp(int(issued), UTC)
    return visitor if -_AHEAD <= age <= LASTS else None


def overlay_token(key: str, account_id: str) -> str:
    """What the address of an account's overlay holds: it shows what followers wrote, so it is not for everybody."""
    return _mark(key, "overlay", account_id)


def _mark(key: str, *signed_: str) -> str:
    return hmac.new(key.encode(), "\n".join(signed_).encode(), hashlib.sha256).hexdigest()[:32]
