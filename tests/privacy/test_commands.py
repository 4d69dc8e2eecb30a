"""`engage forget`, `engage creator forget` and `engage export`, over both databases, real Chroma and real Valkey."""

import json
from collections.abc import Callable

import pytest

from engage.ledger.tables import accounts, creators, followers, messages
from tests.privacy.traces import ASKED, NAME, TOLD, WHO, Somebody
from workers.cli.main import run

OF_BO = "Is the maple bowl heavy, or not?"
Call = Callable[..., tuple[int, list[dict[str, object]]]]


@pytest.fixture
def call(
    db_url: str,
    chroma_url: str,
    valkey_url: str,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Call:
    monkeypatch.setenv("ENGAGE_DATABASE_URL", db_url)
    monkeypatch.setenv("ENGAGE_CHROMA_URL", chroma_url)
    monkeypatch.setenv("ENGAGE_REDIS_URL", valkey_url)

    def command(*arguments: str) -> tuple[int, list[dict[str, object]]]:
        capfd.readouterr()
        code = run(list(arguments))
        return code, [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]

    return command


def test_forgetting_proves_itself(ann: Somebody, call: Call) -> None:
    code, (told,) = call("forget", "--follower", f"paper:{WHO}", "--prove", "--text", ASKED, "--text", TOLD)
    assert code == 0
    assert told["proof"]["count"] == 0  # type: ignore[index]
    assert told["proof"]["scanned"]["tables"] > 20  # type: ignore[index]
    assert told["erased"]["followers"] == told["erased"]["keys"] == 1  # type: ignore[index]
    assert [row.name for row in ann.house.rows(followers)] == ["Bo Falk"]


def test_what_is_still_there_is_told_and_is_a_failure(ann: Somebody, call: Call) -> None:
    code, (told,) = call(
        "forget", "--follower", f"paper:{WHO}", "--prove", "--text", "Is the maple bowl heavy, or not?"
    )
    assert code == 1
    assert told["proof"]["found"]["messages.text"] == 1  # type: ignore[index]


def test_who_is_not_known_can_still_be_looked_for(ann: Somebody, call: Call) -> None:
    assert call("forget", "--follower", "paper:nobody")[0] == 1
    assert call("forget", "--follower", "paper:nobody", "--prove")[0] == 0
    assert call("forget", "--follower", "nobody")[0] == 2


def test_a_creator_is_erased_only_where_it_is_meant(ann: Somebody, call: Call) -> None:
    assert call("creator", "forget", "tilly")[0] == 2
    assert [row.state for row in ann.house.rows(accounts)] == ["active"]
    code, (told,) = call("creator", "forget", "tilly", "--yes", "--prove", "--text", ASKED, "--text", NAME)
    assert code == 0
    assert told["proof"]["count"] == 0  # type: ignore[index]
    assert told["erased"]["creators"] == 1  # type: ignore[index]
    assert ann.house.rows(creators) == []
    assert call("creator", "forget", "tilly", "--yes")[0] == 1


def test_a_follower_is_exported_as_json_lines(ann: Somebody, call: Call) -> None:
    code, rows = call("export", "--follower", f"paper:{WHO}")
    assert code == 0
    assert {row["text"] for row in rows if row["table"] == "messages"} == {
        row.text for row in ann.house.rows(messages) if row.platform_id.startswith(f"{WHO}-")
    }
    assert call("export", "--follower", "paper:nobody") == (1, [])


def test_a_creator_is_exported_as_json_lines(ann: Somebody, call: Call) -> None:
    code, rows = call("export", "--creator", "tilly")
    assert code == 0
    assert {"creators", "messages", "facts", "passages"} <= {str(row["table"]) for row in rows}
    assert call("export")[0] == call("export", "--creator", "tilly", "--follower", "paper:x")[0] == 2
