"""The sandbox's I/O: send, find, take back, poll, and verify its webhooks."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

from connectors import http, signatures
from connectors.sandbox import limits
from engage.errors import Ambiguous, ConfigError, RateLimited, Unavailable
from engage.models import Capabilities, Outgoing, Receipt, Surface
from engage.platform import AccountLink, Finding, Found, Page, RawEvent, ReadBack, Renewed, Settle

MAX_LENGTH = {Surface.COMMENT: 300, Surface.DM: 1000, Surface.LIVE: 200}
POLL_LIMIT = 500
POLL_WAIT = timedelta(seconds=1)


class SandboxConnector:
    """One account on a sandbox network. Config: base_url, settle, readback_lag_s, limits, quotas; see README.md."""

    name: ClassVar[str] = "sandbox"
    surfaces: ClassVar[frozenset[Surface]] = frozenset(Surface)
    beside_webhooks: ClassVar[frozenset[str]] = frozenset()
    without_webhooks: ClassVar[frozenset[str]] = frozenset({"poll"})

    def __init__(self, account: AccountLink) -> None:
        self._place = f"sandbox account {account.handle or account.id}"
        self._account = account
        self.settle = self._settle_of(account.config)
        self.readback_lag = self._lag_of(account.config)
        self.limits = limits.limits(account.config, self._place)
        self.quotas = limits.quotas(account.config, self._place)
        self._http = http.client(
            self._required(account.config, "base_url", "Set the address of the sandbox network."),
            headers={"authorization": f"Bearer {account.credentials.get('access_token', '')}"},
        )

    def _settle_of(self, config: Mapping[str, Any]) -> Settle:
        value = config.get("settle", Settle.KEY)
        try:
            return Settle(value)
        except ValueError:
            fix = f"Use one of {', '.join(Settle)}."
            raise ConfigError(f"{value!r} is unknown", key="settle", place=self._place, fix=fix) from None

    def _lag_of(self, config: Mapping[str, Any]) -> timedelta:
        value = config.get("readback_lag_s", 0)
        try:
            return timedelta(seconds=max(0.0, float(value)))
        except (TypeError, ValueError, OverflowError):
            fix = "Give a number of seconds."
            raise ConfigError(f"{value!r} is no time", key="readback_lag_s", place=self._place, fix=fix) from None

    def _required(self, values: Mapping[str, Any], key: str, fix: str) -> str:
        value = values.get(key)
        if not isinstance(value, str) or not value:
            raise ConfigError("it is missing", key=key, place=self._place, fix=fix)
        return value

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """Asks nobody: the 24 hours of a direct message are the server's to check, and it says `closed_window`."""
        return Capabilities(
            may_reply=True,
            max_length=MAX_LENGTH[surface],
            native_bot_label=True,
            private_reply=surface is Surface.COMMENT,
        )

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`. A DM whose conversation is a comment thread is that comment's private reply."""
        body: dict[str, Any] = {"surface": reply.surface, "text": reply.text, "automated": reply.automated}
        if _is_private(reply):
            body["private_reply_to"] = reply.in_reply_to
        else:
            body |= {"conversation_id": reply.conversation_id, "in_reply_to": reply.in_reply_to}
        # Only a platform that keeps keys gets one: the other ways of settling are tested as on platforms without.
        if self.settle is Settle.KEY:
            body["idempotency_key"] = reply.idempotency_key
        answer = await http.write(self._http, self._http.build_request("POST", "/api/reply", json=body))
        try:
            return _receipt(answer.json())
        except (ValueError, KeyError, TypeError):
            raise Ambiguous("the sandbox accepted the reply, but its receipt is unreadable") from None

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` in what the app posted. ABSENT is what is seen now: younger than `readback_lag` it proves
        nothing, and the caller waits that long before asking."""
        params = {"in_reply_to": reply.in_reply_to}
        if not _is_private(reply):
            params["conversation_id"] = reply.conversation_id
        try:
            answer = await http.read(self._http, self._http.build_request("GET", "/api/replies", params=params))
            seen = [row for row in answer.json()["replies"] if row["text"] == reply.text]
            return ReadBack(Found.FOUND, _receipt(seen[0])) if seen else ReadBack(Found.ABSENT)
        except (RateLimited, Unavailable, ValueError, KeyError, TypeError):
            return ReadBack(Found.UNREADABLE)

    async def delete(self, receipt_id: str) -> None:
        """Take a posted reply back; the second time is no error."""
        await http.read(self._http, self._http.build_request("DELETE", f"/api/replies/{receipt_id}"))

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The sandbox asks for no proof: it signs, and that is enough."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> RawEvent:
        """Verify a webhook. Raises InvalidSignature."""
        fix = "Connect the account again, or copy the secret from the network."
        secrets = self._required(self._account.credentials, "webhook_secret", fix).split()
        return RawEvent(signatures.verify(secrets, headers, body, now), body)

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Webhooks come to this address from now on."""
        path = f"/api/accounts/{self._account.platform_user_id}"
        request = self._http.build_request("PATCH", path, json={"webhook_url": callback_url})
        await http.read(self._http, request)
        return None

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Whether the token is good."""
        await http.read(self._http, self._http.build_request("GET", "/api/events", params={"limit": "1"}))
        return [Finding("access", "ok", f"{self._http.base_url.host} accepts the token")]

    async def poll(self, cursor: str) -> Page:
        """The events after `cursor`: the same ones, with the same keys, that the webhooks bring."""
        params = {"after": cursor or "0", "limit": str(POLL_LIMIT)}
        answer = await http.read(self._http, self._http.build_request("GET", "/api/events", params=params))
        try:
            page = answer.json()
            events = [RawEvent(event["id"], json.dumps(event).encode()) for event in page["events"]]
            cursor = str(int(page["cursor"]))
        except (ValueError, KeyError, TypeError):
            raise Unavailable("GET /api/events did not answer with a page of events") from None
        return Page(events, cursor, timedelta() if len(events) == POLL_LIMIT else POLL_WAIT)

    async def renew(self) -> Renewed:
        """New tokens; the old ones end with the network's answer."""
        known = self._account.credentials
        token = self._required(known, "refresh_token", "Connect the account again.")
        request = self._http.build_request("POST", "/api/token/refresh", json={"refresh_token": token})
        try:
            said = (await http.write(self._http, request)).json()
            tokens = {name: str(said[name]) for name in ("access_token", "refresh_token")}
            ends = said.get("expires_at")
            return Renewed({**known, **tokens}, datetime.fromisoformat(ends) if ends else None)
        except (Ambiguous, ValueError, KeyError, TypeError):
            raise Unavailable("the sandbox did not answer with new tokens") from None

    async def close(self) -> None:
        """Release the connections."""
        await self._http.aclose()


def _is_private(reply: Outgoing) -> bool:
    return reply.surface is Surface.DM and not reply.conversation_id.startswith("dm:")


def _receipt(row: Mapping[str, Any]) -> Receipt:
    return Receipt(id=str(row["id"]), sent_at=datetime.fromisoformat(row["sent_at"]))


CONNECTOR: type[SandboxConnector] = SandboxConnector
