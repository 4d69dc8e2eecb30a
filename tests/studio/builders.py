"""Fills a ledger the way the workers would: creators, accounts, messages, decisions, replies in every state."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from sqlalchemy import select

from engage.ledger import conversations as talk
from engage.ledger import creators, outbox, sendings, turns
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.database import Database
from engage.ledger.sendings import NEVER
from engage.ledger.tables import metadata, replies, users
from engage.models import (
    Answer,
    Author,
    Card,
    Disclosure,
    Escalate,
    Message,
    Mode,
    Outcome,
    Passage,
    PassageKind,
    Persona,
    Receipt,
    Reply,
    Scored,
    Skip,
    Surface,
)

LEASE = timedelta(minutes=2)
EXPIRY = timedelta(hours=24)
_number = count(1)

CARD = Card(
    reasons=("question", "supported"),
    language="en",
    labels={"spam": 0.02, "abuse": 0.01, "injection": 0.03, "self_harm": 0.0, "restricted": 0.04},
    sources=(
        Scored(
            Passage(
                id="p1#0",
                source_id="p1",
                kind=PassageKind.POST,
                text="I film everything on a small Sony with the kit lens. Light matters more than the camera.",
                title="My kit",
            ),
            score=0.87,
        ),
    ),
    supported=True,
    style=0.78,
    model="extractive",
    prompt_version="2026-11-1",
    tokens_in=412,
    tokens_out=38,
    cost=0.0021,
    ms=640,
)


@dataclass
class World:
    """One creator with one account, and what happens there."""

    db: Database
    creator: Persona
    account_id: str
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def mode(self, surface: Surface, mode: Mode, undo: float = 0) -> None:
        with self.db.transaction() as tx:
            creators.set_mode(tx, self.account_id, surface, mode, timedelta(seconds=undo))

    def write(self, text: str, who: str = "Ana", surface: Surface = Surface.COMMENT, **where: Any) -> str:
        """A follower writes; the turn that collects it."""
        n = next(_number)
        message = Message(
            id=f"m{n}",
            conversation_id=where.pop("conversation", f"c{n}"),
            surface=surface,
            author=Author(id=f"u-{who}", name=who),
            text=text,
            sent_at=self.at,
            **where,
        )
        with self.db.transaction() as tx:
            account = creators.get_account(tx, self.account_id)
            conversation = talk.get_conversation(tx, account, message, self.at)
            follower = talk.get_follower(tx, account, message.author, self.at)
            message_id = talk.add_message(tx, conversation, follower, message, None, self.at)
            turn_id = turns.open_turn(tx, conversation, follower.id, self.at, self.at)
            assert message_id is not None
            talk.set_turn(tx, [message_id], turn_id)
        return turn_id

    def decide(self, turn_id: str, outcome: Outcome) -> str | None:
        """Conclude a turn in its surface's mode; the id of its reply, where it has one."""
        with self.db.transaction() as tx:
            surface = Surface(turns.get(tx, turn_id).surface)
            claimed = [c for c in turns.claim(tx, surface, 1000, "w", LEASE, self.at) if c.id == turn_id]
            written = Conclusion(claimed[0], outcome, self.at + EXPIRY)
            assert conclude_all(tx, [written], 2, self.at) == ["done"]
            mine = select(replies.c.id).where(replies.c.turn_id == turn_id, replies.c.surface == surface.value)
            reply_id: str | None = tx.execute(mine).scalar_one_or_none()
        return reply_id

    def answered(
        self, text: str, reply: str, who: str = "Ana", surface: Surface = Surface.COMMENT, **where: Any
    ) -> str:
        """A follower writes and the avatar answers. Returns the turn."""
        turn_id = self.write(text, who, surface, **where)
        self.decide(turn_id, answer(reply))
        return turn_id

    def skipped(self, text: str, *reasons: str, who: str = "Ana", surface: Surface = Surface.COMMENT) -> str:
        turn_id = self.write(text, who, surface)
        self.decide(turn_id, Skip(replace(CARD, reasons=reasons, sources=(), supported=None, style=None)))
        return turn_id

    def escalated(self, text: str, *reasons: str, who: str = "Ana", surface: Surface = Surface.COMMENT) -> str:
        turn_id = self.write(text, who, surface)
        self.decide(turn_id, Escalate(replace(CARD, reasons=reasons, supported=False, style=None)))
        return turn_id

    def send(self, how: str = "sent", reason: str = "") -> None:
        """Take all due replies through the outbox: sent, uncertain (parked), refused or dead."""
        with self.db.transaction() as tx:
            for sending in sendings.claim_due(tx, 1000, "w", LEASE, self.at):
                if how == "sent":
                    outbox.mark_sent(tx, sending, Receipt(f"r{next(_number)}", self.at))
                elif how == "uncertain":
                    outbox.mark_uncertain(tx, sending, NEVER, reason)
                else:
                    outbox.mark_over(tx, sending, how, reason)

    def reply_of(self, turn_id: str) -> Any:
        with self.db.reading() as tx:
            return tx.execute(select(replies).where(replies.c.turn_id == turn_id)).one()


def answer(text: str) -> Answer:
    return Answer(Reply(text, Disclosure.TEXT), CARD)


def make_world(db: Database, name: str = "maya", display_name: str = "Maya Lindqvist") -> World:
    """A creator with an account on the sandbox; comments are answered by themselves."""
    now = datetime.now(UTC)
    with db.transaction() as tx:
        creator = creators.add_creator(tx, Persona(id="", name=name, display_name=display_name), now)
        handle = f"@{name}"
        account_id = creators.connect_account(tx, creator.id, "sandbox", f"acc-{name}", handle, {}, b"", now)
        creators.set_mode(tx, account_id, Surface.COMMENT, Mode.AUTO)
    return World(db, creator, account_id)


def wipe(db: Database) -> None:
    """An empty ledger with its users."""
    with db.transaction() as tx:
        for table in reversed(metadata.sorted_tables):
            if table is not users:
                tx.execute(table.delete())
