"""Applications: what an operator registered with a platform, and the accounts together with theirs."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, or_, select, update

from engage.ledger.among import among
from engage.ledger.creators import UnknownAccount
from engage.ledger.many import insert_ignoring
from engage.ledger.tables import accounts, apps, cursors, replies

# An account with what its connector needs of its application; both NULL where there is none.
LINKED = select(accounts, apps.c.config.label("app_config"), apps.c.secrets.label("app_secrets")).outerjoin(
    apps, apps.c.platform == accounts.c.platform
)


def store(tx: Connection, platform: str, config: Mapping[str, Any], secrets: bytes, now: datetime) -> None:
    """Register an application, or change it. Its accounts ask for their events anew: the address may be another.

    What was put off is looked for at once: a quota may have been raised, a secret mended.
    """
    values = {"config": dict(config), "secrets": secrets, "changed_at": now}
    tx.execute(insert_ignoring(tx, apps).values(platform=platform, **values))
    tx.execute(update(apps).where(apps.c.platform == platform).values(**values))
    ask_anew(tx, platform, now)
    mine = select(accounts.c.id).where(accounts.c.platform == platform)
    put_off = (cursors.c.account_id.in_(mine), cursors.c.lease_owner.is_(None), cursors.c.next_at > now)
    tx.execute(update(cursors).where(*put_off).values(next_at=now))
    waiting = (replies.c.account_id.in_(mine), replies.c.state == "due", replies.c.due_at > now)
    tx.execute(update(replies).where(*waiting).values(due_at=now))


def ask_anew(tx: Connection, platform: str, now: datetime) -> None:
    """A worker looks at once whether the accounts are to get their platform's events."""
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


def granted(tx: Connection, platform: str, person_id: str) -> list[str]:
    """Our ids of a person's accounts, by the platform's id of them. It reads all of a platform: for rare calls."""
    if not _may_be_known(person_id):
        return []
    theirs = or_(accounts.c.platform_user_id == person_id, accounts.c.config["granted_by"].as_string() == person_id)
    mine = (accounts.c.platform == platform, accounts.c.state != "disconnected", theirs)
    return list(tx.execute(select(accounts.c.id).where(*mine).order_by(accounts.c.id)).scalars())


def addressed(tx: Connection, platform: str, user_ids: Collection[str]) -> dict[str, str]:
    """The platform's id of an account → ours, of those that are connected here."""
    mine = (
        accounts.c.platform == platform,
        accounts.c.platform_user_id.in_([one for one in user_ids if _may_be_known(one)]),
        accounts.c.state != "disconnected",
    )
    rows = tx.execute(select(accounts.c.platform_user_id, accounts.c.id).where(*mine))
    return {row.platform_user_id: row.id for row in rows}


def _may_be_known(user_id: str) -> bool:
    """Whether a database can be asked for it: none keeps a NUL or half of a surrogate pair."""
    return "\x00" not in user_id and not any("\ud800" <= letter <= "\udfff" for letter in user_id)
