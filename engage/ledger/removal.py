"""Accounts whose owner wants them erased: access, name, and what came in and went out through them.

The row of an account stays, without anything that names its owner: passages and decisions of the creator's other
accounts may hang on it, and connecting the account again makes a new one.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, delete, func, literal, or_, select, update

from engage.ledger import creators, erasure, inbox, outbox
from engage.ledger.tables import accounts, conversations, cursors, deliveries, messages

PORTION = 50  # followers, whose rows one transaction takes away


def remove_accounts(tx: Connection, platform: str, person_id: str, nothing: bytes, now: datetime) -> tuple[int, bool]:
    """Erase a portion of the accounts of a person. Returns how many rows went, and whether some are left."""
    for account in _accounts_of(tx, platform, person_id):
        count, rest = _remove(tx, account, nothing, now)
        return count, rest or len(_accounts_of(tx, platform, person_id)) > 0
    return 0, False


def _accounts_of(tx: Connection, platform: str, person_id: str) -> Sequence[Row[Any]]:
    """Connected here or not: whoever takes the application away was disconnected before."""
    theirs = or_(accounts.c.platform_user_id == person_id, accounts.c.config["granted_by"].as_string() == person_id)
    return tx.execute(select(accounts).where(accounts.c.platform == platform, theirs).order_by(accounts.c.id)).all()


def _remove(tx: Connection, account: Row[Any], nothing: bytes, now: datetime) -> tuple[int, bool]:
    creators.disconnect_account(tx, account.id, "its owner asked for it to be erased")
    outbox.recall_unposted(tx, "disconnected", account_id=account.id)
    creators.forget_access(tx, account.id, nothing)
    some = erasure.on_account(tx, account.id, PORTION)
    gone = sum(erasure.forget(tx, some, (), [one.platform_user_id for one in some]).values()) if some else 0
    if len(some) == PORTION:
        return gone, True
    return gone + _remove_rest(tx, account, now), False


def _remove_rest(tx: Connection, account: Row[Any], now: datetime) -> int:
    """What its owner said, and how they were called."""
    own = tx.execute(delete(messages).where(messages.c.account_id == account.id, messages.c.follower_id.is_(None)))
    tx.execute(delete(cursors).where(cursors.c.account_id == account.id))
    mine = (deliveries.c.account_id == account.id, func.length(deliveries.c.body) > 0)
    raw = tx.execute(update(deliveries).where(*mine).values(body=b""))
    waiting = (deliveries.c.account_id == account.id, deliveries.c.state == "received")
    unread = tx.execute(select(deliveries.c.id).where(*waiting)).scalars().all()
    inbox.settle_deliveries(tx, dict.fromkeys(unread, ""), "ignored", now)
    keyless = {"dedupe_key": literal("erased ") + deliveries.c.id, "reason": "erased"}  # a key may name people
    tx.execute(update(deliveries).where(deliveries.c.account_id == account.id).values(**keyless))
    posts = {"post_id": None, "post_text": None, "platform_id": literal("erased ") + conversations.c.id}
    tx.execute(update(conversations).where(conversations.c.account_id == account.id).values(**posts))
    nobody = {"platform_user_id": f"erased {account.id}", "handle": "", "config": {}, "reason": "erased"}
    tx.execute(update(accounts).where(accounts.c.id == account.id).values(**nobody))
    return own.rowcount + raw.rowcount + 1
