"""What a person can do in the studio. Each action checks, writes and is audited in one transaction.

No page knows here who is asking or how: the functions take the name of the person who acts.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from engage.errors import EngageError, IllegalTransition
from engage.ledger import audit, by_hand, creators, outbox, privately, raids
from engage.ledger.by_hand import UnknownReply
from engage.ledger.sendings import NEVER
from engage.ledger.states import move
from engage.ledger.tables import replies, turns
from engage.ledger.views import Exchange
from engage.models import Mode, Surface
from workers import teaching
from workers.teaching import Taught

QUIET = (Mode.OFF, Mode.SHADOW)  # nothing is posted
STILL_USEFUL = timedelta(hours=1)  # a reply that a person sends again may take this long


class NotNow(EngageError):
    """This is not possible any more."""


class Act(StrEnum):
    """What can be done about an exchange."""

    APPROVE = "approve"
    EDIT = "edit"
    REJECT = "reject"
    ANSWER = "answer"
    POSTED = "posted"
    AGAIN = "again"
    DISMISS = "dismiss"


def possible(item: Exchange) -> tuple[Act, ...]:
    """The actions that make sense now; the ledger has the last word."""
    posts = item.current_mode not in QUIET
    if item.kind == "held":
        return (Act.APPROVE, Act.EDIT, Act.REJECT) if posts else (Act.REJECT,)
    if item.kind == "uncertain":
        return (Act.POSTED, Act.AGAIN) if item.parked else ()
    if not item.kind or item.private:  # its question is dealt with where it stands beside it
        return ()
    by_hand = posts and item.state in ("escalated", "dead") and item.reply_id is None and bool(item.text)
    return (Act.ANSWER, Act.DISMISS) if by_hand else (Act.DISMISS,)


def approve(tx: Connection, who: str, reply_id: str, now: datetime, text: str | None = None) -> Taught:
    """Send a held reply, reworded where `text` is given: other words teach the avatar. Raises NotNow."""
    reply = _reply_in(tx, reply_id, "held")
    _may_post(tx, reply.account_id, reply.surface)
    if text is not None and not text.strip():
        raise NotNow("An empty reply cannot be sent. Write something, or reject it.")
    text = None if text is None or text.strip() == reply.text.strip() else text.strip()
    by_hand.approve(tx, reply_id, now, text)
    audit.record(tx, who, "approve" if text is None else "edit", reply.creator_id, reply_id, {}, now)
    if text is None:
        return Taught()
    by_hand.dismiss(tx, reply.turn_id)  # the person's own words deal with the escalation too
    if privately.is_beside(tx, reply):
        return Taught()  # what is said to one person about an order is nobody else's
    return teaching.teach(tx, reply.turn_id, reply.text, text, now)


def reject(tx: Connection, who: str, reply_id: str, now: datetime) -> None:
    """Never send a held reply. Raises NotNow where it is out already."""
    reply = _reply_in(tx, reply_id, "held")
    by_hand.reject(tx, reply_id, f"rejected by {who}")
    audit.record(tx, who, "reject", reply.creator_id, reply_id, {}, now)


def answer(tx: Connection, who: str, turn_id: str, text: str, expiry: timedelta, now: datetime) -> Taught:
    """Answer an escalation in the creator's own words, which teach the avatar. Raises NotNow."""
    turn = tx.execute(select(turns).where(turns.c.id == turn_id)).first()
    if turn is None:
        raise NotNow("This message is not there any more.")
    _may_post(tx, turn.account_id, turn.surface)
    if not text.strip():
        raise NotNow("An empty answer cannot be sent.")
    try:
        reply_id = by_hand.answer_by_hand(tx, turn_id, text.strip(), now + expiry, now)
    except IllegalTransition:
        raise NotNow("Somebody has dealt with this message already.") from None
    audit.record(tx, who, "answer", turn.creator_id, reply_id, {}, now)
    return teaching.teach(tx, turn_id, by_hand.draft_of(tx, turn_id), text.strip(), now)


def dismiss(tx: Connection, who: str, turn_id: str, now: datetime) -> None:
    """Take it out of the inbox: it was dealt with elsewhere, or needs nothing."""
    creator_id = tx.execute(select(turns.c.creator_id).where(turns.c.id == turn_id)).scalar_one_or_none()
    by_hand.dismiss(tx, turn_id)
    audit.record(tx, who, "dismiss", creator_id, turn_id, {}, now)


