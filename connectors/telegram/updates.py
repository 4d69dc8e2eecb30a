"""How updates come: long polling, or webhooks. Telegram gives them to one of the two."""

import asyncio
import hmac
import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

from connectors.fields import id_of
from connectors.telegram.api import Api
from connectors.telegram.own import Own, stamped
from connectors.telegram.parse import UPDATES
from engage.errors import InvalidSignature, Malformed, Unavailable
from engage.platform import Page, RawEvent

HOLD = timedelta(seconds=25)  # how long Telegram may keep a question open that it has no answer to; at most 50 s
PATIENCE = HOLD + timedelta(seconds=10)
MOST = 100  # updates in an answer
IDLE = timedelta(seconds=1)  # between empty answers of a server that does not hold questions
TOKEN_HEADER = "x-telegram-bot-api-secret-token"  # noqa: S105 - a name


def raw(update: Any, own: Own) -> RawEvent:
    """An update as it is kept. Both ways name it the same, so none is taken twice. Raises Malformed."""
    return RawEvent(id_of(update, "update_id"), stamped(update, own))


async def listen(api: Api, own: Own, cursor: str) -> AsyncIterator[Page]:
    """Pages of updates. Each is confirmed to Telegram by the next question: not before it is kept."""
    await api.ask("deleteWebhook")  # while there is one, getUpdates is answered with 409
    hold = timedelta()  # the first answer comes at once: whoever waits knows that the line is open
    while True:
        begun = time.monotonic()
        events = await _ask(api, own, cursor, hold)
        if events or not hold:
            cursor = str(max(int(event.key) for event in events) + 1) if events else cursor
            yield Page(events, cursor, timedelta())
        else:
            await asyncio.sleep(max(0.0, IDLE.total_seconds() - (time.monotonic() - begun)))
        hold = HOLD


async def _ask(api: Api, own: Own, cursor: str, hold: timedelta) -> list[RawEvent]:
    asked = {"limit": MOST, "timeout": int(hold.total_seconds()), "allowed_updates": UPDATES}
    said = await api.ask("getUpdates", {**asked, "offset": int(cursor)} if cursor else asked)
    try:
        return [raw(update, own) for update in said]
    except (Malformed, TypeError):
        raise Unavailable("getUpdates did not answer with updates") from None


async def ask_for_webhooks(api: Api, callback_url: str, secret: str) -> None:
    """Have Telegram call us; with the same address and secret it changes nothing."""
    await api.ask("setWebhook", {"url": callback_url, "secret_token": secret, "allowed_updates": UPDATES})


def delivered(headers: Mapping[str, str], body: bytes, secrets: Sequence[str], own: Own) -> RawEvent:
    """Telegram signs nothing; it shows the secret that it was given. Raises InvalidSignature or Malformed."""
    given = headers.get(TOKEN_HEADER, "").encode()
    # No early exit: the time it takes does not tell which secret came near.
    matches = [hmac.compare_digest(given, secret.encode()) for secret in secrets]
    if not any(matches):
        raise InvalidSignature(f"{TOKEN_HEADER} is none of the configured secrets")
    try:
        return raw(json.loads(body), own)
    except ValueError:
        raise Malformed("the delivery is not JSON") from None
