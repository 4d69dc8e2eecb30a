"""A creator with an account on `paper`, a platform whose payloads are the events themselves, and a clock to turn."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from json import dumps
from typing import Any, Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Row, Table, select

from engage import intake
from engage.errors import Malformed
from engage.facts import Fact
from engage.intake import Delivered, IntakePolicy
from engage.ledger import creators, inbox, outbox, sendings, turns
from engage.ledger.conclusions import Conclusion, Ended, conclude_all
from engage.ledger.database import Database
from engage.ledger.inbox import Incoming
from engage.ledger.sendings import Sending
from engage.ledger.turns import Claimed
from engage.models import (
    Answer,
    Author,
    Card,
    Disclosure,
    Event,
    EventKind,
    Message,
    Mode,
    Outcome,
    Persona,
    Receipt,
    Reply,
    Surface,
)
from engage.platform import Parser

P = ParamSpec("P")
T = TypeVar("T")

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
LEASE = timedelta(minutes=2)
OWN_ID = "me"  # the creator's user id on the platform
POLICY = IntakePolicy(
    debounce=timedelta(seconds=2),
    turn_messages=10,
    turn_rewrites=2,
    human_pause=timedelta(hours=12),
    max_age={
        Surface.COMMENT: timedelta(hours=48),
        Surface.DM: timedelta(hours=24),
        Surface.LIVE: timedelta(seconds=30),
    },
)


def parse(payload: Any, account_user_id: str) -> list[Event]:
    """The `paper` parser: a payload is a list of events."""
    if not isinstance(payload, list):
        raise Malformed("a paper payload is a list")
    return [_event(item, account_user_id) for item in payload]


def _event(item: Mapping[str, Any], account_user_id: str) -> Event:
    if item["kind"] == "bug":
        raise KeyError("a field that the parser expected")
    message = item.get("message")
    return Event(
        EventKind(item["kind"]), message=_message(message, account_user_id) if message else None, reason=item["reason"]
    )


def _message(item: Mapping[str, Any], account_user_id: str) -> Message:
    return Message(
        id=item["id"],
        conversation_id=item["where"],
        surface=Surface(item["surface"]),
        author=Author(item["who"], item["name"], is_self=item["who"] == account_user_id, is_bot=item["bot"]),
        text=item["text"],
        sent_at=datetime.fromisoformat(item["at"]),
        reply_to_id=item["reply_to"],
    )


def parser_of(platform: str) -> Parser:
    assert platform == "paper"
    return parse


@dataclass
class House:
    """What a test does to a ledger, said shortly."""

    db: Database
    now: datetime = NOON
    policy: IntakePolicy = POLICY
    parser_of: Callable[[str], Parser] = parser_of
    creator: Persona = field(init=False)
    account: str = field(init=False)
    _count: "count[int]" = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        self.creator, self.account = self.add_creator("tilly", OWN_ID)

    @classmethod
    def join(cls, house: "House", db: Database) -> "House":
        """The same creator and clock seen by another process."""
        other = cls.__new__(cls)
        other.__dict__.update(house.__dict__, db=db)
        return other

    # set-up

    def add_creator(self, name: str, platform_user_id: str, mode: Mode = Mode.AUTO) -> tuple[Persona, str]:
        """A creator with one account whose surfaces are all in `mode`."""
        with self.db.transaction() as tx:
            persona = creators.add_creator(tx, Persona(id="", name=name, display_name=name.title()), self.now)
            identity = ("paper", platform_user_id, f"@{name}")
            account = creators.connect_account(tx, persona.id, *identity, {}, b"", self.now)
            for surface in Surface:
                creators.set_mode(tx, account, surface, mode)
        return persona, account

    def set_mode(self, mode: Mode, undo: timedelta = timedelta(0), surface: Surface = Surface.COMMENT) -> None:
        self.do(creators.set_mode, self.account, surface, mode, undo)

    # time and database

    def later(self, **span: float) -> datetime:
        self.now += timedelta(**span)
        return self.now

    def do(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """`work(tx, ...)` in a transaction of its own."""
        with self.db.transaction() as tx:
            return work(tx, *args, **kwargs)

    def tx(self) -> AbstractContextManager[Connection]:
        return self.db.transaction()

    def rows(self, table: Table, **equal: Any) -> Sequence[Row[Any]]:
        """Rows in the order of their primary key."""
        query = select(table).order_by(*table.primary_key.columns)
        with self.db.reading() as tx:
            return tx.execute(query.where(*(table.c[name] == value for name, value in equal.items()))).all()

    def row(self, table: Table, **equal: Any) -> Row[Any]:
        found = self.rows(table, **equal)
        assert len(found) == 1, found
        return found[0]

    # what the platform tells us

    def event(
        self,
        kind: str = "message",
        text: str = "How long do you bake it?",
        *,
        id: str = "",  # noqa: A002
        who: str = "ann",
        where: str = "thread-1",
        surface: Surface = Surface.COMMENT,
        at: datetime | None = None,
        bot: bool = False,
        name: str = "",
        reply_to: str | None = None,
        reason: str = "",
    ) -> dict[str, Any]:
        message = {
            "id": id or f"m{next(self._count)}",
            "where": where,
            "surface": surface.value,
            "who": who,
            "name": name or who.title(),
            "bot": bot,
            "text": text,
            "at": (at or self.now).isoformat(),
            "reply_to": reply_to,
        }
        return {"kind": kind, "message": message, "reason": reason}

    def keep(self, *events: Mapping[str, Any], body: bytes | None = None, account: str = "", key: str = "") -> None:
        """A delivery reaches the inbox."""
        raw = dumps(events).encode() if body is None else body
        incoming = Incoming(account or self.account, key or f"key-{next(self._count)}", "webhook", raw)
        self.do(inbox.store, [incoming], self.now)

    def take_in(self, limit: int = 100) -> Delivered:
        return self.do(intake.process, self.parser_of, self.policy, self.now, limit)

    def tell(self, kind: str = "message", text: str = "How long do you bake it?", **about: Any) -> str:
        """One event, delivered and processed. Returns the message's id."""
        account = about.pop("account", "")
        event = self.event(kind, text, **about)
        self.keep(event, account=account)
        done = self.take_in()
        assert done.failures == {}
        return str(event["message"]["id"])

    # what workers do

    def claim(
        self, surface: Surface = Surface.COMMENT, *, limit: int = 100, owner: str = "w1", lease: timedelta = LEASE
    ) -> list[Claimed]:
        return self.do(turns.claim, surface, limit, owner, lease, self.now)

    def claim_one(self, surface: Surface = Surface.COMMENT, *, owner: str = "w1") -> Claimed:
        """Wait out the debounce, then claim the only turn that is due."""
        self.later(seconds=2)
        claimed = self.claim(surface, owner=owner)
        assert len(claimed) == 1, claimed
        return claimed[0]

    def conclude(self, claimed: Claimed, outcome: Outcome | None = None) -> str:
        return self.conclude_all([claimed], outcome)[0]

    def conclude_all(
        self, batch: Sequence[Claimed], outcome: Outcome | None = None, told: Sequence[Fact] = ()
    ) -> list[Ended]:
        expires_at = self.now + timedelta(hours=24)
        written = [Conclusion(claimed, outcome or answer(), expires_at, told) for claimed in batch]
        return self.do(conclude_all, written, self.policy.turn_rewrites, self.now)

    def answered(self, text: str = "About an hour.", **about: Any) -> Row[Any]:
        """A message that was answered: the replies row of its turn."""
        self.tell(**about)
        claimed = self.claim_one(about.get("surface", Surface.COMMENT))
        assert self.conclude(claimed, answer(text)) == "done"
        return self.reply_of(claimed.id)

    def reply_of(self, turn_id: str) -> Row[Any]:
        from engage.ledger.tables import replies

        return self.row(replies, turn_id=turn_id)

    def claim_replies(self, *, limit: int = 100, owner: str = "w1", lease: timedelta = LEASE) -> list[Sending]:
        return self.do(sendings.claim_due, limit, owner, lease, self.now)

    def claim_reply(self, *, owner: str = "w1") -> Sending:
        sendings = self.claim_replies(owner=owner)
        assert len(sendings) == 1, sendings
        return sendings[0]

    def claim_uncertain(self, *, owner: str = "w1") -> list[Sending]:
        return self.do(sendings.claim_uncertain, 100, owner, LEASE, self.now)

    def post(self, sending: Sending, receipt_id: str = "r1") -> bool:
        """The platform took it."""
        return self.do(outbox.mark_sent, sending, Receipt(receipt_id, self.now))


def answer(text: str = "About an hour.") -> Answer:
    return Answer(Reply(text, Disclosure.TEXT), Card(reasons=("supported",), draft=text))
