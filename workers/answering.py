"""Due turns to decisions: claims many at a time, keeps their model calls in flight, concludes them in groups."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import structlog
from sqlalchemy import Connection

from engage.errors import EngageError, Retryable
from engage.ledger import turns
from engage.ledger.assemble import Assembled, assemble, assemble_all
from engage.ledger.cards import CARD_NAME
from engage.ledger.conclusions import Conclusion, Ended, conclude_all
from engage.ledger.fair import Rota
from engage.ledger.turns import Claimed
from engage.memory.told import told
from engage.models import Card, Outcome, Skip, Surface
from engage.posting import backoff
from workers import queues
from workers.crew import Crew
from workers.group_commit import GroupCommit
from workers.pace import GAP, until_due
from workers.runtime import Runtime, utc_now
from workers.tally import DECISION, TURNS

log = structlog.get_logger()

FLOOR = 8  # a lane keeps an eighth of the places, however much waits in the lanes above it


class Answering:
    """Works on some lanes, the most urgent first."""

    def __init__(self, runtime: Runtime, owner: str, lanes: Sequence[Surface], wake: Callable[[str], None]) -> None:
        self.runtime = runtime
        self.crew = Crew(runtime.settings.concurrency)
        self.conclusions: GroupCommit[Conclusion, Ended] = GroupCommit(self._conclude_group, GAP)
        self._owner = owner
        self._lanes = lanes
        self._wake = wake
        self._lease = timedelta(seconds=runtime.settings.lease)
        self._rota = Rota()
        self._budget = runtime.settings.creator_replies_per_hour
        self._remembered = timedelta(seconds=runtime.settings.follower_memory)

    async def step(self) -> timedelta:
        """Claim and begin what is due. Returns when to look again."""
        crew = self.crew
        self._rota.held, self._rota.share = crew.by_creator, crew.share
        claimed = await self.runtime.db.run(self._claim, crew.free, utc_now())
        seen = await self._assembled(claimed)
        for one in claimed:
            lane = one.surface.value
            crew.start(self._answer(one, seen.get(one.id)), lane, one.creator_id, partial(self._wake, lane))
        if claimed:
            return timedelta(0)  # there may be more
        return until_due(await self.runtime.db.read(turns.next_due, self._lanes))

    def _claim(self, tx: Connection, free: int, now: datetime) -> list[Claimed]:
        found: list[Claimed] = []
        for place, lane in enumerate(self._lanes):
            limit = free - len(found) - self._kept_for(self._lanes[place + 1 :])
            found += turns.claim(tx, lane, limit, self._owner, self._lease, now, self._rota)
        return found

    def _kept_for(self, lanes: Sequence[Surface]) -> int:
        floor = self.crew.places // FLOOR
        return sum(max(0, floor - self.crew.by_lane[lane.value]) for lane in lanes)

    async def _assembled(self, claimed: Sequence[Claimed]) -> dict[str, Assembled]:
        """Together where that works; what fails is read alone, so that one turn costs no other."""
        if not claimed:
            return {}
        await self.runtime.refresh({one.account_id for one in claimed})
        try:
            seen = await self.runtime.db.read(assemble_all, [one.id for one in claimed], utc_now(), self._budget)
        except Exception as error:
            log.warning("not_assembled_together", error=error)
            return {}
        self.runtime.hear({one.turn.creator_id: one.words_changes for one in seen.values()})
        return seen

    async def _answer(self, claimed: Claimed, known: Assembled | None) -> None:
        try:
            seen = await self._with_capabilities(claimed, known)
            if not await self._is_held(claimed):
                return
            began_at = utc_now()
            outcome = await self._decide(seen)
            self.runtime.tally.observe(DECISION, utc_now() - began_at)
            await self._conclude(claimed, seen, outcome)
        except Retryable as error:
            now = utc_now()
            wait = error.retry_after or backoff(claimed.attempts + 1)
            log.warning("answer_postponed", turn=claimed.id, error=error)
            await self._note(turns.retry_later, claimed, now + wait, str(error), now)
        except Exception as error:
            log.exception("answer_failed", turn=claimed.id)
            reason = str(error) if isinstance(error, EngageError) else type(error).__name__
            await self._note(turns.give_up, claimed, reason, utc_now())

    async def _is_held(self, claimed: Claimed) -> bool:
        """A process that was frozen past its lease asks no model: another has answered meanwhile, or will."""
        now = utc_now()
        if now < claimed.lease_until:
            return True
        return await self.runtime.db.run(turns.renew, claimed, self._lease, now)

    async def _with_capabilities(self, claimed: Claimed, known: Assembled | None) -> Assembled:
        seen = known if known else await self.runtime.db.read(assemble, claimed.id, utc_now(), self._budget)
        now = utc_now()
        heard_at = max((message.sent_at for message in seen.turn.messages), default=now)
        async with self.runtime.using(claimed.account_id, aged=True) as connector:
            able = await connector.capabilities(claimed.surface, seen.conversation_id, heard_at, now)
        return replace(seen, turn=replace(seen.turn, capabilities=able))

    async def _decide(self, seen: Assembled) -> Outcome:
        if not seen.turn.messages:
            return Skip(Card(reasons=("deleted",)))
        avatar = await self.runtime.avatar()
        return await avatar.answer(seen.turn, seen.persona)

    async def _conclude(self, claimed: Claimed, seen: Assembled, outcome: Outcome) -> None:
        now = utc_now()
        expires_at = now + self.runtime.reply_expiry(claimed.surface, seen.turn.capabilities, now)
        conclusion = Conclusion(claimed, outcome, expires_at, told(seen.turn, outcome, self._remembered))
        written: Ended = "busy"
        while written == "busy":
            written = await self.conclusions.add(conclusion)
        self.runtime.tally.count(TURNS, CARD_NAME[type(outcome)] if written == "done" else written)
        log.info("turn", turn=claimed.id, result=written, outcome=type(outcome).__name__, reasons=outcome.card.reasons)

    async def _conclude_group(self, batch: list[Conclusion]) -> Sequence[Ended | Exception]:
        rewrites = self.runtime.settings.turn_rewrites
        try:
            ended: Sequence[Ended | Exception] = await self.runtime.db.run(conclude_all, batch, rewrites, utc_now())
        except Retryable:
            raise
        except Exception as error:
            if len(batch) == 1:
                return [error]
            ended = [(await self._conclude_group([one]))[0] for one in batch]
        self._wake(queues.POST)
        return ended

    async def _note(self, write: Callable[..., None], *args: Any) -> None:
        """Write something down that may be missed: a lost failure note only means that the lease runs out."""
        try:
            await self.runtime.db.run(write, *args)
        except Retryable as error:
            log.warning("not_noted", what=write.__name__, error=str(error))
