"""What `engage doctor` says of privacy: how long things are kept, and whether the database holds creators apart."""

from datetime import timedelta

from sqlalchemy import text

import connectors
from engage.ledger import schema
from engage.ledger.creators import used_platforms
from engage.ledger.database import IS_TENANT, Database
from engage.models import Surface
from engage.settings import Settings
from workers.retaining import keeping_of

DAY = 24 * 3600
_HELD = text(f"SELECT 1 FROM pg_roles WHERE {IS_TENANT}")  # noqa: S608

Found = tuple[str, str, str]  # state, what was found, how to mend it


def retention(settings: Settings) -> Found:
    """How long what followers wrote is kept, and where a platform allows less."""
    db = Database(settings.ledger_url)
    try:
        is_there = schema.current(db) is not None
        with db.reading() as tx:
            used = used_platforms(tx, connectors.platforms()) if is_there else []
    finally:
        db.close()
    kept = [f"{surface} {_span(settings.retention(surface))}" for surface in Surface]
    told = settings.follower_memory
    parts = [", ".join(kept), f"what followers told {_days(told)}" if told else "what followers told: not kept"]
    demanded = keeping_of(settings, used).platforms
    parts += [f"{name} at most {span.days} days" for name, span in demanded.items()]
    return "ok", "; ".join(parts), ""


def walls(settings: Settings) -> Found:
    """Whether PostgreSQL has the role that sees one creator's rows only, and whether this one may take it."""
    db = Database(settings.ledger_url)
    try:
        if db.is_sqlite:
            return "ok", "SQLite: queries name their creator; PostgreSQL would see to it too", ""
        with db.reading() as tx:
            is_held = bool(tx.execute(_HELD).scalar())
    finally:
        db.close()
    if not is_held:
        fix = "Make the role; docs/privacy.md says how"
        return (
            "warn",
            "PostgreSQL has no role for one creator's transactions: the queries alone hold them apart",
            fix,
        )
    return "ok", "PostgreSQL shows the transactions of one creator their rows only", ""


def _span(span: timedelta | None) -> str:
    return "for ever" if span is None else _days(span.total_seconds())


def _days(seconds: float) -> str:
    return f"{seconds / DAY:g} days" if seconds >= DAY else f"{seconds:g} s"
