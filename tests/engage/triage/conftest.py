"""Turns as followers write them, and the shared test data where it is present."""

import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from engage.models import Author, Capabilities, Follower, Line, Message, Persona, Surface, Turn
from engage.triage import Policy, Verdict, triage
from engage.triage.linear import Meaning

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
# The suite clears ENGAGE_* before each test, so this is read when the module is.
DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")

Judge = Callable[..., Verdict]


@pytest.fixture
def persona() -> Persona:
    return Persona("c1", "ann", "Ann", language="en")


@pytest.fixture
def judge(persona: Persona) -> Judge:
    """Triage of one message: judge("hi", Surface.DM, history=…, follower=…, policy=…)."""

    def judge_message(
        text: str,
        surface: Surface = Surface.COMMENT,
        *,
        author: Author | None = None,
        persona: Persona = persona,
        policy: Policy | None = None,
        meaning: Meaning | None = None,
        **turn: Any,
    ) -> Verdict:
        author = author or Author("f1", "fan")
        said = Message("m1", "v1", surface, author, text, NOW)
        follower = turn.pop("follower", Follower("f1"))
        asked = Turn("t1", "c1", surface, (said,), follower, **turn)
        return triage(asked, persona, policy or Policy(), NOW, meaning)

    return judge_message


@pytest.fixture
def rows() -> Callable[[str], list[dict[str, Any]]]:
    """The rows of one file of the shared test data; the test is skipped where it is absent."""

    def read(name: str) -> list[dict[str, Any]]:
        path = DATA / name
        if not path.is_file():
            pytest.skip("ENGAGE_TEST_DATA names no folder with the test data")
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]

    return read


__all__ = ["DATA", "NOW", "Capabilities", "Judge", "Line"]
