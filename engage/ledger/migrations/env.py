"""Alembic's entry: migrates over the connection that `engage.ledger.schema` hands in."""

from typing import Any, Literal

from alembic import context

from engage.ledger.tables import metadata
from engage.ledger.types import UtcDateTime


def _render(kind: str, item: Any, _context: Any) -> str | Literal[False]:
    # A migration is history: it must not change when our column type does.
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcDateTime) else False


context.configure(connection=context.config.attributes["connection"], target_metadata=metadata, render_item=_render)
context.run_migrations()
