"""What platforms call: verify the raw bytes, commit the delivery, answer 2xx, wake a worker. In this order.

Bare ASGI: every platform's every event comes through here, and a framework's routing cost more than all of it.
"""

import asyncio
import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import cast

import structlog
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from engage.errors import EngageError, InvalidSignature, Malformed, Unavailable
from engage.ledger import apps, inbox, quotas
from engage.ledger.creators import UnknownAccount
from engage.ledger.ids import is_id
from engage.ledger.inbox import Incoming
from engage.ledger.quotas import Budget
from engage.platform import WebhookSource
from workers import logs, metrics, queues
from workers.group_commit import GroupCommit
from workers.runtime import Runtime, utc_now
from workers.switchboard import Switchboard

log = structlog.get_logger()

PREFIX = "/hooks/"
_OURS = re.compile(r"/(?:hooks|erasures)/[a-z_]{1,20}(?:/[0-9a-f]{32})?")
ACCEPTED = Response(status_code=202)


class TooLarge(EngageError):
    """The body is larger than the `max_body` setting allows."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What a platform has taken for an event that it told."""

    platform: str
    budget: Budget


Arrival = Incoming | Charge  # what is committed together


class Hooks:
    """POST /hooks/{platform}/{account_id}, and /hooks/{platform} where a platform calls an application.

    `commits` is entered and left by whoever serves it.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._max_body = runtime.settings.max_body
        self.switchboard = Switchboard(runtime)
        self.commits: GroupCommit[Arrival, None] = GroupCommit(self._store)

    @staticmethod
    def takes(scope: Scope) -> bool:
        """Whether a request is a delivery."""
        return bool(scope["type"] == "http" and scope["method"] == "POST" and scope["path"].startswith(PREFIX))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            answer = await self._take(scope, receive)
        except EngageError as error:
            answer = refusal(scope["path"], error)
        except RecursionError:
            answer = refusal(scope["path"], Malformed("the body is nested too deeply"))
        await answer(scope, receive, send)

    async def _take(self, scope: Scope, receive: Receive) -> Response:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        body = await read_body(receive, headers, self._max_body)
        platform, account_id = _place(scope["path"])
        if not account_id:
            return await self._take_for_many(platform, headers, body)
        source = await source_of(self._runtime, platform, account_id)
        event = source.receive(headers, body, utc_now())
        await self.commits.add(Incoming(account_id, event.key, "webhook", event.body))
        metrics.deliveries_of(platform).inc()
        return ACCEPTED

    async def _take_for_many(self, platform: str, headers: Mapping[str, str], body: bytes) -> Response:
        """What came for accounts nobody connected here is counted: a platform drops whoever refuses it."""
        delivery = (await self.switchboard.webhooks(platform)).receive(headers, body, utc_now())
        known = await self.switchboard.accounts(platform, {user_id for user_id, _ in delivery.events})
        batch: list[Arrival] = [
            Incoming(known[user_id], event.key, "webhook", event.body)
            for user_id, event in delivery.events
            if user_id in known
        ]
        for person_id, event in delivery.people:
            theirs = await self._runtime.db.read(apps.granted, platform, person_id)
            batch += [Incoming(account_id, event.key, "webhook", event.body) for account_id in theirs]
        metrics.deliveries_of(platform).inc(len(batch))
        batch += [Charge(platform, one) for one in quotas.budgets_of_charges(delivery.charges, utc_now())]
        await asyncio.gather(*(self.commits.add(one) for one in batch))
        metrics.strays_of(platform).inc(sum(user_id not in known for user_id, _ in delivery.events))
        return Response(delivery.answer, delivery.status, media_type=delivery.media_type)

    async def _store(self, batch: list[Arrival]) -> list[None]:
        await self._runtime.db.run(keep, batch, utc_now())
        self._runtime.waker.wake(queues.INTAKE)
        return [None] * len(batch)


def keep(tx: Connection, batch: Sequence[Arrival], now: datetime) -> None:
    """Store what arrived, and what was taken for it. An event is kept whatever becomes of its price."""
    inbox.store(tx, [one for one in batch if isinstance(one, Incoming)], now)
    charges = [one for one in batch if isinstance(one, Charge)]
    if not charges:
        return
    try:
        with tx.begin_nested():
            pay(tx, charges, now)
    except SQLAlchemyError:
        log.exception("prices of events could not be noted", platforms=sorted({one.platform for one in charges}))


def pay(tx: Connection, charges: Sequence[Charge], now: datetime) -> None:
    """Note what platforms took; what that has used up is ended now, not at the next look."""
    emptied = quotas.charge(tx, [one.budget for one in charges], now)
    for platform in sorted({one.platform for one in charges if one.budget in emptied}):
        apps.ask_anew(tx, platform, now)


async def source_of(runtime: Runtime, platform: str, account_id: str) -> WebhookSource:
    """The account's connector. Raises UnknownAccount where it takes no webhooks of this platform."""
    if not is_id(account_id):
        raise UnknownAccount("no account here has such an id")  # and the log need not tell what somebody wrote instead
    connector = await runtime.connector(account_id, aged=True)
    if type(connector).name != platform or not _takes_webhooks(type(connector)):
        raise UnknownAccount("this account takes no webhooks of that platform")
    return cast(WebhookSource, connector)


@lru_cache
def _takes_webhooks(kind: Hashable) -> bool:
    """(Looking at a protocol's members costs as much as verifying a signature.)"""
    return isinstance(kind, type) and issubclass(kind, WebhookSource)


def _place(path: str) -> tuple[str, str]:
    """(platform, account) of a path. Pure."""
    platform, _, account_id = path.removeprefix(PREFIX).partition("/")
    return platform, account_id


async def read_body(receive: Receive, headers: Mapping[str, str], limit: int) -> bytes:
    """The raw body. Stops reading past `limit` bytes, whatever the Content-Length said."""
    declared = headers.get("content-length", "")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge(f"the body has {declared} bytes, {limit} are allowed")
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Malformed("the caller left before the body's end")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


def refusal(path: str, error: EngageError) -> Response:
    """What was wrong, as an answer; a platform that gets 503 calls again."""
    status = _status_of(error)
    log.warning("webhook_refused", path=shown(path), status=status, error=error)
    headers = {"Retry-After": "5"} if status == 503 else {}
    return JSONResponse({"error": logs.clean(str(error))}, status_code=status, headers=headers)


def shown(path: str) -> str:
    """A path as it may be logged: one of ours, or none. Pure."""
    return path if _OURS.fullmatch(path) else "another"


def _status_of(error: EngageError) -> int:
    statuses: list[tuple[type[EngageError], int]] = [
        (InvalidSignature, 401),
        (Malformed, 400),
        (UnknownAccount, 404),
        (TooLarge, 413),
        (Unavailable, 503),
    ]
    return next((status for kind, status in statuses if isinstance(error, kind)), 500)
