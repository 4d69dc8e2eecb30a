"""Outgoing webhooks: signed, tried again with growing waits, and kept where nobody took them."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp

from connectors import http
from connectors.sandbox.network.faults import Faults
from connectors.sandbox.network.state import Account
from connectors.signatures import sign

IN_FLIGHT = 64
MAX_ATTEMPTS = 40  # about three minutes, then kept as undelivered until asked for again
FIRST_WAIT_S = 0.2
LONGEST_WAIT_S = 5.0
TIMEOUT = timedelta(seconds=10)


@dataclass(slots=True)
class Delivery:
    """One event on its way to one app."""

    account: Account
    event_id: str
    body: bytes
    round: int
    attempts: int = 0


class Webhooks:
    """Delivers events. `faults` gives the current dials; `dice` a number from 0 to 1."""

    def __init__(self, faults: Callable[[], Faults], dice: Callable[[], float] = random.random) -> None:
        self._faults = faults
        self._dice = dice
        self._queue: asyncio.Queue[Delivery] = asyncio.Queue()
        self._round = 0  # deliveries of an earlier round were cleared
        self.counts: Counter[str] = Counter()
        self.undelivered: list[Delivery] = []

    async def run(self) -> None:
        """Deliver until cancelled."""
        # Apps are on this machine or reached directly: no proxy of the environment.
        async with http.session("http://localhost", IN_FLIGHT, TIMEOUT) as session, asyncio.TaskGroup() as group:
            for _ in range(IN_FLIGHT):
                group.create_task(self._work(session))

    def deliver(self, account: Account, event_id: str, body: bytes) -> None:
        """Send an event to the account's address, where it has one."""
        if not account.webhook_url:
            return
        self._send_off(Delivery(account, event_id, body, self._round))
        if self._dice() < self._faults().webhook_duplicates:
            self.counts["duplicates_sent"] += 1
            self._send_off(Delivery(account, event_id, body, self._round))

    def _send_off(self, delivery: Delivery) -> None:
        faults = self._faults()
        self.counts["pending"] += 1
        self._put(delivery, faults.webhook_delay_ms / 1000 + faults.webhook_shuffle_s * self._dice())

    def _put(self, delivery: Delivery, wait_s: float) -> None:
        if wait_s:
            asyncio.get_running_loop().call_later(wait_s, self._queue.put_nowait, delivery)
        else:
            self._queue.put_nowait(delivery)

    async def _work(self, session: aiohttp.ClientSession) -> None:
        while True:
            delivery = await self._queue.get()
            if delivery.round == self._round:
                taken = await self._post(session, delivery)
                self._settle(delivery, taken)

    async def _post(self, session: aiohttp.ClientSession, delivery: Delivery) -> bool:
        """Whether the app answered 2xx."""
        now = datetime.now(UTC)
        secrets = delivery.account.webhook_secrets
        headers = {
            "content-type": "application/json",
            "webhook-id": delivery.event_id,
            "webhook-timestamp": str(int(now.timestamp())),
            "webhook-signature": " ".join(sign(secret, delivery.event_id, now, delivery.body) for secret in secrets),
        }
        delivery.attempts += 1
        self.counts["sent"] += 1
        try:
            async with session.post(delivery.account.webhook_url, data=delivery.body, headers=headers) as answer:
                return 200 <= answer.status < 300
        except http.LOST:
            return False

    def _settle(self, delivery: Delivery, taken: bool) -> None:
        if delivery.round != self._round:
            return
        if taken:
            self.counts["delivered"] += 1
            self.counts["pending"] -= 1
        elif delivery.attempts < MAX_ATTEMPTS:
            wait = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** (delivery.attempts - 1))
            self._put(delivery, wait * (1 + 0.2 * self._dice()))
        else:
            self.counts["pending"] -= 1
            self.undelivered.append(delivery)

    def redeliver(self) -> int:
        """Try everything undelivered again. Returns how many."""
        again, self.undelivered = self.undelivered, []
        for delivery in again:
            delivery.attempts = 0
            self._send_off(delivery)
        return len(again)

    def clear(self) -> None:
        """Forget all deliveries and counts."""
        self._round += 1
        self.counts.clear()
        self.undelivered.clear()

    def figures(self) -> dict[str, Any]:
        """sent: attempts; pending: waiting or to be tried again; undelivered: given up and kept."""
        names = ("sent", "delivered", "pending", "duplicates_sent")
        return {**{name: self.counts[name] for name in names}, "undelivered": len(self.undelivered)}
