"""The back-test over a creator's real memory and composer. No connector is at hand: nothing can be posted."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from engage.evaluate import Evaluation, HeldBack, Known, back_test, judge
from engage.evaluate.backtest import Failed
from engage.memory.corpus import load_passages, replies_by_others
from engage.models import Persona
from engage.settings import Settings
from workers import build
from workers.cli.console import progress
from workers.cli.turns import turn_of

if TYPE_CHECKING:
    from engage.ledger.database import Database


def evaluated(
    settings: Settings, db: "Database", persona: Persona, pairs: Sequence[HeldBack], failed: Failed
) -> Evaluation:
    """Ask every question, then judge. What fails is told to `failed`. Raises ConfigError and Unavailable."""
    turns = [(pair, turn_of(_row(pair), persona)) for pair in pairs]
    with build.memory(settings, db) as memory, progress("questions asked", len(turns)) as moved:
        avatar = build.assemble(settings, memory)
        trials = asyncio.run(back_test(turns, persona, avatar, memory, failed, moved))
    with db.reading() as tx:
        known = Known(load_passages(tx, persona.id), replies_by_others(tx, persona.id))
    return judge(trials, persona, known, settings.model)


def _row(pair: HeldBack) -> dict[str, str]:
    return {"id": pair.id, "text": pair.question, "author": pair.asker, "surface": pair.surface}
