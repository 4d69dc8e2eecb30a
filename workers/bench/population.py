"""A ledger as it is after years: very many accounts, few of them active, and far more ended rows than waiting ones."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import JSON, Engine, Integer, LargeBinary, bindparam, create_engine, text

from engage.ledger.database import Database
from engage.ledger.sendings import NEVER
from engage.ledger.types import UtcDateTime
from engage.models import Persona
from workers.runtime import utc_now

# The numbers 1 to :count, and a number as an id, in each database's own words.
SERIES = {
    "sqlite": "WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < :count)",
    "postgresql": "WITH s(n) AS (SELECT generate_series(1, :count))",
}
ID = {"sqlite": "printf('%032x', {0})", "postgresql": "lpad(to_hex({0}), 32, '0')"}
OWNER = "(n - 1) % :active + 1"
LOST = {"lease_owner": "'gone'", "lease_until": ":minute"}
LANES = "CASE ((n - 1) / :active) % 3 WHEN 0 THEN 'live' WHEN 1 THEN 'dm' ELSE 'comment' END"
UNLOGGED = {  # checks and syncs that a load from scratch does not need
    "sqlite": ("PRAGMA foreign_keys=OFF", "PRAGMA synchronous=OFF", "PRAGMA cache_size=-500000"),
    "postgresql": ("SET session_replication_role = replica", "SET synchronous_commit = off"),
}


@dataclass(frozen=True, slots=True)
class Population:
    """How many of what. Every second account asks for polls; an active one has something waiting in every lane."""

    accounts: int = 1_000_000
    active: int = 10_000
    ended: int = 1_000_000  # deliveries, turns and replies each


@dataclass(frozen=True, slots=True)
class Portion:
    """`count` rows of `table`: an SQL expression over `n` for each column. `{0}` of ids is filled in."""

    table: str
    count: int
    columns: Mapping[str, str]


def fill(db: Database, population: Population, credentials: bytes, sandbox: str) -> None:
    """Into an empty ledger. credentials: sealed, the same for all accounts."""
    engine = create_engine(db.url)
    dialect = db.url.get_backend_name()
    values = _values(population, credentials, sandbox)
    with engine.connect() as connection:
        for setting in UNLOGGED[dialect]:
            connection.exec_driver_sql(setting)
        connection.commit()
        for portion in _portions(population, ID[dialect].format):
            used = {name: value for name, value in values.items() if f":{name}" in _body(portion)}
            used["count"] = portion.count
            statement = text(f"{SERIES[dialect]} {_body(portion)}").bindparams(*map(_bound, used))
            connection.execute(statement, used)
        connection.commit()
    _settle(engine, dialect)
    engine.dispose()


def _settle(engine: Engine, dialect: str) -> None:
    """What the server would have done by itself long ago. SQLite does nothing by itself, and so gets nothing here."""
    if dialect == "postgresql":
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")


def _body(portion: Portion) -> str:
    names, expressions = ", ".join(portion.columns), ", ".join(portion.columns.values())
    return f"INSERT INTO {portion.table} ({names}) SELECT {expressions} FROM s"  # noqa: S608 - our own words


def _bound(name: str) -> Any:
    return bindparam(name, type_=UtcDateTime if name in TIMES else TYPES[name])


TYPES: dict[str, Any] = {
    "count": Integer,
    "active": Integer,
    "credentials": LargeBinary,
    "persona": JSON,
    "polled": JSON,
    "called": JSON,
}
TIMES = {
    "now": timedelta(0),
    "minute": -timedelta(minutes=1),
    "long_ago": -timedelta(days=30),
    "too_old": -timedelta(days=3),
    "soon": timedelta(hours=1),
    "tomorrow": timedelta(days=1),
    "never": None,
}


def _values(population: Population, credentials: bytes, sandbox: str) -> dict[str, Any]:
    now = utc_now()
    persona = {key: value for key, value in asdict(Persona("", "", "A creator")).items() if key not in ("id", "name")}
    polled = {"base_url": sandbox, "settle": "key", "ingest": "poll"}
    return {
        **{name: NEVER if span is None else now + span for name, span in TIMES.items()},
        "active": population.active,
        "credentials": credentials,
        "persona": persona,
        "polled": polled,
        "called": {**polled, "ingest": "webhook"},
    }


def _portions(population: Population, as_id: Any) -> list[Portion]:
    every, active, ended = population.accounts, population.active, population.ended
    own, whose = as_id("n"), as_id(OWNER)
    return [
        Portion("creators", every, {"id": own, "name": "'c' || n", "persona": ":persona", "created_at": ":long_ago"}),
        Portion("accounts", every, _account(own)),
        Portion("modes", 3 * active, _mode(whose)),
        Portion("cursors", (every - active) // 2, _idle(as_id("2 * n + :active"))),
        Portion("conversations", active, _conversation(own)),
        Portion("followers", active, _follower(own)),
        Portion("passages", ended // 4, _passage(own, whose)),
        *_flow(Rows(as_id), active, ended),
    ]


def _flow(rows: "Rows", active: int, ended: int) -> list[Portion]:
    """What went through, and what waits: the ids of each table go on where its last portion ended."""
    few, answered = active // 10, 9 * active
    return [
        rows.deliveries(0, ended, "processed"),
        rows.deliveries(ended, 2 * active, "received"),
        rows.turns(0, ended + answered, "answered", ":long_ago", ended_at=":long_ago"),
        # (A live turn would grow old while this fills.)
        rows.turns(ended + answered, 3 * active, "collecting", ":soon"),
        rows.turns(ended + answered + 3 * active, few, "answering", **LOST),
        rows.turns(ended + answered + 4 * active, 2 * few, "collecting", ":too_old"),
        rows.replies(0, ended, "sent", first_sent_at=":long_ago", sent_at=":long_ago", receipt_id="id"),
        rows.replies(ended, 3 * active, "due"),
        rows.replies(ended + 3 * active, 3 * active, "held"),
        rows.replies(ended + 6 * active, few, "sending", first_sent_at=":minute", **LOST),
        rows.replies(ended + 7 * active, 2 * few, "due", expires_at=":minute"),
        rows.replies(ended + 8 * active, few, "uncertain", first_sent_at=":minute"),
        rows.replies(ended + 8 * active + few, few, "uncertain", first_sent_at=":minute", due_at=":never"),
    ]


@dataclass(frozen=True, slots=True)
class Rows:
    """Portions of what the active accounts own in turn. first: the number before the first one's id."""

    as_id: Any  # a number → the id made of it, both as SQL

    @property
    def _turn(self) -> dict[str, str]:
        whose = self.as_id(OWNER)
        owned = dict.fromkeys(("creator_id", "account_id", "conversation_id", "follower_id"), whose)
        return {**owned, "surface": LANES, "version": "1", "rewrites": "0", "attempts": "0", "due_at": ":minute"}

    def turns(self, first: int, count: int, state: str, opened_at: str = ":minute", **more: str) -> Portion:
        own = self.as_id(f"n + {first}")
        columns = {"id": own, "order_key": own, **self._turn, **_state(state, opened_at), **more}
        return Portion("turns", count, columns)

    def replies(self, first: int, count: int, state: str, **more: str) -> Portion:
        """more: a value of "id" is the row's own."""
        own = self.as_id(f"n + {first}")
        more = {name: own if value == "id" else value for name, value in more.items()}
        columns = {"id": own, "turn_id": own, "order_key": own, **_reply(self._turn, own, state, more)}
        return Portion("replies", count, columns)

    def deliveries(self, first: int, count: int, state: str) -> Portion:
        own = self.as_id(f"n + {first}")
        columns = {"id": own, "account_id": self.as_id(OWNER), "dedupe_key": own, "state": f"'{state}'"}
        fixed = {"source": "'webhook'", "body": ":credentials", "reason": "''", "attempts": "0"}
        return Portion("deliveries", count, {**columns, **fixed, "received_at": ":minute"})


