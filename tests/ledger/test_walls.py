"""PostgreSQL's rules: a transaction of one creator's sees and writes nothing of another's, whatever it asks for."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from engage.ledger.database import Database
from engage.ledger.exporting import rows_of
from engage.ledger.ids import new_id
from engage.ledger.tables import accounts, creators, deliveries, facts, followers, messages, modes, passages
from engage.ledger.tenancy import OF_NOBODY, of_creator, owned
from engage.memory.corpus import store
from engage.memory.importers.rows import Said
from engage.models import Mode, Surface
from tests.conftest import Postgres
from tests.ledger.house import House

pytestmark = pytest.mark.postgres


@pytest.fixture
def ledger(postgres_ledger: Database) -> Iterator[Database]:
    from engage.ledger.tables import metadata

    yield postgres_ledger
    with postgres_ledger.transaction() as tx:
        for table in reversed(metadata.sorted_tables):
            tx.execute(table.delete())


@pytest.fixture
def two(ledger: Database) -> tuple[House, str, str]:
    """Two creators who know a follower each, who was answered. Returns the ids of both."""
    house = House(ledger)
    other, account = house.add_creator("bea", "bea-id")
    house.answered(who="ann")
    house.tell(who="bob", account=account, where="thread-2", text="Where do you live?")
    for creator in (house.creator.id, other.id):
        with house.tx() as tx:
            store(tx, creator, [Said("one", "I bake bread on Mondays.")], house.now)
    return house, house.creator.id, other.id


def test_without_any_condition_a_creator_sees_their_own_rows_only(two: tuple[House, str, str]) -> None:
    house, mine, _ = two
    for table in owned():
        with house.db.reading() as tx:
            theirs = tx.execute(select(func.count()).select_from(table).where(of_creator(table, mine))).scalar_one()
            everybody = tx.execute(select(func.count()).select_from(table)).scalar_one()
        with house.db.reading(creator=mine) as tx:
            seen = tx.execute(select(func.count()).select_from(table)).scalar_one()
        assert seen == theirs, table.name
        if table in (creators, accounts, modes, deliveries, followers, messages, passages):
            assert 0 < seen < everybody, table.name


def test_a_creator_inserts_nothing_for_another(two: tuple[House, str, str]) -> None:
    house, mine, other = two
    account = house.row(accounts, creator_id=other)
    new = {"id": new_id(), "platform_user_id": "eve", "first_seen_at": house.now}
    foreign = insert(followers).values(creator_id=other, account_id=account.id, **new)
    with pytest.raises(DBAPIError, match="row-level security"), house.db.transaction(creator=mine) as tx:
        tx.execute(foreign)
    delivery = {"id": new_id(), "dedupe_key": "k", "source": "poll", "body": b"", "state": "received"}
    raw = insert(deliveries).values(account_id=account.id, received_at=house.now, **delivery)
    with pytest.raises(DBAPIError, match="row-level security"), house.db.transaction(creator=mine) as tx:
        tx.execute(raw)


def test_a_creator_changes_nothing_of_another(two: tuple[House, str, str]) -> None:
    house, mine, other = two
    with house.db.transaction(creator=mine) as tx:
        assert tx.execute(update(messages).where(messages.c.creator_id == other).values(text="mine")).rowcount == 0
        assert tx.execute(messages.delete().where(messages.c.creator_id == other)).rowcount == 0
        assert tx.execute(update(modes).values(mode=Mode.OFF.value)).rowcount == len(Surface)
    with pytest.raises(DBAPIError, match="row-level security"), house.db.transaction(creator=mine) as tx:
        tx.execute(update(passages).values(creator_id=other))
    assert [row.text for row in house.rows(messages, creator_id=other)] == ["Where do you live?"]


def test_the_next_transaction_on_the_connection_is_the_systems_again(two: tuple[House, str, str]) -> None:
    house, mine, _ = two
    with house.db.transaction(creator=mine) as tx:
        assert tx.execute(select(func.count()).select_from(creators)).scalar_one() == 1
    with house.db.reading() as tx:
        assert tx.execute(select(func.count()).select_from(creators)).scalar_one() == 2


def test_a_connection_that_says_nothing_sees_nothing(two: tuple[House, str, str]) -> None:
    house, _, _ = two
    url = house.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url) as strange:
        for table in owned():
            assert strange.execute(f"SELECT count(*) FROM {table.name}".encode()).fetchone() == (0,), table.name  # noqa: S608


def test_every_table_of_creators_data_has_its_rule(ledger: Database) -> None:
    with ledger.reading() as tx:
        held = tx.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity AND relforcerowsecurity")).scalars()
        ruled = tx.execute(text("SELECT tablename FROM pg_policies WHERE policyname = 'of_creator'")).scalars()
        names = {table.name for table in owned()}
        assert set(held) == names
        assert set(ruled) == names
    assert not names & OF_NOBODY.keys()


def test_claims_go_round_all_creators_under_the_rules(two: tuple[House, str, str]) -> None:
    house, mine, other = two
    house.tell(who="cem", where="thread-3")
    house.later(seconds=5)
    assert {one.creator_id for one in house.claim()} == {mine, other}


def test_an_export_of_a_creator_reads_under_their_own_rule(two: tuple[House, str, str]) -> None:
    house, mine, other = two
    with house.db.reading(creator=mine) as tx:
        everything = [*rows_of(tx, mine)]
        assert [*rows_of(tx, other)] == []
    assert {row["table"] for row in everything} >= {"creators", "messages", "deliveries", "passages", "replies"}
    assert facts.name not in {row["table"] for row in everything}


def test_a_superuser_is_held_to_no_rule(postgres: Postgres) -> None:
    """Which is why the databases of these tests belong to somebody else, and why doctor warns."""
    assert postgres.admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)
    assert postgres.admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = 'engage'").fetchone() == (False,)
