"""Every platform's way in, in one house: applications and accounts of the kits, and the real receiver over HTTP."""

import importlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Row, func, select

from connectors import connector_class, platforms, webhooks_of
from engage import intake
from engage.ledger import apps, creators
from engage.ledger.tables import accounts, deliveries, followers, messages
from engage.models import Mode, Persona, Surface
from engage.platform import App, AppWebhooks, WebhookSource
from engage.settings import load
from tests.serving import receiver
from workers.runtime import Runtime, utc_now


def kit(platform: str) -> Any:
    """What the contract tests know of a platform."""
    return importlib.import_module(f"tests.connectors.{platform}.kit")


def called() -> list[str]:
    """The platforms that call us."""
    called = [name for name in platforms() if webhooks_of(name) or issubclass(connector_class(name), WebhookSource)]
    return [name for name in called if not getattr(kit(name), "DELIVERS_NOTHING", False)]


@dataclass
class Routes:
    """Sends deliveries as the platforms do, and looks at what became of them."""

    runtime: Runtime
    client: httpx.Client
    creator_id: str
    apps: dict[str, App] = field(default_factory=dict)
    homes: dict[str, str] = field(default_factory=dict)  # platform → the kit's account here

    def add(self, platform: str) -> None:
        """The kit's application and account."""
        link = kit(platform).account("http://127.0.0.1:9")
        application = kit(platform).app() if webhooks_of(platform) else link.app
        self.apps[platform] = application
        sealed = self.runtime.vault.lock(application.secrets)
        with self.runtime.db.transaction() as tx:
            apps.store(tx, platform, application.config, sealed, utc_now())
        self.homes[platform] = self.connect(platform, link.platform_user_id, link.config, link.credentials)

    def connect(self, platform: str, user_id: str, config: Any = None, credentials: Any = None) -> str:
        """An account whose surfaces are all answered in review."""
        sealed = self.runtime.vault.lock(credentials or {"access_token": "t"})
        identity = (self.creator_id, platform, user_id, f"@{user_id}"[:50])
        with self.runtime.db.transaction() as tx:
            account = creators.connect_account(tx, *identity, dict(config or {}), sealed, utc_now())
            for surface in Surface:
                creators.set_mode(tx, account, surface, Mode.REVIEW)
        return account

    def path(self, platform: str) -> str:
        return f"/hooks/{platform}" + ("" if webhooks_of(platform) else f"/{self.homes[platform]}")

    def headers(self, platform: str, delivery: str, body: bytes) -> dict[str, str]:
        tools = kit(platform)
        return dict(tools.sign(tools.SECRETS[0], delivery, utc_now(), body))

    def send(self, platform: str, delivery: str, body: bytes) -> httpx.Response:
        """A genuine delivery."""
        headers = {"content-type": "application/json", **self.headers(platform, delivery, body)}
        return self.client.post(self.path(platform), content=body, headers=headers)

    def whom(self, platform: str, delivery: str, body: bytes) -> Sequence[str]:
        """The platform's ids of the accounts that a call to an application is for."""
        make = webhooks_of(platform)
        if make is None:
            return []
        webhooks: AppWebhooks = make(self.apps[platform])
        return [user for user, _ in webhooks.receive(self.headers(platform, delivery, body), body, utc_now()).events]

    def take_in(self) -> dict[str, Exception]:
        """Process what was delivered. Returns what failed."""
        failures: dict[str, Exception] = {}
        while True:
            with self.runtime.db.transaction() as tx:
                done = intake.process(tx, self.runtime.parser_of, self.runtime.intake_policy, utc_now(), 500)
            failures |= done.failures
            if not done.deliveries:
                return failures

    def deliveries(self) -> list[Row[Any]]:
        with self.runtime.db.reading() as tx:
            return list(tx.execute(select(deliveries)))

    def written(self) -> int:
        """How many messages the ledger has."""
        with self.runtime.db.reading() as tx:
            return int(tx.execute(select(func.count()).select_from(messages)).scalar_one())

    def by_themselves(self) -> list[str]:
        """Accounts that count as followers of their own: whom the avatar would answer."""
        own = (followers.c.account_id == accounts.c.id, followers.c.platform_user_id == accounts.c.platform_user_id)
        with self.runtime.db.reading() as tx:
            query = select(accounts.c.platform, accounts.c.platform_user_id).join(followers, own[0]).where(own[1])
            return [f"{row.platform} {row.platform_user_id}" for row in tx.execute(query)]


@contextmanager
def routes(folder: Path) -> Iterator[Routes]:
    """A house with every platform that calls us."""
    settings = load({}, home=folder / "home", redis_url="redis://127.0.0.1:1/0", max_age_comment=1e9, max_age_dm=1e9)
    runtime = Runtime.start(settings)
    with runtime.db.transaction() as tx:
        who = creators.add_creator(tx, Persona(id="", name="tilly", display_name="Tilly"), utc_now())
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=30) as client:
        house = Routes(runtime, client, who.id)
        for platform in called():
            house.add(platform)
        yield house
    runtime.waker.close()
    runtime.db.close()


def fixtures(platform: str) -> list[Any]:
    """The payloads of a platform's fixtures."""
    folder = Path(__file__).parents[1] / "connectors" / platform / "fixtures"
    return [json.loads(file.read_text("utf-8"))["payload"] for file in sorted(folder.glob("*.json"))]
