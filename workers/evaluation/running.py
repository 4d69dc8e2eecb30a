"""The back-test over a creator's real memory and composer. No connector is at hand: nothing can be posted."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engage.compose.guard import EXTRACTIVE
from engage.evaluate import Evaluation, HeldBack, Known, Trial, back_test, judge
from engage.evaluate.backtest import Failed
from engage.evaluate.material import spread
from engage.memory.corpus import answers_of_others, load_passages
from engage.models import Persona
from engage.settings import Settings
from workers import build
from workers.cli.console import progress
from workers.cli.turns import turn_of

if TYPE_CHECKING:
    from engage.ledger.database import Database

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
        avatar = build.assemble(settings, memory)

        async def asked(some: Sequence[HeldBack], failed: Failed) -> list[Trial]:
            turns = [(pair, turn_of(_row(pair), persona)) for pair in some]
            return await back_test(turns, persona, avatar, memory, failed, moved)

        async def both() -> tuple[list[Trial], list[Trial]]:
            return await asked(pairs, failed), await asked(strange, lambda *_: None)

        trials, theirs = asyncio.run(both())
    return judge(trials, persona, known, settings.model, theirs)


def questions_to_others(others: Sequence[Sequence[tuple[str, str]]]) -> list[HeldBack]:
    """Questions that were put to other creators: what this one should mostly leave alone.

    Asked of the composer without a model only: what followers of somebody else wrote is not for this creator's model.
    """
    questions = [question for some in others for question, _ in some if question]
    return [HeldBack(f"other-{at}", text, "") for at, text in enumerate(spread(questions, MOST_STRANGE))]


def _row(pair: HeldBack) -> dict[str, str]:
    return {"id": pair.id, "text": pair.question, "author": pair.asker, "surface": pair.surface}
