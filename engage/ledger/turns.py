"""Turns: opened by intake, claimed by workers with a lease, concluded with exactly one decision."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.orm import aliased

from engage.ledger.conversations import living_messages, opt_out
from engage.ledger.creators import SurfaceMode, running_accounts
from engage.ledger.ids import new_id
from engage.ledger.inbox import insert_ignoring
from engage.ledger.outbox import enqueue, recall_unposted
from engage.ledger.states import move
from engage.ledger.tables import conversations, decisions, drafts, messages, turns
from engage.models import Answer, Card, Escalate, Mode, Outcome, Skip, Surface

MAX_ATTEMPTS = 6
ENDED_AS = {Answer: "answered", Skip: "skipped", Escalate: "escalated"}
CARD_NAME = {Answer: "answer", Skip: "skip", Escalate: "escalate"}


@dataclass(frozen=True, slots=True)
class Claimed:
    """A turn that this worker answers, in the version it saw."""

    id: str
    creator_id: str
    account_id: str
    surface: Surface
    version: int
    attempts: int
    owner: str


def order_key(surface: Surface, conversation_id: str, follower_id: str) -> str:
    """Answers of one key keep their order. A live room is many conversations at once, one for each follower."""
    return f"{conversation_id}:{follower_id}" if surface is Surface.LIVE else conversation_id


def open_turn(tx: Connection, conversation: Row[Any], follower_id: str, due_at: datetime, now: datetime) -> str:
    """A new turn that collects messages until `due_at`."""
    turn_id = new_id()
    surface = Surface(conversation.surface)
    tx.execute(
        turns.insert().values(
            id=turn_id,
            creator_id=conversation.creator_id,
            account_id=conversation.account_id,
            conversation_id=conversation.id,
            follower_id=follower_id,
            order_key=order_key(surface, conversation.id, follower_id),
            surface=surface.value,
            state="collecting",
            opened_at=now,
            due_at=due_at,
        )
    )
    return turn_id


def get(tx: Connection, turn_id: str) -> Row[Any]:
    return tx.execute(select(turns).where(turns.c.id == turn_id).with_for_update()).one()


def touch(tx: Connection, turn_id: str, due_at: datetime | None = None) -> None:
    """The turn's messages changed: a draft being written is stale."""
    values: dict[str, Any] = {"version": turns.c.version + 1, **({"due_at": due_at} if due_at else {})}
    tx.execute(update(turns).where(turns.c.id == turn_id).values(**values))


def claim(tx: Connection, surface: Surface, limit: int, owner: str, lease: timedelta, now: datetime) -> list[Claimed]:
    """Take due turns of one lane, creators in turn, oldest first, keeping each conversation's order."""
    if limit <= 0:
        return []
    earlier = aliased(turns)
    blocked = (
        select(earlier.c.id)
        .where(earlier.c.order_key == turns.c.order_key, earlier.c.id < turns.c.id)
        .where(earlier.c.state.in_(("collecting", "answering")))
        .exists()
    )
    place = func.row_number().over(partition_by=turns.c.creator_id, order_by=turns.c.due_at)
    due = (
        select(turns.c.id, place.label("place"), turns.c.due_at)
        .where(turns.c.state == "collecting", turns.c.surface == surface.value, turns.c.due_at <= now)
        .where(turns.c.account_id.in_(running_accounts(now, sending=False)), ~blocked)
        .subquery()
    )
    ranked = select(due.c.id).order_by(due.c.place, due.c.due_at).limit(limit)
    rows = tx.execute(
        select(turns)
        .where(turns.c.id.in_(ranked.scalar_subquery()), turns.c.state == "collecting")
        .order_by(turns.c.due_at)
        .with_for_update(skip_locked=True)
    ).all()
    ids = [row.id for row in rows]
    values = {"state": "answering", "lease_owner": owner, "lease_until": now + lease}
    tx.execute(update(turns).where(turns.c.id.in_(ids)).values(**values))
    return [Claimed(r.id, r.creator_id, r.account_id, surface, r.version, r.attempts, owner) for r in rows]


