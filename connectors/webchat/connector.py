"""The page's account. A reply is posted by being in the ledger: the page shows what is sent, and nothing else."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from engage.limits import Each, Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, ReadBack, Settle

MAX_LENGTH = 2000  # characters


class WebchatConnector:
    """One page, `/@name`. No call leaves this machine."""

    name: ClassVar[str] = "webchat"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.DM})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, account: AccountLink) -> None:
        self._account = account
        self.limits: Sequence[Limit] = (Limit(20, timedelta(minutes=1), burst=5, each=Each.CONVERSATION),)
        self.quotas: Sequence[Quota] = ()
        self.settle = Settle.KEY
        self.readback_lag = timedelta(0)

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """The page says above every conversation that it is automated."""
        return Capabilities(may_reply=True, max_length=MAX_LENGTH, native_bot_label=True)

    async def send(self, reply: Outgoing) -> Receipt:
        """The page finds it in the ledger. A second time is the same time: the key is the reply's name there."""
        return Receipt(id=reply.idempotency_key, sent_at=reply.first_sent_at or datetime.now(UTC))

    async def find(self, reply: Outgoing) -> ReadBack:
        """Nothing can be lost between us and ourselves."""
        return ReadBack(Found.FOUND, await self.send(reply))

    async def delete(self, receipt_id: str) -> None:
        """What is recalled in the ledger is not shown any more."""

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Where the page is."""
        base = callback_url.partition("/hooks/")[0]
        if not base:
            return [Finding("page", "warn", "nobody can reach it", "Set public_url to the receiver's address")]
        return [Finding("page", "ok", f"{base}/@{self._account.platform_user_id}")]

    async def close(self) -> None:
        """There is nothing to release."""


CONNECTOR: type[WebchatConnector] = WebchatConnector
