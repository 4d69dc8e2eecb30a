"""Who works here: creators, accounts and modes, the pause switches, and counts. Read only."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, select

from engage.ledger import overrides
from engage.ledger.creators import SurfaceMode, everything_paused_at
from engage.ledger.raids import Standing, standing
from engage.ledger.tables import accounts, creators, modes, replies, turns
from engage.ledger.views import OUTCOMES, badge_of, shown_name, waiting_ids
from engage.models import Mode, Surface


@dataclass(frozen=True, slots=True)
class AccountLine:
    id: str
    platform: str
    handle: str
    state: str
    reason: str
    unheard: str  # why its platform brings no events; "" where it does, or where nothing says that it does not
    blocked_until: datetime | None
    modes: Mapping[Surface, SurfaceMode]


@dataclass(frozen=True, slots=True)
class CreatorLine:
    id: str
    name: str
    display_name: str
    paused_at: datetime | None
    accounts: tuple[AccountLine, ...]
    loosened: tuple[tuple[str, str, str, datetime], ...] = ()  # of the disclosure: rule, who, why, since


@dataclass(frozen=True, slots=True)
class Pulse:
    """What every page shows: the pause switches and how much waits for a person."""

    everything_paused_at: datetime | None
    creators: tuple[tuple[str, str, datetime | None], ...]  # id, display name, paused_at
    waiting: int
    raids: tuple[Standing, ...] = ()


def pulse(tx: Connection, now: datetime) -> Pulse:
    rows = tx.execute(select(creators).order_by(creators.c.id)).all()
    who = tuple((row.id, shown_name(row), row.paused_at) for row in rows)
    waiting = tx.execute(select(func.count()).select_from(waiting_ids(None).subquery())).scalar_one()
    return Pulse(everything_paused_at(tx), who, int(waiting), tuple(standing(tx, now).values()))


def overview(tx: Connection) -> list[CreatorLine]:
    """All creators with their accounts and the modes they chose."""
    chosen: dict[str, dict[Surface, SurfaceMode]] = defaultdict(dict)
    for row in tx.execute(select(modes)):
        chosen[row.account_id][Surface(row.surface)] = SurfaceMode(Mode(row.mode), timedelta(seconds=row.undo_seconds))
    theirs: dict[str, list[AccountLine]] = defaultdict(list)
    for row in tx.execute(select(accounts).order_by(accounts.c.id)):
        facts = (row.id, row.platform, row.handle, row.state, row.reason, row.unsubscribed, row.blocked_until)
        theirs[row.creator_id].append(AccountLine(*facts, modes=chosen.get(row.id, {})))
    loosened: dict[str, list[tuple[str, str, str, datetime]]] = defaultdict(list)
    for row in overrides.every(tx):
        loosened[row.creator_id].append((row.rule, row.who, row.why, row.since))
    everybody = tx.execute(select(creators).order_by(creators.c.id))
    return [
        CreatorLine(row.id, row.name, shown_name(row), row.paused_at, tuple(theirs[row.id]), tuple(loosened[row.id]))
        for row in everybody
    ]


def counts(tx: Connection, since: datetime) -> dict[str, int]:
    """How many turns that began since then have each outcome."""
    first = f"{int(since.timestamp() * 1000):012x}"  # ids begin with their time
    query = (
        select(turns.c.state, replies.c.id.is_(None).label("unsent"), func.count().label("n"))
        .outerjoin(replies, (replies.c.turn_id == turns.c.id) & (replies.c.surface == turns.c.surface))
        .where(turns.c.id >= first)
        .group_by(turns.c.state, replies.c.id.is_(None))
    )
    found = dict.fromkeys(OUTCOMES, 0)
    for row in tx.execute(query):
        found[badge_of(row.state, unsent=row.unsent)] += row.n
    return found


def names(tx: Connection) -> dict[str, str]:
    """Display names by creator id."""
    return {row.id: shown_name(row) for row in tx.execute(select(creators).order_by(creators.c.id))}
