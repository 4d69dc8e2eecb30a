"""Many plain deliveries at once: new messages of followers, and our own posts coming back.

That is nearly all that platforms send. Each table is read once and written once for the whole round; whatever is not
plain, or stands in a conversation where something is not, goes one by one (`events`) with the same result.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from engage.intake.events import IntakePolicy, echo_of, storable
from engage.intake.round import Arrived, Key, Known, Round
from engage.ledger import echoes
from engage.ledger.echoes import Echo
from engage.models import Event, EventKind, Surface

NOTHING = (EventKind.IGNORED, EventKind.STATUS)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A delivery and what it says."""

    delivery: Row[Any]
    account: Row[Any]
    events: list[Event]


def plain(parsed: Sequence[Parsed], ours: Collection[Echo], posted: Collection[Key]) -> list[Parsed]:
    """Those that may be taken together: nothing else in the round touches their conversations. Pure.

    posted: messages that are replies of ours, though the platform's word may have it that a follower wrote them.
    """
    fit = [
        all(map(_is_plain, one.events))
        and all(echo in ours for echo in _echoes(one))
        and not any(key in posted for key in _written(one))
        for one in parsed
    ]
    mixed = {place for one, fits in zip(parsed, fit, strict=True) if not fits for place in _places(one)}
    return [one for one, fits in zip(parsed, fit, strict=True) if fits and not _places(one) & mixed]


def _is_plain(event: Event) -> bool:
    if event.kind is EventKind.MESSAGE:
        return event.message is not None and not event.message.author.is_self
    return event.kind in (EventKind.ECHO, *NOTHING)


def _places(one: Parsed) -> set[Key]:
    return {(one.account.id, event.message.conversation_id) for event in one.events if event.message}


def _written(one: Parsed) -> list[Key]:
    told = [event.message for event in one.events if event.kind is EventKind.MESSAGE and event.message]
    return [(one.account.id, message.id) for message in told]


def mistaken(tx: Connection, parsed: Sequence[Parsed]) -> set[Key]:
    """Messages of followers, as the platform tells it, that are replies of ours."""
    written = [key for one in parsed for key in _written(one)]
    return echoes.posted(tx, {account for account, _ in written}, {message_id for _, message_id in written})


def own_posts(tx: Connection, parsed: Sequence[Parsed]) -> dict[Echo, str]:
    """Our own posts that came back, and the replies they settle."""
    return echoes.match(tx, [echo for one in parsed for echo in _echoes(one)])


def _echoes(one: Parsed) -> list[Echo]:
    told = [event.message for event in one.events if event.kind is EventKind.ECHO and event.message]
    return [echo_of(one.account.id, storable(message)) for message in told]


def settle(tx: Connection, deliveries: Sequence[Parsed], ours: Mapping[Echo, str]) -> None:
    """Note what the echoes of these deliveries say."""
    echoes.settle(tx, {echo: ours[echo] for one in deliveries for echo in _echoes(one)})


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
