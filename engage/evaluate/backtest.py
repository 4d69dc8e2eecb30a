"""Each held-back question to the avatar, as a follower would ask it. Decides nothing itself, and can post nothing."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from engage.avatar import Remembers
from engage.compose.disclosure import unmarked
from engage.errors import ConfigError, EngageError
from engage.evaluate.heldback import HeldBack
from engage.models import Answer, Card, Evidence, Outcome, Persona, Scored, Surface, Turn

AT_ONCE = 8  # a model call waits, it does not compute
DEEPEST = 10  # passages recalled for a question: the end of the retrieval curve

Failed = Callable[[HeldBack, EngageError], None]
Moved = Callable[[int], None]


class Answers(Protocol):
    """The avatar."""

    async def answer(self, turn: Turn, persona: Persona) -> Outcome:
        """What becomes of a turn."""


@dataclass(frozen=True, slots=True)
class Trial:
    """A held-back pair, what memory found for its question, and what became of it.

    draft: what would have been posted, without marker and address; "" where the avatar wrote nothing of its own.
    """

    pair: HeldBack
    found: tuple[Scored, ...]
    outcome: str  # answer, skip or escalate
    card: Card
    draft: str = ""
    evidence: tuple[Evidence, ...] = ()


async def back_test(
    turns: Sequence[tuple[HeldBack, Turn]],
    persona: Persona,
    avatar: Answers,
    memory: Remembers,
    failed: Failed,
    moved: Moved = lambda _: None,
) -> list[Trial]:
    """The trials in the order of the pairs. What fails is told to `failed`. Raises ConfigError: nothing would work."""
    places = asyncio.Semaphore(AT_ONCE)
    wrong: list[ConfigError] = []

    async def one(pair: HeldBack, turn: Turn) -> Trial | EngageError:
        async with places:
            if wrong:
                return wrong[0]
            try:
                found = await memory.recall(persona.id, turn.text, DEEPEST)
                return trial(pair, turn, persona, found.passages, await avatar.answer(turn, persona))
            except EngageError as error:
                wrong.extend([error] if isinstance(error, ConfigError) else [])
                return error
            finally:
                moved(1)

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one(pair, turn)) for pair, turn in turns]
    if wrong:
        raise wrong[0]
    trials: list[Trial] = []
    for (pair, _), task in zip(turns, tasks, strict=True):
        result = task.result()
        if isinstance(result, EngageError):
            failed(pair, result)
        else:
            trials.append(result)
    return trials


def trial(pair: HeldBack, turn: Turn, persona: Persona, found: tuple[Scored, ...], outcome: Outcome) -> Trial:
    """What is kept of an outcome. Fixed texts (crisis, "are you a bot?") are nobody's style, and count as no draft."""
    kind = type(outcome).__name__.lower()
    if not isinstance(outcome, Answer) or not outcome.card.draft:
        return Trial(pair, found, kind, outcome.card)
    text = unaddressed(unmarked(outcome.reply.text, persona), turn)
    return Trial(pair, found, kind, outcome.card, text, outcome.reply.evidence)


def unaddressed(text: str, turn: Turn) -> str:
    """The text without the name that a live answer begins with."""
    name = turn.follower.name.strip().lstrip("@")
    return text.removeprefix(f"@{name} ") if turn.surface is Surface.LIVE and name else text
