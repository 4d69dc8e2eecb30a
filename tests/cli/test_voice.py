"""A creator's voice in the commands: what a model writes without it is seen, written again, and shown."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Engage
from tests.fakes.model_server import Mode, ModelServer

THINGS = ("lamp", "camera", "paint", "garden", "bread", "guitar", "shelf", "window", "bike", "coffee")
ANSWER = "omg yes!! that lamp is from the flea market hehe <3"
PROSE = "Thank you so much for your question! I appreciate your interest. The lamp is from the flea market."


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ModelServer]:
    with ModelServer() as running:
        monkeypatch.setenv("ENGAGE_MODEL_BASE_URL", running.url)
        monkeypatch.setenv("ENGAGE_MODEL_API_KEY", "sk-test")
        running.mode, running.says = Mode.SAYS, PROSE
        yield running


@pytest.fixture
def casual(engage: Engage, tmp_path: Path, shared_chroma: None) -> None:
    """A creator who writes as they speak."""
    asked = [f"where did you get the {thing} number {n}?" for n in range(8) for thing in THINGS]
    replies = [
        f"omg yes!! that {thing} is sooo good hehe <3 got number {n} last may" for n in range(8) for thing in THINGS
    ]
    pairs = [{"id": f"p{n}", "question": q, "reply": r} for n, (q, r) in enumerate(zip(asked, replies, strict=True))]
    pairs.append({"id": "lamp", "question": "where did you get the lamp in your kitchen?", "reply": ANSWER})
    file = tmp_path / "pairs.jsonl"
    file.write_text("".join(json.dumps(pair) + "\n" for pair in pairs))
    assert engage("import", "--creator", "sam", "--create-missing", str(file), "--json").code == 0


def ask(
    engage: Engage, text: str = "where did you get the lamp in your kitchen?", count: int = 1
) -> list[dict[str, object]]:
    rows = [{"id": f"m{n}", "surface": "comment", "text": text} for n in range(count)]
    return engage("reply", "--creator", "sam", "--model", "openai:m", input=rows).rows


def test_what_an_assistant_would_write_is_always_written_again_and_its_low_score_shown(
    engage: Engage, casual: None, server: ModelServer
) -> None:
    rows = ask(engage, count=5)
    assert server.calls == 10
    for row in rows:
        assert isinstance(row["first_style"], float)
        assert row["first_style"] < 0.5
        assert row["style"] == row["first_style"], "the second draft was no better"
        assert "always use emoji, this does not" in "; ".join(map(str, row["unlike"]))  # type: ignore[call-overload]


def test_the_model_is_told_how_the_creator_writes_and_what_is_unlike_them(
    engage: Engage, casual: None, server: ModelServer
) -> None:
    ask(engage)
    first, second = (request["messages"] for request in server.requests)
    assert "They always use emoji." in first[0]["content"]
    assert "their reply:\n¦ omg yes!! that" in first[1]["content"]
    assert [message["role"] for message in second] == ["system", "user", "assistant", "user"]
    assert PROSE in second[2]["content"]
    assert "they always use emoji, this does not" in second[3]["content"]


def test_a_second_draft_in_the_creators_voice_is_what_is_answered(
    engage: Engage, casual: None, server: ModelServer
) -> None:
    server.script = [Mode.SAYS, Mode.STRUCTURED]
    (row,) = ask(engage)
    assert ANSWER in str(row["text"])
    assert float(str(row["style"])) > float(str(row["first_style"]))
    assert row["unlike"] == []


def test_the_profile_shows_habits_border_and_reactions(engage: Engage, casual: None) -> None:
    (shown,) = engage("voice", "show", "--creator", "sam").rows
    assert 0 < shown["border"] <= 0.9
    assert shown["length_words"]["p50"] > 5
    assert shown["emoji"] == 1.0
    assert shown["reactions"]["question"]["texts"] >= 20


def test_the_creator_sets_how_near_a_draft_has_to_come(engage: Engage, casual: None, server: ModelServer) -> None:
    shown = engage("voice", "border", "--creator", "sam").rows[0]
    assert shown["auto"] is True
    assert engage("voice", "border", "--creator", "sam", "0", "--strict").rows == [
        {"border": 0.0, "auto": False, "strict": True}
    ]
    ask(engage)
    assert server.calls == 1, "nothing is below 0"
    assert engage("voice", "border", "--creator", "sam", "auto").rows[0] == {**shown, "strict": True}
    (row,) = ask(engage)
    assert (row["outcome"], row["reasons"]) == ("escalate", ["unlike_creator"])


@pytest.mark.parametrize("wrong", ["2", "high"])
def test_a_border_that_is_no_share_is_refused(engage: Engage, casual: None, wrong: str) -> None:
    done = engage("voice", "border", "--creator", "sam", wrong)
    assert done.code == 2
    assert "from 0 to 1" in done.err


def test_the_drift_of_a_creator_without_replies_is_empty(engage: Engage, casual: None) -> None:
    assert engage("voice", "drift", "--creator", "sam", "--json").rows == [[]]
