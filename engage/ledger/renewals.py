"""Credentials that end: whose are renewed next, by one process at a time, and what came of it.

`accounts.renew_at` says when somebody may take the account: some time before its credentials end, or the end of the
lease of whoever renews them at this moment. An account that was refused is renewed no more.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select, update

from engage.ledger.among import among
from engage.ledger.apps import LINKED
from engage.ledger.creators import get_account, lose_access, renewal_of, resume_account
from engage.ledger.tables import accounts

STILL_IN_USE = timedelta(seconds=60)  # a call may have begun with the credentials of before they were replaced


def claim(tx: Connection, limit: int, lease: timedelta, now: datetime) -> list[Row[Any]]:
    """Take accounts whose credentials end soon, the most urgent first; what others take meanwhile is skipped."""
    ending = (accounts.c.renew_at.is_not(None), accounts.c.renew_at <= now)
    due = LINKED.where(*ending).order_by(accounts.c.renew_at).limit(limit)
    rows = tx.execute(due.with_for_update(of=accounts, key_share=True, skip_locked=True)).all()
    if rows:
        taken = update(accounts).where(among(accounts.c.id, [row.id for row in rows]))
        tx.execute(taken.values(renew_at=now + lease))
    return list(rows)


def next_due(tx: Connection) -> datetime | None:
    first = select(accounts.c.renew_at).where(accounts.c.renew_at.is_not(None)).order_by(accounts.c.renew_at).limit(1)
    found: datetime | None = tx.execute(first).scalar_one_or_none()
    return found


def store(tx: Connection, account: Row[Any], credentials: bytes, expires_at: datetime | None, now: datetime) -> bool:
    """Give the account that was claimed its new credentials. False where it was connected anew meanwhile."""
    unchanged = _unchanged(account)
    values = {"credentials": credentials, "expires_at": expires_at, "renew_at": renewal_of(expires_at, now)}
    stored = tx.execute(update(accounts).where(*unchanged).values(**values, renewed_at=now)).rowcount == 1
    if stored and get_account(tx, account.id).state == "unauthorized":  # another was refused with the ones of before
        resume_account(tx, account.id)
    return stored


def put_off(tx: Connection, account: Row[Any], until: datetime) -> None:
    """It could not be renewed now."""
    unchanged = _unchanged(account)
    still = accounts.c.state != "unauthorized"
    tx.execute(update(accounts).where(*unchanged, still).values(renew_at=until))


def end(tx: Connection, account: Row[Any], reason: str) -> None:
    """The platform renews them no more: the creator must connect the account again."""
    if tx.execute(select(accounts.c.id).where(*_unchanged(account))).first():
        lose_access(tx, account.id, reason)


def _unchanged(account: Row[Any]) -> tuple[ColumnElement[bool], ...]:
    """It has the credentials that were claimed, though a rotation of keys may have written them in other bytes."""
    since = accounts.c.renewed_at
    renewed = since.is_(None) if account.renewed_at is None else since == account.renewed_at
    same = or_(accounts.c.credentials == account.credentials, renewed & (accounts.c.state != "disconnected"))
    return (accounts.c.id == account.id, same)


def note_refusal(tx: Connection, account_id: str, reason: str, now: datetime, since: datetime | None = None) -> None:
    """A call was refused for its credentials. The account is lost, unless they were replaced meanwhile.

    since: when the refused ones were read; a moment ago where nothing is said.
    """
    renewed_at = get_account(tx, account_id).renewed_at
    if renewed_at is None or renewed_at < min(since or now, now - STILL_IN_USE):
        lose_access(tx, account_id, reason)
