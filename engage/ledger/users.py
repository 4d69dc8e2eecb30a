"""The people who may open the studio. Passwords are kept as argon2id hashes only."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, func, select, update

from engage.errors import EngageError
from engage.ledger.ids import new_id
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import users

OWNER = "owner"
MOST_CHARACTERS = 256  # of a password: what is longer is no password, and is not hashed
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
GROUPS, GROUP = 5, 4  # 20 letters, 99 bits

# OWASP's argon2id profile with the smaller memory (2025): 19 MiB, 2 passes. Sign-ins are rare, the process is small.
_hasher = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


class UnknownUser(EngageError):
    """There is no such user."""


@dataclass(frozen=True, slots=True)
class User:
    """Somebody with a password. `stamp` changes with it: sessions that carry an older one are over."""

    id: str
    name: str
    password_hash: str
    stamp: str


def ensure_owner(tx: Connection, now: datetime) -> str | None:
    """Make the owner's account where nobody has one. Returns its password, this once; None where there is somebody."""
    if tx.execute(select(func.count()).select_from(users)).scalar_one():
        return None
    password = new_password()
    values = {"id": new_id(), "name": OWNER, "password_hash": _hasher.hash(password), "created_at": now}
    added = tx.execute(insert_ignoring(tx, users).values(**values).returning(users.c.id)).first()
    return password if added else None  # another process made it in the same moment


def new_password() -> str:
    """Strong, and easy to copy from a terminal by hand."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(GROUP)) for _ in range(GROUPS))


def set_password(tx: Connection, name: str, password: str) -> None:
    """Change a password; every session of this user ends. Raises UnknownUser."""
    changed = tx.execute(update(users).where(users.c.name == name).values(password_hash=_hasher.hash(password)))
    if changed.rowcount == 0:
        raise UnknownUser(f"there is no user named {name!r}")


def find(tx: Connection, name: str) -> User | None:
    row = tx.execute(select(users).where(users.c.name == name)).first()
    return _user(row) if row is not None else None


def get(tx: Connection, user_id: str) -> User | None:
    row = tx.execute(select(users).where(users.c.id == user_id)).first()
    return _user(row) if row is not None else None


def matches(user: User | None, password: str) -> bool:
    """Whether this is the user's password. An unknown user takes as long as a wrong password."""
    if len(password) > MOST_CHARACTERS:
        return False
    try:
        _hasher.verify(user.password_hash if user else _nobodys_hash(), password)
    except (VerificationError, InvalidHashError):
        return False
    return user is not None


@cache
def _nobodys_hash() -> str:
    return _hasher.hash(secrets.token_hex())


def _user(row: Row[Any]) -> User:
    stamp = hashlib.sha256(row.password_hash.encode()).hexdigest()[:32]
    return User(row.id, row.name, row.password_hash, stamp)
