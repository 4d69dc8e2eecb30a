"""Douyin's two tokens: access for 15 days, and a right to renew it for 30, which itself can be renewed five times.

What is known of them is kept in the credentials: `access_ends_at`, `refresh_ends_at`, `renewals_left`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from connectors.douyin import calls
from connectors.fields import number, text, text_or_none
from connectors.oauth import client_id, client_secret
from engage.errors import Ambiguous, Malformed, Refused, Retryable, Unauthorized, Unavailable
from engage.platform import AccountLink, App, Renewed

CODE = "/oauth/access_token/"
REFRESH = "/oauth/refresh_token/"
PROLONG = "/oauth/renew_refresh_token/"
RENEWALS = 5
LAST_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What an account's credentials say. Times are None where nobody wrote them down."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_ends_at: datetime | None = None
    refresh_ends_at: datetime | None = None
    renewals_left: int = RENEWALS

    @classmethod
    def of(cls, credentials: Mapping[str, str]) -> "Kept":
        """As `credentials` writes them."""
        left = credentials.get("renewals_left", "")
        return cls(
            credentials.get("access_token", ""),
            credentials.get("refresh_token", ""),
            _time(credentials.get("access_ends_at", "")),
            _time(credentials.get("refresh_ends_at", "")),
            int(left) if left.isdecimal() else RENEWALS,
        )

    @property
    def credentials(self) -> dict[str, str]:
        """All of it, as it is kept."""
        times = {"access_ends_at": self.access_ends_at, "refresh_ends_at": self.refresh_ends_at}
        known = {name: at.isoformat() for name, at in times.items() if at}
        tokens = {"access_token": self.access, "refresh_token": self.refresh}
        return {**tokens, **known, "renewals_left": str(self.renewals_left)}

    @property
    def asked_again_at(self) -> datetime | None:
        """When a renewal must have happened: a refresh token that should have been prolonged may end first."""
        ends = [at for at in (self.access_ends_at, self.refresh_ends_at if self.renewals_left else None) if at]
        return min(ends) if ends else None


@dataclass(frozen=True, slots=True)
class Granted:
    """What a code brought."""

    kept: Kept
    open_id: str
    scopes: list[str]


async def exchange(app: App, code: str, now: datetime) -> Granted:
    """Tokens for a code, which is good once. Raises Refused, ConfigError or Retryable."""
    secret = client_secret(app).split(" ")[0]  # while it is changed there are two: the new one stands first
    client = {"client_key": client_id(app), "client_secret": secret}
    async with calls.client({}, app.config) as asking:
        try:
            grant = {**client, "code": code, "grant_type": "authorization_code"}
            said = await calls.ask_once(asking, CODE, grant)
        except Ambiguous as error:
            raise Unavailable(str(error)) from None  # nothing is posted: the creator consents again
        except Unauthorized as error:
            raise Refused(str(error)) from None
    try:
        scopes = [scope for scope in text(said, "scope", empty=True).split(",") if scope]
        return Granted(_kept(said, now), text(said, "open_id"), scopes)
    except Malformed:
        raise _no_token() from None


async def renew(account: AccountLink, now: datetime) -> Renewed:
    """Access for another 15 days, and before the right to it ends, that too.

    In this order: what is used up comes last, and behind it nothing can fail. Raises Unauthorized or Retryable.
    """
    known = Kept.of(account.credentials)
    async with calls.client(account.config, account.app.config) as asking:
        try:
            kept = await _refresh(asking, account.app, known, now)
        except (Refused, Unauthorized) as error:
            raise _over(known, str(error), now) from None
        if _ends_first(kept) and kept.renewals_left:
            kept = await _prolong(asking, account.app, kept, now)
    return Renewed({**account.credentials, **kept.credentials}, kept.asked_again_at)


async def _refresh(asking: httpx.AsyncClient, app: App, known: Kept, now: datetime) -> Kept:
    """The same one asked for again changes nothing: what is lost on the way is asked for once more."""
    grant = {"client_key": client_id(app), "grant_type": "refresh_token", "refresh_token": known.refresh}
    said = await calls.ask(asking, REFRESH, grant)
    try:
        new = _kept(said, now)
    except Malformed:
        raise _no_token() from None
    # Its own end stays what it was, whatever number stands in this answer.
    ends = known.refresh_ends_at or new.refresh_ends_at
    return replace(new, refresh=new.refresh or known.refresh, refresh_ends_at=ends, renewals_left=known.renewals_left)


async def _prolong(asking: httpx.AsyncClient, app: App, kept: Kept, now: datetime) -> Kept:
    """A new refresh token; the old one ends with it. What failed for now is tried again before the old one ends."""
    try:
        said = await calls.ask_once(asking, PROLONG, {"client_key": client_id(app), "refresh_token": kept.refresh})
        ends = now + timedelta(seconds=number(said, "expires_in"))
        left = kept.renewals_left - 1
        return replace(kept, refresh=text(said, "refresh_token"), refresh_ends_at=ends, renewals_left=left)
    except (Retryable, Ambiguous, Malformed, OverflowError):
        return kept
    except (Refused, Unauthorized):  # 10020: five times are used up; 10004: the application may not
        return replace(kept, renewals_left=0)


def _ends_first(kept: Kept) -> bool:
    """Whether the right to renew will be over when the access ends."""
    return bool(kept.refresh_ends_at and kept.access_ends_at and kept.refresh_ends_at < kept.access_ends_at)


def _over(known: Kept, said: str, now: datetime) -> Exception:
    """The right to renew is over; the access itself is good until it ends."""
    again = f"somebody must scan the code again (connect the account anew): {said}"
    if known.access_ends_at and known.access_ends_at - now > LAST_HOUR:
        return Unavailable(
            f"the access ends at {known.access_ends_at:%Y-%m-%d %H:%M} and is renewed no more; {again}",
            retry_after=known.access_ends_at - LAST_HOUR - now,
        )
    return Unauthorized(again)


def _kept(said: Any, now: datetime) -> Kept:
    refresh = text_or_none(said, "refresh_token") or ""
    try:
        access_ends = now + timedelta(seconds=number(said, "expires_in"))
        until = said.get("refresh_expires_in")
        refresh_ends = None if until is None else now + timedelta(seconds=number(said, "refresh_expires_in"))
    except OverflowError:
        raise Malformed("expires_in: it is no time") from None
    return Kept(text(said, "access_token"), refresh, access_ends, refresh_ends)


def _no_token() -> Unavailable:
    return Unavailable("Douyin granted something that is no token")


def _time(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None
