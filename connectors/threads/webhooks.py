"""The webhooks of an app with Threads: `/hooks/threads`.

Threads has a shape of its own: no list of entries, but one change of one account
(https://developers.facebook.com/documentation/threads/webhooks).
"""

import hashlib
import json
from typing import Any

from connectors.fields import get, id_or_none, text
from connectors.meta_webhooks import Webhooks
from connectors.threads.parse import PRODUCT, account_of, changes, is_untold
from engage.platform import App, Delivery, RawEvent


def key_of(change: Any, account: str) -> str:
    """The same each time it is told; another one where the poll is to tell it again, with more. Raises Malformed."""
    known = id_or_none(change, "value", "id")
    if not known:
        return hashlib.sha256(json.dumps(change, sort_keys=True).encode()).hexdigest()
    return f"{text(change, 'field')} {known}" + (" untold" if is_untold(change, account) else "")


class ThreadsWebhooks(Webhooks):
    """`AppWebhooks` of Threads; the handshake and the signature are Meta's."""

    def __init__(self, app: App) -> None:
        super().__init__(app, PRODUCT, lambda change: id_or_none(change, "value", "id"))

    def sorted_out(self, payload: Any) -> Delivery:
        """Each change by itself, with the account it is for. Raises Malformed."""
        text(payload, "topic")
        return Delivery([_told(payload, change) for change in changes(payload)])


def _told(payload: Any, change: Any) -> tuple[str, RawEvent]:
    account = account_of(payload, change)
    head = {name: get(payload, name) for name in ("app_id", "topic", "target_id", "time") if name in payload}
    return account, RawEvent(key_of(change, account), json.dumps({**head, "values": change}).encode())


def webhooks(app: App) -> ThreadsWebhooks:
    """For all accounts of `app`."""
    return ThreadsWebhooks(app)


WEBHOOKS = webhooks
