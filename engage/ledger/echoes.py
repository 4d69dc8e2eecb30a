"""Our own posts coming back: they settle a reply before, or instead of, its receipt."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, or_, select

from engage.ledger.among import among
from engage.ledger.outbox import mark_echoed
from engage.ledger.tables import conversations, replies
from engage.models import Receipt, Surface

NOTED = ""  # in place of a reply's id: its receipt is known already

# A reply that may be out: being sent, asked for, or waiting to be sent again with its key.
_MAY_BE_OUT = or_(
    replies.c.state.in_(("sending", "uncertain")),
    and_(replies.c.state == "due", replies.c.first_sent_at.is_not(None)),
)


@dataclass(frozen=True, slots=True)
class Echo:
    """A post of an account's own, as the platform tells it. `reply_to`: the message it answers, where it is told."""

    account_id: str
    surface: Surface
    conversation: str  # the platform's id
    text: str
    reply_to: str | None
    receipt: Receipt


def match(tx: Connection, echoes: Sequence[Echo]) -> dict[Echo, str]:
    """Each echo that is one of ours → the id of the reply it settles, or NOTED."""
    if not echoes:
        return {}
    accounts = {echo.account_id for echo in echoes}
    noted = _noted(tx, echoes, accounts)
    found = {echo: NOTED for echo in echoes if (echo.account_id, echo.receipt.id) in noted}
    open_echoes = [echo for echo in echoes if echo not in found]
    if not open_echoes:
        return found
    places = {echo.conversation for echo in open_echoes}
    query = (
        select(replies.c.id, replies.c.account_id, conversations.c.platform_id, replies.c.text, replies.c.in_reply_to)
        .join(conversations, conversations.c.id == replies.c.conversation_id)
        .where(among(conversations.c.account_id, accounts), among(conversations.c.platform_id, places), _MAY_BE_OUT)
        .order_by(replies.c.id)
    )
    candidates: dict[tuple[str, str, str], dict[str, str]] = {}  # where and what → asked → reply
    for row in tx.execute(query):
        candidates.setdefault((row.account_id, row.platform_id, _words(row.text)), {})[row.in_reply_to] = row.id
    for echo in open_echoes:
        asked = candidates.get((echo.account_id, echo.conversation, _words(echo.text)), {})
        reply_to = echo.reply_to or next(iter(asked), "")
        if reply_id := asked.pop(reply_to, ""):
            found[echo] = reply_id
    elsewhere = [echo for echo in open_echoes if echo not in found and echo.surface is Surface.DM]
    return found | dict.fromkeys(_privately(tx, elsewhere), NOTED)


def _privately(tx: Connection, echoes: Sequence[Echo]) -> list[Echo]:
    """Direct messages with the words of a reply that may be out, and goes to its follower privately.

    It may be the private reply beside a public one, or one to a live message, which some platforms let be answered by
    a direct message only. It stands in a conversation of its own. Nothing tells whose it is, so it settles nothing:
    its receipt or a read-back does.
    """
    if not echoes:
        return []
    query = select(replies.c.account_id, replies.c.text).join(
        conversations, conversations.c.id == replies.c.conversation_id
    )
    query = query.where(
        among(replies.c.account_id, {echo.account_id for echo in echoes}),
        among(replies.c.text, {echo.text for echo in echoes}),
        conversations.c.surface != Surface.DM,
        replies.c.surface != Surface.COMMENT,
        _MAY_BE_OUT,
    )
    out = {(row.account_id, row.text) for row in tx.execute(query)}
    return [echo for echo in echoes if (echo.account_id, echo.text) in out]


def _words(text: str) -> str:
    """What is compared: some platforms make one space of several, or of the end of a line."""
    return " ".join(text.split())


def _noted(tx: Connection, echoes: Sequence[Echo], accounts: Collection[str]) -> set[tuple[str, str]]:
    return posted(tx, accounts, {echo.receipt.id for echo in echoes})


def posted(tx: Connection, accounts: Collection[str], message_ids: Collection[str]) -> set[tuple[str, str]]:
    """(account, message id) of those among `message_ids` that are replies of ours whose receipt is noted."""
    if not message_ids:
        return set()
    query = select(replies.c.account_id, replies.c.receipt_id).where(
        among(replies.c.account_id, accounts), among(replies.c.receipt_id, message_ids)
    )
    return {(row.account_id, row.receipt_id) for row in tx.execute(query)}


def place_of(tx: Connection, account_id: str, receipt_id: str) -> str | None:
    """The platform's id of the conversation in which we posted this; None where it is no reply of ours."""
    query = (
        select(conversations.c.platform_id)
        .join(replies, replies.c.conversation_id == conversations.c.id)
        .where(replies.c.account_id == account_id, replies.c.receipt_id == receipt_id)
        .where(replies.c.surface == conversations.c.surface)  # a private reply to a comment stands elsewhere
    )
    return tx.execute(query).scalars().first()


def settle(tx: Connection, matched: Mapping[Echo, str]) -> None:
    """Note what the echoes say. A row that is being written elsewhere is having its receipt noted."""
    mark_echoed(tx, {reply_id: echo.receipt for echo, reply_id in matched.items() if reply_id != NOTED})
