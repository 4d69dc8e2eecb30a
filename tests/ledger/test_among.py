"""Any number of values in one statement."""

import pytest
from sqlalchemy import event, select, update
from sqlalchemy.dialects import sqlite

from engage.ledger.among import among
from engage.ledger.tables import accounts, switches
from tests.ledger.house import NOON, House

NAMES = [f"s{number}" for number in range(40)] + ['with "quotes"', "a,b", "\\", "{}", "é", ""]


def put(house: House) -> None:
    with house.tx() as tx:
        tx.execute(switches.insert(), [{"name": name, "on_at": NOON} for name in NAMES])


@pytest.mark.parametrize("wanted", [[], [""], NAMES[-6:], NAMES, ["nobody"]])
def test_it_finds_what_in_finds(house: House, wanted: list[str]) -> None:
    put(house)
    with house.tx() as tx:
        found = set(tx.execute(select(switches.c.name).where(among(switches.c.name, wanted))).scalars())
        others = set(tx.execute(select(switches.c.name).where(~among(switches.c.name, wanted))).scalars())
        named = set(
            tx.execute(select(switches.c.name).where(among(switches.c.name, "some")), {"some": wanted}).scalars()
        )
        changed = tx.execute(update(switches).where(among(switches.c.name, wanted)).values(on_at=NOON)).rowcount
    assert found == named == set(wanted) & set(NAMES)
    assert others == set(NAMES) - found
    assert changed == len(found)


def test_no_value_is_taken_for_none(house: House) -> None:
    with pytest.raises(Exception, match="pass an empty list"), house.tx() as tx:
        tx.execute(select(switches.c.name).where(among(switches.c.name, "some")), {"some": None})


def test_the_statement_is_the_same_for_any_number(house: House) -> None:
    texts: set[str] = set()
    event.listen(house.db.engine, "before_cursor_execute", lambda *args: texts.add(args[2]))
    for count in (0, 1, 7):
        with house.tx() as tx:
            tx.execute(select(accounts.c.id).where(among(accounts.c.id, NAMES[:count]))).all()
    assert len([text for text in texts if "accounts" in text]) == 1


def test_it_is_no_comparison_with_a_number_which_would_use_no_index() -> None:
    text = str(select(accounts.c.id).where(among(accounts.c.id, ["a"])).compile(dialect=sqlite.dialect()))
    assert "= 1" not in text
