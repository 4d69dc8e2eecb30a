"""New messages of a round: what the ledger knows of their places and people, and the rows that they add."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, bindparam, func, select, update

from engage.intake.events import IntakePolicy, is_unheard_wish, kept_because, says_stop
from engage.ledger import facts, people
from engage.ledger.among import among
from engage.ledger.conversations import NAME_LENGTH, conversation_row, follower_row, message_row
from engage.ledger.creators import SurfaceMode, modes_of
from engage.ledger.many import insert_many
from engage.ledger.tables import conversations, followers, messages, turns
from engage.ledger.turns import turn_row
from engage.models import Message, Surface

Key = tuple[str, str]  # (account, the platform's id)
Values = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A follower's message in a delivery."""

    account: Row[Any]
    delivery_id: str
    message: Message

    @property
    def key(self) -> Key:
        return self.account.id, self.message.id

    @property
    def place(self) -> Key:
        return self.account.id, self.message.conversation_id

    @property
    def person(self) -> Key:
        return self.account.id, self.message.author.id


@dataclass(slots=True)
class Open:
    """A turn that still takes messages. `row`: where it is new in this round."""

    id: str
    may_join: bool
    count: int
    row: Values | None = None
    joined: int = 0
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds about a round's messages; grows as the round adds to it."""

    modes: dict[tuple[str, str], SurfaceMode]
    places: dict[Key, Values]
    people: dict[Key, Values]
    messages: set[Key]
    open: dict[tuple[str, str], Row[Any]]  # (conversation, follower) → its newest open turn
    counts: dict[str, int]  # turn → its living messages

    @classmethod
    def read(cls, tx: Connection, arrived: Sequence[Arrived]) -> "Known":
        accounts = {one.account.id for one in arrived}

        def known(table: Table, column: str, names: set[str]) -> Select[Any]:
            return select(table).where(among(table.c.account_id, accounts), among(table.c[column], names))

        places = known(conversations, "platform_id", {one.message.conversation_id for one in arrived})
        people = known(followers, "platform_user_id", {one.message.author.id for one in arrived})
        seen = known(messages, "platform_id", {one.message.id for one in arrived})
        ids = seen.with_only_columns(messages.c.account_id, messages.c.platform_id)
        place_of = {(row.account_id, row.platform_id): dict(row._mapping) for row in tx.execute(places)}
        person_of = {(row.account_id, row.platform_user_id): dict(row._mapping) for row in tx.execute(people)}
        open_turns = _open_turns(tx, place_of, person_of)
        return cls(
            modes=modes_of(tx, accounts),
            places=place_of,
            people=person_of,
            messages={(row.account_id, row.platform_id) for row in tx.execute(ids)},
            open=open_turns,
            counts=_counts(tx, [row.id for row in open_turns.values()]),
        )


def _open_turns(
    tx: Connection, places: dict[Key, Values], people: dict[Key, Values]
) -> dict[tuple[str, str], Row[Any]]:
    if not places or not people:
        return {}
    query = select(turns).where(
        among(turns.c.conversation_id, [place["id"] for place in places.values()]),
        among(turns.c.follower_id, [person["id"] for person in people.values()]),
        turns.c.state.in_(("collecting", "answering")),
    )
    rows = tx.execute(query.order_by(turns.c.id).with_for_update())
    return {(row.conversation_id, row.follower_id): row for row in rows}


def _counts(tx: Connection, turn_ids: Sequence[str]) -> dict[str, int]:
    if not turn_ids:
        return {}
    living = (among(messages.c.turn_id, turn_ids), messages.c.deleted_at.is_(None))
    query = select(messages.c.turn_id, func.count().label("living")).where(*living).group_by(messages.c.turn_id)
    return {row.turn_id: row.living for row in tx.execute(query)}


_NAMED = update(followers).where(followers.c.id == bindparam("that")).values(name=bindparam("called"))
_JOINED = (
    update(turns)
    .where(turns.c.id == bindparam("that"))
    .values(version=turns.c.version + bindparam("joined"), due_at=bindparam("due"))
)


