"""The end of claimed turns: decisions written and replies put into the outbox, many turns in one transaction.

Each table is read once and written once for the whole batch: at hundreds of turns a second the statements, not the
rows, are what costs.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, bindparam, select, update

from engage.facts import Fact
from engage.ledger import facts as memory
from engage.ledger import privately, spendings
from engage.ledger.among import among, locked_elsewhere
from engage.ledger.cards import ENDED_AS, decision
from engage.ledger.conversations import living_of
from engage.ledger.creators import SurfaceMode, modes_of
from engage.ledger.ids import new_id
from engage.ledger.many import insert_many, update_many
from engage.ledger.outbox import recall_automated, reply_row
from engage.ledger.people import note_age, opt_out, opted_out_of
from engage.ledger.states import TURN, check
from engage.ledger.tables import conversations, decisions, drafts, messages, replies, turns
from engage.ledger.turns import Claimed
from engage.models import Age, Card, Escalate, Mode, Outcome, Reply, Skip, Surface
from engage.triage import FORGET_ME, TOLD_AGE

Ended = Literal["done", "stale", "lost", "busy"]
SPEAKING = (Mode.REVIEW, Mode.AUTO)  # modes in which a reply goes into the outbox


@dataclass(frozen=True, slots=True)
class Conclusion:
    """What came of a claimed turn. expires_at: a reply that is not posted by then is given up.

    told: what the follower told the avatar in it.
    """

    claimed: Claimed
    outcome: Outcome
    expires_at: datetime
    told: Sequence[Fact] = ()


def conclude_all(tx: Connection, batch: Sequence[Conclusion], rewrites: int, now: datetime) -> list[Ended]:
    """What became of each, in order.

    done: decided, a reply is in the outbox in the mode that the creator wants now. stale: messages came meanwhile, the
    turn collects again (at most `rewrites` times). lost: another worker has it. busy: a delivery is being written into
    the turn at this moment, conclude it again; waiting here, with other turns locked, could wait for ever.
    """
    facts = Facts.read(tx, batch, now)
    writes = Writes()
    ended: list[Ended] = [_conclude(facts, writes, one, rewrites, now) for one in batch]
    writes.execute(tx, now)
    return ended


@dataclass(frozen=True, slots=True)
class Facts:
    """What is true of the batch's turns now, under their locks."""

    mine: dict[str, Row[Any]]
    busy: frozenset[str]
    living: dict[str, list[Row[Any]]]
    human_until: dict[str, datetime | None]
    creator_lines: dict[tuple[str, str], datetime]  # (conversation, message it replies to) → when, the last one
    modes: dict[tuple[str, str], SurfaceMode]
    opted_out: frozenset[str]  # followers
    spoken_to: frozenset[str]  # followers who get no private reply now; asked for those only who would

    @classmethod
    def read(cls, tx: Connection, batch: Sequence[Conclusion], now: datetime) -> "Facts":
        ids = [one.claimed.id for one in batch]
        locked = select(turns).where(among(turns.c.id, ids)).with_for_update(skip_locked=True)
        rows = {row.id: row for row in tx.execute(locked)}
        owners = {one.claimed.id: one.claimed.owner for one in batch}
        mine = {row.id: row for row in rows.values() if (row.state, row.lease_owner) == ("answering", owners[row.id])}
        living = living_of(tx, list(mine))
        places = {row.conversation_id for row in mine.values()}
        until = select(conversations.c.id, conversations.c.human_until).where(among(conversations.c.id, places))
        return cls(
            mine=mine,
            busy=locked_elsewhere(tx, turns, frozenset(ids) - frozenset(rows)),
            living=living,
            human_until={row.id: row.human_until for row in tx.execute(until)},
            creator_lines=_creator_lines(tx, places, living),
            modes=modes_of(tx, {row.account_id for row in mine.values()}),
            opted_out=opted_out_of(tx, {row.follower_id for row in mine.values()}),
            spoken_to=privately.spoken_to(tx, {mine[one].follower_id for one in _private(batch) & mine.keys()}, now),
        )

    def mode(self, turn: Row[Any], surface: str = "") -> SurfaceMode:
        return self.modes.get((turn.account_id, surface or turn.surface), SurfaceMode())


def _private(batch: Sequence[Conclusion]) -> set[str]:
    """Turns that have a private reply beside the public one."""
    return {one.claimed.id for one in batch if isinstance(one.outcome, Escalate) and one.outcome.private}


def _creator_lines(
    tx: Connection, places: set[str], living: dict[str, list[Row[Any]]]
) -> dict[tuple[str, str], datetime]:
    """The creator's own replies to these very messages: in a live room they pause nothing else."""
    asked = [message.platform_id for rows in living.values() for message in rows]
    lines = select(messages.c.conversation_id, messages.c.reply_to_id, messages.c.sent_at).where(
        among(messages.c.conversation_id, places), messages.c.author == "creator", among(messages.c.reply_to_id, asked)
    )
    found = tx.execute(lines.order_by(messages.c.sent_at)).all()
    return {(row.conversation_id, row.reply_to_id): row.sent_at for row in found}


