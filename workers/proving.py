"""The proof of an erasure: every column of the ledger, every collection and every key is searched for what is gone."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, func, select

from engage.ledger.among import among
from engage.ledger.database import Database
from engage.ledger.erasure import Person
from engage.ledger.tables import followers, messages
from engage.ledger.traces import Traces, Wanted, in_ledger

if TYPE_CHECKING:
    from redis import Redis

LONG = 20  # characters of a text that hardly anybody else writes
TEXTS = 200  # of a follower's own, the newest


def words_of(tx: Connection, people: Sequence[Person]) -> list[str]:
    """What tells of followers: ids, names and texts that are nobody else's. Asked before they are erased."""
    ids = [one.id for one in people]
    names = {one.name for one in people if one.name.strip()}
    others = (among(followers.c.name, names), ~among(followers.c.id, ids))
    names -= set(tx.execute(select(followers.c.name).where(*others)).scalars())
    newest = select(messages.c.text).where(among(messages.c.follower_id, ids), func.length(messages.c.text) >= LONG)
    texts = set(tx.execute(newest.order_by(messages.c.received_at.desc()).limit(TEXTS)).scalars())
    said = select(messages.c.text).where(among(messages.c.text, texts), messages.c.follower_id.is_not(None))
    texts -= set(tx.execute(said.where(~among(messages.c.follower_id, ids))).scalars())
    return [*ids, *sorted(names), *sorted(texts)]


def prove(db: Database, chroma: str, redis: "Redis | None", words: Iterable[str]) -> dict[str, Any]:
    """What was looked through and what was found: {"words", "scanned", "found", "count"}. Raises Unavailable."""
    wanted, traces = Wanted(list(words)), Traces()
    with db.reading() as tx:
        in_ledger(tx, wanted, traces)
    if chroma:
        from engage.memory.traces import in_chroma

        in_chroma(chroma, wanted, traces)
    if redis is not None:
        _in_redis(redis, wanted, traces)
    count = sum(traces.found.values())
    return {
        "words": len(wanted.words),
        "scanned": dict(traces.looked_at),
        "found": dict(traces.found),
        "count": count,
    }


def _in_redis(client: "Redis", wanted: Wanted, traces: Traces) -> None:
    for key in client.scan_iter(count=1000):
        traces.looked_at["redis_keys"] += 1
        held = b"\n".join([bytes(key), *_values(client, key)]).decode(errors="replace")
        if wanted.are_in(held):
            traces.found["redis"] += 1


def _values(client: Any, key: bytes) -> list[bytes]:
    """Everything under a key."""
    match client.type(key):
        case b"string":
            return [client.get(key) or b""]
        case b"list":
            return list(client.lrange(key, 0, -1))
        case b"set":
            return list(client.smembers(key))
        case b"hash":
            return [part for pair in client.hgetall(key).items() for part in pair]
        case b"zset":
            return list(client.zrange(key, 0, -1))
        case b"stream":
            return [part for _, fields in client.xrange(key) for pair in fields.items() for part in pair]
    return []
