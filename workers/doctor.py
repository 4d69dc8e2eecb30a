"""`engage doctor`: what works, what does not, and how to mend it."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import connectors
from engage.errors import EngageError, Unauthorized, Unavailable
from engage.ledger import apps, engines, overrides, schema
from engage.ledger.creators import list_accounts, list_creators
from engage.ledger.database import Database
from engage.models import Surface
from engage.platform import Connector, Examinable
from engage.secrets import Vault
from engage.settings import Settings
from workers import embeddings, examining, planted, services
from workers.queues import ALL


@dataclass(frozen=True, slots=True)
class Check:
    """One finding; `state` is ok, warn or fail."""

    name: str
    state: str
    found: str
    fix: str = ""

    def as_dict(self) -> dict[str, str]:
        return asdict(self)

    def as_row(self) -> list[str]:
        return [self.state, self.name, self.found, self.fix]


def examine(settings: Settings) -> list[Check]:
    """Every check, in the order in which they build on each other. None of them writes to a platform."""
    parts: list[tuple[str, Callable[[Settings], Check]]] = [
        ("home", _home),
        ("database", _database),
        ("tenants", lambda settings: Check("tenants", *examining.walls(settings))),
        ("retention", lambda settings: Check("retention", *examining.retention(settings))),
        ("redis", _redis),
        ("chroma", _chroma),
        ("model", _model),
        ("embeddings", lambda settings: Check("embeddings", *embeddings.examine(settings))),
        ("passages", lambda settings: Check("passages", *planted.examine(settings))),
        ("moderation", _moderation),
        ("clock", _clock),
        ("workers", _workers),
        ("webhooks", _webhooks),
    ]
    found = [_guarded(name, part, settings) for name, part in parts]
    return found + _telling(settings) + _accounts(settings)


def _guarded(name: str, part: Callable[[Settings], Check], settings: Settings) -> Check:
    try:
        return part(settings)
    except (EngageError, OSError) as error:
        return Check(name, "fail", str(error), "See the message")


def _home(settings: Settings) -> Check:
    probe = settings.directory / "run"
    probe.mkdir(exist_ok=True, mode=0o700)
    (probe / "doctor").write_text("")
    (probe / "doctor").unlink()
    return Check("home", "ok", str(settings.directory))


def _database(settings: Settings) -> Check:
    db = Database(settings.ledger_url)
    try:
        at, newest = schema.current(db), schema.newest()
    finally:
        db.close()
    shown = db.url.render_as_string(hide_password=True)
    if at is None:
        return Check("database", "warn", f"{shown} is empty", "`engage up` makes the tables")
    if at != newest:
        return Check("database", "warn", f"{shown} is at {at}, newest is {newest}", "`engage up` migrates it")
    return Check("database", "ok", f"{shown} at {at}")


def _redis(settings: Settings) -> Check:
    from redis import Redis, RedisError

    if not settings.redis_url and services.running(settings) is None:
        from workers import valkey

        return Check("redis", "warn", f"not running; {valkey.binary()} will be started", "`engage up` starts it")
    url = services.redis_url(settings)
    try:
        client = Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, retry=None)
        version = client.info("server").get("redis_version", "?")
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "?")
        client.close()
    except RedisError as error:
        fix = "Start it, or mend redis_url; answers go on meanwhile, a second later"
        return Check("redis", "fail", f"cannot be used: {error}", fix)
    if policy != "noeviction":
        return Check("redis", "warn", f"{version}, maxmemory-policy {policy}", "Set maxmemory-policy noeviction")
    return Check("redis", "ok", f"version {version}")


def _chroma(settings: Settings) -> Check:
    from engage.memory import chroma_server

    url = services.chroma_url(settings)
    if not url:
        return Check("chroma", "warn", "not running", "`engage up` starts it; commands start their own")
    if not chroma_server.is_ready(url):
        fix = "Start it, or mend chroma_url; until then recall goes by words alone"
        return Check("chroma", "fail", f"{url} does not answer", fix)
    return Check("chroma", "ok", url)


def _model(settings: Settings) -> Check:
    from engage.memory.encoder import shared_encoder
    from engage.memory.multilingual import multilingual_encoder
    from workers import build

    for encoder in (shared_encoder(), multilingual_encoder()):
        encoder.encode_query("ready?")  # checks the weights too
    build.composer(settings)
    if settings.model == "extractive":
        return Check("model", "ok", "extractive: answers in the creator's own sentences, needs no model")
    where = f" at {settings.model_base_url}" if settings.model_base_url else ""
    return Check("model", "ok", f"{settings.model}{where}")


def _moderation(settings: Settings) -> Check:
    import asyncio

    from workers import build

    moderation = build.moderation(settings)
    if moderation is None:
        return Check("moderation", "ok", "the built-in checks alone")

    async def ask() -> None:
        try:
            await moderation.scores("ready?")
        finally:
            await moderation.aclose()

    try:
        asyncio.run(ask())
    except Unavailable as error:
        fix = "Start it, or mend moderation and moderation_base_url; the built-in checks decide meanwhile"
        return Check("moderation", "fail", str(error), fix)
    where = f" at {settings.moderation_base_url}" if settings.moderation_base_url else ""
    return Check("moderation", "ok", f"{settings.moderation}{where}")


def _workers(settings: Settings) -> Check:
    db = Database(settings.ledger_url)
    try:
        with db.reading() as tx:
            alive = engines.alive(tx, datetime.now(UTC) - timedelta(seconds=settings.lease))
    finally:
        db.close()
    if not alive:
        return Check("workers", "warn", "none is alive: nothing is answered", "`engage up` starts one")
    missing = set(ALL) - {queue for queues in alive.values() for queue in queues}
    if missing:
        fix = "Start a worker with -Q " + ",".join(sorted(missing))
        return Check("workers", "fail", f"nobody serves {', '.join(sorted(missing))}", fix)
    return Check("workers", "ok", f"{len(alive)} alive")


def _clock(settings: Settings) -> Check:
    """Signatures and leases compare times: the wall clock must not drift against the monotonic one, nor be unset."""
    wall, steady = time.time(), time.monotonic()
    time.sleep(0.05)
    drift = abs((time.time() - wall) - (time.monotonic() - steady))
    now = datetime.now(UTC)
    if now.year < 2026 or drift > 0.5:
        return Check("clock", "fail", f"{now.isoformat()}, drift {drift:.2f} s", "Set the clock by NTP")
    return Check("clock", "ok", now.isoformat(timespec="seconds"))


def _webhooks(settings: Settings) -> Check:
    import urllib.request

    stack = services.running(settings)
    if stack is None:
        return Check("webhooks", "warn", "not running", "`engage up` starts the receiver")
    try:
        with urllib.request.urlopen(f"{stack.webhooks}/healthz", timeout=3) as answer:  # noqa: S310 - our own http
            answer.read()
    except OSError as error:
        return Check("webhooks", "fail", f"{stack.webhooks}: {error}", "Look at the receiver's log")
    return Check("webhooks", "ok", f"{stack.webhooks}/hooks/PLATFORM/ACCOUNT")


def _telling(settings: Settings) -> list[Check]:
    """What followers are told of the avatar being one: an override is never silent."""
    db = Database(settings.ledger_url)
    try:
        if schema.current(db) != schema.newest():
            return []
        with db.reading() as tx:
            names = {persona.id: persona.name for persona, _ in list_creators(tx)}
            found = overrides.every(tx)
    except EngageError as error:
        return [Check("disclosure", "fail", str(error), "See the database check")]
    finally:
        db.close()
    if not found:
        return [Check("disclosure", "ok", "every rule of docs/disclosure.md is kept")]
    return [_loosened(names.get(row.creator_id, row.creator_id), row) for row in found]


def _loosened(name: str, row: Any) -> Check:
    told = f"{name}: {row.rule} is loosened since {row.since.date()} by {row.who}: {row.why}"
    return Check("disclosure", "warn", told, f"engage creator set {name} --tighten {row.rule}")


def _accounts(settings: Settings) -> list[Check]:
    db = Database(settings.ledger_url)
    try:
        if schema.current(db) is None:
            return []
        vault = Vault.at(settings.directory)
        with db.reading() as tx:
            return [_account(vault, row) for row in list_accounts(tx)]
    except EngageError as error:
        return [Check("accounts", "fail", str(error), "See the database check")]
    finally:
        db.close()


def _account(vault: Vault, row: Any) -> Check:
    name = f"account {row.platform} {row.handle}"
    if row.state == "disconnected":
        return Check(name, "ok", row.reason)
    try:
        connectors.connector_class(row.platform)
        vault.open(row.credentials)
    except EngageError as error:
        return Check(name, "fail", str(error), "Connect the account again")
    if row.state == "unauthorized":
        return Check(name, "fail", f"access refused: {row.reason}", "Connect the account again")
    if row.state == "paused":
        return Check(name, "warn", f"paused: {row.reason}", f"engage resume --account {row.id}")
    if row.unsubscribed:
        return Check(
            name, "warn", f"its platform brings no events: {row.unsubscribed}", f"engage doctor --account {row.id}"
        )
    if row.expires_at is not None and row.expires_at <= datetime.now(UTC):
        ended = row.expires_at.isoformat(timespec="minutes")
        return Check(name, "warn", f"its access ended at {ended} and is not renewed", "See the workers' log")
    return Check(name, "ok", f"{row.state}, id {row.id}")


# one account, asked of its platform ---------------------------------------------------------------------------------


def examine_account(settings: Settings, account_id: str) -> list[Check]:
    """What the ledger and the platform say of an account. Nothing is written there. Raises UnknownAccount."""
    import asyncio

    return asyncio.run(_examine_account(settings, account_id))


async def _examine_account(settings: Settings, account_id: str) -> list[Check]:
    from workers.runtime import Runtime
    from workers.space import overlay

    runtime = Runtime.start(settings)
    try:
        row = await runtime.db.read(apps.linked, account_id)
        found = [_account(runtime.vault, row)]
        try:
            connector = runtime.connect(row)
        except EngageError as error:
            return [*found, Check("connector", "fail", str(error), "Connect the account again")]
        if Surface.LIVE in connector.surfaces:
            address = services.receiver_url(settings) + overlay.path_of(settings, row.id)
            found.append(Check("overlay", "ok", address))
        return [*found, *await _asked(connector, runtime.hook_of(row.platform, row.id))]
    finally:
        await runtime.aclose()


async def _asked(connector: Connector, callback_url: str) -> list[Check]:
    try:
        if not isinstance(connector, Examinable):
            return [Check("platform", "warn", f"{connector.name} cannot be asked", "")]
        findings = await connector.examine(callback_url)
        return [Check(one.name, one.state, one.found, one.fix) for one in findings]
    except Unauthorized as error:
        return [Check("access", "fail", str(error), "Connect the account again")]
    except EngageError as error:
        return [Check("platform", "fail", str(error), "Try again in a moment")]
    finally:
        await connector.close()
