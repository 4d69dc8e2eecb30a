"""Creators, their accounts, what the avatar may do on each surface, and the pause switches."""

from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, exists, func, or_, select, update

from engage.errors import EngageError
from engage.ledger.among import among
from engage.ledger.ids import new_id
from engage.ledger.many import insert_ignoring
from engage.ledger.states import move
from engage.ledger.tables import accounts, creators, modes, switches
from engage.ledger.types import UtcDateTime
from engage.models import Freedom, Mode, Persona, Surface

EVERYTHING = "everything"
GONE = ("unauthorized", "disconnected")  # states of an account that only connecting it again ends
USED_UP = 0.8  # of their time, when credentials are renewed: an hour's have twelve minutes for outages


class UnknownCreator(EngageError):
    """There is no such creator; `engage creator list` shows them."""


class UnknownAccount(EngageError):
    """There is no such account."""


@dataclass(frozen=True, slots=True)
class SurfaceMode:
    """What the avatar does on one surface: its mode, and how long an answer may still be taken back."""

    mode: Mode = Mode.SHADOW
    undo: timedelta = timedelta(0)


def add_creator(tx: Connection, persona: Persona, now: datetime) -> Persona:
    """Store a creator under a new id. Raises EngageError where the name is taken."""
    if tx.execute(select(creators.c.id).where(creators.c.name == persona.name)).first():
        raise EngageError(f"there is already a creator named {persona.name!r}")
    creator_id = new_id()
    tx.execute(creators.insert().values(id=creator_id, name=persona.name, persona=_facts(persona), created_at=now))
    return Persona(**{**asdict(persona), "id": creator_id})


def update_persona(tx: Connection, persona: Persona) -> None:
    tx.execute(update(creators).where(creators.c.id == persona.id).values(persona=_facts(persona)))


def find_creator(tx: Connection, name: str) -> Persona:
    """By name. Raises UnknownCreator."""
    row = tx.execute(select(creators).where(creators.c.name == name)).first()
    if row is None:
        raise UnknownCreator(f"there is no creator named {name!r}; `engage creator list` shows them")
    return _persona(row)


def get_creator(tx: Connection, creator_id: str, *, lock: bool = False) -> Persona:
    """By id. lock: nobody else changes it before this transaction ends. Raises UnknownCreator."""
    query = select(creators).where(creators.c.id == creator_id)
    row = tx.execute(query.with_for_update() if lock else query).first()
    if row is None:
        raise UnknownCreator
    return _persona(row)


def personas_of(tx: Connection, creator_ids: Collection[str]) -> dict[str, Persona]:
    """By id; unknown ids are left out."""
    return {row.id: _persona(row) for row in tx.execute(select(creators).where(among(creators.c.id, creator_ids)))}


def list_creators(tx: Connection, limit: int | None = None) -> list[tuple[Persona, datetime | None]]:
    """(persona, paused_at), oldest first."""
    rows = tx.execute(select(creators).order_by(creators.c.id).limit(limit))
    return [(_persona(row), row.paused_at) for row in rows]


def used_platforms(tx: Connection, platforms: Iterable[str]) -> list[str]:
    """Those that an account is connected on: one lookup each, however many accounts there are."""
    one = select(accounts.c.id).limit(1)
    return [name for name in platforms if tx.execute(one.where(accounts.c.platform == name)).first()]


def connect_account(
    tx: Connection,
    creator_id: str,
    platform: str,
    platform_user_id: str,
    handle: str,
    config: dict[str, Any],
    credentials: bytes,
    now: datetime,
    *,
    expires_at: datetime | None = None,
) -> str:
    """Store an account, or give an existing one its new credentials; a paused one stays paused. Returns its id."""
    key = (accounts.c.platform == platform, accounts.c.platform_user_id == platform_user_id)
    known = tx.execute(select(accounts).where(*key)).first()
    values: dict[str, Any] = {
        "handle": handle,
        "config": config,
        "credentials": credentials,
        "expires_at": expires_at,
        "renew_at": renewal_of(expires_at, now),
        "state": "active",
        "reason": "",
        "offer": None,
        "subscribe_at": now,
        "unsubscribed": "",
    }
    if known is None:
        account_id = new_id()
        fixed = {"id": account_id, "creator_id": creator_id, "platform": platform, "created_at": now}
        tx.execute(accounts.insert().values(**fixed, platform_user_id=platform_user_id, **values))
        return account_id
    if known.creator_id != creator_id:
        raise EngageError(f"this {platform} account belongs to another creator here")
    if known.state == "paused":
        values |= {"state": "paused", "reason": known.reason}
    tx.execute(update(accounts).where(accounts.c.id == known.id).values(**values, renewed_at=now))
    return str(known.id)


def renewal_of(expires_at: datetime | None, now: datetime) -> datetime | None:
    """When credentials that were given now and end then should be renewed. Pure."""
    return None if expires_at is None else now + (expires_at - now) * USED_UP


def configure_account(tx: Connection, account_id: str, config: dict[str, Any]) -> None:
    """Give an account another config; the listener looks anew which polls and streams it asks for."""
    tx.execute(update(accounts).where(accounts.c.id == account_id).values(config=config, offer=None))


def get_account(tx: Connection, account_id: str) -> Row[Any]:
    """The accounts row. Raises UnknownAccount."""
    row = tx.execute(select(accounts).where(accounts.c.id == account_id)).first()
    if row is None:
        raise UnknownAccount(f"there is no account {account_id!r}")
    return row


def accounts_of(tx: Connection, account_ids: Collection[str]) -> dict[str, Row[Any]]:
    """Accounts rows by id; unknown ids are left out."""
    return {row.id: row for row in tx.execute(select(accounts).where(among(accounts.c.id, account_ids)))}


