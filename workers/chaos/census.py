"""What a killed worker leaves in the middle: between which two steps it really was, whatever was aimed at."""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from engage.ledger.tables import messages, replies, turns
from workers.chaos.model import mark_of

CLAIM, MODEL, OUTBOX, SEND = "claim-model", "model-outbox", "outbox-send", "send-receipt"


@dataclass(frozen=True, slots=True)
class Held:
    """What one process holds by lease. asked: the followers of its turns; sending: the messages it replies to."""

    asked: frozenset[str]
    sending: frozenset[str]


def held_by(pid: int) -> Callable[[Connection], Held]:
    """A query of the ledger."""

    def read(tx: Connection) -> Held:
        texts = select(messages.c.text).join(turns, turns.c.id == messages.c.turn_id)
        mine = texts.where(turns.c.state == "answering", turns.c.lease_owner.contains(f":{pid}:"))
        out = select(replies.c.in_reply_to).where(replies.c.state == "sending")
        sent = out.where(replies.c.lease_owner.contains(f":{pid}:"))
        asked = frozenset(map(mark_of, tx.execute(mine).scalars()))
        return Held(asked, frozenset(tx.execute(sent).scalars()))

    return read


def gaps(held: Held, called: Collection[str], shown: Collection[str]) -> set[str]:
    """called: followers whose question the model was asked; shown: messages with a visible reply. Pure."""
    found = {MODEL if follower in called else CLAIM for follower in held.asked}
    return found | {SEND if message in shown else OUTBOX for message in held.sending}


def called_again(calls: dict[str, list[float]]) -> Callable[[Connection], list[str]]:
    """A query of the ledger: followers for whom the model was called after their reply was stored."""

    def read(tx: Connection) -> list[str]:
        query = select(messages.c.text, replies.c.created_at).join(replies, replies.c.turn_id == messages.c.turn_id)
        stored = {mark_of(text): created_at.timestamp() for text, created_at in tx.execute(query)}
        return [who for who, at in stored.items() if any(call > at for call in calls.get(who, ()))]

    return read
