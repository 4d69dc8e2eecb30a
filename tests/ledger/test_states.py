"""The state machines: their tables, and that nothing in the code steps outside them."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, update

import engage
from engage.errors import IllegalTransition
from engage.ledger.states import ACCOUNT, DELIVERY, MACHINES, REPLY, TURN, States, check, move
from engage.ledger.tables import accounts, deliveries, replies, turns
from tests.ledger.house import House

LEDGER = Path(str(engage.__file__)).parent / "ledger"
TABLES: dict[str, Table] = {table.name: table for table in (accounts, deliveries, replies, turns)}

# Every UPDATE that sets `state` without `move`: function -> (machine, the states its WHERE names, the state it sets).
BULK: dict[str, tuple[States, tuple[str, ...], str]] = {
    "turns._TAKE": (TURN, ("collecting",), "answering"),
    "turns._free_all": (TURN, ("answering",), "collecting"),
    "turns._end_all": (TURN, ("collecting", "answering"), "expired"),  # or dead: only what was answering
    "conclusions._AGAIN": (TURN, ("answering",), "collecting"),
    "conclusions._end": (TURN, ("answering",), "answered"),  # or another: `_end` checks it
    "inbox.settle_deliveries": (DELIVERY, ("received",), "processed"),
    "erasure.empty": (DELIVERY, ("received",), "ignored"),
    "sendings._TAKE_DUE": (REPLY, ("due",), "sending"),
    "outbox._note": (REPLY, ("sending", "uncertain"), "sent"),
    "outbox.release_held": (REPLY, ("held",), "due"),
    "outbox.expire": (REPLY, ("held", "due"), "expired"),
    "waits._BACK": (REPLY, ("sending",), "due"),
    "outbox.sweep": (REPLY, ("sending",), "uncertain"),
    "creators.connect_account": (ACCOUNT, ("unauthorized", "disconnected"), "active"),
}
MADE_BY_INSERT = {"suggestions.settle", "turns.turn_row", "outbox.reply_row", "inbox.store"}
# A creator's index is building, serving or leaving: a switch is one transaction of its own, and no step of a message.
OF_INDEXES = {"indexes._row", "indexes.build", "indexes.give_up", "indexes.switch"}
NAMES_OF_STATES = {"sendings._claim"}  # a parameter of a SELECT


def steps(*, allowed: bool) -> list[Any]:
    return [
        pytest.param(name, before, after, id=f"{name}-{before}-{after}")
        for name, machine in MACHINES.items()
        for before in sorted(machine)
        for after in sorted(machine)
        if (after in machine[before]) is allowed
    ]


@pytest.mark.parametrize(("name", "before", "after"), steps(allowed=True))
def test_a_step_of_the_table_is_allowed(name: str, before: str, after: str) -> None:
    check(MACHINES[name], before, after)


@pytest.mark.parametrize(("name", "before", "after"), steps(allowed=False))
def test_any_other_step_is_illegal_and_says_what_may_follow(name: str, before: str, after: str) -> None:
    with pytest.raises(IllegalTransition, match=f"{before} -> {after}: from {before} only"):
        check(MACHINES[name], before, after)


def test_an_unknown_state_leads_nowhere() -> None:
    with pytest.raises(IllegalTransition):
        check(DELIVERY, "lost", "received")


@pytest.fixture
def row_of(house: House) -> dict[str, str]:
    """Ids of one row of each table that has states."""
    reply = house.answered()
    delivery = house.rows(deliveries)[0]
    return {"replies": reply.id, "turns": reply.turn_id, "deliveries": delivery.id, "accounts": house.account}


def put(tx: Connection, table: Table, row_id: str, state: str) -> None:
    tx.execute(update(table).where(table.c.id == row_id).values(state=state))


@pytest.mark.parametrize("name", list(MACHINES))
def test_rows_take_allowed_steps_and_refuse_all_others(house: House, row_of: dict[str, str], name: str) -> None:
    machine, table, row_id = MACHINES[name], TABLES[name], row_of[name]
    with house.tx() as tx:
        for before in machine:
            for after in machine:
                put(tx, table, row_id, before)
                if after in machine[before]:
                    assert move(tx, table, row_id, after)
                    continue
                with pytest.raises(IllegalTransition):
                    move(tx, table, row_id, after)
    assert house.row(table, id=row_id).state == before


def test_a_row_that_is_not_meant_any_more_is_left_alone(house: House, row_of: dict[str, str]) -> None:
    with house.tx() as tx:
        assert not move(tx, replies, row_of["replies"], "recalled", where=(replies.c.lease_owner == "w1",))
    assert house.row(replies).state == "due"


@pytest.mark.parametrize("name", list(BULK))
def test_bulk_updates_take_allowed_steps(name: str) -> None:
    machine, before, after = BULK[name]
    for state in before:
        check(machine, state, after)


WRITERS = (ast.FunctionDef, ast.Assign, ast.AnnAssign)


def functions_that_write_a_state() -> Iterator[str]:
    """`module.name` of whatever in the ledger gives `state` a value, where the module writes."""
    for file in LEDGER.glob("*.py"):
        text = file.read_text()
        writes = "update(" in text or "insert" in text
        for part in ast.walk(ast.parse(text)) if writes else ():
            if isinstance(part, ast.FunctionDef | ast.Assign | ast.AnnAssign) and any(
                _names_a_state(node) for node in ast.walk(part)
            ):
                yield from _name_of(file.stem, part)


def _name_of(module: str, part: ast.FunctionDef | ast.Assign | ast.AnnAssign) -> Iterator[str]:
    if isinstance(part, ast.FunctionDef):
        yield f"{module}.{part.name}"
        return
    target = part.target if isinstance(part, ast.AnnAssign) else part.targets[0]
    if isinstance(target, ast.Name) and target.id.isupper():
        yield f"{module}.{target.id}"


def _names_a_state(node: ast.AST) -> bool:
    if isinstance(node, ast.Dict):
        return any(isinstance(key, ast.Constant) and key.value == "state" for key in node.keys)
    if not isinstance(node, ast.Call):
        return False
    # `_end(…, state=…)` hands the state on to `move`, which checks it.
    to_move = isinstance(node.func, ast.Name) and node.func.id == "_end"
    return not to_move and any(keyword.arg == "state" for keyword in node.keywords)


def test_every_other_place_that_writes_a_state_is_known_here() -> None:
    known = BULK.keys() | MADE_BY_INSERT | NAMES_OF_STATES | OF_INDEXES | {"states.move"}
    assert set(functions_that_write_a_state()) == known
