"""The webhooks of an app with Pages: `/hooks/facebook`."""

from typing import Any

from connectors.facebook.parse import PRODUCT
from connectors.fields import get, id_or_none
from connectors.meta_webhooks import Webhooks
from engage.platform import App


def comment_key(change: Any) -> str | None:
    """A new comment by its id. What happens to it later may happen several times."""
    added = get(change, "value", "item") == "comment" and get(change, "value", "verb") == "add"
    comment = id_or_none(change, "value", "comment_id") if added else None
    return f"comment {comment}" if comment else None


def webhooks(app: App) -> Webhooks:
    """For all Pages of `app`."""
    return Webhooks(app, PRODUCT, comment_key)


WEBHOOKS = webhooks
