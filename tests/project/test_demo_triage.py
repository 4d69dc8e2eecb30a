"""Triage reads every line of the demo's script as the script expects: nothing is stopped that should be answered."""

import json
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engage.models import Author, Capabilities, Follower, Message, Persona, Surface, Turn
from engage.triage import Decision, Policy, Verdict, triage

CONFIG = Path(__file__).parents[2] / "config"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
# What triage decides from the words alone; "repeated" and "opted_out" need what was written before.
OF_TRIAGE = {
    "no_content", "nothing_asked", "abuse", "spam", "injection", "asked_if_bot", "opt_out", "asked_for_human",
    "crisis", "restricted", "greeting", "praise", "thanks",
}  # fmt: skip
# What comes out after triage has let a line through.
LATER = {"answered", "unsupported", "wrong_language"}
COURTESIES = {"greeting", "praise", "thanks"}

Row = Mapping[str, Any]


def several(value: str | list[str]) -> set[str]:
    """An expectation as a set: one value, or any of several."""
    return {value} if isinstance(value, str) else set(value)


def lines() -> list[Row]:
    """The steps whose expectation hangs on their own words."""
    steps = [json.loads(line) for line in (CONFIG / "demo" / "script.jsonl").read_text(encoding="utf-8").splitlines()]
    return [step for step in steps if "text" in step and several(step["expect"]["reason"]) <= OF_TRIAGE | LATER]


LINES = lines()


def persona(creator: str) -> Persona:
    """A sample creator as its file tells."""
    told = tomllib.loads((CONFIG / "creators" / creator / "creator.toml").read_text(encoding="utf-8"))
    return Persona(
        id=creator, **{key: tuple(value) if isinstance(value, list) else value for key, value in told.items()}
    )


def judged(step: Row) -> Verdict:
    """The verdict on a step as the first thing its follower writes."""
    surface = Surface(step["surface"])
    said = Message("m", "v", surface, Author(step["follower"], step["follower_name"]), step["text"], NOW)
    turn = Turn("t", step["creator"], surface, (said,), Follower(step["follower"]), capabilities=Capabilities(True))
    return triage(turn, persona(step["creator"]), Policy(), NOW)


@pytest.mark.parametrize("step", LINES, ids=[f"{step['ref']}-{step['action']}" for step in LINES])
def test_triage_reads_the_line_as_the_script_expects(step: Row) -> None:
    verdict = judged(step)
    reason, wanted = verdict.reasons[0], several(step["expect"]["reason"])
    if reason in wanted & COURTESIES or (wanted & LATER and verdict.decision is Decision.ANSWER):
        assert verdict.decision is Decision.ANSWER  # what comes of it, the composer decides
    else:
        assert reason in wanted
        assert verdict.decision.value in several(step["expect"]["outcome"])


def test_most_of_the_script_is_looked_at() -> None:
    assert len(LINES) >= 100
