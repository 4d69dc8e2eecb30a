"""What became of every message: the ledger held against the network."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from engage.ledger.tables import decisions, deliveries, messages, replies, turns

# A message that opened no turn is accounted for by the reason it was kept.
OPEN = {"collecting", "answering"}
UNPOSTED = {"due", "sending", "uncertain"}


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one message. `outcome`: answer, skip, escalate, none (kept without a turn) or open."""

    outcome: str
    reasons: tuple[str, ...] = ()
    turn_id: str = ""
    draft: str = ""
    reply: str = ""
    reply_state: str = ""
    waited_s: float | None = None  # from the delivery of the turn's last message to the posted reply


@dataclass(slots=True)
class Account:
    """Counts over a set of messages; `lost` are those the ledger knows nothing of, or has left open."""

    messages: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    lost: list[str] = field(default_factory=list)
    waits: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float | None:
        ordered = sorted(self.waits)
        return round(ordered[min(len(ordered) - 1, int(share * len(ordered)))], 3) if ordered else None


def fates(tx: Connection) -> dict[str, Fate]:
    """The fate of every message in the ledger, by the platform's id."""
    last_in = (
        select(messages.c.turn_id, func.max(deliveries.c.received_at).label("at"))
        .join(deliveries, deliveries.c.id == messages.c.delivery_id)
        .group_by(messages.c.turn_id)
        .subquery()
    )
    query = (
        select(
            messages.c.platform_id,
            messages.c.kept_because,
            messages.c.deleted_at,
            turns.c.id.label("turn_id"),
            turns.c.state.label("turn_state"),
            decisions.c.outcome,
            decisions.c.card,
            replies.c.text.label("reply"),
            replies.c.state.label("reply_state"),
            replies.c.sent_at,
            last_in.c.at.label("asked_at"),
        )
        .select_from(messages)
        .outerjoin(turns, turns.c.id == messages.c.turn_id)
        .outerjoin(decisions, decisions.c.turn_id == turns.c.id)
        .outerjoin(replies, (replies.c.turn_id == turns.c.id) & (replies.c.surface == turns.c.surface))
        .outerjoin(last_in, last_in.c.turn_id == turns.c.id)
        .where(messages.c.author != "creator")
    )
    return {row.platform_id: _fate(row) for row in tx.execute(query)}


def _fate(row: Any) -> Fate:
    if row.turn_id is None:
        return Fate("none", (row.kept_because or "kept",))
    card: Mapping[str, Any] = row.card or {}
    posted: datetime | None = row.sent_at if row.reply_state == "sent" else None
    return Fate(
        outcome=row.outcome or "open",
        reasons=("deleted",) if row.deleted_at else tuple(card.get("reasons", ())),
        turn_id=row.turn_id,
        draft=card.get("draft", ""),
        reply=row.reply or "",
        reply_state=row.reply_state or "",
        waited_s=(posted - row.asked_at).total_seconds() if posted else None,
    )


def is_settled(tx: Connection) -> bool:
    """Nothing is waiting, being written or being posted."""
    unread = select(func.count()).select_from(deliveries).where(deliveries.c.state == "received")
    unanswered = select(func.count()).select_from(turns).where(turns.c.state.in_(OPEN))
    unposted = select(func.count()).select_from(replies).where(replies.c.state.in_(UNPOSTED))
    return not any(tx.execute(query).scalar_one() for query in (unread, unanswered, unposted))


def take(written: Sequence[str], known: Mapping[str, Fate]) -> Account:
    """The account of the messages that the network says were written."""
    account = Account(messages=len(written))
    turns_seen: set[str] = set()
    for message_id in written:
        fate = known.get(message_id)
        if fate is None or fate.outcome == "open" or fate.reply_state in UNPOSTED:
            account.lost.append(message_id)
            continue
        account.outcomes[fate.outcome] += 1
        account.reasons.update(fate.reasons[:1])
        if fate.waited_s is not None and fate.turn_id not in turns_seen:
            turns_seen.add(fate.turn_id)
            account.waits.append(fate.waited_s)
    return account


def summary(account: Account, stats: Mapping[str, Any]) -> dict[str, Any]:
    """The demo's last line. Messages that opened no turn (bots, deleted, too old) count as skipped."""
    return {
        "messages": account.messages,
        "answered": account.outcomes["answer"],
        "skipped": account.outcomes["skip"] + account.outcomes["none"],
        "escalated": account.outcomes["escalate"],
        "lost": len(account.lost),
        "duplicates": stats["duplicate_replies"],
        "p50_s": account.quantile(0.5),
        "p95_s": account.quantile(0.95),
    }
