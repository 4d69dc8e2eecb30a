"""Connecting accounts: an operator's application, a creator's consent or entry, and the accounts that come of it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

import connectors
from engage.errors import ConfigError, EngageError, Refused
from engage.grants import Connect, Consent, Entry, Field, Grant
from engage.ledger import apps, audit, consents, creators
from engage.ledger.database import Database
from engage.platform import App
from engage.secrets import Vault
from workers.runtime import app_of, utc_now


def way_of(platform: str) -> Connect:
    """How accounts of a platform are granted. Raises ConfigError for a platform where that is not known."""
    way = connectors.connect_of(platform)
    if way is None:
        fix = f"Choose one of {', '.join(ways())}."
        raise ConfigError(f"{platform} cannot be connected here", key="platform", place="connect", fix=fix)
    return way


def ways() -> list[str]:
    """The platforms that can be connected."""
    return [name for name in connectors.platforms() if connectors.connect_of(name) is not None]


def filled(fields: Sequence[Field], entered: Mapping[str, str], place: str) -> dict[str, str]:
    """What was entered, with defaults. Raises ConfigError where something is missing."""
    found = {field.name: entered.get(field.name, "").strip() or field.default for field in fields}
    for field in fields:
        if not (found[field.name] or field.optional):
            fix = field.hint or "Enter it."
            raise ConfigError(f"{field.label} is missing", key=field.name, place=place, fix=fix)
    return {name: value for name, value in found.items() if value}


def before_consent(way: Connect) -> Sequence[Field]:
    """What a creator enters before the platform's page. A way that is an Entry too says it in `consent_fields`."""
    fields: Sequence[Field] = getattr(way, "consent_fields", way.account_fields)
    return fields


# the application ----------------------------------------------------------------------------------------------------


def set_app(tx: Connection, vault: Vault, who: str, platform: str, entered: Mapping[str, str], now: datetime) -> None:
    """Register an application with a platform, or change it: what is not entered stays. Raises ConfigError."""
    way = way_of(platform)
    known = app_in(tx, vault, platform)
    before = {**known.config, **known.secrets}
    given = {name: value for name, value in entered.items() if value.strip()}
    whole = filled(way.app_fields, {**before, **given}, f"application of {platform}")
    secret = {field.name for field in way.app_fields if field.secret}
    # (What only a file of settings knows, as an address for tests, stays too.)
    config = {**known.config, **{name: value for name, value in whole.items() if name not in secret}}
    sealed = vault.lock({name: value for name, value in whole.items() if name in secret})
    apps.store(tx, platform, config, sealed, now)
    audit.record(tx, who, "application", None, platform, {"changed": sorted(given)}, now)


def app_in(tx: Connection, vault: Vault, platform: str) -> App:
    """A platform's application; an empty one where there is none."""
    row = apps.find(tx, platform)
    return app_of(vault, platform, row.config, row.secrets) if row else App(platform)


# accounts -----------------------------------------------------------------------------------------------------------


async def begin(
    db: Database,
    vault: Vault,
    who: str,
    platform: str,
    creator_id: str,
    entered: Mapping[str, str],
    redirect_uri: str,
) -> str:
    """The address of the platform's page where the creator consents. Raises ConfigError, Refused or Retryable."""
    way = way_of(platform)
    if not isinstance(way, Consent):
        raise Refused(f"{platform} has no page for this: enter what it gave you")
    app = await db.read(app_in, vault, platform)
    state = consents.new_state()
    begun = await way.begin(app, filled(before_consent(way), entered, platform), redirect_uri, state)
    keep = vault.lock(begun.keep)
    await db.run(consents.store, state, platform, creator_id, who, redirect_uri, keep, utc_now())
    return begun.url


async def finish(db: Database, vault: Vault, who: str, platform: str, answer: Mapping[str, str]) -> list[str]:
    """The ids of the accounts that a creator who is back has granted. Raises Refused, ConfigError or Retryable."""
    way = way_of(platform)
    row = await db.run(consents.take, answer.get("state", ""), who, utc_now())
    if row is None or row.platform != platform or not isinstance(way, Consent):
        raise Refused("This consent is over, was used already, or was begun by somebody else. Begin again.")
    app = await db.read(app_in, vault, platform)
    rest = {name: value for name, value in answer.items() if name != "state"}
    grants = await way.finish(app, rest, row.redirect_uri, vault.open(row.keep))
    return await db.run(store, vault, who, platform, row.creator_id, grants, utc_now())


async def enter(
    db: Database, vault: Vault, who: str, platform: str, creator_id: str, entered: Mapping[str, str]
) -> list[str]:
    """The ids of the accounts that open with what a creator entered. Raises Refused, ConfigError or Retryable."""
    way = way_of(platform)
    if not isinstance(way, Entry):
        raise Refused(f"{platform} is connected on its own page")
    app = await db.read(app_in, vault, platform)
    grants = await way.grant(app, filled(way.account_fields, entered, platform))
    return await db.run(store, vault, who, platform, creator_id, grants, utc_now())


def store(
    tx: Connection, vault: Vault, who: str, platform: str, creator_id: str, grants: Sequence[Grant], now: datetime
) -> list[str]:
    """Make accounts of grants. They decide in the open and post nothing until the creator chooses a mode."""
    if not grants:
        raise EngageError(f"{platform} granted no account: choose one on its page")
    return [_store_one(tx, vault, who, platform, creator_id, grant, now) for grant in grants]


def _store_one(
    tx: Connection, vault: Vault, who: str, platform: str, creator_id: str, grant: Grant, now: datetime
) -> str:
    identity = (creator_id, platform, grant.platform_user_id, grant.handle)
    sealed = vault.lock(grant.credentials)
    account_id = creators.connect_account(tx, *identity, dict(grant.config), sealed, now, expires_at=grant.expires_at)
    audit.record(tx, who, "connect", creator_id, account_id, {"platform": platform}, now)
    return account_id
