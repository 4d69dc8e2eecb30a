"""What people look at: activity, the inbox, one decision. Read only.

A page asks for the `stamp` of what it shows, which is cheap, and reads the rest where the stamp has changed.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select, union

from engage.ledger import taught
from engage.ledger.creators import SurfaceMode
from engage.ledger.sendings import NEVER
from engage.ledger.tables import (
    accounts,
    conversations,
    creators,
    decisions,
    drafts,
    followers,
    messages,
    modes,
    replies,
    turns,
)

RECENT = 2000  # a filtered page looks this far back, so that a rare outcome costs no scan of years
PAGE = 50
INBOX = 200
URGENT = frozenset({"self_harm", "crisis"})

WAITING, ANSWERED, SHADOW, SKIPPED, ESCALATED = "waiting", "answered", "shadow", "skipped", "escalated"
_BY_STATE = {
    "collecting": WAITING,
    "answering": WAITING,
    "answered": ANSWERED,
    "skipped": SKIPPED,
    "expired": SKIPPED,
    "escalated": ESCALATED,
    "dead": ESCALATED,
}
OUTCOMES = (ANSWERED, SHADOW, SKIPPED, ESCALATED, WAITING)


@dataclass(frozen=True, slots=True)
class Filter:
    """What an activity page shows; None shows all."""

    creator_id: str | None = None
    surface: str | None = None
    outcome: str | None = None


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a follower wrote and what became of it. `text` is '' where they took all of it back.

    A turn with a private reply beside the public one is two of them.
    """

    turn_id: str
    creator_id: str
    creator: str
    account_id: str
    platform: str
    handle: str
    surface: str
    follower: str
    text: str
    post_text: str | None
    state: str  # of the turn
    opened_at: datetime
    outcome: str | None
    mode: str | None  # that it was decided in
    current_mode: str  # of the account's surface now
    open: bool
    reasons: tuple[str, ...]
    draft: str  # what was written, also where there is no reply
    reply_id: str | None
    reply: str | None
    reply_state: str | None
    reply_reason: str
    disclosure: str | None
    attempts: int
    due_at: datetime | None
    release_at: datetime | None
    sent_at: datetime | None
    private: bool = False  # the reply goes to the follower alone, beside the one in public

    @property
    def key(self) -> str:
        """What tells it from every other: the turn, and which of its replies."""
        return f"{self.turn_id}:private" if self.private else self.turn_id

    @property
    def badge(self) -> str:
        """One of OUTCOMES."""
        return badge_of(self.state, unsent=self.reply_id is None)

    @property
    def kind(self) -> str:
        """Why it stands in the inbox: held, uncertain, refused, dead, escalated; '' where it does not."""
        if self.reply_state in ("held", "uncertain"):
            return self.reply_state
        if not self.open:
            return ""
        if self.reply_state in ("refused", "dead"):
            return self.reply_state
        return "" if self.private else ESCALATED  # the public one stands for the question

    @property
    def parked(self) -> bool:
        """Nobody but a person can find out whether the reply was posted."""
        return self.reply_state == "uncertain" and self.due_at is not None and self.due_at >= NEVER


@dataclass(frozen=True, slots=True)
class Decision:
    """Everything behind one outcome. `card` is engage.models.Card as plain data."""

    card: Mapping[str, Any]
    mode: str
    decided_at: datetime
    drafts: int
    deliveries: tuple[str, ...]
    receipt_id: str | None
    learnt: str = ""  # what became of words written by hand: correction, private; "" where nothing was learnt


def activity(tx: Connection, chosen: Filter, limit: int = PAGE) -> list[Exchange]:
    """Turns, newest first."""
    return _exchanges(tx, _recent(chosen, limit))


def exchanges(tx: Connection, turn_ids: Sequence[str]) -> list[Exchange]:
    """Some turns, newest first."""
    return _exchanges(tx, select(turns.c.id).where(turns.c.id.in_(turn_ids)))


def activity_stamp(tx: Connection, chosen: Filter, limit: int = PAGE) -> Sequence[Any]:
    return _stamp(tx, _recent(chosen, limit))


def inbox(tx: Connection, creator_id: str | None = None, limit: int = INBOX) -> list[Exchange]:
    """What waits for a person: somebody in danger, then what goes out by itself, soonest first, then the oldest."""
    return sorted((item for item in _exchanges(tx, _oldest(creator_id, limit)) if item.kind), key=_urgency)


