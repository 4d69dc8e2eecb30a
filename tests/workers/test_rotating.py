"""Keys are rotated beside running processes, in portions, and a kill anywhere costs nothing."""

import os
import signal
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from sqlalchemy import LargeBinary, select

from engage.errors import ConfigError, EngageError
from engage.keyring import Keyring
from engage.ledger import apps, consents, creators, encoders, engines, renewals, sealed
from engage.ledger.database import Database
from engage.ledger.tables import accounts, audit, metadata
from engage.models import Persona
from engage.secrets import KEY_FILE, Vault
from workers import rotating

NOW = datetime.now(UTC)
LATER = NOW + timedelta(hours=2)  # however long the tests before took
MANY = 5


@pytest.fixture
def home(db: Database, tmp_path: Path) -> Path:
    """A home with a key, and everything in the ledger that is locked with it."""
    vault = Vault.at(tmp_path)
    with db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), NOW)
        for number in range(MANY):
            sealed_ = vault.lock({"token": f"t{number}"})
            ends_at = NOW + timedelta(hours=1)
            creators.connect_account(tx, who.id, "paper", f"u{number}", "", {}, sealed_, NOW, expires_at=ends_at)
        apps.store(tx, "paper", {}, vault.lock({"client_secret": "app"}), NOW)
        encoders.keep(tx, "openai:e", vault.lock({"api_key": "k"}))
        consents.store(tx, "s", "paper", who.id, "cli", "http://x", vault.lock({"verifier": "v"}), NOW)
    return tmp_path


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two rows a portion."""
    monkeypatch.setattr(sealed.lock_anew, "__defaults__", (2,))


def tokens(db: Database) -> list[bytes]:
    with db.reading() as tx:
        return [token for place in sealed.PLACES for token in sealed.read(tx, place)]


def test_everything_is_locked_with_a_new_key_and_the_old_one_goes_when_nothing_needs_it(
    db: Database, home: Path
) -> None:
    before = Keyring.read(home)
    done = rotating.rotate(db, home)
    assert done == rotating.Rotated(resumed=False, locked_anew=MANY + 3, keys=2)
    ring = Keyring.read(home)
    assert ring.keys[1:] == before.keys
    assert rotating.use_of(db, home) == rotating.Use(
        2, {("accounts", 0): MANY, ("applications", 0): 1, ("embeddings", 0): 1, ("consents", 0): 1}
    )
    with pytest.raises(EngageError, match="it can go after"):
        rotating.retire(db, home, datetime.now(UTC))
    assert rotating.retire(db, home, LATER) == 1
    assert Keyring.read(home).keys == ring.keys[:1]
    assert stat.S_IMODE((home / KEY_FILE).stat().st_mode) == 0o600
    assert {Vault.at(home).open(token).get("token", "-") for token in tokens(db)} == {
        "-",
        *(f"t{n}" for n in range(MANY)),
    }
    assert rotating.retire(db, home, LATER) == 0
    with db.reading() as tx:
        kept = str(tx.execute(select(audit)).all())
    assert not any(key in kept for key in (*ring.keys, *before.keys))


def test_a_running_process_opens_and_locks_with_the_new_key_without_a_restart(db: Database, home: Path) -> None:
    at_work = Vault.at(home)
    old = at_work.lock({"token": "before"})
    rotating.rotate(db, home)
    assert [at_work.open(token) for token in tokens(db)]
    assert at_work.open(old) == {"token": "before"}
    assert Keyring.read(home).place_of(at_work.lock({})) == 0
    rotating.retire(db, home, LATER)
    assert [at_work.open(token) for token in tokens(db)]


def test_a_key_file_that_is_gone_or_spoilt_changes_nothing_for_who_has_read_it(home: Path) -> None:
    at_work = Vault.at(home)
    locked = at_work.lock({"token": "t"})
    (home / KEY_FILE).write_text("no key\n")
    assert at_work.open(locked) == {"token": "t"}
    (home / KEY_FILE).unlink()
    assert at_work.open(at_work.lock({"token": "t"})) == {"token": "t"}


@pytest.mark.usefixtures("small")
def test_a_rotation_that_is_killed_is_gone_on_with_and_makes_no_third_key(
    db: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        pass

    whole, portions = sealed.lock_anew, []

    def killed(*args: object) -> tuple[str, int]:
        portions.append(1)
        if len(portions) == 2:
            raise Killed
        return whole(*args)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(sealed, "lock_anew", killed)
        with pytest.raises(Killed):
            rotating.rotate(db, home)
    use = rotating.use_of(db, home)
    assert (use.keys, use.old, use.unopened) == (2, MANY + 3 - 2, 0)
    with pytest.raises(EngageError, match="need an old key"):
        rotating.retire(db, home, LATER)
    assert rotating.rotate(db, home) == rotating.Rotated(resumed=True, locked_anew=MANY + 1, keys=2)
    assert rotating.use_of(db, home).old == 0


KILLED = """
import os, signal, sys
from pathlib import Path
from engage.ledger import sealed
from engage.ledger.database import Database
from workers import rotating