@dataclass(slots=True)
class Writes:
    """The rows to write, table by table."""

    drafts: list[dict[str, Any]] = field(default_factory=list)
    ended: list[dict[str, Any]] = field(default_factory=list)
    again: list[dict[str, Any]] = field(default_factory=list)
    decisions: list[dict[str, Any]] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    spoken_to: set[str] = field(default_factory=set)  # followers of the private ones among them
    opted_out: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))  # followers, where they said so
    facts: list[dict[str, Any]] = field(default_factory=list)
    forgotten: list[str] = field(default_factory=list)
    costs: dict[str, float] = field(default_factory=lambda: defaultdict(float))  # of each creator's answers
    ages: dict[str, Age] = field(default_factory=dict)

    def execute(self, tx: Connection, now: datetime) -> None:
        insert_many(tx, drafts, self.drafts)
        insert_many(tx, replies, self.replies)
        insert_many(tx, decisions, self.decisions, ignoring=True)
        update_many(tx, turns, "id", self.ended)
        if self.again:
            tx.execute(_AGAIN, self.again)
        for follower_id, turn_ids in self.opted_out.items():
            opt_out(tx, follower_id, now)
            recall_automated(tx, follower_id, "opt_out", but=turn_ids)  # whose replies are help lines, if any
        memory.remember(tx, self.facts)
        if self.forgotten:
            memory.forget(tx, self.forgotten, now)
        for follower_id, age in sorted(self.ages.items()):
            note_age(tx, follower_id, age, now)
        spendings.note(tx, self.costs, now)


_FREE = {"lease_owner": None, "lease_until": None}
_THAT = turns.c.id == bindparam("that")
_AGAIN = (
    update(turns)
    .where(_THAT)
    .values(**_FREE, state="collecting", due_at=bindparam("at"), rewrites=turns.c.rewrites + 1)
)


def _conclude(facts: Facts, writes: Writes, one: Conclusion, rewrites: int, now: datetime) -> Ended:
    turn = facts.mine.get(one.claimed.id)
    if turn is None:
        return "busy" if one.claimed.id in facts.busy else "lost"
    stale = turn.version != one.claimed.version and turn.rewrites < rewrites
    _keep_draft(writes, one, stale, now)
    if one.outcome.card.cost:
        writes.costs[turn.creator_id] += one.outcome.card.cost
    if stale:
        check(TURN, turn.state, "collecting")
        writes.again.append({"that": turn.id, "at": now})
        return "stale"
    _end(facts, writes, one, turn, now)
    return "done"


def _end(facts: Facts, writes: Writes, one: Conclusion, turn: Row[Any], now: datetime) -> None:
    outcome, mode = overruled(facts, turn, one.outcome, now), facts.mode(turn)
    state = ENDED_AS[type(outcome)]
    check(TURN, turn.state, state)
    writes.ended.append({"id": turn.id, "state": state, "ended_at": now, **_FREE})
    writes.decisions.append(decision(turn, outcome, mode.mode, now))
    if "opt_out" in outcome.card.reasons:
        writes.opted_out[turn.follower_id].add(turn.id)
    if told := age_in(one.outcome.card.reasons):
        writes.ages[turn.follower_id] = told
    _remember(facts, writes, one, turn, outcome)
    reply = None if isinstance(outcome, Skip) else outcome.reply
    if reply is not None and mode.mode in SPEAKING:
        asked = str(facts.living[turn.id][-1].platform_id)
        writes.replies.append(reply_row(turn, asked, reply, mode, one.expires_at, now))
        if isinstance(outcome, Escalate) and outcome.private:
            _say_privately(facts, writes, turn, asked, outcome.private, one.expires_at, now)


def _say_privately(
    facts: Facts, writes: Writes, turn: Row[Any], asked: str, reply: Reply, expires_at: datetime, now: datetime
) -> None:
    mode = privately.mode_of(facts.mode(turn), facts.mode(turn, Surface.DM))
    if mode is not None and turn.follower_id not in facts.spoken_to | writes.spoken_to:
        writes.spoken_to.add(turn.follower_id)
        writes.replies.append(privately.row_of(turn, asked, reply, mode, expires_at, now))


def _remember(facts: Facts, writes: Writes, one: Conclusion, turn: Row[Any], outcome: Outcome) -> None:
    """What the follower told, where the avatar may speak to them and its decision stands; or that they are forgotten.

    Who asked for that is forgotten also where the creator has answered meanwhile, and where nothing is posted.
    """
    living = facts.living.get(turn.id, [])
    if FORGET_ME in one.outcome.card.reasons:
        writes.forgotten += [turn.follower_id] if living else []
    elif outcome is one.outcome and facts.mode(turn).mode in SPEAKING and turn.version == one.claimed.version:
        writes.facts += memory.fact_rows(turn, one.told, living)


def age_in(reasons: Sequence[str]) -> Age:
    """What a card says that the follower told of their age."""
    told = (reason.removeprefix(TOLD_AGE) for reason in reasons if reason.startswith(TOLD_AGE))
    return Age(next(told, ""))


def overruled(facts: Facts, turn: Row[Any], outcome: Outcome, now: datetime) -> Outcome:
    """What happened while the answer was written may forbid it."""
    living = facts.living.get(turn.id, [])
    if not living:
        return Skip(Card(reasons=("deleted",), draft=outcome.card.draft))
    if isinstance(outcome, Skip):
        return outcome
    if turn.follower_id in facts.opted_out and "crisis" not in outcome.card.reasons:
        return Skip(Card(reasons=("opted_out",), draft=outcome.card.draft))
    until = facts.human_until.get(turn.conversation_id)
    lines = (facts.creator_lines.get((turn.conversation_id, message.platform_id)) for message in living)
    answered = any(at is not None and at >= living[0].sent_at for at in lines)
    if answered or (until is not None and until > now):
        return Skip(Card(reasons=("human_replied",), draft=outcome.card.draft))
    return outcome


def _keep_draft(writes: Writes, one: Conclusion, stale: bool, now: datetime) -> None:
    outcome, claimed = one.outcome, one.claimed
    text = outcome.reply.text if not isinstance(outcome, Skip) and outcome.reply else outcome.card.draft
    if text:
        about = {"id": new_id(), "turn_id": claimed.id, "creator_id": claimed.creator_id, "version": claimed.version}
        writes.drafts.append({**about, "text": text, "model": outcome.card.model, "stale": stale, "created_at": now})