def next_due(tx: Connection, surfaces: Sequence[Surface]) -> datetime | None:
    """When the next turn of these lanes is due."""
    lanes = [surface.value for surface in surfaces]
    query = select(func.min(turns.c.due_at)).where(turns.c.state == "collecting", turns.c.surface.in_(lanes))
    return tx.execute(query).scalar_one_or_none()


def conclude(
    tx: Connection,
    claimed: Claimed,
    outcome: Outcome,
    mode: SurfaceMode,
    *,
    rewrites: int,
    reply_expiry: timedelta,
    now: datetime,
) -> Literal["done", "stale", "lost"]:
    """Write the decision of a claimed turn and put its reply into the outbox.

    stale: messages came meanwhile, the turn collects again (at most `rewrites` times); lost: another worker has it.
    """
    turn = _mine(tx, claimed)
    if turn is None:
        return "lost"
    text = outcome.reply.text if not isinstance(outcome, Skip) and outcome.reply else outcome.card.draft
    stale = turn.version != claimed.version and turn.rewrites < rewrites
    _keep_draft(tx, claimed, text, outcome.card.model, stale, now)
    if stale:
        again = {"rewrites": turn.rewrites + 1, "lease_owner": None, "lease_until": None, "due_at": now}
        move(tx, turns, claimed.id, "collecting", **again)
        return "stale"
    outcome = _overruled(tx, turn, outcome, now)
    _end(tx, turn, outcome, mode.mode, now)
    if "opt_out" in outcome.card.reasons:
        opt_out(tx, turn.follower_id, now)
    reply = None if isinstance(outcome, Skip) else outcome.reply
    if reply is not None and mode.mode in (Mode.REVIEW, Mode.AUTO):
        enqueue(tx, turn, _last_message_id(tx, claimed.id), reply, mode, now + reply_expiry, now)
    return "done"


def retry_later(tx: Connection, claimed: Claimed, due_at: datetime, reason: str, now: datetime) -> None:
    """The model could not be used. After MAX_ATTEMPTS a person gets the turn: errors hand off, never reply."""
    turn = _mine(tx, claimed)
    if turn is None:
        return
    if turn.attempts + 1 >= MAX_ATTEMPTS:
        _end(tx, turn, Escalate(Card(reasons=("unavailable", reason))), Mode.REVIEW, now)
        return
    values = {"attempts": turn.attempts + 1, "due_at": due_at, "lease_owner": None, "lease_until": None}
    move(tx, turns, claimed.id, "collecting", **values)


def give_up(tx: Connection, claimed: Claimed, reason: str, now: datetime) -> None:
    """Answering failed in a way that trying again cannot mend."""
    turn = _mine(tx, claimed)
    if turn is not None:
        _end(tx, turn, Escalate(Card(reasons=("failed", reason))), Mode.REVIEW, now, state="dead")


def extend_leases(tx: Connection, owner: str, lease: timedelta, now: datetime) -> None:
    """A worker that is alive keeps what it holds."""
    mine = (turns.c.lease_owner == owner, turns.c.state == "answering")
    tx.execute(update(turns).where(*mine).values(lease_until=now + lease))


def sweep(tx: Connection, max_age: Mapping[Surface, timedelta], now: datetime) -> int:
    """Free turns whose worker died, end those that are too old to answer. Returns how many it touched."""
    touched = 0
    lost = select(turns).where(turns.c.state == "answering", turns.c.lease_until < now)
    for turn in tx.execute(lost.with_for_update(skip_locked=True)).all():  # another sweeper has the rest
        touched += 1
        if turn.attempts + 1 >= MAX_ATTEMPTS:
            failed = Escalate(Card(reasons=("failed", "every worker that took it stopped")))
            _end(tx, turn, failed, Mode.REVIEW, now, state="dead")
        else:
            values = {"attempts": turn.attempts + 1, "due_at": now, "lease_owner": None, "lease_until": None}
            move(tx, turns, turn.id, "collecting", **values)
    for surface, age in max_age.items():
        old = select(turns).where(
            turns.c.state == "collecting", turns.c.surface == surface.value, turns.c.opened_at < now - age
        )
        for turn in tx.execute(old.limit(500).with_for_update(skip_locked=True)).all():
            touched += 1
            _end(tx, turn, Skip(Card(reasons=("expired",))), Mode.OFF, now, state="expired")
    return touched


