"""What Kick calls an application with: one address for all channels."""

import json
from collections.abc import Mapping
from datetime import datetime

from connectors.fields import id_or_none
from connectors.kick.keys import TYPE, keys_in, verify
from engage.errors import Malformed
from engage.platform import App, Delivery, RawEvent


class KickWebhooks:
    """Events are about a channel; its broadcaster's id is whom they are for."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """Kick asks for no proof: it signs, and that is enough."""
        return None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Verify, and put the kind of the event, which stands in a header, beside it. Raises as `AppWebhooks` does."""
        message_id = verify(keys_in(str(self._app.config.get("public_key", ""))), headers, body, now)
        try:
            event = json.loads(body)
        except ValueError:
            raise Malformed("the body is not JSON") from None
        whose = id_or_none(event, "broadcaster", "user_id")
        if whose is None:
            return Delivery()  # nothing that a channel is told
        told = {"type": headers.get(TYPE, ""), "event": event, "bot": str(self._app.config.get("bot") or "").strip()}
        return Delivery([(whose, RawEvent(message_id, json.dumps(told).encode()))])


WEBHOOKS = KickWebhooks
