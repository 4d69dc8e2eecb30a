"""Forgetting a visitor of a page: what they said, what they were told, and what nobody has read yet."""

from contextlib import suppress
from datetime import datetime

from sqlalchemy import Connection, case, select, update

from engage.ledger import audit, erasure
from engage.ledger.tables import accounts, deliveries

PLATFORM = "webchat"


def forget(tx: Connection, account_id: str, visitor: str, now: datetime) -> None:
    """Erase a visitor; the second time there is nothing to do. The keys of what they sent begin with their name."""
    # As intake does for an account's deliveries: either they are taken in before this, or never.
    tx.execute(select(accounts.c.id).where(accounts.c.id == account_id).with_for_update(key_share=True))
    theirs = (deliveries.c.account_id == account_id, deliveries.c.dedupe_key.startswith(f"{visitor}:", autoescape=True))
    waits = deliveries.c.state == "received"
    state = case((waits, "ignored"), else_=deliveries.c.state)
    tx.execute(update(deliveries).where(*theirs).values(body=b"", reason="erased", state=state, processed_at=now))
    with suppress(erasure.UnknownFollower):  # nothing of theirs was taken in
        erased = erasure.forget_follower(tx, PLATFORM, visitor)
        audit.record(tx, "visitor", "forget", None, PLATFORM, erased, now)