def skip_open(tx: Connection, turn: Row[Any], reason: str, now: datetime) -> None:
    """End a turn that is still collecting, with its card."""
    _end(tx, turn, Skip(Card(reasons=(reason,))), Mode.OFF, now)


def silence_conversation(tx: Connection, conversation_id: str, now: datetime, message_id: str | None = None) -> None:
    """A person took over: what collects is skipped, what is not posted yet is recalled. `message_id`: only its turn."""
    query = select(turns).where(turns.c.conversation_id == conversation_id, turns.c.state == "collecting")
    open_turns = tx.execute(query.with_for_update()).all()
    for turn in open_turns:
        if message_id is None or message_id in {m.platform_id for m in living_messages(tx, turn.id)}:
            skip_open(tx, turn, "human_replied", now)
    if message_id is None:
        recall_unposted(tx, "human_replied", conversation_id=conversation_id)
        return
    answered = select(messages.c.turn_id).where(
        messages.c.conversation_id == conversation_id, messages.c.platform_id == message_id
    )
    turn_id = tx.execute(answered).scalar_one_or_none()
    if turn_id is not None:
        recall_unposted(tx, "human_replied", turn_id=turn_id)


def _mine(tx: Connection, claimed: Claimed) -> Row[Any] | None:
    mine = (turns.c.id == claimed.id, turns.c.state == "answering", turns.c.lease_owner == claimed.owner)
    return tx.execute(select(turns).where(*mine).with_for_update()).first()


def _overruled(tx: Connection, turn: Row[Any], outcome: Outcome, now: datetime) -> Outcome:
    """What happened while the answer was written may forbid it."""
    living = living_messages(tx, turn.id)
    if not living:
        return Skip(Card(reasons=("deleted",), draft=outcome.card.draft))
    if isinstance(outcome, Skip):
        return outcome
    until = tx.execute(
        select(conversations.c.human_until).where(conversations.c.id == turn.conversation_id)
    ).scalar_one()
    if (until is not None and until > now) or _creator_replied(tx, turn, living):
        return Skip(Card(reasons=("human_replied",), draft=outcome.card.draft))
    return outcome


def _creator_replied(tx: Connection, turn: Row[Any], living: list[Row[Any]]) -> bool:
    """The creator answered one of these very messages: in a live room that pauses nothing else."""
    query = select(messages.c.id).where(
        messages.c.conversation_id == turn.conversation_id,
        messages.c.sent_at >= living[0].sent_at,
        messages.c.author == "creator",
        messages.c.reply_to_id.in_([message.platform_id for message in living]),
    )
    return tx.execute(query).first() is not None


def _end(
    tx: Connection, turn: Row[Any], outcome: Outcome, mode: Mode, now: datetime, *, state: str | None = None
) -> None:
    move(tx, turns, turn.id, state or ENDED_AS[type(outcome)], ended_at=now, lease_owner=None, lease_until=None)
    card = {
        "turn_id": turn.id,
        "creator_id": turn.creator_id,
        "outcome": CARD_NAME[type(outcome)],
        "mode": mode.value,
        "card": _plain(asdict(outcome.card)),
        "open": isinstance(outcome, Escalate),
        "created_at": now,
    }
    tx.execute(insert_ignoring(tx, decisions).values(**card))


def _keep_draft(tx: Connection, claimed: Claimed, text: str, model: str, stale: bool, now: datetime) -> None:
    if not text:
        return
    values = {"turn_id": claimed.id, "creator_id": claimed.creator_id, "version": claimed.version}
    tx.execute(drafts.insert().values(id=new_id(), **values, text=text, model=model, stale=stale, created_at=now))


def _last_message_id(tx: Connection, turn_id: str) -> str:
    return str(living_messages(tx, turn_id)[-1].platform_id)


def _plain(value: Any) -> Any:
    """JSON-ready: times as ISO 8601."""
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, datetime) else value
