"""The webhooks of an app with Instagram: `/hooks/instagram`."""

from typing import Any

from connectors.fields import get, id_or_none, text_or_none
from connectors.instagram.parse import PRODUCT
from connectors.meta_webhooks import Webhooks
from engage.platform import App


def comment_key(change: Any) -> str | None:
    """A comment by its id: of a boosted post Instagram tells one twice."""
    comment = id_or_none(change, "value", "id") if isinstance(get(change, "value"), dict) else None
    return f"{text_or_none(change, 'field')} {comment}" if comment else None


def webhooks(app: App) -> Webhooks:
    """For all accounts of `app`."""
    return Webhooks(app, PRODUCT, comment_key)


WEBHOOKS = webhooks