def inbox_stamp(tx: Connection, creator_id: str | None = None, limit: int = INBOX) -> Sequence[Any]:
    return _stamp(tx, _oldest(creator_id, limit))


def decision(tx: Connection, turn_id: str) -> Decision | None:
    """The decision card of a turn; None while it is not decided."""
    row = tx.execute(select(decisions).where(decisions.c.turn_id == turn_id)).first()
    if row is None:
        return None
    written = select(func.count()).select_from(drafts).where(drafts.c.turn_id == turn_id)
    came_in = select(messages.c.delivery_id).where(messages.c.turn_id == turn_id, messages.c.delivery_id.is_not(None))
    receipt = select(replies.c.receipt_id).join(turns, turns.c.id == replies.c.turn_id)
    receipt = receipt.where(replies.c.turn_id == turn_id, replies.c.surface == turns.c.surface)
    return Decision(
        card=row.card,
        mode=row.mode,
        decided_at=row.created_at,
        drafts=int(tx.execute(written).scalar_one()),
        deliveries=tuple(dict.fromkeys(tx.execute(came_in.order_by(messages.c.id)).scalars())),
        receipt_id=tx.execute(receipt).scalar_one_or_none(),
        learnt=taught.use_of(tx, row.creator_id, turn_id) or "",
    )


def plain(item: Exchange) -> dict[str, Any]:
    """JSON-ready."""
    values = {**asdict(item), "kind": item.kind, "badge": item.badge}
    return {key: value.isoformat() if isinstance(value, datetime) else value for key, value in values.items()}


def _urgency(item: Exchange) -> tuple[bool, bool, datetime, str]:
    calm = URGENT.isdisjoint(item.reasons)
    return calm, item.release_at is None, item.release_at or item.opened_at, item.key


def badge_of(state: str, *, unsent: bool) -> str:
    badge = _BY_STATE[state]
    return SHADOW if badge == ANSWERED and unsent else badge


def shown_name(creator: Row[Any]) -> str:
    return str(creator.persona.get("display_name") or creator.name)


def _recent(chosen: Filter, limit: int) -> Select[Any]:
    """Ids of the newest turns that a page shows."""
    mine = [turns.c.creator_id == chosen.creator_id] if chosen.creator_id else []
    if chosen.outcome is None and chosen.surface is None:
        return select(turns.c.id).where(*mine).order_by(turns.c.id.desc()).limit(limit)
    recent = select(turns.c.id, turns.c.state, turns.c.surface).where(*mine)
    near = recent.order_by(turns.c.id.desc()).limit(RECENT).subquery()
    query = select(near.c.id)
    if chosen.surface:
        query = query.where(near.c.surface == chosen.surface)
    if chosen.outcome:
        states = [state for state, badge in _BY_STATE.items() if badge == chosen.outcome.replace(SHADOW, ANSWERED)]
        query = query.where(near.c.state.in_(states))
    if chosen.outcome in (ANSWERED, SHADOW):
        answered = select(replies.c.id).where(replies.c.turn_id == near.c.id).exists()
        query = query.where(~answered if chosen.outcome == SHADOW else answered)
    return query.order_by(near.c.id.desc()).limit(limit)


def waiting_ids(creator_id: str | None) -> Any:
    """Ids of the turns that wait for a person. Each half starts from a short list of states, which has an index."""
    left = select(turns.c.id).join(decisions, decisions.c.turn_id == turns.c.id)
    left = left.where(turns.c.state.in_(("escalated", "dead")), decisions.c.open.is_(True))
    over = and_(replies.c.state.in_(("refused", "dead")), decisions.c.open.is_(True))
    sent = select(replies.c.turn_id).join(decisions, decisions.c.turn_id == replies.c.turn_id)
    sent = sent.where(or_(replies.c.state.in_(("held", "uncertain")), over))
    # Written out, so that a database reads four states and not every reply.
    sent = sent.where(replies.c.state.in_(("held", "uncertain", "refused", "dead")))
    if creator_id:
        left, sent = left.where(turns.c.creator_id == creator_id), sent.where(replies.c.creator_id == creator_id)
    return union(left, sent)


def _oldest(creator_id: str | None, limit: int) -> Select[Any]:
    waiting = waiting_ids(creator_id).subquery()
    return select(waiting.c[0]).order_by(waiting.c[0]).limit(limit)


