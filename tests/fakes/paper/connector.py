"""One account on paper. What `WORDS` holds is said next, and `ASKED` keeps the addresses it was given."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from engage.errors import Refused
from engage.limits import Limit, Quota
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, ReadBack, Settle

ASKED: list[tuple[str, str]] = []  # account, address
HIDDEN: list[tuple[str, bool]] = []  # the platform's id of a message
REVOKED: list[str] = []  # tokens
WORDS: list[Exception | datetime] = []


class PaperConnector:
    name: ClassVar[str] = "paper"
    surfaces: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset()
    hides: ClassVar[frozenset[Surface]] = frozenset({Surface.COMMENT})
    limits: Sequence[Limit] = ()
    quotas: Sequence[Quota] = ()
    settle = Settle.PARK
    readback_lag = timedelta(0)

    def __init__(self, account: AccountLink) -> None:
        self.account = account

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        return Capabilities(may_reply=True)

    async def send(self, reply: Outgoing) -> Receipt:
        raise Refused("paper takes no replies")

    async def find(self, reply: Outgoing) -> ReadBack:
        return ReadBack(Found.UNREADABLE)

    async def delete(self, receipt_id: str) -> None:
        raise Refused("paper takes nothing back")

    async def subscribe(self, callback_url: str) -> datetime | None:
        ASKED.append((self.account.id, callback_url))
        said: Any = WORDS.pop(0) if WORDS else None
        if isinstance(said, Exception):
            raise said
        return said

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        said: Any = WORDS.pop(0) if WORDS else None
        if isinstance(said, Exception):
            raise said
        HIDDEN.append((message_id, hidden))

    async def revoke(self) -> None:
        said: Any = WORDS.pop(0) if WORDS else None
        if isinstance(said, Exception):
            raise said
        REVOKED.append(self.account.credentials["token"])

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        said: Any = WORDS.pop(0) if WORDS else None
        if isinstance(said, Exception):
            raise said
        known = self.account.app.secrets.get("client_secret", "")
        return [Finding("application", "ok" if known else "fail", "registered" if known else "missing", callback_url)]

    async def close(self) -> None:
        return None


CONNECTOR = PaperConnector
