"""What calls of a platform to an application are held against: its secrets, and which of our accounts are meant."""

from collections import OrderedDict
from collections.abc import Collection
from datetime import datetime

import connectors
from engage.errors import ConfigError
from engage.ledger import apps
from engage.ledger.creators import UnknownAccount
from engage.platform import App, AppWebhooks
from workers.runtime import CONNECTOR_AGE, Runtime, app_of, utc_now

MOST = 20_000  # accounts that are remembered


class Switchboard:
    """New secrets and new accounts count after CONNECTOR_AGE."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._webhooks: dict[str, tuple[datetime, AppWebhooks]] = {}
        self._accounts: OrderedDict[tuple[str, str], tuple[datetime, str | None]] = OrderedDict()

    async def webhooks(self, platform: str) -> AppWebhooks:
        """What verifies a platform's calls. Raises UnknownAccount where it calls no application."""
        now = utc_now()
        known = self._webhooks.get(platform)
        if known and now - known[0] < CONNECTOR_AGE:
            return known[1]
        try:
            make = connectors.webhooks_of(platform)
        except ConfigError:
            make = None
        if make is None:
            raise UnknownAccount("no application takes webhooks of that name here")
        row = await self._runtime.db.read(apps.find, platform)
        app = app_of(self._runtime.vault, platform, row.config, row.secrets) if row else App(platform)
        self._webhooks[platform] = now, make(app)
        return self._webhooks[platform][1]

    async def accounts(self, platform: str, user_ids: Collection[str]) -> dict[str, str]:
        """The platform's id of an account → ours, of those that are connected here."""
        now = utc_now()
        seen = {one: self._accounts.get((platform, one)) for one in user_ids}
        unsure = [one for one, known in seen.items() if known is None or now - known[0] >= CONNECTOR_AGE]
        if unsure:
            found = await self._runtime.db.read(apps.addressed, platform, unsure)
            for one in unsure:
                seen[one] = self._accounts[platform, one] = now, found.get(one)
            while len(self._accounts) > MOST:
                self._accounts.popitem(last=False)
        return {one: known[1] for one, known in seen.items() if known and known[1]}
