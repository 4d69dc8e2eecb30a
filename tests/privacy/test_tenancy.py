"""Every table says whose its rows are; what says nothing, or is left out of export and erasure, fails here."""

import pytest
from sqlalchemy import Column, ForeignKey, MetaData, String, Table

from engage.ledger import erasure
from engage.ledger.exporting import rows_about, rows_of
from engage.ledger.tables import (
    accounts,
    consents,
    corpora,
    cursors,
    indexes,
    metadata,
    overrides,
    quotas,
    raids,
    spendings,
)
from engage.ledger.tenancy import OF_NOBODY, SECRET, of_creator, owned, owner_of, readable
from tests.ledger.house import House
from tests.privacy.traces import ASKED, NAME, WHO, Somebody
from workers import erasing

PERSONAL = ("follower_id", "turn_id", "message_id")


def unclaimed(tables: MetaData) -> set[str]:
    """Tables that belong to no creator and are not known to hold nobody's data."""
    return {table.name for table in tables.sorted_tables if owner_of(table) is None} - OF_NOBODY.keys()


def about_followers(tables: MetaData) -> set[str]:
    return {table.name for table in tables.sorted_tables if any(name in table.c for name in PERSONAL)}


def test_every_table_says_whose_it_is() -> None:
    assert unclaimed(metadata) == set()
    assert {table.name for table in owned()} | OF_NOBODY.keys() == set(metadata.tables)
    assert not {table.name for table in owned()} & OF_NOBODY.keys()


def test_every_table_about_followers_is_erased_with_them() -> None:
    assert about_followers(metadata) == {table.name for table in erasure.ABOUT_FOLLOWERS}


@pytest.fixture
def grown() -> MetaData:
    """The tables of a version in which somebody forgot something."""
    tables = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(tables)
    Table("wishes", tables, Column("id", String, primary_key=True), Column("text", String))
    turn = Column("turn_id", ForeignKey("turns.id"))
    Table("moods", tables, Column("id", String, primary_key=True), Column("creator_id", String), turn)
    return tables


def test_a_new_table_that_says_nothing_would_be_noticed(grown: MetaData) -> None:
    assert unclaimed(grown) == {"wishes"}
    assert about_followers(grown) - {table.name for table in erasure.ABOUT_FOLLOWERS} == {"moods"}


def test_a_table_of_nobodys_has_no_rows_of_a_creator() -> None:
    with pytest.raises(ValueError, match="belongs to no creator"):
        of_creator(metadata.tables["users"], "x")


def fill_the_rest(house: House) -> None:
    """Rows of the tables that talking to followers does not fill."""
    mine = {"creator_id": house.creator.id}
    more = {
        consents: {
            **mine,
            "state_hash": "h",
            "platform": "paper",
            "asked_by": "me",
            "redirect_uri": "",
            "keep": b"secret-keep",
            "ends_at": house.now,
        },
        cursors: {"account_id": house.account, "source": "poll", "cursor": "c"},
        spendings: {**mine, "holder": house.creator.id, "began_at": house.now, "calls": 1, "cost": 0.5},
        raids: {**mine, "level": "slow", "people": 20, "began_at": house.now, "ends_at": house.now},
        overrides: {**mine, "rule": "after_silence", "who": "me", "why": "asked for", "since": house.now},
        indexes: {**mine, "spec": "other", "state": "building", "background": {}, "changed_at": house.now},
    }
    with house.tx() as tx:
        for table, values in more.items():
            tx.execute(table.insert().values(**values))
        tx.execute(accounts.update().values(credentials=b"secret-credentials"))
        counted = {"endpoint": "reply", "time_zone": "UTC", "period": "2026-11", "used": 1, "units": 9}
        tx.execute(quotas.insert().values(holder=house.account, began_at=house.now, **counted))
        tx.execute(quotas.insert().values(holder="shared", began_at=house.now, **counted))
        from engage.ledger import audit

        audit.record(tx, "me", "pause", house.creator.id, "", {}, house.now)


def test_an_export_of_a_creator_has_every_table_and_no_secret(ann: Somebody) -> None:
    fill_the_rest(ann.house)
    with ann.house.db.reading(creator=ann.house.creator.id) as tx:
        rows = [*rows_of(tx, ann.house.creator.id)]
    assert {row["table"] for row in rows} == {table.name for table in owned()}
    for row in rows:
        table = metadata.tables[row["table"]]
        assert row.keys() == {"table", *(column.name for column in readable(table))}
    assert not any(name in row for row in rows for table, name in SECRET if row["table"] == table)
    assert "secret" not in str(rows)


def test_an_erased_creator_has_no_row_in_any_table(ann: Somebody) -> None:
    house = ann.house
    fill_the_rest(house)
    with house.tx() as tx:
        erasing.silence(tx, house.creator.id, "cli", house.now)
    erasing.erase_creator(house.db, house.creator.id, "cli", house.now, lambda: ann.vectors)
    for table in owned():
        rows = house.rows(table)
        assert [row for row in rows if table.name != "audit" or row.creator_id] == [], table.name
    assert [row.holder for row in house.rows(quotas)] == ["shared"]
    assert corpora.name in {table.name for table in owned()}


def test_an_export_of_a_follower_has_all_of_theirs_and_nothing_of_others(ann: Somebody) -> None:
    with ann.house.db.reading() as tx:
        rows = [*rows_about(tx, "paper", WHO)]
    tables = {row["table"] for row in rows}
    assert tables >= {"followers", "conversations", "deliveries", "documents", "passages"}
    assert tables >= {table.name for table in erasure.ABOUT_FOLLOWERS}
    assert {row["text"] for row in rows if row["table"] == "messages"} >= {ASKED}
    assert NAME in str(rows)
    assert "Bo Falk" not in str(rows)
    assert "u_47110" not in str(rows)


def test_a_raw_delivery_that_others_words_came_with_is_exported_without_them(house: House) -> None:
    house.keep(house.event(who="ann", where="a", text="Mine"), house.event(who="bob", where="b", text="Not hers"))
    house.tell(who="ann", where="c", text="Alone")
    house.take_in()
    with house.db.reading() as tx:
        bodies = [row["body"] for row in rows_about(tx, "paper", "ann") if row["table"] == "deliveries"]
    assert sorted(body.startswith("left out") for body in bodies) == [False, True]


def test_nobody_is_exported_who_is_not_known(house: House) -> None:
    with house.db.reading() as tx, pytest.raises(erasure.UnknownFollower, match="no follower paper:nobody"):
        list(rows_about(tx, "paper", "nobody"))
