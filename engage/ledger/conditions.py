"""The few rows that something waits for, of tables that keep everything: conditions with an index of just these rows.

A statement finds such an index only by its condition's own words, so that states are written out here, never bound.
"""

from collections.abc import Callable

from sqlalchemy import ColumnElement, FromClause, and_, literal_column

Condition = Callable[[FromClause], ColumnElement[bool]]


def in_state(table: FromClause, *states: str) -> ColumnElement[bool]:
    """Rows of `table` (or of an alias of it) in one of these states, in this order of words."""
    words: list[ColumnElement[str]] = [literal_column(f"'{state}'") for state in states]
    state: ColumnElement[str] = table.c.state
    return state == words[0] if len(words) == 1 else state.in_(words)


def received(deliveries: FromClause) -> ColumnElement[bool]:
    """Not processed yet."""
    return in_state(deliveries, "received")


def collecting(turns: FromClause) -> ColumnElement[bool]:
    """A worker may take it when it is due."""
    return in_state(turns, "collecting")


def answering(turns: FromClause) -> ColumnElement[bool]:
    """A worker has it."""
    return in_state(turns, "answering")


def unended(turns: FromClause) -> ColumnElement[bool]:
    """Its follower's next message may still join, and a later turn of the same order waits for it."""
    return in_state(turns, "collecting", "answering")


def due(replies: FromClause) -> ColumnElement[bool]:
    """To be sent."""
    return in_state(replies, "due")


def sending(replies: FromClause) -> ColumnElement[bool]:
    """A worker has it."""
    return in_state(replies, "sending")


def uncertain(replies: FromClause) -> ColumnElement[bool]:
    """May be posted: to be asked for, or parked for the creator."""
    return in_state(replies, "uncertain")


def underway(replies: FromClause) -> ColumnElement[bool]:
    """May hold back a later reply of the same order."""
    return in_state(replies, "due", "sending", "uncertain")


def unsent(replies: FromClause) -> ColumnElement[bool]:
    """Goes out, unless it expires or is taken back."""
    return in_state(replies, "held", "due")


def timed(replies: FromClause) -> ColumnElement[bool]:
    """Held, and goes out by itself."""
    return and_(in_state(replies, "held"), replies.c.release_at.is_not(None))