def _account(own: str) -> dict[str, str]:
    return {
        "id": own,
        "creator_id": own,
        "platform": "'sandbox'",
        "platform_user_id": "'u' || n",
        "handle": "'@c' || n",
        "config": "CASE n % 2 WHEN 0 THEN :polled ELSE :called END",
        "credentials": ":credentials",
        "state": "'active'",
        "reason": "''",
        "offer": "CASE WHEN n > :active THEN 'poll' END",  # the active ones were connected just now
        "created_at": ":long_ago",
    }


def _mode(whose: str) -> dict[str, str]:
    return {"account_id": whose, "surface": LANES, "mode": "'auto'", "undo_seconds": "0"}


def _idle(account: str) -> dict[str, str]:
    return {"account_id": account, "source": "'poll'", "cursor": "'1'", "next_at": ":tomorrow", "error": "''"}


def _conversation(own: str) -> dict[str, str]:
    mine = {"id": own, "creator_id": own, "account_id": own, "platform_id": own}
    return {**mine, "surface": "'comment'", "created_at": ":long_ago"}


def _follower(own: str) -> dict[str, str]:
    mine = {"id": own, "creator_id": own, "account_id": own, "platform_user_id": own}
    return {**mine, "name": "'f'", "first_seen_at": ":long_ago"}


def _passage(own: str, whose: str) -> dict[str, str]:
    mine = {"creator_id": whose, "id": own, "source_id": own, "kind": "'post'", "text": "'grease, and much of it'"}
    return {**mine, "language": "'en'", "digest": own, "indexed_at": ":long_ago"}


def _state(state: str, opened_at: str) -> dict[str, str]:
    return {"state": f"'{state}'", "opened_at": opened_at}


def _reply(turn: Mapping[str, str], own: str, state: str, more: Mapping[str, str]) -> dict[str, str]:
    of_turn = {name: turn[name] for name in ("creator_id", "account_id", "conversation_id", "follower_id", "surface")}
    words = {"in_reply_to": own, "text": "'As much as fits.'", "disclosure": "'native'", "idempotency_key": own}
    times = {"due_at": ":minute", "expires_at": ":tomorrow", "created_at": ":minute"}
    return {**of_turn, **words, "state": f"'{state}'", "reason": "''", "attempts": "0", **times, **more}
