"""How long is kept what followers wrote and what was made of it, by surface and by what a platform demands.

Rows are walked in the order of their ids, which is that of their arrival, a portion at a time: nothing is looked at
twice in a walk, however much of it is to be kept for longer.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, or_, select, update

from engage.ledger import duties
from engage.ledger.among import among
from engage.ledger.ids import first_id_at
from engage.ledger.tables import (
    accounts,
    conversations,
    decisions,
    deliveries,
    drafts,
    facts,
    followers,
    messages,
    replies,
    suggestions,
    turns,
)
from engage.models import Surface

UNFINISHED = ("collecting", "answering")  # turns
UNSETTLED = ("held", "due", "sending", "uncertain")  # replies


@dataclass(frozen=True, slots=True)
class Keeping:
    """surfaces: how long what was said there is kept; None: for ever. platforms: what theirs may be kept at most."""

    surfaces: Mapping[Surface, timedelta | None]
    platforms: Mapping[str, timedelta]

    def of(self, surface: str, platform: str) -> timedelta | None:
        """How long something is kept."""
        return _shorter(self.surfaces[Surface(surface)], self.platforms.get(platform))

    def of_account(self, platform: str) -> timedelta | None:
        """How long is kept what may be of any surface."""
        return _shorter(self.platforms.get(platform), *self.surfaces.values())

    def spans(self) -> list[timedelta]:
        """All different spans, shortest first: each has a walk of its own."""
        return sorted({one for one in (*self.surfaces.values(), *self.platforms.values()) if one is not None})


def _shorter(*spans: timedelta | None) -> timedelta | None:
    return min((one for one in spans if one is not None), default=None)


@dataclass(frozen=True, slots=True)
class Walk:
    """Where a walk is. `after`: the last id that was looked at; now: when it is."""

    keeping: Keeping
    span: timedelta
    after: str
    now: datetime

    def portion(self, tx: Connection, query: Select[Any], key: Any) -> Sequence[Row[Any]]:
        old = query.where(key > self.after, key < first_id_at(self.now - self.span))
        return tx.execute(old.order_by(key).limit(duties.SWEPT)).all()

    def mine(self, rows: Iterable[Row[Any]]) -> list[str]:
        """Of these rows (id, surface, platform) those whose time is this walk's."""
        return [row.id for row in rows if self.keeping.of(row.surface, row.platform) == self.span]


Step = Callable[[Connection, Walk], Sequence[Row[Any]]]


def end_turns(tx: Connection, walk: Walk) -> Sequence[Row[Any]]:
    """Ended turns with their drafts, decisions, replies and messages. Returns what was looked at.

    A turn stays, without words, where the creator dealt with its question or a follower's fact stands on its message.
    """
    query = select(turns.c.id, turns.c.surface, turns.c.state, accounts.c.platform)
    rows = walk.portion(tx, query.join(accounts, accounts.c.id == turns.c.account_id), turns.c.id)
    old = walk.mine(row for row in rows if row.state not in UNFINISHED)
    unsettled = select(replies.c.turn_id).where(among(replies.c.turn_id, old), replies.c.state.in_(UNSETTLED))
    waiting = set(tx.execute(unsettled).scalars())
    old = [one for one in old if one not in waiting]
    for table in (drafts, decisions, replies):
        tx.execute(delete(table).where(among(table.c.turn_id, old)))
    said = tx.execute(select(messages.c.id).where(among(messages.c.turn_id, old))).scalars().all()
    _end_messages(tx, said)
    used = [select(one.c.turn_id).where(one.c.turn_id == turns.c.id).exists() for one in (messages, suggestions)]
    tx.execute(delete(turns).where(among(turns.c.id, old), ~used[0], ~used[1]))
    return rows


def end_messages(tx: Connection, walk: Walk) -> Sequence[Row[Any]]:
    """Messages that opened no turn, the creator's own among them."""
    query = select(messages.c.id, messages.c.turn_id, conversations.c.surface, accounts.c.platform)
    query = query.join(conversations, conversations.c.id == messages.c.conversation_id)
    rows = walk.portion(tx, query.join(accounts, accounts.c.id == messages.c.account_id), messages.c.id)
    _end_messages(tx, walk.mine(row for row in rows if row.turn_id is None))
    return rows


def _end_messages(tx: Connection, ids: Sequence[str]) -> None:
    """A message that a fact stands on keeps its row as long as the fact, and loses its words."""
    stands = select(facts.c.id).where(facts.c.message_id == messages.c.id).exists()
    tx.execute(delete(messages).where(among(messages.c.id, ids), ~stands))
    tx.execute(update(messages).where(among(messages.c.id, ids)).values(text=""))


def end_deliveries(tx: Connection, walk: Walk) -> Sequence[Row[Any]]:
    """Raw bodies, which may be of any surface. Their keys stay: what comes again brings nothing back.

    Where the platform demands it the key goes too.
    """
    query = select(deliveries.c.id, deliveries.c.state, accounts.c.platform)
    rows = walk.portion(tx, query.join(accounts, accounts.c.id == deliveries.c.account_id), deliveries.c.id)
    old = [row for row in rows if walk.keeping.of_account(row.platform) == walk.span and row.state != "received"]
    empty = update(deliveries).where(among(deliveries.c.id, [row.id for row in old]), deliveries.c.body != b"")
    tx.execute(empty.values(body=b""))
    demanded = [row.id for row in old if row.platform in walk.keeping.platforms]
    used = select(messages.c.id).where(messages.c.delivery_id == deliveries.c.id).exists()
    tx.execute(delete(deliveries).where(among(deliveries.c.id, demanded), ~used))
    return rows


def end_conversations(tx: Connection, walk: Walk) -> Sequence[Row[Any]]:
    """Conversations with nothing left in them; of others the post's text, where the platform demands it."""
    query = select(conversations.c.id, conversations.c.surface, accounts.c.platform)
    rows = walk.portion(tx, query.join(accounts, accounts.c.id == conversations.c.account_id), conversations.c.id)
    old = walk.mine(rows)
    over = or_(conversations.c.human_until.is_(None), conversations.c.human_until <= walk.now)
    left = [
        select(one.c.id).where(one.c.conversation_id == conversations.c.id).exists()
        for one in (turns, messages, replies)
    ]
    tx.execute(delete(conversations).where(among(conversations.c.id, old), over, *(~one for one in left)))
    demanded = [row.id for row in rows if row.id in set(old) and row.platform in walk.keeping.platforms]
    tx.execute(update(conversations).where(among(conversations.c.id, demanded)).values(post_text=None))
    return rows


def end_followers(tx: Connection, walk: Walk) -> Sequence[Row[Any]]:
    """Followers of whom nothing is left. Who wants no answers, or is blocked, stays so."""
    query = select(followers.c.id, accounts.c.platform)
    rows = walk.portion(tx, query.join(accounts, accounts.c.id == followers.c.account_id), followers.c.id)
    old = [row.id for row in rows if walk.keeping.of_account(row.platform) == walk.span]
    wishes = (followers.c.opted_out_at.is_(None), followers.c.blocked_at.is_(None))
    left = [
        select(one.c.id).where(one.c.follower_id == followers.c.id).exists()
        for one in (turns, messages, replies, facts)
    ]
    tx.execute(delete(followers).where(among(followers.c.id, old), *wishes, *(~one for one in left)))
    return rows


# In this order: what is left of the first keeps the others.
STEPS: tuple[Step, ...] = (end_turns, end_messages, end_deliveries, end_conversations, end_followers)
