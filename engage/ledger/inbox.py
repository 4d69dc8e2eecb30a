"""Deliveries: what platforms told us, raw, kept before anything else happens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, func, select, update

from engage.errors import EngageError
from engage.ledger.among import among
from engage.ledger.fair import Line, Rota, Waiting
from engage.ledger.ids import new_id
from engage.ledger.many import insert_many
from engage.ledger.states import DELIVERY, check, move
from engage.ledger.tables import accounts, deliveries

ROUND_OF_MANY = 20  # beside others, one account brings so small a part of a round at most
KEY_LENGTH = 200  # characters; a longer key is kept as its hash


class UnknownDelivery(EngageError):
    """There is no such delivery."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A verified delivery on its way into the ledger."""

    account_id: str
    key: str
    source: str  # webhook | poll | stream
    body: bytes


def store(tx: Connection, batch: Sequence[Incoming], now: datetime) -> None:
    """Keep a batch. A delivery seen before is kept once."""
    rows: list[dict[str, Any]] = [
        {
            "id": new_id(),
            "account_id": item.account_id,
            "dedupe_key": _stored(item.key),
            "source": item.source,
            "body": item.body,
            "state": "received",
            "reason": "",
            "attempts": 0,
            "received_at": now,
        }
        for item in batch  # the ids keep the order of arrival
    ]
    # Sorted, so that two processes storing the same storm of duplicates lock the keys in the same order.
    rows.sort(key=lambda row: (row["account_id"], row["dedupe_key"]))
    insert_many(tx, deliveries, rows, ignoring=True)


def _stored(key: str) -> str:
    """A key as any database keeps it: one that none takes would lose the whole batch."""
    safe = key.replace("\x00", "\\x00").encode("utf-8", "backslashreplace").decode()
    return safe if len(safe) <= KEY_LENGTH else sha256(safe.encode()).hexdigest()


_RECEIVED = Line(Waiting(deliveries, lambda one: [one.c.state == "received"], ("id",), lambda _: [], running=[]))


def next_received(tx: Connection, limit: int, now: datetime, rota: Rota | None = None) -> list[Row[Any]]:
    """Unprocessed deliveries, accounts in turn, each account's oldest first; in the order they came.

    Beside others, also those that were served a moment ago, an account brings a twentieth of a round at most: a flood
    waits here, where it costs least. The accounts stay locked until the transaction ends: one account's deliveries
    change the same conversations, so that another process takes those of other accounts meanwhile.
    """
    rota = rota or Rota()
    # (key_share: inserts elsewhere that refer to the account do not wait for this, and so cannot deadlock with it.)
    locked = select(accounts.c.id).order_by(accounts.c.id).with_for_update(key_share=True, skip_locked=True)
    waiting = _RECEIVED.accounts(tx, "intake", limit, rota, {})
    mine = list(tx.execute(locked.where(among(accounts.c.id, waiting))).scalars()) if waiting else []
    if not mine:
        return []
    each = max(-(-limit // rota.serve(mine, now)), limit // ROUND_OF_MANY)
    ids = [row.id for row in _RECEIVED.rows(tx, mine, each, {})][:limit]
    return list(tx.execute(select(deliveries).where(among(deliveries.c.id, ids)).order_by(deliveries.c.id)))


def settle_deliveries(tx: Connection, reasons: Mapping[str, str], state: str, now: datetime) -> None:
    """Many at once, fresh from `next_received`: id → reason. `state` is processed or ignored."""
    check(DELIVERY, "received", state)
    settled = update(deliveries).values(state=state, processed_at=now)
    silent = [delivery_id for delivery_id, reason in reasons.items() if not reason]
    if silent:
        tx.execute(settled.where(among(deliveries.c.id, silent)))
    for delivery_id, reason in reasons.items():
        if reason:
            tx.execute(settled.where(deliveries.c.id == delivery_id).values(reason=reason))


def settle_delivery(tx: Connection, delivery_id: str, state: str, reason: str, now: datetime) -> None:
    """`state` is processed, ignored or malformed."""
    move(tx, deliveries, delivery_id, state, reason=reason, processed_at=now)


def count_attempt(tx: Connection, delivery_id: str, reason: str) -> int:
    """A delivery made the processing fail: returns how often it has."""
    tried = update(deliveries).where(deliveries.c.id == delivery_id)
    tx.execute(tried.values(attempts=deliveries.c.attempts + 1, reason=reason))
    return int(tx.execute(select(deliveries.c.attempts).where(deliveries.c.id == delivery_id)).scalar_one())


def replay(tx: Connection, delivery_id: str) -> None:
    """Process a stored delivery again. What it already did is not done twice. Raises UnknownDelivery."""
    row = tx.execute(select(deliveries.c.state).where(deliveries.c.id == delivery_id)).first()
    if row is None:
        raise UnknownDelivery(f"there is no delivery {delivery_id!r}")
    if row.state != "received":
        move(tx, deliveries, delivery_id, "received", reason="", attempts=0)


def waiting(tx: Connection, at_most: int = 100_000) -> int:
    """How many deliveries are not processed yet; counting stops at `at_most`."""
    some = select(deliveries.c.id).where(deliveries.c.state == "received").limit(at_most)
    return int(tx.execute(select(func.count()).select_from(some.subquery())).scalar_one())
