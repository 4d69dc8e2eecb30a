"""Webhooks of a Meta app: one address for all accounts, up to 1000 updates in a delivery. Pure.

https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from connectors import meta_erasure
from connectors.fields import epoch, get, id_of, id_or_none, items, mapping, number, text, time, yes
from connectors.meta_deauthorization import deauthorized, is_form
from engage.errors import ConfigError, InvalidSignature, Malformed
from engage.grants import Field
from engage.platform import App, Delivery, ErasureRequest, RawEvent

VERIFY_TOKEN = "verify_token"  # noqa: S105 - a name
WEBHOOK_SECRET = "webhook_secret"  # noqa: S105 - a name
FIELDS = (
    Field(VERIFY_TOKEN, "Verify token", secret=True, hint="any long random text; enter the same one in the console"),
    Field(
        WEBHOOK_SECRET,
        "Other app secrets that sign webhooks",
        secret=True,
        hint="separated by spaces; only while secrets are changed, or where the Meta app's secret is another one",
        optional=True,
    ),
)
MESSAGING, STANDBY, CHANGES = "messaging", "standby", "changes"
_MILLISECONDS = 10**11  # as seconds this would be the year 5138


def sign(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.digest(secret.encode(), body, hashlib.sha256).hex()


def verify(secrets: Sequence[str], headers: Mapping[str, str], body: bytes) -> None:
    """Check a delivery against any of `secrets`. Raises InvalidSignature."""
    given = headers.get("x-hub-signature-256", "")
    if not given:
        raise InvalidSignature("the header X-Hub-Signature-256 is missing")
    matches = [hmac.compare_digest(sign(secret, body).encode(), given.encode()) for secret in secrets]
    if not any(matches):
        raise InvalidSignature("X-Hub-Signature-256 matches none of the application's secrets")


def secrets_of(app: App) -> list[str]:
    """Every secret that may sign. Raises ConfigError where there is none."""
    known = f"{app.secrets.get('client_secret', '')} {app.secrets.get(WEBHOOK_SECRET, '')}".split()
    if not known:
        fix = f"Set it with `engage app set {app.platform}`."
        raise ConfigError("it is missing", key="client_secret", place=f"application of {app.platform}", fix=fix)
    return known


@dataclass(frozen=True, slots=True)
class Update:
    """One thing inside a delivery: of an account, of a list of that kind, at a time."""

    account: str
    kind: str
    item: Any
    entry: Mapping[str, Any]

    @property
    def sent_at(self) -> datetime:
        """When Meta sent it. Raises Malformed."""
        return moment(self.entry, "time")


def updates(payload: Any) -> Iterator[Update]:
    """What a delivery holds, in its order. Raises Malformed."""
    for entry in items(payload, "entry"):
        account = id_of(entry, "id")
        for kind in (MESSAGING, STANDBY, CHANGES):
            yield from (Update(account, kind, item, entry) for item in items(entry, kind))
        # Instagram with its own login sends a single change without the list.
        if isinstance(get(entry, "field"), str):
            change = {"field": entry["field"], "value": entry.get("value")}
            yield Update(account, CHANGES, change, entry)


def moment(payload: Any, *path: str) -> datetime:
    """A time as Meta writes it: seconds, milliseconds or ISO 8601. Raises Malformed."""
    value = get(payload, *path)
    if isinstance(value, str) and not value.isdecimal():
        return time(payload, *path)
    return epoch(payload, *path, per_second=1000 if number(payload, *path) > _MILLISECONDS else 1)


class Webhooks:
    """`AppWebhooks` of a Meta product. name_of: what names a change the same each time, or None."""

    def __init__(self, app: App, product: str, name_of: Callable[[Any], str | None]) -> None:
        self._app = app
        self._product = product
        self._name_of = name_of

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The handshake of a GET: the challenge back, where it knows our verify token."""
        expected, given = self._app.secrets.get(VERIFY_TOKEN, ""), query.get("hub.verify_token", "")
        known = bool(expected) and hmac.compare_digest(expected.encode(), given.encode())
        return query.get("hub.challenge") if known and query.get("hub.mode") == "subscribe" else None

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """What a call brings: updates, or that a person took the app away. Raises InvalidSignature or Malformed."""
        if is_form(headers):
            return deauthorized(secrets_of(self._app), body, now)
        verify(secrets_of(self._app), headers, body)
        try:
            payload = json.loads(body)
        except ValueError:
            raise Malformed("the delivery is not JSON") from None
        return self.sorted_out(payload)

    def erasure_asked(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ErasureRequest:
        """Who wants to be erased. Raises InvalidSignature or Malformed."""
        return meta_erasure.asked(secrets_of(self._app), headers, body, now)

    def erasure_acknowledged(self, url: str, code: str) -> str:
        """What Meta wants to read."""
        return meta_erasure.acknowledgement(url, code)

    def sorted_out(self, payload: Any) -> Delivery:
        """What a decoded delivery brings, and for whom. Raises Malformed."""
        if text(payload, "object") != self._product:
            return Delivery()
        return Delivery([(update.account, self._alone(update)) for update in updates(payload)])

    def _alone(self, update: Update) -> RawEvent:
        entry = {"id": update.account, "time": update.entry.get("time"), update.kind: [update.item]}
        return RawEvent(self._key(update, entry), json.dumps({"object": self._product, "entry": [entry]}).encode())

    def _key(self, update: Update, entry: Mapping[str, Any]) -> str:
        name = self._name_of(update.item) if update.kind == CHANGES else named(update)
        return name or hashlib.sha256(json.dumps(entry, sort_keys=True).encode()).hexdigest()


def named(update: Update) -> str | None:
    """A message by its id. What is told of it later (unsent, edited) is something else."""
    told = mapping(update.item, "message") if isinstance(get(update.item, "message"), dict) else {}
    mid = id_or_none(told, "mid")
    return f"{update.kind} {mid}" if mid and not yes(told, "is_deleted") else None
