"""Where the time of a reply goes, as the ledger's own times tell."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from engage.ledger.tables import decisions, deliveries, messages, replies, turns

AT_ONCE = 500


def stages(tx: Connection, message_ids: Sequence[str]) -> dict[str, float]:
    """Medians in ms for messages by the platform's ids: from the delivery's commit to the send's beginning.

    taken_in: delivery → turn. waited: turn → its answer begins. answered: triage, recall, model, guard. sent: the
    reply in the outbox → the request to the platform begins.
    """
    rows = [
        row for start in range(0, len(message_ids), AT_ONCE) for row in _rows(tx, message_ids[start : start + AT_ONCE])
    ]
    answered = [row.card["ms"] for row in rows]
    decided = [_ms(row.decided_at - row.opened_at) for row in rows]
    return {
        "taken_in": _median([_ms(row.opened_at - row.received_at) for row in rows]),
        "waited": _median([all_ - own for all_, own in zip(decided, answered, strict=True)]),
        "answered": _median(answered),
        "sent": _median([_ms(row.first_sent_at - row.decided_at) for row in rows]),
    }


def _rows(tx: Connection, ids: Sequence[str]) -> list[Any]:
    query = (
        select(
            deliveries.c.received_at,
            turns.c.opened_at,
            decisions.c.created_at.label("decided_at"),
            decisions.c.card,
            replies.c.first_sent_at,
        )
        .select_from(messages)
        .join(deliveries, deliveries.c.id == messages.c.delivery_id)
        .join(turns, turns.c.id == messages.c.turn_id)
        .join(decisions, decisions.c.turn_id == turns.c.id)
        .join(replies, replies.c.turn_id == turns.c.id)
        .where(messages.c.platform_id.in_(ids), replies.c.first_sent_at.is_not(None))
    )
    return list(tx.execute(query))


def _ms(span: Any) -> float:
    return float(span.total_seconds() * 1000)


def _median(values: list[float]) -> float:
    return round(sorted(values)[len(values) // 2], 1) if values else 0.0
