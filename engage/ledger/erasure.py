"""Forgetting a follower, or a creator: every row that holds their words or stands for them.

A follower's raw deliveries are looked for before (`raw_of`), in a view of its own: that reads much and locks nothing.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import Connection, LargeBinary, delete, func, literal, or_, select, tuple_, update

from engage.errors import EngageError
from engage.ledger import taught, tenancy
from engage.ledger.among import among
from engage.ledger.many import update_many
from engage.ledger.tables import (
    accounts,
    conversations,
    decisions,
    deliveries,
    drafts,
    facts,
    followers,
    messages,
    quotas,
    replies,
    spendings,
    suggestions,
    tallies,
    turns,
)
from engage.ledger.tallies import add

# Every table whose rows are about one follower, in the order in which they can go.
ABOUT_FOLLOWERS = (suggestions, decisions, drafts, replies, facts, messages, turns)
ERASED = "erased"  # in `tallies`: how often anything was; who keeps texts in memory drops them when it grows
PORTION = 2_000  # rows of one table that one transaction takes away


class UnknownFollower(EngageError):
    """There is no such follower."""


@dataclass(frozen=True, slots=True)
class Person:
    """A follower as one account knows them."""

    id: str
    creator_id: str
    account_id: str
    platform_user_id: str
    name: str


_WHO = (followers.c.id, followers.c.creator_id, followers.c.account_id, followers.c.platform_user_id, followers.c.name)


def find(tx: Connection, platform: str, platform_user_id: str) -> list[Person]:
    """A follower on every account of a platform."""
    known = (accounts.c.platform == platform, followers.c.platform_user_id == platform_user_id)
    query = select(*_WHO).join(accounts, accounts.c.id == followers.c.account_id).where(*known)
    return [Person(*row) for row in tx.execute(query.order_by(followers.c.id))]


def on_account(tx: Connection, account_id: str, limit: int) -> list[Person]:
    """Some of the followers whom an account knows."""
    here = select(*_WHO).where(followers.c.account_id == account_id)
    return [Person(*row) for row in tx.execute(here.order_by(followers.c.id).limit(limit))]


def asked_to_be_forgotten(tx: Connection, before: datetime, limit: int) -> list[Person]:
    """Those who said so before then, whoever they wrote to."""
    asked = followers.c.forgotten_at <= before
    return [
        Person(*row) for row in tx.execute(select(*_WHO).where(asked).order_by(followers.c.forgotten_at).limit(limit))
    ]


def raw_of(tx: Connection, account_ids: Collection[str], user_id: str) -> list[str]:
    """Deliveries whose raw body or key names a platform user id, not as part of a longer one."""
    alone, is_sqlite = whole(user_id), tx.dialect.name == "sqlite"
    name, body = literal(user_id.encode(), LargeBinary), deliveries.c.body
    inside = func.instr(body, name) if is_sqlite else func.position(name.op("IN")(body))
    named = or_(inside > 0, deliveries.c.dedupe_key.contains(user_id, autoescape=True))
    query = select(deliveries.c.id, deliveries.c.body, deliveries.c.dedupe_key)
    rows = tx.execute(query.where(among(deliveries.c.account_id, account_ids), named))
    return [row.id for row in rows if alone.search(row.body.decode(errors="replace")) or alone.search(row.dedupe_key)]


def whole(words: str) -> re.Pattern[str]:
    """Finds words that are not a part of longer ones."""
    return re.compile(rf"(?<![^\W_]){re.escape(words)}(?![^\W_])", re.IGNORECASE)


def forget_follower(tx: Connection, platform: str, platform_user_id: str) -> dict[str, int]:
    """Erase a follower on every account of a platform. Returns how many rows of each kind went. Raises UnknownFollower.

    Raw deliveries lose their body and keep their key: a platform that sends them again brings nothing back. A key that
    names the follower becomes its hash.
    """
    people = find(tx, platform, platform_user_id)
    if not people:
        raise UnknownFollower(f"there is no follower {platform}:{platform_user_id}")
    return forget(tx, people, raw_of(tx, {one.account_id for one in people}, platform_user_id), [platform_user_id])


def forget(tx: Connection, people: Sequence[Person], raw: Collection[str], names: Sequence[str]) -> dict[str, int]:
    """Erase followers. raw: deliveries to empty beside those that their messages came in.

    names: platform user ids that no key of a delivery may tell.
    """
    ids = [one.id for one in people]
    asked = asked_by(tx, ids)
    said = tx.execute(
        select(messages.c.platform_id, messages.c.conversation_id, messages.c.delivery_id).where(
            among(messages.c.follower_id, ids)
        )
    ).all()
    places = {row.conversation_id for row in said} | _places(tx, ids)
    taught.forget_asked(tx, asked)
    emptied = {row.delivery_id for row in said if row.delivery_id} | set(raw)
    emptied |= _forget_answers(tx, places, [row.platform_id for row in said])
    theirs = {one.creator_id for one in people}
    tx.execute(delete(spendings).where(among(spendings.c.holder, ids), among(spendings.c.creator_id, theirs)))
    gone = {
        "deliveries": 0,
        "decisions": tx.execute(delete(decisions).where(among(decisions.c.turn_id, asked))).rowcount,
        "drafts": tx.execute(delete(drafts).where(among(drafts.c.turn_id, asked))).rowcount,
        "replies": tx.execute(delete(replies).where(among(replies.c.follower_id, ids))).rowcount,
        "facts": tx.execute(delete(facts).where(among(facts.c.follower_id, ids))).rowcount,
        "messages": tx.execute(delete(messages).where(among(messages.c.follower_id, ids))).rowcount,
        "turns": tx.execute(delete(turns).where(among(turns.c.follower_id, ids))).rowcount,
        "followers": tx.execute(delete(followers).where(among(followers.c.id, ids))).rowcount,
    }
    lonely, came_in = _forget_lonely(tx, places)
    gone["deliveries"] = empty(tx, emptied | came_in, names)
    note_erasure(tx)
    return {**gone, "conversations": lonely}


def asked_by(tx: Connection, ids: Sequence[str]) -> list[str]:
    """The turns of these followers."""
    return list(tx.execute(select(turns.c.id).where(among(turns.c.follower_id, ids))).scalars())


def learnt_of(turn_ids: Sequence[str]) -> list[str]:
    """The documents that would hold what was learnt of these turns, and that go with their follower."""
    return [f"{kind}:{turn_id}" for turn_id in turn_ids for kind in taught.BY_HAND]


def _places(tx: Connection, ids: Sequence[str]) -> set[str]:
    return set(tx.execute(select(turns.c.conversation_id).where(among(turns.c.follower_id, ids))).scalars())


def _forget_answers(tx: Connection, places: Collection[str], said: Sequence[str]) -> set[str]:
    """What the creator wrote straight to them goes too. Returns the deliveries it came in."""
    answers = (among(messages.c.conversation_id, places), among(messages.c.reply_to_id, said))
    own = (messages.c.follower_id.is_(None), messages.c.turn_id.is_(None))
    gone = tx.execute(delete(messages).where(*answers, *own).returning(messages.c.delivery_id)).scalars()
    deliveries_ = {delivery_id for delivery_id in gone if delivery_id}
    tx.execute(update(messages).where(*answers).values(reply_to_id=None))
    return deliveries_


def _forget_lonely(tx: Connection, places: Collection[str]) -> tuple[int, set[str]]:
    """Conversations with nobody else in them, and what the creator said there. Returns the deliveries it came in."""
    others = [select(one.c.id).where(one.c.conversation_id == conversations.c.id) for one in (turns, replies)]
    others.append(
        select(messages.c.id).where(
            messages.c.conversation_id == conversations.c.id, messages.c.follower_id.is_not(None)
        )
    )
    alone = [~one.exists() for one in others]
    lonely = list(tx.execute(select(conversations.c.id).where(among(conversations.c.id, places), *alone)).scalars())
    rest = delete(messages).where(among(messages.c.conversation_id, lonely)).returning(messages.c.delivery_id)
    came_in = {delivery_id for delivery_id in tx.execute(rest).scalars() if delivery_id}
    return tx.execute(delete(conversations).where(among(conversations.c.id, lonely))).rowcount, came_in


def empty(tx: Connection, delivery_ids: Collection[str], names: Sequence[str]) -> int:
    """Raw deliveries without their body, and without a key that tells one of the names."""
    mine = among(deliveries.c.id, sorted(delivery_ids))
    keys = tx.execute(select(deliveries.c.id, deliveries.c.dedupe_key).where(mine)).all()
    patterns = [whole(name) for name in names]
    telling = [row for row in keys if any(pattern.search(row.dedupe_key) for pattern in patterns)]
    hashed = [{"id": row.id, "dedupe_key": sha256(row.dedupe_key.encode()).hexdigest()} for row in telling]
    update_many(tx, deliveries, "id", hashed)
    waiting = (mine, deliveries.c.state == "received")
    tx.execute(update(deliveries).where(*waiting).values(state="ignored"))
    return tx.execute(update(deliveries).where(mine).values(body=b"", reason="erased")).rowcount


def note_erasure(tx: Connection) -> None:
    """Processes that keep texts in memory see by this number that they should drop them."""
    add(tx, {(ERASED, ""): 1.0})


def erasures(tx: Connection) -> int:
    """How often anything was erased."""
    found = tx.execute(select(tallies.c.total).where(tallies.c.name == ERASED)).scalar()
    return int(found or 0)


def forget_creator(tx: Connection, creator_id: str, done: dict[str, int]) -> bool:
    """Take away a portion of what is a creator's, and count it in `done`. True once nothing is left.

    Portions, so that no transaction keeps others waiting for long. The creator must be paused and disconnected before.
    """
    tx.execute(delete(quotas).where(tenancy.counted_for(creator_id)))
    for table in reversed(tenancy.owned()):
        key = tuple_(*table.primary_key.columns)
        some = select(*table.primary_key.columns).where(tenancy.of_creator(table, creator_id)).limit(PORTION)
        count = tx.execute(delete(table).where(key.in_(some))).rowcount
        done[table.name] = done.get(table.name, 0) + count
        if count == PORTION:
            return False
    note_erasure(tx)
    return True
