"""The composition root: builds the parts of a process from its settings, each once."""

import asyncio
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import structlog
from sqlalchemy import Row

import connectors
from engage.errors import ConfigError, Unavailable
from engage.intake import IntakePolicy
from engage.ledger import apps, schema
from engage.ledger.creators import UnknownAccount
from engage.ledger.database import Database
from engage.models import Capabilities, Surface
from engage.platform import AccountLink, App, Connector, Parser, PollSource, StreamSource
from engage.raids import Thresholds
from engage.remembered import forget_all
from engage.secrets import Vault
from engage.settings import Settings, load
from workers import addresses, services
from workers.connections import Connections, Kept
from workers.encoders import Encoders
from workers.tally import Tally
from workers.wake import Waker

if TYPE_CHECKING:
    from engage.avatar import Avatar
    from engage.memory.search import Memory

log = structlog.get_logger()

CONNECTOR_AGE = timedelta(seconds=10)  # new credentials of an account verify its webhooks after this long
LIVE_ANSWER_USEFUL = timedelta(minutes=2)  # a live answer that comes later speaks to nobody


def utc_now() -> datetime:
    return datetime.now(UTC)


def connect(vault: Vault, account: Row[Any]) -> Connector:
    """The connector of an account with its application, as `engage.ledger.apps` reads it. Raises ConfigError."""
    app = app_of(vault, account.platform, account.app_config, account.app_secrets)
    link = AccountLink(
        id=account.id,
        platform_user_id=account.platform_user_id,
        handle=account.handle,
        config=account.config,
        credentials=vault.open(account.credentials),
        app=app,
    )
    return connectors.connector_class(account.platform)(link)


def app_of(vault: Vault, platform: str, config: Mapping[str, Any] | None, secrets: bytes | None) -> App:
    """A platform's application as it stands in the ledger; an empty one where there is none."""
    return App(platform, config or {}, vault.open(secrets) if secrets else {})


def thresholds_of(settings: Settings) -> Thresholds:
    """From when on many strangers are a raid."""
    window, quiet = (timedelta(seconds=span) for span in (settings.raid_window, settings.raid_quiet))
    return Thresholds(people=settings.raid_people, window=window, quiet=quiet)


