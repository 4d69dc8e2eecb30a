"""The connectors of the accounts that were used last; one that is dropped is closed when nobody uses it any more."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row

from engage.platform import Connector

NEEDED = ("credentials", "config", "app_config", "app_secrets")  # of an account's row: what a connector is made from
MOST = 2000  # accounts; with an open connection each takes some 30 kB


@dataclass(slots=True, eq=False)
class Kept:
    """An account as it was read last, and its connector once somebody needed it."""

    account: Row[Any]
    read_at: datetime
    connector: Connector | None = None
    users: int = 0
    dropped: bool = False

    async def drop(self) -> None:
        self.dropped = True
        await self._close_unless_used()

    async def leave(self) -> None:
        self.users -= 1
        if self.dropped:
            await self._close_unless_used()

    async def _close_unless_used(self) -> None:
        if self.users == 0 and self.connector is not None:
            connector, self.connector = self.connector, None
            await connector.close()


class Connections:
    """At most `most` accounts, those that were used last; connectors are made from what was read of their account."""

    def __init__(self, make: Callable[[Row[Any]], Connector], most: int = MOST) -> None:
        self._make = make
        self._most = most
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, account_id: str) -> Kept | None:
        kept = self._kept.get(account_id)
        if kept is not None:
            self._kept.move_to_end(account_id)
        return kept

    async def see(self, account: Row[Any], now: datetime) -> Kept:
        """The account was read. A connector with other credentials than these is dropped."""
        known = self.find(account.id)
        if known is not None and _same(known.account, account):
            known.account, known.read_at = account, now
            return known
        fresh = self._kept[account.id] = Kept(account, now)
        if known is not None:
            await known.drop()
        while len(self._kept) > self._most:
            _, oldest = self._kept.popitem(last=False)
            await oldest.drop()
        return fresh

    def connector(self, kept: Kept) -> Connector:
        """Made at first need: what cannot be made must not stand in the way of other accounts."""
        if kept.connector is None:
            kept.connector = self._make(kept.account)
        return kept.connector

    @asynccontextmanager
    async def open(self, account_id: str) -> AsyncIterator[None]:
        """The connector of an account stays open for as long as the block lasts, whatever becomes of the account."""
        kept = self._kept.get(account_id)
        if kept is None:
            yield
            return
        kept.users += 1
        try:
            yield
        finally:
            await kept.leave()

    async def aclose(self) -> None:
        kept = list(self._kept.values())
        self._kept.clear()
        for one in kept:
            one.users = 0
            await one.drop()


def _same(before: Row[Any], now: Row[Any]) -> bool:
    return all(getattr(before, name) == getattr(now, name) for name in NEEDED)
