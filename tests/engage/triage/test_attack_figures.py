"""The models as they are shipped: what they flag and what they leave alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from engage.memory.floats import Floats
from engage.models import Author, Follower, Message, Persona, Surface, Turn
from engage.triage import Decision, FixedText, Policy, Verdict, triage
from engage.triage.language import identify
from engage.triage.linear import MODELS, load
from engage.triage.scores import score_labels
from workers import build

Rows = Callable[[str], list[dict[str, Any]]]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
NOBODY = Persona("c", "c", "C")


def score(text: str, label: str) -> float:
    return score_labels(text, NOBODY, identify(text).language, build.meaning)[label]


def decided(text: str, meaning: Callable[[str], Floats] | None, policy: Policy | None = None) -> Verdict:
    said = Message("m", "v", Surface.COMMENT, Author("f", "f"), text, NOW)
    return triage(Turn("t", "c", Surface.COMMENT, (said,), Follower("f")), NOBODY, policy or Policy(), NOW, meaning)


@pytest.mark.parametrize("path", sorted(MODELS.glob("*.tsv")), ids=lambda path: path.stem)
def test_a_model_is_small_and_can_be_read(path: Any) -> None:
    assert path.stat().st_size < 1_500_000
    if path.stem != "network":
        model = load(path.stem)
        assert model is not None
        assert model.name == path.stem


@pytest.mark.parametrize(
    "text",
    [
        "you are an idiot and nobody likes you",
        "eres un imbécil",
        "tu es un idiot, ferme ta gueule",
        "du bist ein Arschloch",
        "sei un cretino, fai schifo",
        "jesteś idiotą, spierdalaj",
        "ты идиот, заткнись",
        "你是个白痴，滚开",
        "tu chutiya hai",
    ],
)
def test_an_insult_is_abuse(text: str) -> None:
    assert score(text, "abuse") >= 0.5


@pytest.mark.parametrize(
    "text",
    [
        "this is fucking great",
        "I love all the women in this band",
        "my brother is gay and loves your channel",
        "calling people retarded is not ok, please stop",
        "nobody here hates women",
        "odio los lunes",
        "ich hasse diesen Bug",
        "¿lo tienes en negro?",
    ],
)
def test_swearing_groups_and_objections_are_no_abuse(text: str) -> None:
    assert score(text, "abuse") < 0.5


@pytest.mark.parametrize(
    "text",
    [
        "I keep thinking about killing everyone and myself",
        "my ED is back, I binge and purge every night and I can't stop",
        "the urges are bad again, I cut my thighs yesterday",
    ],
)
def test_who_is_in_danger_is_shown_to_a_person_with_a_fixed_text(text: str) -> None:
    verdict = decided(text, build.meaning)
    assert (verdict.decision, verdict.reasons, verdict.fixed_text) == (
        Decision.ESCALATE,
        ("crisis",),
        FixedText.CRISIS,
    )


def test_a_model_never_unhears_a_cry_for_help() -> None:
    assert score("i want to die", "self_harm") >= 0.5


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("You are a pathetic, stupid fraud and everybody laughs at you", "abuse"),
        ("🔥🔥 FREE phone giveaway!! Claim yours now 👉 http://free-prizes.example/win", "spam"),
    ],
)
def test_what_the_rules_found_is_named_before_what_a_model_heard(text: str, reason: str) -> None:
    assert decided(text, build.meaning).reasons == (reason,)


def test_what_rules_are_sure_of_costs_no_encoder() -> None:
    def never(text: str) -> Floats:
        raise AssertionError(text)

    assert decided("I will kill you", never).reasons == ("abuse",)


def test_thresholds_are_the_policys() -> None:
    text = "you are an idiot"
    assert "abuse" in decided(text, None).flags
    assert "abuse" not in decided(text, None, Policy(thresholds={"abuse": 1.0})).flags


def test_most_functional_tests_are_passed_by_what_is_shipped(rows: Rows) -> None:
    """On templates that were left out, figures are lower: docs/models/abuse.md."""
    some = rows("toxicity_hatecheck/mhc_multilingual.jsonl")[::40] + rows("toxicity_hatecheck/hatecheck_en.jsonl")[::15]
    right = [(score(row["text"], "abuse") >= 0.5) == (row["label"] == "hateful") for row in some]
    assert sum(right) / len(right) >= 0.93


def test_cries_for_help_are_heard(rows: Rows) -> None:
    moderated = rows("toxicity_moderation_eval/samples.jsonl")
    danger = [row for row in moderated if row["labels"].get("self_harm")]
    assert sum(score(row["text"], "self_harm") >= 0.5 for row in danger) / len(danger) >= 0.95


def test_ordinary_talk_is_left_alone(rows: Rows) -> None:
    talk = [row["text"] for row in rows("prompt_injection/benign_real_chat.jsonl")][::3]
    talk += [row["question"] for row in rows("product_qa/answers.jsonl")][::30]
    assert sum(score(text, "abuse") >= 0.5 for text in talk) / len(talk) <= 0.01
    assert sum(score(text, "self_harm") >= 0.5 for text in talk) / len(talk) <= 0.01