def list_accounts(tx: Connection, creator_id: str | None = None) -> list[Row[Any]]:
    query = select(accounts).order_by(accounts.c.id)
    return list(tx.execute(query.where(accounts.c.creator_id == creator_id) if creator_id else query))


def set_mode(tx: Connection, account_id: str, surface: Surface, mode: Mode, undo: timedelta = timedelta(0)) -> None:
    tx.execute(delete(modes).where(modes.c.account_id == account_id, modes.c.surface == surface.value))
    values = {"mode": mode.value, "undo_seconds": undo.total_seconds()}
    tx.execute(modes.insert().values(account_id=account_id, surface=surface.value, **values))


def get_mode(tx: Connection, account_id: str, surface: Surface) -> SurfaceMode:
    """SHADOW until the creator chose: a new account decides in the open and posts nothing."""
    row = tx.execute(select(modes).where(modes.c.account_id == account_id, modes.c.surface == surface.value)).first()
    return SurfaceMode(Mode(row.mode), timedelta(seconds=row.undo_seconds)) if row else SurfaceMode()


def modes_of(tx: Connection, account_ids: Collection[str]) -> dict[tuple[str, str], SurfaceMode]:
    """(account id, surface) → what the creators chose; a pair that is missing means SurfaceMode()."""
    rows = tx.execute(select(modes).where(among(modes.c.account_id, account_ids)))
    return {(r.account_id, r.surface): SurfaceMode(Mode(r.mode), timedelta(seconds=r.undo_seconds)) for r in rows}


def pause_account(tx: Connection, account_id: str, reason: str) -> None:
    """Raises EngageError where it is disconnected."""
    if _connected(tx, account_id).state != "paused":
        move(tx, accounts, account_id, "paused", reason=reason, offer=None)


def resume_account(tx: Connection, account_id: str) -> None:
    """Raises EngageError where it is disconnected."""
    if _connected(tx, account_id).state != "active":
        soon = func.coalesce(accounts.c.renew_at, accounts.c.expires_at)  # nobody renewed it while it was refused
        move(tx, accounts, account_id, "active", reason="", blocked_until=None, offer=None, renew_at=soon)


def lose_access(tx: Connection, account_id: str, reason: str) -> None:
    """The platform refuses the account's credentials. Nothing is sent until it is connected again."""
    if get_account(tx, account_id).state not in GONE:
        move(tx, accounts, account_id, "unauthorized", reason=reason, offer=None, renew_at=None)


def disconnect_account(tx: Connection, account_id: str, reason: str) -> None:
    """The creator wants it away from here: nothing is heard or sent until it is connected again."""
    if get_account(tx, account_id).state != "disconnected":
        move(tx, accounts, account_id, "disconnected", reason=reason, offer=None, renew_at=None, subscribe_at=None)


def forget_access(tx: Connection, account_id: str, nothing: bytes) -> None:
    """Give a disconnected account no credentials (`nothing`, as the vault locks them)."""
    mine = (accounts.c.id == account_id, accounts.c.state == "disconnected")
    tx.execute(update(accounts).where(*mine).values(credentials=nothing, expires_at=None, renew_at=None))


def _connected(tx: Connection, account_id: str) -> Row[Any]:
    account = get_account(tx, account_id)
    if account.state == "disconnected":
        raise EngageError("this account was disconnected; connect it again")
    return account


def block_account(tx: Connection, account_id: str, until: datetime) -> None:
    """The platform asked the whole account to slow down."""
    later = or_(accounts.c.blocked_until.is_(None), accounts.c.blocked_until < until)
    tx.execute(update(accounts).where(accounts.c.id == account_id, later).values(blocked_until=until))


def pause_creator(tx: Connection, creator_id: str, now: datetime | None) -> None:
    """Pause from `now`; None resumes."""
    tx.execute(update(creators).where(creators.c.id == creator_id).values(paused_at=now))


def pause_everything(tx: Connection, now: datetime | None) -> None:
    """The operator's switch for all creators; None resumes."""
    if now is None:
        tx.execute(delete(switches).where(switches.c.name == EVERYTHING))
    else:  # pressed twice at once it is still one pause
        tx.execute(insert_ignoring(tx, switches).values(name=EVERYTHING, on_at=now))


def everything_paused_at(tx: Connection) -> datetime | None:
    return tx.execute(select(switches.c.on_at).where(switches.c.name == EVERYTHING)).scalar_one_or_none()


def running(*, sending: bool) -> list[ColumnElement[bool]]:
    """Over `accounts`: which may work at :now. Part of every claim, so that a pause stops the very next step."""
    conditions: list[ColumnElement[bool]] = [
        accounts.c.state == "active",
        exists().where(creators.c.id == accounts.c.creator_id, creators.c.paused_at.is_(None)),
        ~exists().where(switches.c.name == EVERYTHING),
    ]
    if sending:
        now = bindparam("now", type_=UtcDateTime)
        conditions.append(or_(accounts.c.blocked_until.is_(None), accounts.c.blocked_until <= now))
    return conditions


def count_creators(tx: Connection) -> int:
    return int(tx.execute(select(func.count()).select_from(creators)).scalar_one())


def _facts(persona: Persona) -> dict[str, Any]:
    return {key: value for key, value in asdict(persona).items() if key not in ("id", "name")}


def _persona(row: Row[Any]) -> Persona:
    facts: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in row.persona.items()
    }
    freedom = Freedom(facts.pop("freedom", Freedom.ADAPTIVE))
    return Persona(id=row.id, name=row.name, freedom=freedom, **facts)
