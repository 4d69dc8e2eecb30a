"""What X is asked to tell of an account, over the stream or by webhook.

https://docs.x.com/x-api/activity/introduction. Each event costs money, so nothing is asked for that nobody answers.
"""

from collections.abc import AsyncIterator, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from connectors.fields import get, id_of, id_or_none, items, text, text_or_none, yes
from connectors.x.calls import Calls
from connectors.x.parse import ALL
from engage.errors import Malformed, Refused, Unavailable

SUBSCRIPTIONS, WEBHOOKS = "/2/activity/subscriptions", "/2/webhooks"
TAG = "engage"
PAGES = 20  # of 1,000 subscriptions each; X allows 1,500 on pay-per-use
REPLAY = timedelta(hours=24)  # how far back X tells again

# What each scope lets an application hear. `oauth.revoke` comes by itself.
_BY_SCOPE = {
    "tweet.read": ("post.mention.create", "post.quote.create", "post.create", "post.delete"),
    "dm.read": ("dm.received", "dm.sent"),
    "broadcast.read": ("broadcast.chat",),
}


@dataclass(frozen=True, slots=True)
class Held:
    """A subscription as X has it. webhook_id: '' where it is for the stream alone."""

    id: str
    event_type: str
    user_id: str
    webhook_id: str
    tag: str


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address as X has it."""

    id: str
    url: str
    valid: bool


def wanted_of(scopes: Collection[str], rule: str) -> tuple[str, ...]:
    """The events of an account. Replies that call nobody by name are heard only where they may be answered."""
    heard = tuple(kind for scope, kinds in _BY_SCOPE.items() if scope in scopes for kind in kinds)
    return (*heard, "post.reply.create") if rule == ALL and "tweet.read" in scopes else heard


async def ensure(calls: Calls, account_id: str, wanted: Collection[str], webhook_id: str = "") -> None:
    """See that exactly these of ours hold. Without a webhook they are for the stream, which hears all of them."""
    held = [one async for one in held_for(calls, account_id)]
    for one in held:
        if one.tag == TAG and one.event_type not in wanted:
            await calls.delete(f"{SUBSCRIPTIONS}/{one.id}", as_app=True)
        elif one.event_type in wanted and webhook_id not in ("", one.webhook_id):
            move = {"tag": TAG, "webhook_id": webhook_id}
            await calls.change("PUT", f"{SUBSCRIPTIONS}/{one.id}", move, as_app=True)
    for kind in wanted:
        if not any(one.event_type == kind for one in held):
            await _create(calls, account_id, kind, webhook_id)


async def end(calls: Calls, account_id: str) -> None:
    """Delete all of ours."""
    for one in [one async for one in held_for(calls, account_id) if one.tag == TAG]:
        await calls.delete(f"{SUBSCRIPTIONS}/{one.id}", as_app=True)


async def _create(calls: Calls, account_id: str, kind: str, webhook_id: str) -> None:
    """By the creator's own token, as most of these are private."""
    body: dict[str, Any] = {"event_type": kind, "filter": {"user_id": account_id}, "tag": TAG}
    try:
        await calls.change("POST", SUBSCRIPTIONS, {**body, "webhook_id": webhook_id} if webhook_id else body)
    except Refused as error:
        if "duplicate" not in str(error).lower() and "already" not in str(error).lower():
            raise  # (else another worker was quicker)


async def held_for(calls: Calls, account_id: str) -> AsyncIterator[Held]:
    """An account's subscriptions among those of the application. Raises Retryable or ConfigError."""
    query = {"max_results": "1000"}
    for _ in range(PAGES):
        said = await calls.ask("GET", SUBSCRIPTIONS, as_app=True, query=query)
        for one in _held(said):
            if one.user_id == account_id:
                yield one
        if not isinstance(token := get(said, "meta", "next_token"), str):
            return
        query = {**query, "pagination_token": token}


def _held(said: Any) -> list[Held]:
    try:
        return [
            Held(
                id_of(row, "subscription_id"),
                text(row, "event_type"),
                id_or_none(row, "filter", "user_id") or "",
                id_or_none(row, "webhook_id") or "",
                text_or_none(row, "tag") or "",
            )
            for row in items(said, "data")
        ]
    except Malformed:
        raise Unavailable("X did not answer with subscriptions") from None


async def webhook_at(calls: Calls, url: str, now: datetime) -> Webhook:
    """The webhook of an address: made, or looked at again and what was missed told again, where it must be."""
    found = await known_webhook(calls, url)
    if found is None:
        await calls.change("POST", WEBHOOKS, {"url": url}, as_app=True)  # X calls there at once
        found = await known_webhook(calls, url)
    elif not found.valid:
        await calls.change("PUT", f"{WEBHOOKS}/{found.id}", None, as_app=True)
        await _replay(calls, found.id, now)
    if found is None:
        raise Unavailable("X does not list the webhook that it has just made")
    return found


async def _replay(calls: Calls, webhook_id: str, now: datetime) -> None:
    """Have what was missed told again; what is known already is told by its id."""
    span = {"from_date": f"{now - REPLAY:%Y%m%d%H%M}", "to_date": f"{now:%Y%m%d%H%M}"}
    with suppress(Refused):  # not for every application: then it is lost
        await calls.change("POST", f"{WEBHOOKS}/replay", {"webhook_id": webhook_id, **span}, as_app=True)


async def known_webhook(calls: Calls, url: str) -> Webhook | None:
    """The webhook of an address, if X has one. Raises Retryable or ConfigError."""
    said = await calls.ask("GET", WEBHOOKS, as_app=True)
    try:
        found = [Webhook(id_of(row, "id"), text(row, "url"), yes(row, "valid")) for row in items(said, "data")]
    except Malformed:
        raise Unavailable("X did not answer with webhooks") from None
    return next((one for one in found if one.url == url), None)
