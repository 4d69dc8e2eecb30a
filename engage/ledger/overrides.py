"""What an operator has loosened of the telling, for which creator: who answers for it, why, and since when."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, Row, delete, select

from engage.compose.policies import LOOSENABLE
from engage.errors import EngageError
from engage.ledger import audit
from engage.ledger.among import among
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import overrides


class NotLoosened(EngageError):
    """This cannot be loosened, or not like this."""


def loosen(tx: Connection, creator_id: str, rule: str, who: str, why: str, now: datetime) -> None:
    """Record an override, with its audit row. Raises NotLoosened for other rules, and where nobody answers for it."""
    if rule not in LOOSENABLE:
        raise NotLoosened(f"{rule!r} cannot be loosened; only {' and '.join(LOOSENABLE)} can")
    if not who.strip() or not why.strip():
        raise NotLoosened("an override names who answers for it, and why")
    who, why = who.strip()[:100], why.strip()[:500]
    row = insert_ignoring(tx, overrides).values(creator_id=creator_id, rule=rule, who=who, why=why, since=now)
    if tx.execute(row.returning(overrides.c.rule)).first():
        audit.record(tx, who, "loosen", creator_id, rule, {"why": why}, now)


def tighten(tx: Connection, creator_id: str, rule: str, who: str, now: datetime) -> bool:
    """End an override. False where there was none."""
    mine = (overrides.c.creator_id == creator_id, overrides.c.rule == rule)
    ended = tx.execute(delete(overrides).where(*mine)).rowcount == 1
    if ended:
        audit.record(tx, who, "tighten", creator_id, rule, {}, now)
    return ended


def loosened_of(tx: Connection, creator_ids: Collection[str]) -> dict[str, frozenset[str]]:
    """Creator → the rules that are loosened for them; creators without any are left out."""
    found: dict[str, set[str]] = {}
    for row in tx.execute(select(overrides).where(among(overrides.c.creator_id, creator_ids))):
        found.setdefault(row.creator_id, set()).add(row.rule)
    return {creator_id: frozenset(rules) for creator_id, rules in found.items()}


def every(tx: Connection) -> list[Row[tuple[str, str, str, str, datetime]]]:
    """All of them."""
    return list(tx.execute(select(overrides).order_by(overrides.c.creator_id, overrides.c.rule)))
