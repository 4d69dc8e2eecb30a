"""Credentials at rest."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from hypothesis import given
from hypothesis import strategies as st

from engage.errors import ConfigError
from engage.secrets import KEY_FILE, Vault

TOKEN = {"token": "s3cret", "note": "åß∂ 🍞"}
OLD, NEW = Fernet.generate_key().decode(), Fernet.generate_key().decode()


def test_what_is_locked_can_be_opened(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path)
    assert vault.open(vault.lock(TOKEN)) == TOKEN


@given(st.dictionaries(st.text(), st.text()))
def test_any_credentials_come_back_as_they_were(values: dict[str, str]) -> None:
    vault = Vault([OLD], "here")
    assert vault.open(vault.lock(values)) == values


def test_what_is_locked_shows_nothing(tmp_path: Path) -> None:
    assert b"s3cret" not in Vault.at(tmp_path).lock(TOKEN)


def test_another_process_reads_the_same_key(tmp_path: Path) -> None:
    locked = Vault.at(tmp_path).lock(TOKEN)
    assert Vault.at(tmp_path).open(locked) == TOKEN


def test_the_key_file_is_readable_by_its_owner_only(tmp_path: Path) -> None:
    Vault.at(tmp_path)
    assert stat.S_IMODE((tmp_path / KEY_FILE).stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_processes_that_start_together_use_one_key(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as threads:
        vaults = list(threads.map(lambda _: Vault.at(tmp_path), range(8)))
    assert {vault.open(vaults[0].lock(TOKEN))["token"] for vault in vaults} == {"s3cret"}
    assert [file.name for file in tmp_path.iterdir()] == [KEY_FILE]


def test_a_new_first_key_locks_and_the_old_one_still_opens() -> None:
    before = Vault([OLD], "here").lock(TOKEN)
    rotated = Vault([NEW, OLD], "here")
    assert rotated.open(before) == TOKEN
    assert Vault([NEW], "here").open(rotated.lock(TOKEN)) == TOKEN


def test_a_key_file_has_one_key_a_line(tmp_path: Path) -> None:
    (tmp_path / KEY_FILE).write_text(f"{NEW}\n{OLD}\n")
    assert Vault.at(tmp_path).open(Vault([OLD], "here").lock(TOKEN)) == TOKEN


def test_a_lost_key_is_named_with_the_way_out(tmp_path: Path) -> None:
    locked = Vault.at(tmp_path).lock(TOKEN)
    (tmp_path / KEY_FILE).unlink()
    with pytest.raises(ConfigError, match="no key that opens the stored credentials") as caught:
        Vault.at(tmp_path).open(locked)
    assert (caught.value.key, caught.value.place) == (KEY_FILE, str(tmp_path / KEY_FILE))
    assert caught.value.fix.startswith("Restore the key file from its backup")


@pytest.mark.parametrize("content", [b"", b"not a key\n", b"\xff\xfe\x00"])
def test_a_spoilt_key_file_is_named(tmp_path: Path, content: bytes) -> None:
    (tmp_path / KEY_FILE).write_bytes(content)
    with pytest.raises(ConfigError, match="is not a list of Fernet keys") as caught:
        Vault.at(tmp_path)
    assert caught.value.place == str(tmp_path / KEY_FILE)


def test_credentials_that_were_tampered_with_are_refused(tmp_path: Path) -> None:
    vault = Vault.at(tmp_path)
    locked = bytearray(vault.lock(TOKEN))
    locked[20] ^= 1
    with pytest.raises(ConfigError):
        vault.open(bytes(locked))