def _stamp(tx: Connection, ids: Select[Any]) -> Sequence[Any]:
    """Equal as long as nothing that a page shows of these turns has changed."""
    edited, deleted = (
        select(func.max(column)).where(messages.c.turn_id == turns.c.id).scalar_subquery()
        for column in (messages.c.edited_at, messages.c.deleted_at)
    )
    query = (
        select(turns.c.id, turns.c.state, turns.c.version, decisions.c.open, edited, deleted)
        .add_columns(replies.c.state, replies.c.attempts, replies.c.due_at, replies.c.text)
        .outerjoin(decisions, decisions.c.turn_id == turns.c.id)
        .outerjoin(replies, replies.c.turn_id == turns.c.id)
        .where(turns.c.id.in_(ids))
        .order_by(turns.c.id, replies.c.id)
    )
    return [tuple(row) for row in tx.execute(query)]


def _exchanges(tx: Connection, ids: Select[Any]) -> list[Exchange]:
    posted_on = func.coalesce(replies.c.surface, turns.c.surface)
    query = (
        select(turns, conversations.c.post_text, followers.c.name.label("follower"), followers.c.platform_user_id)
        .add_columns(accounts.c.platform, accounts.c.handle, creators.c.persona, creators.c.name)
        .add_columns(decisions.c.outcome, decisions.c.mode, decisions.c.card, decisions.c.open)
        .add_columns(
            *(column.label(f"reply_{column.name}") for column in replies.c), modes.c.mode.label("current_mode")
        )
        .join(conversations, conversations.c.id == turns.c.conversation_id)
        .join(followers, followers.c.id == turns.c.follower_id)
        .join(accounts, accounts.c.id == turns.c.account_id)
        .join(creators, creators.c.id == turns.c.creator_id)
        .outerjoin(decisions, decisions.c.turn_id == turns.c.id)
        .outerjoin(replies, replies.c.turn_id == turns.c.id)
        .outerjoin(modes, and_(modes.c.account_id == turns.c.account_id, modes.c.surface == posted_on))
        .where(turns.c.id.in_(ids))
        .order_by(turns.c.id.desc(), replies.c.id)
    )
    rows = tx.execute(query).all()
    found = [row.id for row in rows]
    said, written = _said(tx, found), _written(tx, found)
    return [_exchange(row, said.get(row.id, ""), written.get(row.id, "")) for row in rows]


def _exchange(row: Row[Any], said: str, written: str) -> Exchange:
    card: Mapping[str, Any] = row.card or {}
    private = row.reply_surface not in (None, row.surface)
    return Exchange(
        turn_id=row.id,
        creator_id=row.creator_id,
        creator=shown_name(row),
        account_id=row.account_id,
        platform=row.platform,
        handle=row.handle,
        surface=row.surface,
        follower=row.follower or row.platform_user_id,
        text=said,
        post_text=row.post_text,
        state=row.state,
        opened_at=row.opened_at,
        outcome=row.outcome,
        mode=row.mode,
        current_mode=row.current_mode or SurfaceMode().mode.value,
        open=bool(row.open),
        reasons=tuple(card.get("reasons", ())),
        draft=str(card.get("private", "")) if private else written or str(card.get("draft", "")),
        reply_id=row.reply_id,
        reply=row.reply_text,
        reply_state=row.reply_state,
        reply_reason=row.reply_reason or "",
        disclosure=row.reply_disclosure,
        attempts=row.reply_attempts or 0,
        due_at=row.reply_due_at,
        release_at=row.reply_release_at,
        sent_at=row.reply_sent_at,
        private=private,
    )


def _said(tx: Connection, turn_ids: Sequence[str]) -> dict[str, str]:
    """What followers wrote, a message a line, by turn."""
    query = select(messages.c.turn_id, messages.c.text).where(messages.c.turn_id.in_(turn_ids))
    living = query.where(messages.c.deleted_at.is_(None)).order_by(messages.c.sent_at, messages.c.id)
    lines: dict[str, list[str]] = defaultdict(list)
    for row in tx.execute(living):
        lines[row.turn_id].append(row.text)
    return {turn_id: "\n".join(texts) for turn_id, texts in lines.items()}


def _written(tx: Connection, turn_ids: Sequence[str]) -> dict[str, str]:
    """The last draft of each turn: what would be sent, disclosure and all."""
    query = select(drafts.c.turn_id, drafts.c.text).where(drafts.c.turn_id.in_(turn_ids))
    return {row.turn_id: row.text for row in tx.execute(query.order_by(drafts.c.id))}
