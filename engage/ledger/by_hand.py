"""What the creator does with replies and turns: approve, reject, answer, put aside."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from engage.errors import EngageError, IllegalTransition
from engage.ledger.conversations import living_messages
from engage.ledger.creators import SurfaceMode
from engage.ledger.outbox import has_reply, reply_row
from engage.ledger.states import move
from engage.ledger.tables import decisions, drafts, replies, turns
from engage.models import Disclosure, Mode, Reply


class UnknownReply(EngageError):
    """There is no such reply."""


def approve(tx: Connection, reply_id: str, now: datetime, text: str | None = None) -> None:
    """Send a held reply, with the creator's own wording where given. Raises IllegalTransition where it is not held."""
    values: dict[str, Any] = {"due_at": now, "release_at": None}
    if text is not None:
        values |= {"text": text, "disclosure": Disclosure.PERSON.value}
    _known(tx, reply_id)
    if not move(tx, replies, reply_id, "due", where=(replies.c.state == "held",), **values):
        raise IllegalTransition("only a held reply can be approved")


def reject(tx: Connection, reply_id: str, reason: str = "rejected by the creator") -> None:
    """Withdraw a reply. Raises IllegalTransition where it is posted, or may be."""
    _known(tx, reply_id)
    unsent = (replies.c.state.in_(("held", "due")), replies.c.first_sent_at.is_(None))
    if not move(tx, replies, reply_id, "recalled", where=unsent, reason=reason):
        raise IllegalTransition("only a reply that was not sent yet can be rejected")


def answer_by_hand(tx: Connection, turn_id: str, text: str, expires_at: datetime, now: datetime) -> str:
    """The creator's own answer to a turn the avatar left. Raises EngageError where it has a reply already."""
    turn = tx.execute(select(turns).where(turns.c.id == turn_id).with_for_update()).first()
    if turn is None:
        raise EngageError(f"there is no turn {turn_id!r}")
    if has_reply(tx, turn_id):
        raise EngageError("this turn has a reply already")
    if turn.state == "answering":
        raise IllegalTransition("the avatar is answering this turn")
    move(tx, turns, turn_id, "answered")
    tx.execute(update(decisions).where(decisions.c.turn_id == turn_id).values(open=False))
    reply = Reply(text=text, disclosure=Disclosure.PERSON)
    asked = living_messages(tx, turn_id)
    if not asked:
        raise EngageError("the follower took these messages back")
    row = reply_row(turn, asked[-1].platform_id, reply, SurfaceMode(Mode.AUTO), expires_at, now)
    tx.execute(replies.insert().values(**row))
    return str(row["id"])


def dismiss(tx: Connection, turn_id: str) -> None:
    """The creator has dealt with an escalation in another way."""
    tx.execute(update(decisions).where(decisions.c.turn_id == turn_id).values(open=False))


def held_reply(tx: Connection, turn_id: str) -> str | None:
    """The id of a turn's reply that waits for approval; of two the public one."""
    query = select(replies.c.id).where(replies.c.turn_id == turn_id, replies.c.state == "held")
    return tx.execute(query.order_by(replies.c.id).limit(1)).scalar_one_or_none()


def draft_of(tx: Connection, turn_id: str) -> str:
    """What the avatar wrote last about a turn, sent or not; "" where it wrote nothing."""
    written = select(drafts.c.text).where(drafts.c.turn_id == turn_id).order_by(drafts.c.id.desc()).limit(1)
    return tx.execute(written).scalar_one_or_none() or str(_card(tx, turn_id).get("draft", ""))


def reasons(tx: Connection, turn_id: str) -> frozenset[str]:
    """Why the avatar left a turn, or answered it; none while it is not decided."""
    return frozenset(_card(tx, turn_id).get("reasons", ()))


def _card(tx: Connection, turn_id: str) -> dict[str, Any]:
    card = tx.execute(select(decisions.c.card).where(decisions.c.turn_id == turn_id)).scalar_one_or_none()
    return card or {}


def _known(tx: Connection, reply_id: str) -> None:
    if not tx.execute(select(replies.c.id).where(replies.c.id == reply_id)).first():
        raise UnknownReply(f"there is no reply {reply_id!r}")