class Round:
    """The rows of a round, gathered message by message in the order they came, then written table by table."""

    def __init__(self, known: Known, policy: IntakePolicy, now: datetime) -> None:
        self.lanes: set[Surface] = set()
        self._known = known
        self._policy = policy
        self._now = now
        self._open: dict[tuple[str, str], Open] = {}
        self._places: list[Values] = []
        self._people: list[Values] = []
        self._named: dict[str, str] = {}
        self._messages: list[Values] = []
        self._forgotten: list[str] = []
        self._stopped: dict[str, bool] = {}  # who wants no more messages → whether no turn will hear it

    def add(self, one: Arrived) -> None:
        """What `OneByOne.written` does."""
        place, person = self._place(one), self._person(one)
        if one.key in self._known.messages:
            return
        self._known.messages.add(one.key)
        mode = self._known.modes.get((one.account.id, one.message.surface.value), SurfaceMode()).mode
        kept = kept_because(one.message, mode, place["human_until"], self._policy, self._now)
        stop = says_stop(one.message)
        if stop:
            self._stopped[person["id"]] = bool(kept) or self._stopped.get(person["id"], False)
        turn_id = None if kept else self._turn(place, person, now=stop)
        row = message_row(place, person["id"], one.message, one.delivery_id, self._now, kept_because=kept)
        self._messages.append({**row, "turn_id": turn_id})
        if is_unheard_wish(one.message, kept):
            self._forgotten.append(person["id"])

    def _place(self, one: Arrived) -> Values:
        place = self._known.places.get(one.place)
        if place is None:
            place = self._known.places[one.place] = conversation_row(one.account, one.message, self._now)
            self._places.append(place)
        return place

    def _person(self, one: Arrived) -> Values:
        person = self._known.people.get(one.person)
        name = one.message.author.name[:NAME_LENGTH]
        if person is None:
            person = self._known.people[one.person] = follower_row(one.account, one.message.author, self._now)
            self._people.append(person)
        elif name and person["name"] != name:
            person["name"] = name
            self._named[person["id"]] = name
        return person

    def _turn(self, place: Values, person: Values, *, now: bool) -> str:
        """The turn that a message joins, or a new one."""
        self.lanes.add(Surface(place["surface"]))
        key = (place["id"], person["id"])
        turn = self._open.get(key) or self._known_turn(key)
        due_at = self._now if now else self._now + self._policy.debounce
        if turn is None or not turn.may_join or turn.count >= self._policy.turn_messages:
            row = turn_row(place, person["id"], due_at, self._now)
            turn = self._open[key] = Open(row["id"], may_join=True, count=1, row=row)
            return turn.id
        self._open[key] = turn
        turn.count, turn.joined = turn.count + 1, turn.joined + 1
        turn.due_at = self._now if turn.count >= self._policy.turn_messages else due_at
        return turn.id

    def _known_turn(self, key: tuple[str, str]) -> Open | None:
        row = self._known.open.get(key)
        if row is None:
            return None
        # A draft that was restarted often enough is finished; what comes now waits for the next turn.
        may_join = row.state == "collecting" or row.rewrites < self._policy.turn_rewrites
        return Open(row.id, may_join, self._known.counts.get(row.id, 0))

    def write(self, tx: Connection) -> None:
        """All of it, each table once."""
        insert_many(tx, conversations, self._places)
        insert_many(tx, followers, self._people)
        if self._named:
            tx.execute(_NAMED, [{"that": who, "called": name} for who, name in self._named.items()])
        self._write_turns(tx)
        insert_many(tx, messages, self._messages)
        if self._forgotten:
            facts.forget(tx, self._forgotten, self._now)
        for follower_id, unheard in sorted(self._stopped.items()):
            people.stop_writing(tx, follower_id, unheard=unheard, now=self._now)

    def _write_turns(self, tx: Connection) -> None:
        for turn in self._open.values():
            if turn.row is not None and turn.due_at is not None:
                turn.row |= {"version": 1 + turn.joined, "due_at": turn.due_at}
        new = [turn.row for turn in self._open.values() if turn.row is not None]
        old = [turn for turn in self._open.values() if turn.row is None and turn.joined]
        insert_many(tx, turns, new)
        if old:
            tx.execute(_JOINED, [{"that": turn.id, "joined": turn.joined, "due": turn.due_at} for turn in old])
