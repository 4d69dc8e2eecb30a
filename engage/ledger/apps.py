"""Applications: what an operator registered with a platform, and the accounts together with theirs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select, update

from engage.ledger.among import among
from engage.ledger.creators import UnknownAccount
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import accounts, apps

# An account with what its connector needs of its application; both NULL where there is none.
LINKED = select(accounts, apps.c.config.label("app_config"), apps.c.secrets.label("app_secrets")).outerjoin(
    apps, apps.c.platform == accounts.c.platform
)


def store(tx: Connection, platform: str, config: Mapping[str, Any], secrets: bytes, now: datetime) -> None:
    """Register an application, or change it. Its accounts ask for their events anew: the address may be another."""
    values = {"config": dict(config), "secrets": secrets, "changed_at": now}
    tx.execute(insert_ignoring(tx, apps).values(platform=platform, **values))
    tx.execute(update(apps).where(apps.c.platform == platform).values(**values))
    tx.execute(update(accounts).where(accounts.c.platform == platform).values(subscribe_at=now, unsubscribed=""))


def find(tx: Connection, platform: str) -> Row[Any] | None:
    """The apps row."""
    return tx.execute(select(apps).where(apps.c.platform == platform)).first()


def registered(tx: Connection) -> dict[str, Row[Any]]:
    """Platform → its apps row."""
    return {row.platform: row for row in tx.execute(select(apps))}


def linked(tx: Connection, account_id: str) -> Row[Any]:
    """An account with its application (`LINKED`). Raises UnknownAccount."""
    row = tx.execute(LINKED.where(accounts.c.id == account_id)).first()
    if row is None:
        raise UnknownAccount(f"there is no account {account_id!r}")
    return row


def all_linked(tx: Connection, account_ids: Collection[str]) -> dict[str, Row[Any]]:
    """As `linked`, by id; unknown ids are left out."""
    return {row.id: row for row in tx.execute(LINKED.where(among(accounts.c.id, account_ids)))}


def addressed(tx: Connection, platform: str, user_ids: Collection[str]) -> dict[str, str]:
    """The platform's id of an account → ours, of those that are connected here."""
    mine = (accounts.c.platform == platform, accounts.c.platform_user_id.in_(list(user_ids)))
    rows = tx.execute(select(accounts.c.platform_user_id, accounts.c.id).where(*mine))
    return {row.platform_user_id: row.id for row in rows}
