"""The owner's account: made once, its password kept by nobody but its owner."""

import statistics
import time
from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from engage.ledger import audit
from engage.ledger import users as people
from engage.ledger.database import Database
from engage.ledger.tables import users

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def made(db: Database) -> tuple[people.User, str]:
    with db.transaction() as tx:
        password = people.ensure_owner(tx, NOW)
        user = people.find(tx, "owner")
    assert password is not None
    assert user is not None
    return user, password


def test_the_owner_is_made_once(db: Database) -> None:
    user, password = made(db)
    with db.transaction() as tx:
        assert people.ensure_owner(tx, NOW) is None
    assert people.matches(user, password)


def test_the_password_is_strong_and_kept_as_argon2id(db: Database) -> None:
    _, password = made(db)
    with db.reading() as tx:
        kept = tx.execute(select(users.c.password_hash)).scalar_one()
    assert len(password.replace("-", "")) == 20
    assert password not in kept
    assert kept.startswith("$argon2id$")
    assert people.new_password() != people.new_password()


@pytest.mark.parametrize("wrong", ["", "wrong", "x" * 300])
def test_a_wrong_password_does_not_match(db: Database, wrong: str) -> None:
    user, _ = made(db)
    assert not people.matches(user, wrong)


def test_nobody_matches_nothing() -> None:
    assert not people.matches(None, "anything")


def test_an_unknown_name_takes_as_long_as_a_wrong_password(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    user, _ = made(db)
    db.close()
    people.matches(None, "warm")
    known, unknown = (statistics.median(took(who) for _ in range(5)) for who in (user, None))
    assert 0.3 < known / unknown < 3


def took(who: people.User | None) -> float:
    began = time.process_time()
    people.matches(who, "wrong")
    return time.process_time() - began


def test_a_new_password_changes_the_stamp(db: Database) -> None:
    user, old = made(db)
    with db.transaction() as tx:
        people.set_password(tx, "owner", "something else entirely")
        changed = people.get(tx, user.id)
    assert changed is not None
    assert changed.stamp != user.stamp
    assert not people.matches(changed, old)
    assert people.matches(changed, "something else entirely")


def test_only_a_known_user_gets_a_password(db: Database) -> None:
    with db.transaction() as tx, pytest.raises(people.UnknownUser):
        people.set_password(tx, "nobody", "x")


def test_the_audit_lists_the_newest_first(db: Database) -> None:
    with db.transaction() as tx:
        audit.record(tx, "cli", "pause", "c1", "maya", {}, NOW)
        audit.record(tx, "owner", "mode", "c2", "a1", {"mode": "auto"}, NOW)
        assert [entry.action for entry in audit.entries(tx)] == ["mode", "pause"]
        assert [entry.actor for entry in audit.entries(tx, "c1")] == ["cli"]
        assert audit.entries(tx, "c2")[0].details == {"mode": "auto"}
