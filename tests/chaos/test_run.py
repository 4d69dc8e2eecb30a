"""A short run of the whole violence, as `engage chaos` does it."""

import pytest

from workers.chaos.run import Plan, run
from workers.cli.main import run as command

pytestmark = [pytest.mark.timeout(300), pytest.mark.xdist_group("stack")]


def test_killed_emptied_and_lied_to_nothing_is_lost_or_said_twice() -> None:
    said: list[str] = []
    found = run(Plan(events=90, kills=4, flushes=1, settle="readback"), said.append)
    assert (found["lost"], found["duplicates"], found["uncertain"]) == (0, 0, 0), found
    assert found["flushes"] == 1
    assert sum(found["kills"].values()) >= 2, said
    assert found["answered"] > 45


def test_only_a_database_of_its_own_is_stopped(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["chaos", "--db-stops", "1"]) == 2
    assert "--database pg" in capsys.readouterr().err


def test_an_unknown_way_to_settle_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert command(["chaos", "--settle", "hope"]) == 2
    assert "hope" in capsys.readouterr().err
