"""What the creator wrote by hand and the avatar learnt, by the turn it was written for."""

from collections.abc import Sequence

from sqlalchemy import Connection, delete, select

from engage.ledger.among import among
from engage.ledger.tables import documents, passages, turns
from engage.models import PassageKind

BY_HAND = (PassageKind.CORRECTION, PassageKind.PRIVATE)  # said to whoever asks the same, or for the voice alone


def withdraw(tx: Connection, turn_ids: Sequence[str]) -> int:
    """Unlearn what was learnt of these turns. Returns of how many there was something.

    Also where the follower took their words back, or changed them: to what they ask now the creator has not replied.
    """
    if not turn_ids:
        return 0
    creators = set(tx.execute(select(turns.c.creator_id).where(among(turns.c.id, turn_ids))).scalars())
    names = [f"{kind}:{turn_id}" for turn_id in turn_ids for kind in BY_HAND]
    gone = tx.execute(delete(documents).where(documents.c.creator_id.in_(creators), among(documents.c.id, names)))
    if gone.rowcount:
        cut = [f"{name}#0" for name in names]
        tx.execute(delete(passages).where(passages.c.creator_id.in_(creators), among(passages.c.id, cut)))
    return gone.rowcount


def use_of(tx: Connection, creator_id: str, turn_id: str) -> PassageKind | None:
    """CORRECTION where the avatar says the creator's words about a turn again, PRIVATE where they teach the voice."""
    names = [f"{kind}:{turn_id}" for kind in BY_HAND]
    mine = (documents.c.creator_id == creator_id, among(documents.c.id, names))
    kind = tx.execute(select(documents.c.kind).where(*mine)).scalar_one_or_none()
    return PassageKind(kind) if kind else None