class Runtime:
    """What the processes share: settings, ledger, connectors, avatar."""

    def __init__(self, settings: Settings, db: Database, vault: Vault, waker: Waker) -> None:
        self.settings = settings
        self.db = db
        self.vault = vault
        self.waker = waker
        self.tally = Tally()
        self._connections = Connections(self.connect)
        self._encoders = Encoders(settings, db)
        self._memory: Memory | None = None
        self._avatar: Avatar | None = None
        self._avatar_lock = asyncio.Lock()

    @classmethod
    def start(cls, settings: Settings | None = None) -> "Runtime":
        """From the settings of this process; the ledger is brought to the newest schema."""
        settings = settings or load()
        db = Database(settings.ledger_url)
        schema.upgrade(db)
        from workers.app import app

        return cls(settings, db, Vault.at(settings.directory), Waker(app))

    async def aclose(self) -> None:
        """Close connections, wake-ups and the ledger."""
        await self._connections.aclose()
        await asyncio.to_thread(self.waker.close)
        self.db.close()

    # accounts -------------------------------------------------------------------------------------------------------

    async def connector(self, account_id: str, *, aged: bool = False) -> Connector:
        """The connector of an account, for one call. Raises UnknownAccount or ConfigError.

        With the newest credentials: a call with those of before a reconnection would be refused, and the refusal would
        take the access away again. `aged`: they may be CONNECTOR_AGE old, for callers who come often.
        """
        return self._connections.connector(await self._kept(account_id, aged=aged))

    @asynccontextmanager
    async def using(self, account_id: str, *, aged: bool = False) -> AsyncIterator[Connector]:
        """`connector` for longer: it is not closed before the block ends."""
        connector = await self.connector(account_id, aged=aged)
        async with self.keeping_open(account_id):
            yield connector

    def keeping_open(self, account_id: str) -> AbstractAsyncContextManager[None]:
        """For a block that gets its connector elsewhere, from what `refresh` has just read."""
        return self._connections.open(account_id)

    async def _kept(self, account_id: str, *, aged: bool) -> Kept:
        known = self._connections.find(account_id)
        if known and aged and utc_now() - known.read_at < CONNECTOR_AGE:
            return known
        account = await self.db.read(apps.linked, account_id)
        if account.state == "disconnected":
            raise UnknownAccount(f"account {account_id!r} is not connected here any more")
        return await self._connections.see(account, utc_now())

    async def refresh(self, account_ids: Collection[str]) -> None:
        """Read many accounts at once, so that their `aged` connectors have the newest credentials."""
        if not account_ids:
            return
        try:
            found = await self.db.read(apps.all_linked, account_ids)
        except Unavailable:
            return  # whoever needs one asks for it alone, and hears why
        for account in found.values():
            await self._connections.see(account, utc_now())

    def connect(self, account: Row[Any]) -> Connector:
        """The connector of an account as `engage.ledger.apps` reads it."""
        return connect(self.vault, account)

    def hook_of(self, platform: str, account_id: str) -> str:
        """Where a platform's events for an account arrive; '' where nothing is reachable from outside."""
        return addresses.hook_of(self.settings, platform, account_id)

    def offer_of(self, platform: str) -> list[str]:
        """What `sources` goes by: poll and stream where its connector has them, and whether we can be called."""
        return [*self._offers(platform), *(["public"] if self.settings.public_url else [])]

    def _offers(self, platform: str) -> list[str]:
        kind = self._kind_of(platform)
        offered = {"poll": PollSource, "stream": StreamSource}
        return [name for name, protocol in offered.items() if kind is not None and issubclass(kind, protocol)]

    def sources(self, account: Row[Any]) -> list[str]:
        """Which of them the listener follows for an account.

        Those that `ingest` in its config names; else those that its platform needs beside webhooks, or without them.
        """
        kind = self._kind_of(account.platform)
        if kind is None:
            return []
        usual = kind.beside_webhooks if self.settings.public_url else kind.without_webhooks
        asked = account.config.get("ingest")
        wanted = usual if asked is None else str(asked).split()
        return [name for name in self._offers(account.platform) if name in wanted]

    def _kind_of(self, platform: str) -> type[Connector] | None:
        try:
            return connectors.connector_class(platform)
        except ConfigError as error:
            log.warning("no_connector", platform=platform, error=str(error))
            return None

    def parser_of(self, platform: str) -> Parser:
        return connectors.parser(platform)

    # the avatar -----------------------------------------------------------------------------------------------------

    async def avatar(self) -> "Avatar":
        """Built at first use: its encoder and model are heavy, and web processes never need them."""
        from workers import build

        async with self._avatar_lock:
            if self._avatar is None:
                self._memory = await asyncio.to_thread(build.worker_memory, self.settings, self.db)
                self._avatar = await asyncio.to_thread(build.avatar, self.settings, self.db, self._memory)
            return self._avatar

    def hear(self, changes: Mapping[str, int]) -> None:
        """How often the creators' words have changed, as a batch of turns was just read with: spares memory a look."""
        if self._memory is not None:
            for creator_id, count in changes.items():
                self._memory.hear(creator_id, count)

    def drop_stale(self) -> None:
        """Keep nothing in memory that was erased."""
        forget_all()
        if self._memory is not None:
            self._memory.drop_stale()

    async def index_new_passages(self) -> None:
        """Give imported passages their vectors, a batch at a time."""
        from workers import build

        url = await asyncio.to_thread(services.chroma_url, self.settings)
        if url:
            await asyncio.to_thread(build.index_waiting, self.db, url, self._encoders)

    # what the settings mean -----------------------------------------------------------------------------------------

    @property
    def intake_policy(self) -> IntakePolicy:
        return IntakePolicy(
            debounce=timedelta(seconds=self.settings.debounce),
            turn_messages=self.settings.turn_messages,
            turn_rewrites=self.settings.turn_rewrites,
            human_pause=timedelta(seconds=self.settings.human_pause),
            max_age={surface: self.settings.max_age(surface) for surface in Surface},
        )

    @property
    def raid_thresholds(self) -> Thresholds:
        return thresholds_of(self.settings)

    @property
    def turn_expiry(self) -> dict[Surface, timedelta]:
        """How old a turn may become unanswered: as old as a message may be, and a moment more for live."""
        ages = {surface: self.settings.max_age(surface) for surface in Surface}
        return {**ages, Surface.LIVE: max(ages[Surface.LIVE], LIVE_ANSWER_USEFUL)}

    def reply_expiry(self, surface: Surface, able: Capabilities, now: datetime) -> timedelta:
        """How long a reply may wait to be posted: the setting, the platform's window, and for live the moment."""
        expiry = timedelta(seconds=self.settings.reply_expiry)
        if able.window_ends_at is not None:
            expiry = min(expiry, able.window_ends_at - now)
        return min(expiry, LIVE_ANSWER_USEFUL) if surface is Surface.LIVE else expiry
