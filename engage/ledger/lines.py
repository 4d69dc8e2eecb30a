"""What was said in a conversation, and the newest answers in a live room, for pages that followers see."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, select

from engage.ledger.tables import accounts, conversations, creators, followers, messages, replies
from engage.models import Surface

MOST = 200
APPROVED_WITHIN = timedelta(hours=2)  # what was written earlier is not sent into a live room any more


@dataclass(frozen=True, slots=True)
class Line:
    """One line as both sides see it. `ours`: the avatar's or the creator's; `by_hand`: a person wrote it."""

    id: str
    text: str
    at: datetime
    ours: bool
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class LiveAnswer:
    """An answer in a live room, and what it answers."""

    id: str
    to: str
    question: str
    text: str
    at: datetime
    by_hand: bool = False  # written by a person


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says of itself. `open`: whether it takes messages now."""

    account_id: str
    display_name: str
    bio: str
    language: str
    open: bool


def page(tx: Connection, platform: str, name: str) -> Page | None:
    """The page of an account, by the platform's id of it; None where there is none."""
    query = select(accounts, creators.c.persona, creators.c.paused_at, creators.c.name.label("creator"))
    query = query.join(creators, creators.c.id == accounts.c.creator_id)
    mine = (accounts.c.platform == platform, accounts.c.platform_user_id == name)
    row = tx.execute(query.where(*mine)).first()
    if row is None:
        return None
    persona = row.persona
    shown = persona.get("display_name") or row.creator
    is_open = row.state == "active" and row.paused_at is None
    return Page(row.id, shown, persona.get("bio", ""), persona.get("language", "en"), is_open)


def lines(tx: Connection, account_id: str, conversation: str) -> list[Line]:
    """The newest lines of a conversation, by the platform's id of it, oldest first; of ours what is sent."""
    mine = (conversations.c.account_id == account_id, conversations.c.platform_id == conversation)
    known = tx.execute(select(conversations.c.id).where(*mine)).scalar_one_or_none()
    if known is None:
        return []
    said = select(messages.c.platform_id, messages.c.text, messages.c.sent_at, messages.c.author)
    said = said.where(messages.c.conversation_id == known, messages.c.deleted_at.is_(None))
    said = said.order_by(messages.c.sent_at.desc()).limit(MOST)
    found = [Line(r.platform_id, r.text, r.sent_at, r.author == "creator") for r in tx.execute(said)]
    sent = select(replies.c.id, replies.c.text, replies.c.sent_at, replies.c.disclosure)
    sent = sent.where(replies.c.conversation_id == known, replies.c.state == "sent")
    sent = sent.order_by(replies.c.sent_at.desc()).limit(MOST)
    found += [Line(r.id, r.text, r.sent_at, True, r.disclosure == "person") for r in tx.execute(sent)]
    return sorted(found, key=lambda line: line.at)[-MOST:]


def live_answers(tx: Connection, account_id: str, since: datetime) -> list[LiveAnswer]:
    """What was answered in the live room of an account since then, oldest first."""
    query = (
        select(
            replies.c.id,
            replies.c.text,
            replies.c.sent_at,
            replies.c.disclosure,
            followers.c.name,
            messages.c.text.label("question"),
        )
        .join(followers, followers.c.id == replies.c.follower_id)
        .outerjoin(
            messages,
            (messages.c.account_id == replies.c.account_id) & (messages.c.platform_id == replies.c.in_reply_to),
        )
        .where(replies.c.account_id == account_id, replies.c.surface == Surface.LIVE.value, replies.c.state == "sent")
        .where(replies.c.created_at >= since - APPROVED_WITHIN, replies.c.sent_at >= since)
        .order_by(replies.c.sent_at)
    )
    rows = tx.execute(query)
    return [
        LiveAnswer(row.id, row.name, row.question or "", row.text, row.sent_at, row.disclosure == "person")
        for row in rows
    ]
