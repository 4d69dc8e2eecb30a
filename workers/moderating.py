"""Taking a follower's messages out of sight on their platform, where it lets the account do so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

import connectors
from engage.errors import ConfigError, EngageError, Refused
from engage.ledger import apps, audit, by_hand, quotas
from engage.ledger.creators import get_mode
from engage.ledger.database import Database
from engage.ledger.quotas import budgets_of_look
from engage.ledger.tables import conversations, messages
from engage.limits import BY_HAND
from engage.models import Mode, Surface
from engage.platform import Connector, Moderation
from engage.secrets import Vault
from workers.runtime import connect, utc_now

QUIET = (Mode.OFF, Mode.SHADOW)  # nothing is written to the platform, not even by a person's click


class UnknownMessage(EngageError):
    """There is no such message."""


def can_hide(platform: str, surface: str) -> bool:
    """Whether a platform lets an account hide what stands there."""
    try:
        kind = connectors.connector_class(platform)
    except ConfigError:
        return False
    return surface in getattr(kind, "hides", ())


async def hide_turn(db: Database, vault: Vault, who: str, turn_id: str) -> int:
    """Hide what a follower wrote in a turn, and take it out of the inbox. Returns how many messages."""
    written = messages.c.turn_id == turn_id
    found = await db.read(_messages, written)
    await _hide(db, vault, who, found, hidden=True)
    await db.run(by_hand.dismiss, turn_id)
    return len(found)


async def hide(db: Database, vault: Vault, who: str, account_id: str, message_id: str, *, hidden: bool) -> None:
    """Hide one message by the platform's id, or show it again."""
    one = (messages.c.account_id == account_id) & (messages.c.platform_id == message_id)
    await _hide(db, vault, who, await db.read(_messages, one), hidden=hidden)


def _messages(tx: Connection, which: Any) -> list[Row[Any]]:
    joined = messages.join(conversations, conversations.c.id == messages.c.conversation_id)
    columns = (messages.c.platform_id, messages.c.account_id, messages.c.creator_id, conversations.c.surface)
    theirs = (messages.c.author != "creator", messages.c.deleted_at.is_(None))
    return list(tx.execute(select(*columns).select_from(joined).where(which, *theirs)))


async def _hide(db: Database, vault: Vault, who: str, found: Sequence[Row[Any]], *, hidden: bool) -> None:
    if not found:
        raise UnknownMessage
    account = await db.read(apps.linked, found[0].account_id)
    surface = Surface(found[0].surface)
    if (mode := (await db.read(get_mode, account.id, surface)).mode) in QUIET:
        raise Refused(f"Nothing is changed on the platform in mode “{mode.value}”. Choose another mode first.")
    connector = connect(vault, account)
    try:
        if not isinstance(connector, Moderation) or surface not in connector.hides:
            raise Refused(f"{account.platform} lets nobody hide this from here.")
        for message in found:
            await pay_by_hand(db, connector, account.id)
            await connector.hide(surface, message.platform_id, hidden=hidden)
            await db.run(_note, who, message, utc_now(), hidden=hidden)
    finally:
        await connector.close()


async def pay_by_hand(db: Database, connector: Connector, account_id: str) -> None:
    """Take what a person's act costs of the platform's quota. Raises RateLimited where the day's is used up."""
    budgets = budgets_of_look(connector.quotas, account_id, BY_HAND, utc_now())
    if budgets:
        await db.run(quotas.pay, budgets, utc_now())


def _note(tx: Connection, who: str, message: Row[Any], now: datetime, *, hidden: bool) -> None:
    action = "hide" if hidden else "show"
    audit.record(tx, who, action, message.creator_id, message.platform_id[:100], {"account": message.account_id}, now)
