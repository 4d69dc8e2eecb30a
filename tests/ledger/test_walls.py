"""PostgreSQL's rules: a transaction of one creator's sees and writes nothing of another's, whatever it asks for."""

from collections.abc import Iterator

import psycopg
import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from engage.ledger import schema
from engage.ledger.database import Database
from engage.ledger.exporting import rows_of
from engage.ledger.ids import new_id
from engage.ledger.tables import accounts, creators, deliveries, facts, followers, messages, modes, passages
from engage.ledger.tenancy import OF_NOBODY, of_creator, owned
from engage.memory.corpus import store
from engage.memory.importers.rows import Said
from engage.models import Mode, Surface
from engage.settings import load
from tests.conftest import Postgres
from tests.ledger.house import House
from workers import examining

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


def test_a_role_that_says_nothing_sees_nothing_and_no_secrets_of_the_operator(two: tuple[House, str, str]) -> None:
    house, _, _ = two
    url = house.db.url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(url, autocommit=True) as strange:
        strange.execute("SET ROLE ledger_tenant")
        for table in owned():
            assert strange.execute(f"SELECT count(*) FROM {table.name}".encode()).fetchone() == (0,)  # noqa: S608
        for name in ("apps", "users"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                strange.execute(f"SELECT count(*) FROM {name}".encode())  # noqa: S608


def test_a_superuser_is_held_to_it_too(postgres: Postgres, two: tuple[House, str, str]) -> None:
    """Many connect as one. In a transaction of one creator's they are not."""
    house, mine, _ = two
    everything = Database(house.db.url.set(username="postgres").render_as_string(hide_password=False))
    assert postgres.admin.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone() == (True,)
    with everything.reading(creator=mine) as tx:
        assert list(tx.execute(select(creators.c.id)).scalars()) == [mine]
    everything.close()


def test_every_table_of_creators_data_has_its_rule_and_its_grants(ledger: Database) -> None:
    names = {table.name for table in owned()}
    may = "SELECT table_name FROM information_schema.role_table_grants WHERE grantee = 'ledger_tenant'"
    with ledger.reading() as tx:
        assert set(tx.execute(text("SELECT relname FROM pg_class WHERE relrowsecurity")).scalars()) == names
        ruled = tx.execute(text("SELECT tablename FROM pg_policies WHERE policyname = 'of_creator'")).scalars()
        assert set(ruled) == names
        assert set(tx.execute(text(f"{may} AND privilege_type = 'INSERT'")).scalars()) == names
        seen = set(tx.execute(text(f"{may} AND privilege_type = 'SELECT'")).scalars())
    assert seen - names == {"switches", "encoders"}
    assert not names & OF_NOBODY.keys()


def test_without_the_right_to_make_roles_everything_works_and_the_queries_alone_hold_creators_apart(
    postgres: Postgres,
) -> None:
    postgres.admin.execute("CREATE ROLE humble LOGIN")
    url = postgres.create("plain").replace("//engage:", "//humble:")
    postgres.admin.execute("ALTER DATABASE plain OWNER TO humble")
    db = Database(url)
    try:
        schema.upgrade(db)
        house = House(db)
        house.add_creator("bea", "bea-id")
        with db.reading(creator=house.creator.id) as tx:
            assert tx.execute(select(func.count()).select_from(creators)).scalar_one() == 2
        assert examining.walls(load(database_url=url))[0] == "warn"
    finally:
        db.close()
        postgres.drop("plain")


def test_doctor_tells_that_postgresql_holds_creators_apart(ledger: Database) -> None:
    url = ledger.url.render_as_string(hide_password=False)
    assert examining.walls(load(database_url=url))[0] == "ok"


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
