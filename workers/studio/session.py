"""Who is signed in: the cookie names a session, the server keeps it, the ledger says whether it still holds."""

from collections.abc import MutableMapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nicegui import app
from sqlalchemy import Connection

from engage.errors import EngageError
from engage.ledger import users
from engage.ledger.users import User

KEY = "session"
LASTS = timedelta(days=14)


class SignedOut(EngageError):
    """You are signed out. Sign in again."""


@dataclass(frozen=True, slots=True)
class Session:
    """A sign-in. `stamp` ties it to the password it was made with."""

    user_id: str
    name: str
    stamp: str
    until: datetime


def begin(store: MutableMapping[str, Any], user: User, now: datetime) -> Session:
    """Remember a sign-in in the browser's server-side storage."""
    session = Session(user.id, user.name, user.stamp, now + LASTS)
    until = session.until.isoformat()
    store[KEY] = {"user_id": user.id, "name": user.name, "stamp": user.stamp, "until": until}
    return session


def read(store: MutableMapping[str, Any], now: datetime) -> Session | None:
    """The sign-in kept in `store`, unless it is over."""
    kept = store.get(KEY)
    if not kept:
        return None
    session = Session(kept["user_id"], kept["name"], kept["stamp"], datetime.fromisoformat(kept["until"]))
    return session if session.until > now else None


def current(now: datetime) -> Session:
    """The sign-in of the page at work. Raises SignedOut."""
    session = read(app.storage.user, now)
    if session is None:
        raise SignedOut
    return session


def end() -> None:
    """Sign this browser out; all its open pages go to the sign-in within a second."""
    app.storage.user.pop(KEY, None)


def check(tx: Connection, session: Session) -> None:
    """Raises SignedOut where the account is gone or its password has changed."""
    user = users.get(tx, session.user_id)
    if user is None or user.stamp != session.stamp:
        raise SignedOut
