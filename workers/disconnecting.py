"""Disconnecting an account: nothing of it is heard or sent any more, and its access is given back and forgotten.

What was said stays in the ledger, and connecting the account again goes on from there.
"""

import structlog
from sqlalchemy import Connection

from engage.errors import EngageError, Unauthorized
from engage.ledger import apps, audit, creators, outbox
from engage.ledger.database import Database
from engage.platform import Revocable
from engage.secrets import Vault
from workers.runtime import connect, utc_now

log = structlog.get_logger()


async def disconnect(db: Database, vault: Vault, who: str, account_id: str) -> str:
    """Returns why its access still stands at the platform, where its owner has to take it away; '' where it does not.

    May be done again: whatever was left undone is done then. Raises UnknownAccount.
    """
    await db.run(_stop, who, account_id)
    left = await _give_back(db, vault, account_id)
    await db.run(creators.forget_access, account_id, vault.lock({}))
    return left


def _stop(tx: Connection, who: str, account_id: str) -> None:
    account = creators.get_account(tx, account_id)
    if account.state == "disconnected":
        return
    creators.disconnect_account(tx, account_id, f"disconnected by {who}")
    outbox.recall_unposted(tx, "disconnected", account_id=account_id)
    audit.record(tx, who, "disconnect", account.creator_id, account_id, {"platform": account.platform}, utc_now())


async def _give_back(db: Database, vault: Vault, account_id: str) -> str:
    account = await db.read(apps.linked, account_id)
    try:
        if not vault.open(account.credentials):
            return ""
        connector = connect(vault, account)
    except EngageError as error:  # its key, its application or its connector is gone
        return str(error)
    try:
        if not isinstance(connector, Revocable):
            return f"{account.platform} offers no way to give access back from here"
        await connector.revoke()
    except Unauthorized:
        return ""  # it is gone already
    except EngageError as error:
        log.warning("not_revoked", account=account_id, platform=account.platform, error=str(error))
        return str(error)
    finally:
        await connector.close()
    return ""
