"""Real people told apart by how they write: learnt on the first four fifths of what each wrote, tried on the rest."""

import json
import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from engage.models import Surface
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
TAKEN_UP = {
    "en": (
        "Thank you so much for reaching out! {} is a great topic, and there are several things worth keeping in mind.",
        "Great question! When it comes to {}, it's important to consider your goals and your personal preferences.",
        "I appreciate your interest in {}. Here are a few tips that might help you get started on your journey.",
        "That's a fantastic point about {}! Feel free to ask me anything else.",
        "Absolutely! {} can be approached in many ways. Ultimately, it depends on your individual circumstances.",
    ),
    "es": (
        "¡Muchas gracias por tu pregunta! {} es un tema muy interesante y hay varios factores que tener en cuenta.",
        "Agradezco mucho tu interés en {}. Es importante considerar tus objetivos antes de decidir.",
    ),
    "zh": (
        "非常感谢您的提问！关于{}，这是一个非常值得探讨的话题，我们需要综合考虑多个因素。",
        "感谢您的关注和支持！{}需要根据您的具体情况来决定，希望以上信息对您有所帮助。",
    ),
}
VoiceOf = Callable[..., Voice]
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


@pytest.fixture(scope="module")
def voice_of(people: dict[str, tuple[list[dict[str, str]], list[str]]]) -> VoiceOf:
    """Voices, each learnt once: beside four others, or alone."""

    @cache
    def voice(name: str, *, alone: bool) -> Voice:
        known, _ = people[name]
        others = [] if alone else [row["reply"] for other in people if other != name for row in people[other][0][:150]]
        return learn([row["reply"] for row in known], [row["question"] for row in known], others)

    return voice


def accuracy(voice: Voice, own: Sequence[str], others: Sequence[str]) -> float:
    """Of own and other texts, each half: the share that falls on its side of 0.5."""
    mine = np.mean([voice.score(text) > 0.5 for text in own])
    theirs = np.mean([voice.score(text) <= 0.5 for text in others])
    return float(mine + theirs) / 2


@pytest.mark.parametrize(
    ("name", "together", "alone"),
    [
        ("persona_en_chat_creator", 0.90, 0.83),
        ("persona_en_advice_host", 0.88, 0.83),
        ("persona_en_comedy_host", 0.87, 0.78),
        ("persona_es_press_a", 0.97, 0.96),
        ("persona_zh_blogger", 0.97, 0.90),
    ],
)
def test_a_reply_is_told_from_four_other_peoples(
    people: dict[str, tuple[list[dict[str, str]], list[str]]],
    voice_of: VoiceOf,
    name: str,
    together: float,
    alone: float,
) -> None:
    own = people[name][1]
    others = [text for other in people if other != name for text in people[other][1]]
    assert accuracy(voice_of(name, alone=False), own, others) > together, "beside other creators"
    assert accuracy(voice_of(name, alone=True), own, others) > alone, "as the only creator"


def test_prose_of_an_assistant_scores_low_and_the_ceiling_is_shown(voice_of: VoiceOf) -> None:
    for name in SETS:
        voice = voice_of(name, alone=True)
        assert max(voice.score(text) for text in GENERIC) < 0.5
        assert voice.ceiling is not None
        assert voice.floor is not None
        assert voice.ceiling > 0.7 > voice.floor


@pytest.mark.parametrize("name", SETS)
def test_an_assistant_that_takes_up_the_followers_words_still_does_not_sound_like_the_creator(
    people: dict[str, tuple[list[dict[str, str]], list[str]]], voice_of: VoiceOf, name: str
) -> None:
    said = TAKEN_UP["es" if "_es_" in name else "zh" if "_zh_" in name else "en"]
    asked = [row["question"] for row in people[name][0][-100:]]
    drafts = [
        said[n % len(said)].format(text[:12] if "_zh_" in name else " ".join(text.split()[:4]))
        for n, text in enumerate(asked)
    ]
    for alone in (True, False):
        judged = [voice_of(name, alone=alone).judge(draft, Surface.COMMENT) for draft in drafts]
        assert np.mean([one is not None and not one.enough for one in judged]) >= 0.95
