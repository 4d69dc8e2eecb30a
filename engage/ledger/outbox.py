"""The outbox: replies on their way to a platform, each posted at most once (law 2)."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, TextClause, case, func, literal, select, text, update

from engage.ledger import duties
from engage.ledger.among import among, locked_elsewhere
from engage.ledger.creators import SurfaceMode
from engage.ledger.ids import new_id
from engage.ledger.many import update_many
from engage.ledger.sendings import LOST, NEVER, Sending
from engage.ledger.states import move
from engage.ledger.tables import TIMED, UNSENT, decisions, replies
from engage.models import Disclosure, Mode, Receipt, Reply


def reply_row(
    turn: Row[Any], in_reply_to: str, reply: Reply, mode: SurfaceMode, expires_at: datetime, now: datetime
) -> dict[str, Any]:
    """A reply as it is stored, key and all, before anything is sent."""
    held = mode.mode is Mode.REVIEW or mode.undo > timedelta(0)
    return {
        "id": new_id(),
        "creator_id": turn.creator_id,
        "account_id": turn.account_id,
        "conversation_id": turn.conversation_id,
        "follower_id": turn.follower_id,
        "turn_id": turn.id,
        "surface": turn.surface,
        "order_key": turn.order_key,
        "in_reply_to": in_reply_to,
        "text": reply.text,
        "disclosure": reply.disclosure.value,
        "idempotency_key": new_id(),
        "state": "held" if held else "due",
        "reason": "",
        "attempts": 0,
        "due_at": now,
        "release_at": None if mode.mode is Mode.REVIEW or not held else now + mode.undo,
        "expires_at": expires_at,
        "created_at": now,
    }


def release_held(tx: Connection, now: datetime) -> int:
    """Send on what nobody took back inside its undo window, in one call not more than workers send meanwhile."""
    return _change_some(tx, text(TIMED), replies.c.release_at <= now, state="due", due_at=now)


def expire(tx: Connection, now: datetime) -> int:
    """Give up what is too old to be said. What may be out already becomes uncertain: nobody may say that it is not."""
    late = (text(UNSENT), replies.c.expires_at <= now)
    waited_for = case((replies.c.reason == "", ""), else_=literal(": ") + replies.c.reason)
    reason = literal("not posted in time") + waited_for
    surely_not = _change_some(tx, *late, replies.c.first_sent_at.is_(None), state="expired", reason=reason)
    doubt = "it may be posted, and is too old to be sent again"
    may_be_out = (*late, replies.c.first_sent_at.is_not(None))
    return surely_not + _change_some(tx, *may_be_out, state="uncertain", due_at=NEVER, reason=doubt)


def _change_some(tx: Connection, *which: ColumnElement[bool] | TextClause, **values: Any) -> int:
    """Set `values` in one go. Those being written elsewhere are left to the next. Returns how many it changed."""
    # Two statements: as a part of the update, PostgreSQL may choose anew for each row, each time up to the limit.
    some = select(replies.c.id).where(*which).limit(duties.SWEPT).with_for_update(skip_locked=True)
    ids = list(tx.execute(some).scalars())
    if ids:
        tx.execute(update(replies).where(among(replies.c.id, ids)).values(**values))
    return len(ids)


def _free(**values: Any) -> dict[str, Any]:
    return {**values, "lease_owner": None, "lease_until": None}


def mark_sent(tx: Connection, sending: Sending, receipt: Receipt) -> bool:
    """False where the row was settled by another meanwhile. A receipt counts also after the lease was lost."""
    values = _free(receipt_id=receipt.id, sent_at=receipt.sent_at, reason="")
    open_still = (replies.c.state.in_(("sending", "uncertain")),)
    return move(tx, replies, sending.outgoing.id, "sent", where=open_still, **values)


def mark_all_sent(tx: Connection, sent: Sequence[tuple[Sending, Receipt]]) -> list[bool | None]:
    """`mark_sent` of many. None where a row is locked elsewhere at this moment: mark it again."""
    receipts = {sending.outgoing.id: receipt for sending, receipt in sent}
    states = _note(tx, receipts, ("sending", "uncertain"), reason="")
    return [states.get(reply_id) for reply_id in receipts]


def mark_echoed(tx: Connection, receipts: Mapping[str, Receipt]) -> None:
    """Replies whose own posts came back: reply → receipt. Those being written elsewhere are left to whoever writes."""
    _note(tx, receipts, ("due", "sending", "uncertain"), reason="echo")


def _note(tx: Connection, receipts: Mapping[str, Receipt], open_states: Sequence[str], reason: str) -> dict[str, bool]:
    """Reply → whether it was open and is sent now. Without what is locked elsewhere: to wait could be for ever."""
    if not receipts:
        return {}
    locked = select(replies.c.id, replies.c.state).where(among(replies.c.id, list(receipts)))
    states = {row.id: row.state for row in tx.execute(locked.with_for_update(skip_locked=True))}
    is_open = {reply_id: state in open_states for reply_id, state in states.items()}
    missed = receipts.keys() - states.keys()
    is_open |= dict.fromkeys(missed - locked_elsewhere(tx, replies, missed), False)  # erased while it was sent
    rows = [
        _free(id=reply_id, state="sent", receipt_id=receipt.id, sent_at=receipt.sent_at, reason=reason)
        for reply_id, receipt in receipts.items()
        if is_open.get(reply_id)
    ]
    update_many(tx, replies, "id", rows)
    return is_open


def mark_due(
    tx: Connection, sending: Sending, due_at: datetime, reason: str, *, uncounted: bool = False, unsent: bool = False
) -> bool:
    """Try at `due_at`. `unsent`: it is surely not posted, and may be recalled; else its key makes a repeat safe."""
    values = _free(due_at=due_at, reason=reason)
    if uncounted:
        values["attempts"] = replies.c.attempts - 1
    if unsent:
        values["first_sent_at"] = None
    return _move_mine(tx, sending, "due", values)


def mark_uncertain(tx: Connection, sending: Sending, due_at: datetime, reason: str) -> bool:
    """It may be posted: ask at `due_at`."""
    if _state(tx, sending) == "uncertain":
        mine = (replies.c.id == sending.outgoing.id, replies.c.lease_owner == sending.owner)
        return bool(tx.execute(update(replies).where(*mine).values(**_free(due_at=due_at, reason=reason))).rowcount)
    return _move_mine(tx, sending, "uncertain", _free(due_at=due_at, reason=reason))


def mark_over(tx: Connection, sending: Sending, state: str, reason: str) -> bool:
    """`state` is refused or dead. The creator sees it in the inbox."""
    done = _move_mine(tx, sending, state, _free(reason=reason))
    if done:
        of_turn = select(replies.c.turn_id).where(replies.c.id == sending.outgoing.id).scalar_subquery()
        tx.execute(update(decisions).where(decisions.c.turn_id == of_turn).values(open=True))
    return done


def _state(tx: Connection, sending: Sending) -> str:
    return str(tx.execute(select(replies.c.state).where(replies.c.id == sending.outgoing.id)).scalar_one_or_none())


def _move_mine(tx: Connection, sending: Sending, state: str, values: dict[str, Any]) -> bool:
    mine = (replies.c.lease_owner == sending.owner, replies.c.state.in_(("sending", "uncertain")))
    return move(tx, replies, sending.outgoing.id, state, where=mine, **values)


def extend_leases(tx: Connection, owner: str, lease: timedelta, now: datetime) -> None:
    mine = (replies.c.lease_owner == owner, replies.c.state.in_(("sending", "uncertain")))
    tx.execute(update(replies).where(*mine).values(lease_until=now + lease))


def sweep(tx: Connection, now: datetime) -> int:
    """A worker died between taking a reply and noting its receipt: it may be posted."""
    lost = (replies.c.state == "sending", replies.c.lease_until < now)
    return _change_some(tx, *lost, **_free(state="uncertain", due_at=now, reason=LOST))


def next_due(tx: Connection) -> datetime | None:
    """When the outbox next has something to do."""
    due = select(func.min(replies.c.due_at))
    moments = (
        due.where(replies.c.state == "due"),
        due.where(replies.c.state == "uncertain"),
        select(func.min(replies.c.release_at)).where(text(TIMED)),
    )
    found = [moment for query in moments if (moment := tx.execute(query).scalar_one_or_none()) is not None]
    return min(found, default=None)


def recall_unposted(tx: Connection, reason: str, **scope: str) -> list[Row[Any]]:
    """Withdraw replies that are not on their way yet. Returns them as they were.

    scope: columns of `replies` with the value that is meant, as turn_id, conversation_id, or account_id and surface.
    """
    mine = [replies.c[name] == value for name, value in scope.items()]
    query = select(replies).where(*mine, replies.c.state.in_(("held", "due"))).with_for_update()
    rows = [row for row in tx.execute(query).all() if row.first_sent_at is None]
    for row in rows:
        move(tx, replies, row.id, "recalled", reason=reason)
    return rows


def recall_automated(tx: Connection, follower_id: str, reason: str, but: Collection[str] = ()) -> list[str]:
    """Withdraw what the avatar wrote to a follower and is not on its way yet. Returns the turns' ids. but: turns whose
    replies stay."""
    query = select(replies).where(replies.c.follower_id == follower_id, replies.c.state.in_(("held", "due")))
    rows = tx.execute(query.where(replies.c.disclosure != Disclosure.PERSON.value).with_for_update()).all()
    withdrawn = [row for row in rows if row.first_sent_at is None and row.turn_id not in but]
    for row in withdrawn:
        move(tx, replies, row.id, "recalled", reason=reason)
    return [row.turn_id for row in withdrawn]


def has_reply(tx: Connection, turn_id: str) -> bool:
    return tx.execute(select(replies.c.id).where(replies.c.turn_id == turn_id)).first() is not None


def posted_since(
    tx: Connection, since: datetime, creator_id: str | None = None, states: Sequence[str] = ("sent",)
) -> list[Row[Any]]:
    """Replies rows that were posted since then, newest first."""
    query = select(replies).where(replies.c.sent_at >= since, replies.c.state.in_(states))
    query = query.where(replies.c.creator_id == creator_id) if creator_id else query
    return list(tx.execute(query.order_by(replies.c.sent_at.desc())))