whole, portions = sealed.lock_anew, []

def killed(*args):
    portions.append(1)
    if len(portions) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(*args, limit=2)

sealed.lock_anew = killed
rotating.rotate(Database(sys.argv[1]), Path(sys.argv[2]))
"""


def test_after_a_kill_minus_nine_everything_opens_and_it_is_gone_on_with(db: Database, home: Path) -> None:
    url = db.url.render_as_string(hide_password=False)
    ended = subprocess.run([sys.executable, "-c", KILLED, url, str(home)], check=False)
    assert ended.returncode == -signal.SIGKILL
    vault = Vault.at(home)
    assert all(vault.open(token) is not None for token in tokens(db))
    assert rotating.use_of(db, home).old == MANY + 3 - 2
    assert rotating.rotate(db, home) == rotating.Rotated(resumed=True, locked_anew=MANY + 1, keys=2)


def test_a_rotation_killed_before_its_first_row_is_gone_on_with(db: Database, home: Path) -> None:
    Keyring.read(home).with_new_first()
    assert rotating.rotate(db, home) == rotating.Rotated(resumed=True, locked_anew=MANY + 3, keys=2)


def test_credentials_that_are_renewed_meanwhile_are_neither_lost_nor_overwritten(db: Database, home: Path) -> None:
    vault = Vault.at(home)
    with db.transaction() as tx:
        claimed = renewals.claim(tx, 10, timedelta(minutes=2), NOW + timedelta(minutes=55))
    fresh = vault.lock({"token": "renewed"})
    rotating.rotate(db, home)
    with db.transaction() as tx:
        assert renewals.store(tx, claimed[0], fresh, None, NOW)
        renewals.end(tx, claimed[1], "over")
        renewals.put_off(tx, claimed[2], LATER)
        rows = creators.accounts_of(tx, [row.id for row in claimed])
    assert vault.open(rows[claimed[0].id].credentials) == {"token": "renewed"}
    assert rows[claimed[1].id].state == "unauthorized"
    assert rows[claimed[2].id].renew_at == LATER
    assert rotating.use_of(db, home).old == 1, "it was locked before the file changed"
    with pytest.raises(EngageError, match="need an old key"):
        rotating.retire(db, home, LATER)
    rotating.rotate(db, home)
    assert rotating.retire(db, home, LATER) == 1


def test_an_account_that_was_connected_anew_keeps_its_newer_credentials(db: Database, home: Path) -> None:
    with db.transaction() as tx:
        claimed = renewals.claim(tx, 1, timedelta(minutes=2), NOW + timedelta(minutes=55))[0]
        anew = Vault.at(home).lock({"token": "anew"})
        creators.connect_account(tx, claimed.creator_id, "paper", claimed.platform_user_id, "", {}, anew, LATER)
        assert not renewals.store(tx, claimed, Vault.at(home).lock({"token": "renewed"}), None, NOW)
        assert creators.get_account(tx, claimed.id).credentials == anew


def test_a_row_that_changes_between_reading_and_writing_is_left_alone(db: Database, home: Path) -> None:
    ring = Keyring.read(home).with_new_first()
    newer = Vault.at(home).lock({"token": "newer"})

    with db.transaction() as tx:
        (first, *_) = tx.execute(select(accounts.c.id).order_by(accounts.c.id)).scalars()

        def replaced(token: bytes) -> bytes | None:
            tx.execute(accounts.update().where(accounts.c.id == first).values(credentials=newer))
            return ring.relocked(token)

        sealed.lock_anew(tx, sealed.PLACES[0], "", replaced, 1)
        assert creators.get_account(tx, first).credentials == newer


def test_a_ledger_whose_key_is_missing_says_so_and_nothing_is_changed(db: Database, home: Path) -> None:
    only_old = (home / KEY_FILE).read_text()
    rotating.rotate(db, home)
    (home / KEY_FILE).write_text(only_old)
    with pytest.raises(ConfigError, match="no key that opens the stored credentials") as caught:
        Vault.at(home).open(tokens(db)[0])
    assert "copy it from the machine where the keys were rotated" in caught.value.fix
    attempts: list[Callable[[], object]] = [
        lambda: rotating.rotate(db, home),
        lambda: rotating.retire(db, home, LATER),
    ]
    for attempt in attempts:
        with pytest.raises(ConfigError, match=f"{MANY + 3} of what the ledger keeps is opened by none of its 1 keys"):
            attempt()
    assert (home / KEY_FILE).read_text() == only_old
    assert rotating.use_of(db, home).unopened == MANY + 3


def test_with_workers_on_other_machines_the_key_is_copied_before_anything_needs_it(db: Database, home: Path) -> None:
    with db.transaction() as tx:
        engines.report(tx, "elsewhere:1:abc", ["dm"], datetime.now(UTC))
    with pytest.raises(rotating.OtherMachines, match="elsewhere"):
        rotating.rotate(db, home)
    with pytest.raises(EngageError, match="engage keys add"):
        rotating.rotate(db, home, use_last=True)
    assert len(Keyring.read(home).keys) == 1
    assert rotating.add(home) == 2
    prepared = Keyring.read(home).keys[1]
    copied = Vault(list(Keyring.read(home).keys), "elsewhere")
    assert rotating.rotate(db, home, use_last=True).locked_anew == MANY + 3
    assert Keyring.read(home).keys[0] == prepared
    assert [copied.open(token) for token in tokens(db)], "the other machine opens them"
    with pytest.raises(EngageError, match="engage keys add"):  # an old key must not lock again
        rotating.rotate(db, home, use_last=True)
    with pytest.raises(rotating.OtherMachines):
        rotating.retire(db, home, LATER)
    assert rotating.retire(db, home, LATER, alone=True) == 1


def test_two_that_rotate_at_once_take_turns(db: Database, home: Path) -> None:
    threads = [threading.Thread(target=rotating.rotate, args=(db, home)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    use = rotating.use_of(db, home)
    assert (use.keys, use.old, use.unopened) == (3, 0, 0)
    assert not [file for file in os.listdir(home) if file.startswith("tmp")]


def test_no_encrypted_column_is_forgotten() -> None:
    known = {place.token for place in sealed.PLACES}
    binary = {column for table in metadata.tables.values() for column in table.columns}
    binary = {column for column in binary if isinstance(column.type, LargeBinary)}
    assert {str(column) for column in binary - known} == {"deliveries.body"}


def test_a_keyring_shows_no_key(home: Path) -> None:
    ring = Keyring.read(home)
    assert ring.keys[0] not in repr(ring)
    assert Fernet(ring.keys[0])
