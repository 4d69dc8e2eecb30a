"""Erasing a follower or a creator everywhere: ledger, vectors, Redis. Processes empty their memory by themselves."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING

import structlog
from redis import Redis, RedisError
from sqlalchemy import Connection, select

from engage.errors import Unavailable
from engage.ledger import audit, creators, erasure, outbox
from engage.ledger.among import among
from engage.ledger.database import Database
from engage.ledger.erasure import Person, whole
from engage.ledger.indexes import BUILT_IN
from engage.ledger.tables import accounts, conversations, documents, indexes, turns
from engage.memory.texts import vector_names
from engage.memory.vectors import holder_of
from engage.pacing.shared import PREFIX
from engage.settings import Settings
from workers import services

if TYPE_CHECKING:
    from engage.memory.vectors import Vectors

log = structlog.get_logger()

Held = list[tuple[str, list[str]]]  # whose vectors, and their ids


def erase(
    db: Database,
    people: Sequence[Person],
    account_ids: Iterable[str],
    user_id: str,
    who: str,
    now: datetime,
    vectors: "Callable[[], Vectors]",
) -> dict[str, int]:
    """Erase a follower from the ledger and the vectors. Returns how many rows of each kind went.

    account_ids: whose raw deliveries are looked through. Raises Unavailable where Chroma is needed and away: the rows
    are gone then, and workers tidy the vectors up.
    """
    with db.reading() as tx:
        raw = erasure.raw_of(tx, list(account_ids), user_id)
    with db.transaction() as tx:
        held = _vectors_of(tx, erasure.asked_by(tx, [one.id for one in people]))
        erased = erasure.forget(tx, people, raw, [user_id])
        # The audit says that somebody was erased, not who: that would keep what was asked to go.
        audit.record(tx, who, "forget", None, "follower", erased, now)
    for holder, names in held:
        vectors().delete(holder, names)
    return erased


def _vectors_of(tx: Connection, asked: Sequence[str]) -> Held:
    """The vectors of what was learnt of these turns, in every index of their creators."""
    mine = among(documents.c.id, erasure.learnt_of(asked))
    of = documents.c.creator_id.in_(select(turns.c.creator_id).where(among(turns.c.id, asked)))
    found = tx.execute(select(documents.c.creator_id, documents.c.id).where(of, mine)).all()
    names: dict[str, list[str]] = {}
    for row in found:
        names.setdefault(row.creator_id, []).extend(vector_names(f"{row.id}#0", asked=True))
    return [(holder, some) for creator_id, some in names.items() for holder in holders(tx, creator_id)]


def holders(tx: Connection, creator_id: str) -> list[str]:
    """Under which names vectors of a creator are kept."""
    rows = tx.execute(select(indexes.c.spec, indexes.c.state).where(indexes.c.creator_id == creator_id)).all()
    specs = [row.spec for row in rows]
    if not any(row.state == "serving" for row in rows):
        specs.append(BUILT_IN)
    return [holder_of(creator_id, spec) for spec in dict.fromkeys(specs)]


# a creator ----------------------------------------------------------------------------------------------------------


def silence(tx: Connection, creator_id: str, who: str, now: datetime) -> list[str]:
    """Nothing of a creator's is heard, answered or sent any more. Returns their accounts' ids."""
    creators.pause_creator(tx, creator_id, now)
    for account in creators.list_accounts(tx, creator_id):
        creators.disconnect_account(tx, account.id, f"the creator is erased by {who}")
        outbox.recall_unposted(tx, "disconnected", account_id=account.id)
    return [account.id for account in creators.list_accounts(tx, creator_id)]


def erase_creator(
    db: Database, creator_id: str, who: str, now: datetime, vectors: "Callable[[], Vectors]"
) -> dict[str, int]:
    """Erase a silenced creator: vectors first, for the ledger knows where they are."""
    with db.reading() as tx:
        names = holders(tx, creator_id)
    for name in names:
        vectors().drop(name)
    done: dict[str, int] = {}
    is_over = False
    while not is_over:
        with db.transaction() as tx:
            is_over = erasure.forget_creator(tx, creator_id, done)
    with db.transaction() as tx:
        audit.record(tx, who, "forget", None, "creator", done, now)
    return {name: count for name, count in done.items() if count}


# Redis --------------------------------------------------------------------------------------------------------------


@contextmanager
def redis_of(settings: Settings) -> Iterator["Redis | None"]:
    """The Redis of a running stack, or the configured one; None where there is none. Raises Unavailable."""
    if not settings.redis_url and services.running(settings) is None:
        yield None
        return
    client = Redis.from_url(services.redis_url(settings), socket_timeout=5, socket_connect_timeout=5)
    try:
        yield client
    except RedisError as error:
        raise Unavailable(f"Redis cannot be used: {error}") from error
    finally:
        client.close()


def forget_keys(client: "Redis", ids: Sequence[str]) -> int:
    """Remove the places that pacing holds by these ids, of conversations or accounts. Returns how many."""
    patterns = [whole(one) for one in ids]
    keys = [
        key
        for key in client.scan_iter(match=f"{PREFIX}*", count=1000)
        if any(pattern.search(key.decode(errors="replace")) for pattern in patterns)
    ]
    return int(client.delete(*keys)) if keys else 0


def places_of(tx: Connection, people: Sequence[Person]) -> list[str]:
    """The ids of followers, and of their private conversations: what keys may be made of."""
    ids = [one.id for one in people]
    theirs = select(turns.c.conversation_id).where(among(turns.c.follower_id, ids), turns.c.surface == "dm")
    query = select(conversations.c.id, conversations.c.platform_id).where(conversations.c.id.in_(theirs))
    found = [part for row in tx.execute(query) for part in row]
    return [*ids, *found, *{one.platform_user_id for one in people}]


def accounts_on(tx: Connection, platform: str) -> list[str]:
    """The ids of all accounts of a platform."""
    return list(tx.execute(select(accounts.c.id).where(accounts.c.platform == platform)).scalars())