def settle(tx: Connection, who: str, reply_id: str, now: datetime, *, posted: bool) -> None:
    """A person looked at the platform: the uncertain reply is there, or is not and is sent again. Raises NotNow."""
    reply = _reply_in(tx, reply_id, "uncertain")
    if reply.due_at < NEVER:
        raise NotNow("Engage is finding out by itself; look again in a moment.")
    values: dict[str, Any] = {"lease_owner": None, "lease_until": None}
    if posted:
        values |= {"sent_at": reply.first_sent_at or now, "reason": f"{who} saw it on the platform"}
    else:
        _may_post(tx, reply.account_id, reply.surface)
        values |= {"due_at": now, "reason": f"{who} did not see it on the platform"}
        values |= {"expires_at": max(reply.expires_at, now + STILL_USEFUL)}
    move(tx, replies, reply_id, "sent" if posted else "due", **values)
    audit.record(tx, who, "posted" if posted else "send_again", reply.creator_id, reply_id, {}, now)


def set_mode(
    tx: Connection, who: str, account_id: str, surface: Surface, mode: Mode, undo: timedelta, now: datetime
) -> int:
    """Choose what the avatar does on a surface. Returns how many unsent replies were taken back by it."""
    account = creators.get_account(tx, account_id)
    creators.set_mode(tx, account_id, surface, mode, undo)
    taken_back = _take_back_unsent(tx, account_id, surface, mode) if mode in QUIET else 0
    details = {"surface": surface.value, "mode": mode.value, "undo_seconds": undo.total_seconds()}
    audit.record(tx, who, "mode", account.creator_id, account_id, details, now)
    return taken_back


def pause_everything(tx: Connection, who: str, now: datetime, *, on: bool) -> None:
    creators.pause_everything(tx, now if on else None)
    audit.record(tx, who, _switched(on), None, "everything", {}, now)


def pause_creator(tx: Connection, who: str, creator_id: str, now: datetime, *, on: bool) -> None:
    creators.pause_creator(tx, creator_id, now if on else None)
    audit.record(tx, who, _switched(on), creator_id, creators.get_creator(tx, creator_id).name, {}, now)


def end_raid(tx: Connection, who: str, creator_id: str, quiet: timedelta, now: datetime) -> None:
    """Answer everybody in public again; nothing counts as a raid by itself for `quiet`."""
    if raids.end(tx, now, quiet, creator_id):
        audit.record(tx, who, "end_raid", creator_id, creators.get_creator(tx, creator_id).name, {}, now)


def pause_account(tx: Connection, who: str, account_id: str, now: datetime, *, on: bool) -> None:
    """Raises NotNow where the account's access is lost or given back: only connecting it again helps."""
    account = creators.get_account(tx, account_id)
    if account.state in creators.GONE:
        raise NotNow("There is no access to this account. Connect it again; a pause changes nothing.")
    if account.state == ("active" if on else "paused"):
        step: Callable[..., None] = creators.pause_account if on else creators.resume_account
        step(tx, account_id, *([f"paused by {who}"] if on else []))
        audit.record(tx, who, _switched(on), account.creator_id, account_id, {}, now)


def _switched(on: bool) -> str:
    return "pause" if on else "resume"


def _reply_in(tx: Connection, reply_id: str, state: str) -> Row[Any]:
    """The reply, locked. Raises NotNow where it has left `state` meanwhile."""
    row = tx.execute(select(replies).where(replies.c.id == reply_id).with_for_update()).first()
    if row is None:
        raise UnknownReply("This reply is not there any more.")
    if row.state != state:
        raise NotNow(f"Too late: this reply is “{row.state}” now.")
    return row


def _may_post(tx: Connection, account_id: str, surface: str) -> None:
    """Dry means dry: in shadow mode not even a person's click posts."""
    if creators.get_account(tx, account_id).state == "disconnected":
        raise NotNow("This account is disconnected. Connect it again under Accounts.")
    mode = creators.get_mode(tx, account_id, Surface(surface)).mode
    if mode in QUIET:
        raise NotNow(f"Nothing is posted in mode “{mode.value}”. Choose another mode for this account under Accounts.")


def _take_back_unsent(tx: Connection, account_id: str, surface: Surface, mode: Mode) -> int:
    reason = f"mode set to {mode.value}"
    beside = privately.recall(tx, account_id, surface, reason)
    return beside + len(outbox.recall_unposted(tx, reason, account_id=account_id, surface=surface.value))
