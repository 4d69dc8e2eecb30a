"""The outbox: replies on their way to a platform, each posted at most once (law 2)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Update,
    and_,
    bindparam,
    case,
    func,
    literal,
    or_,
    select,
    text,
    update,
)
from sqlalchemy.orm import aliased

from engage.ledger import creators
from engage.ledger.among import among
from engage.ledger.creators import SurfaceMode
from engage.ledger.fair import Conditions, Line, Rota, Waiting
from engage.ledger.ids import new_id
from engage.ledger.many import update_many
from engage.ledger.states import move
from engage.ledger.tables import TIMED, UNSENT, accounts, conversations, decisions, followers, modes, replies
from engage.ledger.types import UtcDateTime
from engage.models import Disclosure, Mode, Outgoing, Receipt, Reply, Surface

LANES = (Surface.LIVE, Surface.DM, Surface.COMMENT)  # most urgent first
SETTLE_SOON = timedelta(minutes=15)
NEVER = datetime(9999, 1, 1, tzinfo=UTC)  # due_at of a reply that only the creator can settle
LOST = "the worker that sent it stopped"


@dataclass(frozen=True, slots=True)
class Sending:
    """A reply this worker sends or settles."""

    outgoing: Outgoing
    account_id: str
    creator_id: str
    attempts: int  # with this one
    expires_at: datetime
    owner: str
    lease_until: datetime = NEVER
    fresh: bool = True  # no earlier attempt may have posted it
    lost: bool = False  # the worker that sent it stopped, nobody knows when


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
    """Send on what nobody took back inside its undo window."""
    over = (text(TIMED), replies.c.release_at <= now)
    return tx.execute(update(replies).where(*over).values(state="due", due_at=now)).rowcount


def expire(tx: Connection, now: datetime) -> int:
    """Give up what is too old to be said. What may be out already becomes uncertain: nobody may say that it is not."""
    late = (text(UNSENT), replies.c.expires_at <= now)
    surely_not = update(replies).where(*late, replies.c.first_sent_at.is_(None))
    waited_for = case((replies.c.reason == "", ""), else_=literal(": ") + replies.c.reason)
    ended = tx.execute(surely_not.values(state="expired", reason=literal("not posted in time") + waited_for)).rowcount
    perhaps = update(replies).where(*late, replies.c.first_sent_at.is_not(None))
    reason = "it may be posted, and is too old to be sent again"
    return ended + tx.execute(perhaps.values(state="uncertain", due_at=NEVER, reason=reason)).rowcount


def _in_order(one: FromClause) -> list[ColumnElement[bool]]:
    earlier = aliased(replies)
    now = bindparam("now", type_=UtcDateTime)
    # One that is being settled holds its followers back; one that is parked for the creator does not.
    being_settled = and_(earlier.c.state == "uncertain", earlier.c.due_at < bindparam("soon", type_=UtcDateTime))
    held_back = (
        select(earlier.c.id)
        .where(earlier.c.order_key == one.c.order_key, earlier.c.id < one.c.id)
        .where(or_(earlier.c.state.in_(("due", "sending")), being_settled))
        .exists()
    )
    return [one.c.due_at <= now, one.c.expires_at > now, ~held_back]  # also where nobody swept yet


def _lets_post() -> ColumnElement[bool]:
    """Dry means dry: a surface that was switched to shadow or off sends nothing, whatever was written before.

    And none sends while a limit of the platform is known to be used up.
    """
    open_again = or_(modes.c.paced_until.is_(None), modes.c.paced_until <= bindparam("now", type_=UtcDateTime))
    chosen = select(modes.c.mode).where(modes.c.account_id == accounts.c.id, modes.c.surface == bindparam("surface"))
    return chosen.where(modes.c.mode.in_((Mode.REVIEW.value, Mode.AUTO.value)), open_again).exists()


def _unasked(one: FromClause) -> list[ColumnElement[bool]]:
    now = bindparam("now", type_=UtcDateTime)
    return [one.c.due_at <= now, or_(one.c.lease_until.is_(None), one.c.lease_until < now)]


def _line(state: str, may_go: Conditions, running: Sequence[ColumnElement[bool]]) -> Line:
    def where(one: FromClause) -> list[ColumnElement[bool]]:
        return [one.c.state == state, one.c.surface == bindparam("surface")]

    return Line(Waiting(replies, where, ("due_at", "id"), may_go, running))


_DUE = _line("due", _in_order, [*creators.running(sending=True), _lets_post()])
_UNCERTAIN = _line("uncertain", _unasked, creators.running(sending=True))


def claim_due(
    tx: Connection, limit: int, owner: str, lease: timedelta, now: datetime, rota: Rota | None = None
) -> list[Sending]:
    """Take replies to send: live before DMs before comments, creators in turn, each conversation in order."""
    rows = _claim(tx, _DUE, "due", limit, now, rota or Rota())
    return _lease(tx, _TAKE_DUE, rows, owner, lease, now)


def claim_uncertain(
    tx: Connection, limit: int, owner: str, lease: timedelta, now: datetime, rota: Rota | None = None
) -> list[Sending]:
    """Take replies whose fate must be asked for. They stay `uncertain` until somebody knows."""
    return _lease(tx, _TAKE, _claim(tx, _UNCERTAIN, "uncertain", limit, now, rota or Rota()), owner, lease, now)


def _claim(tx: Connection, line: Line, state: str, limit: int, now: datetime, rota: Rota) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for surface in LANES:
        if limit <= len(found):
            break
        values = {"surface": surface.value, "now": now, "soon": now + SETTLE_SOON}
        ids = line.take(tx, f"{state} {surface.value}", limit - len(found), rota, values)
        if ids:
            found += tx.execute(_TO_SEND, {"ids": ids, "state": state})
    return found


def _lease(
    tx: Connection, take: Update, rows: Sequence[Row[Any]], owner: str, lease: timedelta, now: datetime
) -> list[Sending]:
    if not rows:
        return []
    tx.execute(take, {"ids": [row.id for row in rows], "owner": owner, "until": now + lease, "now": now})
    return [_sending(row, owner, now, now + lease) for row in rows]


# Built once: to build and compare them takes longer than to run them.
_NOW = bindparam("now", type_=UtcDateTime)
_TO_SEND = (
    select(
        *(replies.c[name] for name in ("id", "idempotency_key", "surface", "in_reply_to", "text", "disclosure")),
        *(replies.c[name] for name in ("state", "attempts", "reason", "first_sent_at", "expires_at")),
        replies.c.account_id,
        replies.c.creator_id,
        conversations.c.platform_id.label("where"),
        followers.c.platform_user_id.label("whom"),
    )
    .join(conversations, conversations.c.id == replies.c.conversation_id)
    .join(followers, followers.c.id == replies.c.follower_id)
    # The sum keeps SQLite from reading everything in that state: it would not see that the ids are few.
    .where(among(replies.c.id, "ids"), replies.c.state + "" == bindparam("state"))
    .order_by(replies.c.due_at)
    .with_for_update(of=replies, skip_locked=True)
)
_TAKE = (
    update(replies)
    .where(among(replies.c.id, "ids"))
    .values(lease_owner=bindparam("owner"), lease_until=bindparam("until", type_=UtcDateTime))
)
_TAKE_DUE = _TAKE.values(
    state="sending", attempts=replies.c.attempts + 1, first_sent_at=func.coalesce(replies.c.first_sent_at, _NOW)
)


def _sending(row: Row[Any], owner: str, now: datetime, lease_until: datetime) -> Sending:
    outgoing = Outgoing(
        id=row.id,
        idempotency_key=row.idempotency_key,
        surface=Surface(row.surface),
        conversation_id=row.where,
        in_reply_to=row.in_reply_to,
        follower_id=row.whom,
        text=row.text,
        automated=row.disclosure != Disclosure.PERSON.value,
        first_sent_at=row.first_sent_at or now,
    )
    attempts = row.attempts + 1 if row.state == "due" else row.attempts  # `row` is as it was before the claim
    return Sending(
        outgoing=outgoing,
        account_id=row.account_id,
        creator_id=row.creator_id,
        attempts=attempts,
        expires_at=row.expires_at,
        owner=owner,
        lease_until=lease_until,
        fresh=row.first_sent_at is None,
        lost=row.reason == LOST,
    )


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
    return str(tx.execute(select(replies.c.state).where(replies.c.id == sending.outgoing.id)).scalar_one())


def _move_mine(tx: Connection, sending: Sending, state: str, values: dict[str, Any]) -> bool:
    mine = (replies.c.lease_owner == sending.owner, replies.c.state.in_(("sending", "uncertain")))
    return move(tx, replies, sending.outgoing.id, state, where=mine, **values)


def extend_leases(tx: Connection, owner: str, lease: timedelta, now: datetime) -> None:
    mine = (replies.c.lease_owner == owner, replies.c.state.in_(("sending", "uncertain")))
    tx.execute(update(replies).where(*mine).values(lease_until=now + lease))


def sweep(tx: Connection, now: datetime) -> int:
    """A worker died between taking a reply and noting its receipt: it may be posted."""
    lost = (replies.c.state == "sending", replies.c.lease_until < now)
    values = _free(state="uncertain", due_at=now, reason=LOST)
    return tx.execute(update(replies).where(*lost).values(**values)).rowcount


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


def recall_unposted(tx: Connection, reason: str, *, turn_id: str = "", conversation_id: str = "") -> list[str]:
    """Withdraw replies that are not on their way yet, of one turn or one conversation. Returns their turns' ids."""
    scope = replies.c.turn_id == turn_id if turn_id else replies.c.conversation_id == conversation_id
    query = select(replies).where(scope, replies.c.state.in_(("held", "due"))).with_for_update()
    rows = [row for row in tx.execute(query).all() if row.first_sent_at is None]
    for row in rows:
        move(tx, replies, row.id, "recalled", reason=reason)
    return [row.turn_id for row in rows]


def has_reply(tx: Connection, turn_id: str) -> bool:
    return tx.execute(select(replies.c.id).where(replies.c.turn_id == turn_id)).first() is not None


def posted_since(
    tx: Connection, since: datetime, creator_id: str | None = None, states: Sequence[str] = ("sent",)
) -> list[Row[Any]]:
    """Replies rows that were posted since then, newest first."""
    query = select(replies).where(replies.c.sent_at >= since, replies.c.state.in_(states))
    query = query.where(replies.c.creator_id == creator_id) if creator_id else query
    return list(tx.execute(query.order_by(replies.c.sent_at.desc())))
