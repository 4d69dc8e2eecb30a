"""Replies that are sent or settled next: claimed with a lease, accounts in turn, each conversation in order."""

from collections.abc import Sequence
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
    func,
    or_,
    select,
    update,
)
from sqlalchemy.orm import aliased

from engage.ledger import creators
from engage.ledger.among import among
from engage.ledger.fair import Conditions, Line, Rota, Waiting
from engage.ledger.tables import accounts, conversations, followers, modes, replies
from engage.ledger.types import UtcDateTime
from engage.models import Disclosure, Mode, Outgoing, Surface

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


def lane_of(state: str, surface: Surface) -> str:
    """What a claim's `Rota` calls the replies in a state on a surface."""
    return f"{state} {surface.value}"


def _claim(tx: Connection, line: Line, state: str, limit: int, now: datetime, rota: Rota) -> list[Row[Any]]:
    found: list[Row[Any]] = []
    for surface in LANES:
        if limit <= len(found):
            break
        values = {"surface": surface.value, "now": now, "soon": now + SETTLE_SOON}
        ids = line.take(tx, lane_of(state, surface), limit - len(found), rota, values)
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
        followers.c.name.label("their_name"),
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
        follower_name=row.their_name,
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
