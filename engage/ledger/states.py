"""The state machines, each an explicit table of the steps it allows."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, Table, select, update

from engage.errors import IllegalTransition

States = Mapping[str, frozenset[str]]


def _table(**steps: str) -> States:
    table = {state: frozenset(following.split()) for state, following in steps.items()}
    for following in list(table.values()):
        for state in following:
            table.setdefault(state, frozenset())
    return table


DELIVERY = _table(
    received="processed ignored malformed",
    processed="received",  # a replay
    ignored="received",
    malformed="received",
)

TURN = _table(
    collecting="answering skipped expired",
    answering="collecting answered skipped escalated expired dead",
    # The creator may answer by hand what the avatar left; nothing else leaves an ended state.
    escalated="answered",
    skipped="answered",
    dead="answered",
    expired="answered",
)

REPLY = _table(
    held="due recalled expired",
    due="sending sent uncertain recalled expired refused dead",  # sent: its own post came back; uncertain: may be out
    sending="sent due uncertain refused dead",
    uncertain="sent due dead refused expired",
    sent="recalled",
)

ACCOUNT = _table(
    active="paused unauthorized disconnected",
    paused="active unauthorized disconnected",
    unauthorized="active paused disconnected",
    disconnected="active",
)

MACHINES: Mapping[str, States] = {"deliveries": DELIVERY, "turns": TURN, "replies": REPLY, "accounts": ACCOUNT}


def check(machine: States, before: str, after: str) -> None:
    """Raises IllegalTransition unless `machine` allows the step."""
    if after not in machine.get(before, frozenset()):
        allowed = ", ".join(sorted(machine.get(before, frozenset()))) or "nothing"
        raise IllegalTransition(f"{before} -> {after}: from {before} only {allowed} may follow")


def move(tx: Connection, table: Table, row_id: str, after: str, *, where: Iterable[Any] = (), **values: Any) -> bool:
    """Step a row to `after`. False where the row does not meet `where` any more; raises IllegalTransition."""
    machine = MACHINES[table.name]
    found = tx.execute(select(table.c.state).where(table.c.id == row_id).with_for_update())
    before = found.scalar_one_or_none() if where else found.scalar_one()
    if before is None:
        return False  # erased meanwhile
    if where and not tx.execute(select(table.c.id).where(table.c.id == row_id, *where)).first():
        return False
    check(machine, before, after)
    result = tx.execute(
        update(table).where(table.c.id == row_id, table.c.state == before, *where).values(state=after, **values)
    )
    return result.rowcount == 1
