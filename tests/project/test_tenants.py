"""The guard of tenancy: it sees a query that names no tenant, in every form that a query has here."""

import ast
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, delete, func, insert, literal, or_, select, text, tuple_, update
from sqlalchemy.orm import aliased

from engage.ledger import overview
from engage.ledger.among import among
from engage.ledger.database import Database
from engage.ledger.tables import accounts, conversations, creators, facts, followers, messages, passages, turns
from tests import tenants
from tests.tenants_of_all import ALL_CREATORS

ROOT = Path(__file__).parents[2]
other = aliased(turns)
line = select(turns.c.id).where(turns.c.creator_id == "x").cte("line")

TIED = {
    "the creator's id": select(messages).where(messages.c.creator_id == "x"),
    "something of theirs": select(messages).where(messages.c.text == "hi", messages.c.conversation_id == "c"),
    "some of theirs": select(messages).where(among(messages.c.turn_id, ["a", "b"])),
    "a list": select(messages).where(messages.c.id.in_(["a", "b"])),
    "a join": select(facts, messages.c.text)
    .join(messages, messages.c.id == facts.c.message_id)
    .where(facts.c.follower_id == "f"),
    "a correlated question": select(turns.c.id).where(
        turns.c.id == "t", ~select(other.c.id).where(other.c.order_key == turns.c.order_key).exists()
    ),
    "a list that is asked for": delete(facts).where(
        facts.c.message_id.in_(select(messages.c.id).where(messages.c.follower_id == "f"))
    ),
    "either of two": select(messages).where(or_(messages.c.turn_id == "t", messages.c.follower_id == "f")),
    "a key of two columns": delete(passages).where(
        tuple_(passages.c.creator_id, passages.c.id).in_(
            select(passages.c.creator_id, passages.c.id).where(passages.c.creator_id == "x").limit(5)
        )
    ),
    "what stands before it": select(messages).join(line, line.c.id == messages.c.turn_id),
    "a name that is one creator's": select(creators).where(creators.c.name == "tilly"),
    "an insertion": insert(messages).values(id="m", creator_id="x"),
    "a table of nobody's": text("SELECT * FROM switches"),
}
LOOSE = {
    "nothing": (select(messages), {"messages"}),
    "a state": (select(turns.c.id).where(turns.c.state == "collecting"), {"turns"}),
    "an id of a platform": (select(followers).where(followers.c.platform_user_id == "u"), {"followers"}),
    "a text": (update(messages).where(messages.c.text == "hi").values(text=""), {"messages"}),
    "a deletion": (delete(passages).where(passages.c.kind == "said"), {"passages"}),
    "a count": (select(func.count()).select_from(conversations), {"conversations"}),
    "one of two that is none": (
        select(messages).where(or_(messages.c.turn_id == "t", messages.c.author == "bot")),
        {"messages"},
    ),
    "itself": (select(turns).where(turns.c.order_key == turns.c.order_key), {"turns"}),
    "two that lean on each other": (
        select(messages.c.id).join(turns, turns.c.id == messages.c.turn_id),
        {"messages", "turns"},
    ),
    "a second table beside it": (select(messages.c.id, facts.c.value).where(messages.c.creator_id == "x"), {"facts"}),
    "other than a key": (select(messages).where(messages.c.creator_id != "x"), {"messages"}),
    "inside a question": (
        select(literal(1)).where(select(accounts.c.id).where(accounts.c.state == "active").exists()),
        {"accounts"},
    ),
    "inside a list": (
        delete(facts).where(facts.c.message_id.in_(select(messages.c.id).where(messages.c.text == "hi"))),
        {"messages"},
    ),
    "inside what stands before": (
        select(select(turns.c.id).where(turns.c.state == "dead").cte("gone").c.id),
        {"turns"},
    ),
    "inside a list, under the same name": (
        select(turns).where(turns.c.id.in_(select(select(turns.c.id).where(turns.c.state == "dead").subquery().c.id))),
        {"turns"},
    ),
    "both halves": (select(turns.c.id).union_all(select(facts.c.id)), {"turns", "facts"}),
    "by hand": (text("SELECT text FROM messages"), {"messages"}),
}


@pytest.mark.parametrize("name", TIED)
def test_a_query_that_names_its_tenant_is_let_through(name: str) -> None:
    assert tenants.loose(TIED[name]) == set()


@pytest.mark.parametrize("name", LOOSE)
def test_a_query_that_names_none_is_seen(name: str) -> None:
    statement, tables = LOOSE[name]
    assert tenants.loose(statement) == tables


@pytest.fixture
def db(sqlite_url: str) -> Iterator[Database]:
    ledger = Database(sqlite_url)
    yield ledger
    ledger.close()


def test_code_that_asks_without_a_tenant_fails_its_test(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard is wired to the engines: what the code executes is looked at."""
    monkeypatch.delitem(ALL_CREATORS, "engage.ledger.overview.pulse")
    with db.reading() as tx:
        overview.pulse(tx, datetime.now(UTC))
    assert {one.partition(" ")[0] for one in tenants.violations} == {"engage.ledger.overview.pulse"}
    tenants.violations.clear()  # else this test would fail, as it should


def test_code_that_writes_its_query_by_hand_is_seen_too(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    code = compile("def ask(tx): tx.exec_driver_sql('SELECT text FROM messages')", f"{ROOT}/engage/new.py", "exec")
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102 - a function of ours that is not written yet
    with db.reading() as tx:
        namespace["ask"](tx)
    assert [one.partition(" ")[0] for one in tenants.violations] == ["engage.new.ask"]
    tenants.violations.clear()


def test_what_a_test_itself_looks_at_is_its_own_affair(db: Database) -> None:
    with db.reading() as tx:
        assert _count(tx) == 0
    assert tenants.violations == []


def _count(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).select_from(messages)).scalar_one())


@pytest.mark.parametrize("name", ALL_CREATORS)
def test_what_may_see_all_creators_exists_and_has_its_reason(name: str) -> None:
    parts = name.split(".")
    depth = next(n for n in range(len(parts), 0, -1) if (ROOT / "/".join(parts[:n])).with_suffix(".py").exists())
    body: list[ast.stmt] = ast.parse((ROOT / "/".join(parts[:depth])).with_suffix(".py").read_text()).body
    for part in parts[depth:]:
        kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
        found = next(one for one in body if isinstance(one, kinds) and one.name == part)
        body = found.body
    assert len(ALL_CREATORS[name]) > 20
