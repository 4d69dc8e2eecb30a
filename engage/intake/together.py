"""Many plain deliveries at once: new messages of followers, and our own posts coming back.

That is nearly all that platforms send. Each table is read once and written once for the whole round; whatever is not
plain, or stands in a conversation where something is not, goes one by one (`events`) with the same result.
"""

from collections.abc import Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from engage.intake.events import IntakePolicy, storable
from engage.intake.round import Arrived, Key, Known, Round
from engage.ledger.tables import conversations, replies
from engage.models import Event, EventKind, Surface

NOTHING = (EventKind.IGNORED, EventKind.STATUS)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A delivery and what it says."""

    delivery: Row[Any]
    account: Row[Any]
    events: list[Event]


def plain(parsed: Sequence[Parsed], ours: Set[Key]) -> list[Parsed]:
    """Those that may be taken together: nothing else in the round touches their conversations. Pure.

    ours: posts of our own whose coming back changes nothing (`own_posts`).
    """
    fit = [all(_is_plain(event, one.account.id, ours) for event in one.events) for one in parsed]
    mixed = {place for one, fits in zip(parsed, fit, strict=True) if not fits for place in _places(one)}
    return [one for one, fits in zip(parsed, fit, strict=True) if fits and not _places(one) & mixed]


def _is_plain(event: Event, account_id: str, ours: Set[Key]) -> bool:
    message = event.message
    if event.kind is EventKind.MESSAGE:
        return message is not None and not message.author.is_self
    if event.kind is EventKind.ECHO:
        return message is not None and (account_id, message.id) in ours
    return event.kind in NOTHING


def _places(one: Parsed) -> set[Key]:
    return {(one.account.id, event.message.conversation_id) for event in one.events if event.message}


def own_posts(tx: Connection, parsed: Sequence[Parsed]) -> set[Key]:
    """Our own posts that came back and say nothing new: their receipt is noted, or is being waited for."""
    echoes = [
        (one.account.id, storable(event.message))
        for one in parsed
        for event in one.events
        if event.kind is EventKind.ECHO and event.message
    ]
    if not echoes:
        return set()
    accounts = {account_id for account_id, _ in echoes}
    receipts = select(replies.c.account_id, replies.c.receipt_id).where(
        replies.c.account_id.in_(accounts), replies.c.receipt_id.in_({message.id for _, message in echoes})
    )
    known: set[Key] = {(row.account_id, row.receipt_id) for row in tx.execute(receipts)}
    unknown = [(account_id, message) for account_id, message in echoes if (account_id, message.id) not in known]
    if not unknown:
        return known
    sending = (
        select(replies.c.account_id, conversations.c.platform_id, replies.c.text)
        .join(conversations, conversations.c.id == replies.c.conversation_id)
        .where(conversations.c.account_id.in_(accounts), replies.c.state == "sending")
        .where(conversations.c.platform_id.in_({message.conversation_id for _, message in unknown}))
    )
    awaited = {tuple(row) for row in tx.execute(sending)}
    return known | {(at, m.id) for at, m in unknown if (at, m.conversation_id, m.text) in awaited}


def take_in(tx: Connection, deliveries: Sequence[Parsed], policy: IntakePolicy, now: datetime) -> set[Surface]:
    """Everything that plain deliveries do. Returns the lanes with new work."""
    arrived = [
        Arrived(one.account, one.delivery.id, storable(event.message))
        for one in deliveries
        for event in one.events
        if event.kind is EventKind.MESSAGE and event.message
    ]
    if not arrived:
        return set()
    round_ = Round(Known.read(tx, arrived), policy, now)
    for one in arrived:
        round_.add(one)
    round_.write(tx)
    return round_.lanes
