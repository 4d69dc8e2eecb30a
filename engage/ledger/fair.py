"""Who is next: accounts in turn, oldest first within each, at a price that does not grow with what waits.

A flood on one account is a million rows in one place of the index. Both statements here jump over it: the line of
accounts takes one probe of the index for each account, the rows one probe for each row that is returned.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    String,
    Table,
    bindparam,
    func,
    literal,
    select,
    tuple_,
)
from sqlalchemy.orm import aliased

from engage.ledger.among import among
from engage.ledger.tables import accounts

Conditions = Callable[[FromClause], Sequence[ColumnElement[bool]]]
Parameters = Mapping[str, Any]
LATELY = timedelta(seconds=10)


@dataclass(frozen=True, slots=True)
class Waiting:
    """The waiting rows of a table.

    where: what makes a row wait, the columns before `account_id` in an index. order: the columns after it, the last
    one unique. may_go: what a row must fulfil to be taken now. running: which accounts are served, over `accounts`.
    """

    table: Table
    where: Conditions
    order: tuple[str, ...]
    may_go: Conditions
    running: Sequence[ColumnElement[bool]]


@dataclass(slots=True)
class Rota:
    """Where one worker is in its rounds, and how much of it each creator holds."""

    after: dict[str, str] = field(default_factory=dict)  # lane → the account served last
    held: Mapping[str, int] = field(default_factory=dict)  # creator → rows in work
    share: int = 1_000_000  # the most that one creator may hold
    most: dict[str, dict[str, int]] = field(default_factory=dict)  # lane → account → rows it can use in one claim
    _served: dict[str, datetime] = field(default_factory=dict)  # account → when last

    def serve(self, accounts: Sequence[str], now: datetime) -> int:
        """Notes that these are served. Returns how many were within LATELY, with them."""
        self._served |= dict.fromkeys(accounts, now)
        self._served = {account: at for account, at in self._served.items() if at > now - LATELY}
        return len(self._served)

    @property
    def full(self) -> list[str]:
        """Creators who hold their share."""
        return [creator for creator, held in self.held.items() if held >= self.share]


class Line:
    """Takes from what waits, in turn. Its statements are built once: building one takes longer than running it."""

    def __init__(self, waiting: Waiting) -> None:
        self._accounts = _accounts_in_line(waiting)
        self._rows = _oldest_rows(waiting)

    def take(self, tx: Connection, lane: str, limit: int, rota: Rota, values: Parameters) -> list[str]:
        """Ids of up to `limit` rows that may go now. The next call goes on after the last account of this one."""
        served = self.accounts(tx, lane, limit, rota, values)
        if not served:
            return []
        # Not more than may be chosen: a flood has thousands to walk through, and every row is a probe.
        each = min(-(-limit // len(served)), rota.share)
        usable = within(self.rows(tx, served, each, values), rota.most.get(lane, {}))
        return choose(usable, limit, rota.held, rota.share)

    def accounts(self, tx: Connection, lane: str, count: int, rota: Rota, values: Parameters) -> list[str]:
        """Up to `count` running accounts with something waiting, from the one after the last served on and round again.

        Without those of creators who hold their share.
        """
        values, after = {**values, "full": rota.full}, rota.after.get(lane, "")
        found = self._from(tx, after, count, values)
        if after and len(found) < count:
            found += [one for one in self._from(tx, "", count - len(found), values) if one <= after]
        if found:
            rota.after[lane] = found[-1]
        return found

    def _from(self, tx: Connection, after: str, count: int, values: Parameters) -> list[str]:
        return list(tx.execute(self._accounts, {**values, "after": after, "count": count}).scalars())

    def rows(self, tx: Connection, of: Sequence[str], each: int, values: Parameters) -> list[Row[Any]]:
        """(id, account_id, creator_id, place) of what may go now: up to `each` rows of each account, oldest first."""
        return list(tx.execute(self._rows, {**values, "of": list(of), "each": each}))


def _accounts_in_line(waiting: Waiting) -> Select[Any]:
    def smallest_after(bound: ColumnElement[str]) -> ColumnElement[str]:
        one = aliased(waiting.table)
        smallest = select(func.min(one.c.account_id)).where(*waiting.where(one), one.c.account_id > bound)
        return smallest.scalar_subquery()

    line = select(smallest_after(bindparam("after", type_=String)).label("account_id")).cte("line", recursive=True)
    following = select(smallest_after(line.c.account_id)).where(line.c.account_id.is_not(None))
    line = line.union_all(following)
    # The recursion goes only as far as the limit asks: both databases make its rows one by one.
    running = select(accounts.c.id).where(accounts.c.id == line.c.account_id, *waiting.running, _has_room()).exists()
    return select(line.c.account_id).where(running).limit(bindparam("count"))


def _has_room() -> ColumnElement[bool]:
    return ~among(accounts.c.creator_id, "full")


def _oldest_rows(waiting: Waiting) -> Select[Any]:
    def first_of(account_id: ColumnElement[str], after: FromClause | None) -> ColumnElement[str]:
        one = aliased(waiting.table)
        order = [one.c[name] for name in waiting.order]
        query = select(one.c.id).where(*waiting.where(one), one.c.account_id == account_id, *waiting.may_go(one))
        if after is not None:
            query = query.where(tuple_(*order) > tuple_(*(after.c[name] for name in waiting.order)))
        return query.order_by(*order).limit(1).scalar_subquery()

    walk = (
        select(accounts.c.id.label("account_id"), literal(1).label("place"), first_of(accounts.c.id, None).label("id"))
        .where(among(accounts.c.id, "of"), *waiting.running)
        .cte("walk", recursive=True)
    )
    before = aliased(waiting.table)
    walk = walk.union_all(
        select(walk.c.account_id, walk.c.place + 1, first_of(walk.c.account_id, before))
        .join(before, before.c.id == walk.c.id)
        .where(walk.c.place < bindparam("each"))
    )
    creator = select(accounts.c.creator_id).where(accounts.c.id == walk.c.account_id).scalar_subquery()
    rows = select(walk.c.id, walk.c.account_id, creator.label("creator_id"), walk.c.place)
    return rows.where(walk.c.id.is_not(None)).order_by(walk.c.place, walk.c.id)


def within(rows: Sequence[Row[Any]], most: Mapping[str, int]) -> Sequence[Row[Any]]:
    """The first rows of each account, as many as it can use. Pure."""
    return [row for row in rows if row.place <= most.get(row.account_id, row.place)] if most else rows


def choose(rows: Sequence[Row[Any]], limit: int, held: Mapping[str, int], share: int) -> list[str]:
    """Ids of up to `limit` rows, creators in turn; none of a creator who would then hold more than `share`. Pure."""
    turns: dict[str, int] = {}
    ranked = []
    for row in rows:
        place = turns[row.creator_id] = turns.get(row.creator_id, 0) + 1
        if held.get(row.creator_id, 0) + place <= share:
            ranked.append((place, row.id))
    return [row_id for _, row_id in sorted(ranked)[:limit]]
