"""Which encoder's vectors serve a creator, which are being made, and how far that is.

A creator without a row is served by the built-in encoder. Of the rows of one creator at most one is serving and one
building; what is leaving served before, or was given up, and its vectors are still to be thrown away.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, exists, func, select, update

from engage.ledger.changes import note_change
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import creators, indexes, passages
from engage.models import PassageKind

BUILT_IN = "built-in"
SERVING, BUILDING, LEAVING = "serving", "building", "leaving"
_SEARCHED = passages.c.kind != PassageKind.PRIVATE


@dataclass(frozen=True, slots=True)
class Index:
    """What serves a creator.

    background: mean cosine of two unrelated texts by language, "" for any other; empty: the built-in encoder's own.
    measured: how many passages there were when it was.
    """

    spec: str = BUILT_IN
    background: Mapping[str, float] = field(default_factory=dict)
    measured: int = 0


@dataclass(frozen=True, slots=True)
class Progress:
    """Of the passages of some creators, how many are in the new index. specs: what serves them meanwhile."""

    done: int
    total: int
    specs: tuple[str, ...]


def serving(tx: Connection, creator_id: str) -> Index:
    """What the creator's questions are encoded by."""
    found = tx.execute(select(indexes).where(indexes.c.creator_id == creator_id, indexes.c.state == SERVING)).first()
    return Index(found.spec, found.background, found.measured) if found else Index()


def still_serves(tx: Connection, creator_id: str, spec: str) -> bool:
    """Whether it serves, and does so until this transaction ends."""
    mine = select(creators.c.id).where(creators.c.id == creator_id)
    tx.execute(mine.with_for_update(read=True))
    return serving(tx, creator_id).spec == spec


def begin(tx: Connection, creator_id: str, spec: str, now: datetime) -> None:
    """A creator of whom nothing was indexed yet is served by `spec` from the beginning."""
    mine = exists().where(indexes.c.creator_id == creator_id)
    indexed = exists().where(passages.c.creator_id == creator_id, _SEARCHED, passages.c.indexed_at.is_not(None))
    if spec != BUILT_IN and not tx.execute(select(mine | indexed)).scalar_one():
        note_change(tx, creator_id)
        tx.execute(insert_ignoring(tx, indexes).values(**_row(creator_id, spec, SERVING, now)))


def build(tx: Connection, creator_id: str, spec: str, now: datetime) -> bool:
    """An index of `spec` is being made, in the place of any other that was. True where it was before."""
    mine = (indexes.c.creator_id == creator_id, indexes.c.state != SERVING)
    tx.execute(update(indexes).where(*mine, indexes.c.spec != spec).values(state=LEAVING, changed_at=now))
    known = tx.execute(select(indexes.c.state).where(*mine, indexes.c.spec == spec)).scalar()
    if known is None:
        tx.execute(insert_ignoring(tx, indexes).values(**_row(creator_id, spec, BUILDING, now)))
    else:
        tx.execute(update(indexes).where(*mine, indexes.c.spec == spec).values(state=BUILDING))
    return bool(known == BUILDING)


def give_up(tx: Connection, spec: str, now: datetime) -> None:
    """Nothing but `spec` is made any more."""
    others = (indexes.c.state == BUILDING, indexes.c.spec != spec)
    tx.execute(update(indexes).where(*others).values(state=LEAVING, changed_at=now))


def switch(tx: Connection, creator_id: str, spec: str, now: datetime) -> None:
    """What was made serves from the end of this transaction on; what served leaves."""
    mine = select(creators.c.id).where(creators.c.id == creator_id)
    tx.execute(mine.with_for_update(key_share=True))  # whoever notes vectors in the old index has done so, or sees this
    note_change(tx, creator_id)
    served = serving(tx, creator_id).spec
    tx.execute(insert_ignoring(tx, indexes).values(**_row(creator_id, served, LEAVING, now)))
    for one, state in ((served, LEAVING), (spec, SERVING)):
        row = (indexes.c.creator_id == creator_id, indexes.c.spec == one)
        tx.execute(update(indexes).where(*row).values(state=state, changed_at=now))


def note_progress(tx: Connection, creator_id: str, spec: str, done: int, total: int) -> None:
    mine = (indexes.c.creator_id == creator_id, indexes.c.spec == spec)
    tx.execute(update(indexes).where(*mine).values(done=done, total=total))


def note_background(tx: Connection, creator_id: str, index: Index) -> None:
    note_change(tx, creator_id)
    mine = (indexes.c.creator_id == creator_id, indexes.c.spec == index.spec)
    tx.execute(update(indexes).where(*mine).values(background=dict(index.background), measured=index.measured))


def elsewhere(tx: Connection, spec: str, limit: int | None = None) -> list[str]:
    """Creators with passages whom another index serves, by id."""
    if spec == BUILT_IN:
        other = select(indexes.c.creator_id).where(indexes.c.state == SERVING, indexes.c.spec != spec)
        return list(tx.execute(other.order_by(indexes.c.creator_id).limit(limit)).scalars())
    return list(tx.execute(select(creators.c.id).where(*_others(spec)).order_by(creators.c.id).limit(limit)).scalars())


def left(tx: Connection, before: datetime) -> list[tuple[str, str]]:
    """Creator and spec of the indexes that nobody has used since."""
    gone = select(indexes.c.creator_id, indexes.c.spec).where(indexes.c.state == LEAVING, indexes.c.changed_at < before)
    return [(row.creator_id, row.spec) for row in tx.execute(gone)]


def forget(tx: Connection, creator_id: str, spec: str) -> None:
    """Its vectors are gone."""
    mine = (indexes.c.creator_id == creator_id, indexes.c.spec == spec, indexes.c.state == LEAVING)
    tx.execute(delete(indexes).where(*mine))


def progress(tx: Connection, spec: str) -> Progress | None:
    """How far the way to `spec` is; None where it serves everybody."""
    waiting = elsewhere(tx, spec)
    done = total = 0
    specs: set[str] = set()
    for creator_id in waiting:
        specs.add(serving(tx, creator_id).spec)
        mine = (passages.c.creator_id == creator_id, _SEARCHED)
        total += tx.execute(select(func.count()).select_from(passages).where(*mine)).scalar_one()
        made = (indexes.c.creator_id == creator_id, indexes.c.spec == spec, indexes.c.state == BUILDING)
        done += tx.execute(select(indexes.c.done).where(*made)).scalar() or 0
    return Progress(done, total, tuple(sorted(specs))) if waiting else None


def in_use(tx: Connection) -> frozenset[str]:
    """The specs whose vectors are somewhere."""
    return frozenset(tx.execute(select(indexes.c.spec).distinct()).scalars())


def _others(spec: str) -> tuple[ColumnElement[bool], ...]:
    words = exists().where(passages.c.creator_id == creators.c.id, _SEARCHED)
    served = and_(indexes.c.creator_id == creators.c.id, indexes.c.state == SERVING, indexes.c.spec == spec)
    return words, ~exists().where(served)


def _row(creator_id: str, spec: str, state: str, now: datetime) -> dict[str, object]:
    counts = {"done": 0, "total": 0, "measured": 0}
    return {"creator_id": creator_id, "spec": spec, "state": state, "background": {}, "changed_at": now, **counts}
