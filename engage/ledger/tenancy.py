"""Whose the rows of each table are. Export, erasure and the rules of PostgreSQL go by this, so that a new table is in
all of them from its first day; a table that says neither creator nor account fails a test.
"""

from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import ColumnElement, Table, select

from engage.ledger.tables import accounts, creators, metadata, quotas

Owner = Literal["itself", "creator", "account"]

# Tables of the operator's, with what they hold instead of a creator's data.
OF_NOBODY = {
    "apps": "what the operator registered with a platform, for all accounts",
    "switches": "the operator's pause of everything",
    "quotas": "numbers, by account or by the name that accounts share; an account's go with it",
    "engines": "which worker processes are alive",
    "duties": "which worker does what for all",
    "erasures": "who asked a platform to be erased, by the platform's id until it is done",
    "tallies": "numbers over all creators",
    "encoders": "address and key of an encoder, for all creators",
    "users": "who may sign in to the studio",
}
SECRET = {("accounts", "credentials"), ("consents", "keep"), ("consents", "state_hash")}


def owner_of(table: Table) -> Owner | None:
    """By which column a table's rows belong to a creator; None where they belong to nobody."""
    if table.name == creators.name:
        return "itself"
    if "creator_id" in table.c:
        return "creator"
    return "account" if "account_id" in table.c else None


def owned() -> list[Table]:
    """The tables of creators' data, each after those that its rows refer to."""
    return [table for table in metadata.sorted_tables if owner_of(table)]


def of_creator(table: Table, creator_id: str) -> ColumnElement[bool]:
    """Which rows of an owned table are the creator's."""
    match owner_of(table):
        case "itself":
            return table.c.id == creator_id
        case "creator":
            return table.c.creator_id == creator_id
        case "account":
            return table.c.account_id.in_(select(accounts.c.id).where(accounts.c.creator_id == creator_id))
        case None:
            raise ValueError(f"{table.name} belongs to no creator")


def counted_for(creator_id: str) -> ColumnElement[bool]:
    """Which rows of `quotas` count what the creator's accounts did alone."""
    return quotas.c.holder.in_(select(accounts.c.id).where(accounts.c.creator_id == creator_id))


def readable(table: Table) -> Sequence[ColumnElement[Any]]:
    """Its columns without the secret ones."""
    return [column for column in table.c if (table.name, column.name) not in SECRET]
