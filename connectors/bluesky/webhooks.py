"""The address that names Engage to authorization servers: they fetch a document about the client there.

Nothing else is served: Bluesky tells nobody of events.
"""

from collections.abc import Mapping
from datetime import datetime

from connectors.bluesky.oauth_client import document
from engage.errors import InvalidSignature
from engage.platform import App, Delivery


class ClientDocument:
    """What a GET of the address is answered. A document is no challenge, but is asked for in the same way."""

    def __init__(self, app: App) -> None:
        self._app = app

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The document; None where no client is registered. Raises ConfigError."""
        return document(self._app) or None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Raises InvalidSignature: nobody has anything to deliver here."""
        raise InvalidSignature("Bluesky delivers nothing")


WEBHOOKS = ClientDocument
