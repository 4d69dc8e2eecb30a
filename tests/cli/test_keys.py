"""`engage keys`."""

import os
from datetime import UTC, datetime
from pathlib import Path

from engage.ledger import creators, schema
from engage.ledger.database import Database
from engage.models import Persona
from engage.secrets import KEY_FILE, Vault
from engage.settings import load
from tests.cli.conftest import Engage


def test_keys_are_shown_by_number_rotated_and_retired(engage: Engage, tmp_path: Path) -> None:
    settings = load({}, home=tmp_path / "home")
    db = Database(settings.ledger_url)
    schema.upgrade(db)
    with db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), datetime.now(UTC))
        locked = Vault.at(settings.directory).lock({"token": "t"})
        creators.connect_account(tx, who.id, "paper", "u1", "", {}, locked, datetime.now(UTC))
    db.close()
    file = settings.directory / KEY_FILE
    secrets = file.read_text().split()
    assert engage("keys", "--json").rows == [
        {"keys": 1, "old": 0, "unopened": 0, "rows": [{"what": "accounts", "key": "the first key", "rows": 1}]}
    ]
    rotated = engage("keys", "rotate")
    assert rotated.rows == [{"resumed": False, "locked_anew": 1, "keys": 2}]
    assert "engage keys retire" in rotated.err
    early = engage("keys", "retire")
    assert (early.code, "it can go after" in early.err) == (1, True)
    os.utime(file, (0, 0))
    assert engage("keys", "retire").rows == [{"retired": 1}]
    assert engage("keys", "add").rows == [{"keys": 2}]
    shown = engage("keys")
    assert "2 keys" in shown.err
    secrets += file.read_text().split()
    assert not any(key in text for key in secrets for text in (rotated.out, rotated.err, shown.out, shown.err))
