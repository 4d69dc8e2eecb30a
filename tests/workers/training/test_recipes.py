"""The command that fits and checks models, on a small folder of data."""

import json
from pathlib import Path
from typing import Any

import pytest

from workers.training.__main__ import main
from workers.training.abuse import remarks
from workers.training.ordinary import ordinary
from workers.training.self_harm import read


def put(path: Path, *rows: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "livechat_gitter/messages.jsonl", *({"text": f"line {n}", "user": "u"} for n in range(12)))
    put(tmp_path / "livechat_twitch/northernlion_fallguys.jsonl", {"text": "gg", "user": "v"})
    put(tmp_path / "language_id/chat_snippets.jsonl", {"text": "hola", "room": "es", "lang": "es"})
    put(
        tmp_path / "toxicity_moderation_eval/samples.jsonl",
        {"id": "1", "text": "I hurt", "labels": {"self_harm": 1}},
        {"id": "2", "text": "I run", "labels": {"self_harm": 0}},
        {"id": "3", "text": "who knows", "labels": {}},
    )
    return tmp_path


def test_a_category_that_nobody_judged_is_no_example(folder: Path) -> None:
    moderated = [example for example in read(folder) if example.kind == "moderated"]
    assert [(example.text, example.deserves) for example in moderated] == [("I hurt", True), ("I run", False)]


def test_of_the_largest_chat_only_some_lines_are_learnt(folder: Path) -> None:
    assert [example.text for example in ordinary(folder, step=6)] == ["line 0", "line 6", "gg", "hola"]


def test_remarks_are_in_every_language_of_the_lexicon() -> None:
    languages = {(example.language, example.deserves) for example in remarks()}
    assert {language for language, _ in languages} >= {"en", "es", "ar", "zh", "ja", "th", "he", "bn"}
    assert all((language, not deserves) in languages for language, deserves in languages)


def test_missing_data_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="messages"):
        ordinary(tmp_path)


def test_wrong_arguments_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["abuse"]) == 2
    assert "usage" in capsys.readouterr().err
