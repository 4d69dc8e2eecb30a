"""Figures on real texts, where they are present. The bounds stand a little under what was measured."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from engage.models import Persona
from engage.triage.intent import is_question
from engage.triage.language import identify
from engage.triage.normalise import fold, without_links
from engage.triage.scores import score_labels
from engage.triage.verdict import LABELS

Rows = Callable[[str], list[dict[str, Any]]]
NOBODY = Persona("c", "c", "C")
STEP = 4  # a part of the rows: the figures hold, and the suite stays fast


def flagged(rows: Iterable[dict[str, Any]], label: str) -> float:
    hits = [score_labels(row["text"], NOBODY)[label] >= 0.5 for row in rows]
    return sum(hits) / len(hits)


@pytest.mark.parametrize("name", ["benign_lookalikes", "benign_real_chat"])
def test_harmless_texts_are_rarely_taken_for_attacks(rows: Rows, name: str) -> None:
    assert flagged(rows(f"prompt_injection/{name}.jsonl")[::2], "injection") <= 0.03


def test_most_attacks_are_seen(rows: Rows) -> None:
    assert flagged(rows("prompt_injection/attacks.jsonl")[:: 2 * STEP], "injection") >= 0.55


@pytest.mark.parametrize(
    ("name", "bad", "recall"), [("spam_youtube", "spam", 0.65), ("spam_instagram_scam", "scam", 0.6)]
)
def test_spam_is_seen_and_honest_comments_are_not_called_spam(rows: Rows, name: str, bad: str, recall: float) -> None:
    some = rows(f"{name}/comments.jsonl")[::STEP]
    assert flagged([row for row in some if row["label"] == bad], "spam") >= recall
    assert flagged([row for row in some if row["label"] != bad], "spam") <= 0.03


def test_ordinary_chat_is_almost_never_flagged(rows: Rows) -> None:
    chat = [row for row in rows("livechat_gitter/messages.jsonl") if not row["is_bot"]][::80]
    scores = [score_labels(row["text"], NOBODY) for row in chat]
    for label in LABELS:
        assert sum(score[label] >= 0.5 for score in scores) / len(chat) <= 0.016, label


def test_the_language_of_a_chat_line_is_known(rows: Rows) -> None:
    lines = rows("language_id/chat_snippets.jsonl")
    assert sum(identify(row["text"]).language == row["lang"] for row in lines) / len(lines) >= 0.96


def test_a_single_word_is_taken_for_the_creators_language(rows: Rows) -> None:
    words = [row for row in rows("language_id/sentences.jsonl") if row["unit"] == "single-words"]
    assert sum(identify(row["text"], row["lang"]).language == row["lang"] for row in words) / len(words) >= 0.9


def test_most_questions_are_seen_without_their_mark(rows: Rows) -> None:
    lines = [row["text"] for row in rows("livechat_gitter/messages.jsonl") if len(row["text"]) < 160][::20]
    asked = [line.replace("?", "") for line in lines if line.rstrip().endswith("?")]
    told = [line for line in lines if "?" not in line]
    assert sum(is_question(fold(without_links(line)), ("en",)) for line in asked) / len(asked) >= 0.45
    assert sum(is_question(fold(without_links(line)), ("en",)) for line in told) / len(told) <= 0.06
