"""The back-test over a creator's real memory and composer. No connector is at hand: nothing can be posted."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engage.compose.guard import EXTRACTIVE
from engage.evaluate import Evaluation, HeldBack, Known, Trial, back_test, judge
from engage.evaluate.backtest import Failed, Moved
from engage.memory.corpus import answers_of_others, load_passages
from engage.models import Persona
from engage.settings import Settings
from engage.voice.spread import spread_over
from workers import build
from workers.cli.console import progress
from workers.cli.turns import turn_of

if TYPE_CHECKING:
    from engage.ledger.database import Database
    from engage.memory.search import Memory

MOST_STRANGE = 100


def evaluated(
    settings: Settings, db: "Database", persona: Persona, pairs: Sequence[HeldBack], failed: Failed
) -> Evaluation:
    """Ask every question, then judge. What fails is told to `failed`. Raises ConfigError and Unavailable."""
    with db.reading() as tx:
        others = answers_of_others(tx, persona.id)
        known = Known(load_passages(tx, persona.id), [[reply for _, reply in some] for some in others])
    strange = questions_to_others(others) if settings.model == EXTRACTIVE else []
    with build.memory(settings, db) as memory, progress("questions asked", len(pairs) + len(strange)) as moved:
        back = BackTest(settings, memory, persona, moved)
        trials, theirs = asyncio.run(back.of(pairs, failed, strange))
    return judge(trials, persona, known, settings.model, theirs)


class BackTest:
    """The avatar of one creator, asked."""

    def __init__(self, settings: Settings, memory: "Memory", persona: Persona, moved: Moved) -> None:
        self._memory = memory
        self._persona = persona
        self._moved = moved
        self._avatar = build.assemble(settings, memory)

    async def of(
        self, pairs: Sequence[HeldBack], failed: Failed, strange: Sequence[HeldBack]
    ) -> tuple[list[Trial], list[Trial]]:
        """The trials of the pairs and of the strange questions; the connections are closed after them."""
        try:
            return await self._asked(pairs, failed), await self._asked(strange, lambda *_: None)
        finally:
            await self._avatar.aclose()

    async def _asked(self, pairs: Sequence[HeldBack], failed: Failed) -> list[Trial]:
        turns = [(pair, turn_of(_row(pair), self._persona)) for pair in pairs]
        return await back_test(turns, self._persona, self._avatar, self._memory, failed, self._moved)


def questions_to_others(others: Sequence[Sequence[tuple[str, str]]]) -> list[HeldBack]:
    """Questions that were put to other creators: what this one should mostly leave alone.

    Asked of the composer without a model only: what followers of somebody else wrote is not for this creator's model.
    """
    questions = [question for some in others for question, _ in some if question]
    return [HeldBack(f"other-{at}", text, "") for at, text in enumerate(spread_over(questions, MOST_STRANGE))]


def _row(pair: HeldBack) -> dict[str, str]:
    return {"id": pair.id, "text": pair.question, "author": pair.asker, "surface": pair.surface}
