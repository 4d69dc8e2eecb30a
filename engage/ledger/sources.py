"""Polls and streams in line: which of them are due, who holds them, and where each goes on.

A row of `cursors` is one source of one account. `next_at` says when somebody may take it: the next poll, or the end of
the lease of whoever holds it. Where it is empty nobody listens, because the account is paused or was refused.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, select, update

from engage.ledger.inbox import Incoming, store
from engage.ledger.many import insert_many
from engage.ledger.tables import accounts, cursors
from engage.ledger.types import UtcDateTime

Key = tuple[str, str]  # account id, source


@dataclass(frozen=True, slots=True)
class Held:
    """A poll or stream that a listener has taken, with the cursor to go on from."""

    account_id: str
    source: str  # poll | stream
    cursor: str

    @property
    def key(self) -> Key:
        return self.account_id, self.source


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of one look, stored together. cursor: None keeps the old one. next_at: None keeps the source held."""

    key: Key
    cursor: str | None = None
    batch: Sequence[Incoming] = ()
    next_at: datetime | None = None
    error: str = ""


@dataclass(slots=True)
class _Changes:
    """What must be done to `cursors` so that an account's sources are those that its connector and config say."""

    add: list[dict[str, Any]] = field(default_factory=list)
    remove: list[dict[str, str]] = field(default_factory=list)
    wake: list[str] = field(default_factory=list)
    park: list[str] = field(default_factory=list)


def claim(tx: Connection, source: str, limit: int, owner: str, lease: timedelta, now: datetime) -> list[Held]:
    """Take up to `limit` due polls or streams, those that wait longest first; what others take meanwhile is skipped."""
    active = select(accounts.c.id).where(accounts.c.id == cursors.c.account_id, accounts.c.state == "active").exists()
    due = select(cursors.c.account_id, cursors.c.cursor).where(cursors.c.source == source, cursors.c.next_at <= now)
    free = due.where(active).order_by(cursors.c.next_at).limit(limit)
    taken = [Held(row.account_id, source, row.cursor) for row in tx.execute(_lock(free))]
    if taken:
        mine = (cursors.c.source == source, cursors.c.account_id.in_([held.account_id for held in taken]))
        tx.execute(update(cursors).where(*mine).values(lease_owner=owner, next_at=now + lease))
    return taken


def _lock(query: Any) -> Any:
    return query.with_for_update(of=cursors, skip_locked=True)


def renew(tx: Connection, owner: str, lease: timedelta, now: datetime) -> set[Key]:
    """Hold everything that `owner` holds for longer → what that is; the rest was taken by others."""
    # In the order of `keep`, so that neither waits for the other in a circle.
    mine = select(cursors.c.account_id, cursors.c.source).where(cursors.c.lease_owner == owner)
    held = {(row.account_id, row.source) for row in tx.execute(_in_order(mine))}
    tx.execute(update(cursors).where(cursors.c.lease_owner == owner).values(next_at=now + lease))
    return held


def _in_order(query: Any) -> Any:
    return query.order_by(cursors.c.account_id, cursors.c.source).with_for_update()


def keep(tx: Connection, owner: str, heard: Sequence[Heard], now: datetime) -> list[bool]:
    """Store pages with the cursors that follow them. False for each whose lease was lost: nothing of it is kept."""
    asked = select(cursors).where(cursors.c.lease_owner == owner)
    asked = asked.where(cursors.c.account_id.in_({one.key[0] for one in heard}))
    held = {(row.account_id, row.source): row for row in tx.execute(_in_order(asked))}
    mine = [one for one in heard if one.key in held]
    if mine:
        tx.execute(_KEEP, [_kept(one, held[one.key], owner) for one in mine])
        store(tx, [delivery for one in mine for delivery in one.batch], now)
    return [one.key in held for one in heard]


def _kept(heard: Heard, row: Row[Any], owner: str) -> dict[str, Any]:
    ends = heard.next_at is not None
    return {
        "of_account": heard.key[0],
        "of_source": heard.key[1],
        "new_cursor": row.cursor if heard.cursor is None else heard.cursor,
        "new_next_at": heard.next_at if ends else row.next_at,
        "new_owner": None if ends else owner,
        "new_error": heard.error,
    }


