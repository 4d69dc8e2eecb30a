"""A round of intake: take what was received, the plain of it together, the rest one by one.

Everything a delivery does is one transaction, so that a crash in the middle does nothing and a second processing does
nothing more.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from engage.errors import Malformed
from engage.intake import together
from engage.intake.events import IntakePolicy, OneByOne
from engage.intake.together import Parsed
from engage.ledger import inbox
from engage.ledger.creators import accounts_of
from engage.ledger.database import is_outage
from engage.ledger.echoes import Echo
from engage.ledger.fair import Rota
from engage.models import Event, Surface
from engage.platform import Parser

MAX_FAILURES = 5  # a delivery that makes the code fail this often is set aside as malformed
ParserOf = Callable[[str], Parser]


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one round did: how many deliveries, the lanes that have new work, and unexpected failures by delivery."""

    deliveries: int
    lanes: frozenset[Surface]
    failures: dict[str, Exception]


def process(
    tx: Connection,
    parser_of: ParserOf,
    policy: IntakePolicy,
    now: datetime,
    limit: int = 100,
    rota: Rota | None = None,
) -> Delivered:
    """Process up to `limit` received deliveries, accounts in turn. `parser_of(platform)` gives a platform's parser."""
    rows = inbox.next_received(tx, limit, now, rota)
    accounts = accounts_of(tx, {row.account_id for row in rows})
    lanes: set[Surface] = set()
    failures: dict[str, Exception] = {}
    rest = rows
    parsed = [one for row in rows if (one := _parsed(row, accounts, parser_of))]
    ours = together.own_posts(tx, parsed)
    plain = together.plain(parsed, ours, together.mistaken(tx, parsed))
    done = _all_at_once(tx, plain, ours, policy, now) if plain else None
    if done is not None:
        lanes |= done
        taken = {one.delivery.id for one in plain}
        rest = [row for row in rows if row.id not in taken]
    for row in rest:
        lanes |= _one(tx, row, accounts, parser_of, policy, now, failures)
    return Delivered(len(rows), frozenset(lanes), failures)


def _parsed(row: Row[Any], accounts: dict[str, Row[Any]], parser_of: ParserOf) -> Parsed | None:
    """None where it cannot be read: whoever takes it alone says why."""
    account = accounts[row.account_id]
    try:
        return Parsed(row, account, parser_of(account.platform)(_decode(row.body), account.platform_user_id))
    except Exception:
        return None


def _all_at_once(
    tx: Connection, plain: list[Parsed], ours: Mapping[Echo, str], policy: IntakePolicy, now: datetime
) -> set[Surface] | None:
    """None where it failed: then nothing was done, and each is tried alone, so that one costs no other."""
    try:
        with tx.begin_nested():
            lanes = together.take_in(tx, plain, policy, now)
            together.settle(tx, plain, ours)
            for state in ("processed", "ignored"):
                reasons = {one.delivery.id: _reasons(one.events) for one in plain if _state(one.events) == state}
                inbox.settle_deliveries(tx, reasons, state, now)
            return lanes
    except Exception as error:
        if is_outage(error):
            raise
        return None


def _one(
    tx: Connection,
    row: Row[Any],
    accounts: dict[str, Row[Any]],
    parser_of: ParserOf,
    policy: IntakePolicy,
    now: datetime,
    failures: dict[str, Exception],
) -> set[Surface]:
    try:
        with tx.begin_nested():
            return _apply(tx, row, accounts[row.account_id], parser_of, policy, now)
    except Malformed as error:
        inbox.settle_delivery(tx, row.id, "malformed", str(error), now)
    except Exception as error:
        if is_outage(error):
            raise
        # A bug of ours must not cost the other deliveries, nor this one: it stays, and can be replayed.
        failures[row.id] = error
        if inbox.count_attempt(tx, row.id, f"{type(error).__name__}: {error}") >= MAX_FAILURES:
            reason = f"failed {MAX_FAILURES} times: {type(error).__name__}"
            inbox.settle_delivery(tx, row.id, "malformed", reason, now)
    return set()


def _apply(
    tx: Connection, delivery: Row[Any], account: Row[Any], parser_of: ParserOf, policy: IntakePolicy, now: datetime
) -> set[Surface]:
    events = parser_of(account.platform)(_decode(delivery.body), account.platform_user_id)
    work = OneByOne(tx, account, delivery.id, policy, now)
    for event in events:
        work.apply(event)
    inbox.settle_delivery(tx, delivery.id, _state(events), _reasons(events), now)
    return work.lanes


def _state(events: list[Event]) -> str:
    return "ignored" if all(event.kind in together.NOTHING for event in events) else "processed"


def _reasons(events: list[Event]) -> str:
    return "; ".join(event.reason for event in events if event.kind in together.NOTHING and event.reason)


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise Malformed(f"the body is not JSON: {error}") from None
