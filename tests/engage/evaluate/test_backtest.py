"""Questions to an avatar."""

from datetime import UTC, datetime

import pytest

from engage.errors import ConfigError, EngageError, Unavailable
from engage.evaluate import HeldBack, Trial, back_test
from engage.models import (
    Answer,
    Author,
    Card,
    Disclosure,
    Escalate,
    Evidence,
    Follower,
    Message,
    Outcome,
    Persona,
    Recall,
    Reply,
    Scored,
    Skip,
    Surface,
    Turn,
)
from tests.engage.evaluate.builders import OIL, TILLY

PROOF = (Evidence("Every 200 kilometres.", "p1", 1.0),)
MARKED = "Every 200 kilometres. 🤖 automated reply"


class Memory:
    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        return Recall((Scored(OIL, 0.9),), supported=True)


class Avatar:
    """Answers by what it is asked."""

    async def answer(self, turn: Turn, persona: Persona) -> Outcome:
        card = Card(reasons=("unsupported",), language="en")
        match turn.text:
            case "down":
                raise Unavailable("the model is away")
            case "unset":
                raise ConfigError("is missing", key="model_api_key", place="ENGAGE_MODEL_API_KEY", fix="Set it")
            case "skip":
                return Skip(card)
            case "help":
                return Escalate(card, Reply("Please call somebody.", Disclosure.TEXT))
            case "bot?":
                return Answer(Reply("Yes, automated.", Disclosure.TEXT), card)
        drafted = Card(reasons=(), language="en", draft="Every 200 kilometres.")
        return Answer(Reply(f"@gwen {MARKED}", Disclosure.TEXT, PROOF), drafted)


def asked(text: str, surface: Surface = Surface.LIVE) -> tuple[HeldBack, Turn]:
    said = Message("1", "c", surface, Author("g", "gwen"), text, datetime.now(UTC))
    return HeldBack("1", text, "Weekly."), Turn("1", TILLY.id, surface, (said,), Follower("g", "gwen"))


async def run(*texts: str) -> tuple[list[Trial], list[str]]:
    told: list[str] = []

    def failed(pair: HeldBack, error: EngageError) -> None:
        told.append(f"{pair.question}: {error}")

    return await back_test([asked(text) for text in texts], TILLY, Avatar(), Memory(), failed), told


async def test_a_draft_is_judged_without_marker_and_address_and_with_its_evidence() -> None:
    [trial], _ = await run("how often?")
    assert trial.draft == "Every 200 kilometres."
    assert (trial.outcome, trial.evidence, trial.found[0].passage) == ("answer", PROOF, OIL)


async def test_fixed_texts_and_silence_are_no_drafts() -> None:
    trials, _ = await run("skip", "help", "bot?")
    assert [one.outcome for one in trials] == ["skip", "escalate", "answer"]
    assert [one.draft for one in trials] == ["", "", ""]


async def test_a_question_that_fails_is_told_and_the_others_are_asked() -> None:
    trials, told = await run("down", "how often?", "skip")
    assert [one.pair.question for one in trials] == ["how often?", "skip"]
    assert told == ["down: the model is away"]


async def test_a_wrong_setting_ends_it_at_once() -> None:
    with pytest.raises(ConfigError, match="ENGAGE_MODEL_API_KEY"):
        await run("how often?", "unset", "skip")
