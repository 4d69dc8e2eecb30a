"""Real people told apart by how they write: learnt on the first four fifths of what each wrote, tried on the rest."""

import json
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from engage.voice import Voice, learn

DATA = Path(os.environ.get("ENGAGE_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
SETS = {
    "persona_en_chat_creator": "pairs.jsonl",
    "persona_en_advice_host": "pairs.jsonl",
    "persona_en_comedy_host": "pairs.jsonl",
    "persona_es_press_a": "pairs.jsonl",
    "persona_zh_blogger": "quote_replies.jsonl",
}
GENERIC = (
    "Thank you for your wonderful question! I'd be delighted to help you explore the many options that are available.",
    "It's important to consider several factors before making a decision, such as budget and personal preferences.",
    "I hope this information is useful to you. Please let me know if there is anything else that I can do for you.",
    "As a supporter of continuous learning, I believe that consistency and dedication are the keys to success.",
)
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sets of real words are not at hand")


def rows(name: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in (DATA / name / SETS[name]).read_text(encoding="utf-8").split("\n") if line]


@pytest.fixture(scope="module")
def people() -> dict[str, tuple[list[dict[str, str]], list[str]]]:
    """Name → what they answered first, and their later replies."""
    told = {name: rows(name) for name in SETS}
    return {
        name: (all_[: len(all_) * 4 // 5], [row["reply"] for row in all_[len(all_) * 4 // 5 :]])
        for name, all_ in told.items()
    }


def voice_of(name: str, people: dict[str, tuple[list[dict[str, str]], list[str]]], *, alone: bool) -> Voice:
    known, _ = people[name]
    others = [] if alone else [row["reply"] for other in people if other != name for row in people[other][0][:150]]
    return learn([row["reply"] for row in known], [row["question"] for row in known], others)


def accuracy(voice: Voice, own: Sequence[str], others: Sequence[str]) -> float:
    """Of own and other texts, each half: the share that falls on its side of 0.5."""
    mine = np.mean([voice.score(text) > 0.5 for text in own])
    theirs = np.mean([voice.score(text) <= 0.5 for text in others])
    return float(mine + theirs) / 2


@pytest.mark.parametrize(
    ("name", "together", "alone"),
    [
        ("persona_en_chat_creator", 0.89, 0.79),
        ("persona_en_advice_host", 0.87, 0.80),
        ("persona_en_comedy_host", 0.87, 0.75),
        ("persona_es_press_a", 0.96, 0.95),
        ("persona_zh_blogger", 0.96, 0.79),
    ],
)
def test_a_reply_is_told_from_four_other_peoples(
    people: dict[str, tuple[list[dict[str, str]], list[str]]], name: str, together: float, alone: float
) -> None:
    own = people[name][1]
    others = [text for other in people if other != name for text in people[other][1]]
    assert accuracy(voice_of(name, people, alone=False), own, others) > together, "beside other creators"
    assert accuracy(voice_of(name, people, alone=True), own, others) > alone, "as the only creator"


def test_prose_of_an_assistant_scores_low_and_the_ceiling_is_shown(
    people: dict[str, tuple[list[dict[str, str]], list[str]]],
) -> None:
    for name in SETS:
        voice = voice_of(name, people, alone=True)
        assert max(voice.score(text) for text in GENERIC) < 0.5
        assert voice.ceiling is not None
        assert voice.floor is not None
        assert voice.ceiling > 0.7 > voice.floor
