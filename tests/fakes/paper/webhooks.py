"""Calls to the application: whoever knows the secret, with events for many accounts."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from engage.errors import InvalidSignature
from engage.platform import App, Delivery, RawEvent


class PaperWebhooks:
    def __init__(self, app: App) -> None:
        self._secret = app.secrets.get("client_secret", "")

    def challenge(self, query: Mapping[str, str]) -> str | None:
        return query.get("prove")

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        if not self._secret or headers.get("x-paper") != self._secret:
            raise InvalidSignature("x-paper is wrong")
        said = json.loads(body)
        return Delivery(_events(said, "events"), said.get("challenge", ""), people=_events(said, "people"))


def _events(said: Mapping[str, Any], name: str) -> list[tuple[str, RawEvent]]:
    return [(one["for"], RawEvent(one["id"], json.dumps(one).encode())) for one in said.get(name, [])]


WEBHOOKS = PaperWebhooks