_KEEP = (
    update(cursors)
    .where(cursors.c.account_id == bindparam("of_account"), cursors.c.source == bindparam("of_source"))
    .values(
        cursor=bindparam("new_cursor"),
        next_at=bindparam("new_next_at", type_=UtcDateTime),
        lease_owner=bindparam("new_owner"),
        error=bindparam("new_error"),
    )
)


def leave(tx: Connection, owner: str, now: datetime) -> None:
    """A listener that stops gives back what it holds: the next one need not wait for leases to run out."""
    tx.execute(update(cursors).where(cursors.c.lease_owner == owner).values(lease_owner=None, next_at=now))


# which sources an account has ---------------------------------------------------------------------------------------


def write_down(
    tx: Connection,
    offer_of: Callable[[str], Sequence[str]],
    wanted: Callable[[Row[Any]], Sequence[str]],
    limit: int,
    now: datetime,
) -> int:
    """Make the rows of accounts that were connected or changed since somebody looked. Returns how many accounts.

    offer_of: the sources that a platform's connector has. wanted: those of them that an account's config asks for.
    """
    changed = select(accounts).where(accounts.c.offer.is_(None)).order_by(accounts.c.id).limit(limit)
    rows = tx.execute(changed.with_for_update(key_share=True, skip_locked=True)).all()
    if not rows:
        return 0
    known: dict[str, dict[str, datetime | None]] = {row.id: {} for row in rows}
    there = select(cursors.c.account_id, cursors.c.source, cursors.c.next_at)
    for row in tx.execute(there.where(cursors.c.account_id.in_(list(known)))):
        known[row.account_id][row.source] = row.next_at
    _apply(tx, _changes(rows, known, wanted, now), now)
    for platform in {row.platform for row in rows}:
        ids = [row.id for row in rows if row.platform == platform]
        looked_at = {"offer": " ".join(offer_of(platform))}
        tx.execute(update(accounts).where(accounts.c.id.in_(ids)).values(**looked_at))
    return len(rows)


def _changes(
    rows: Iterable[Row[Any]],
    known: Mapping[str, Mapping[str, datetime | None]],
    wanted: Callable[[Row[Any]], Sequence[str]],
    now: datetime,
) -> _Changes:
    changes = _Changes()
    for account in rows:
        there, listen = known[account.id], account.state == "active"
        asked = wanted(account)
        for source in asked:
            if source not in there:
                changes.add.append({"account_id": account.id, "source": source, "next_at": now if listen else None})
        changes.remove += [{"of": account.id, "which": source} for source in there if source not in asked]
        if not listen:
            changes.park.append(account.id)
        elif any(next_at is None for next_at in there.values()):
            changes.wake.append(account.id)
    return changes


def _apply(tx: Connection, changes: _Changes, now: datetime) -> None:
    if changes.add:
        insert_many(tx, cursors, [{"cursor": "", "error": "", **row} for row in changes.add])
    if changes.remove:
        one = (cursors.c.account_id == bindparam("of"), cursors.c.source == bindparam("which"))
        tx.execute(delete(cursors).where(*one), changes.remove)
    if changes.wake:
        asleep = (cursors.c.account_id.in_(changes.wake), cursors.c.next_at.is_(None))
        tx.execute(update(cursors).where(*asleep).values(next_at=now))
    if changes.park:
        held = cursors.c.account_id.in_(changes.park)
        tx.execute(update(cursors).where(held).values(next_at=None, lease_owner=None))


def look_again(tx: Connection, offer_of: Callable[[str], Sequence[str]]) -> int:
    """Mark accounts whose connector has other sources now than when their rows were made. Returns how many."""
    seen = select(accounts.c.platform, accounts.c.offer, func.count().label("accounts"))
    seen = seen.where(accounts.c.offer.is_not(None)).group_by(accounts.c.platform, accounts.c.offer)
    marked = 0
    for row in tx.execute(seen).all():
        if row.offer != " ".join(offer_of(row.platform)):
            old = (accounts.c.platform == row.platform, accounts.c.offer == row.offer)
            marked += tx.execute(update(accounts).where(*old).values(offer=None)).rowcount
    return marked
