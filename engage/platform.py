"""What the core asks of a platform. Connectors implement these protocols; nothing here knows one of them.

A connector is built for one account (`AccountLink`) and may implement any of the source protocols beside `Connector`.
Errors are those of `engage.errors`, mapped once inside the connector.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, ClassVar, Protocol, runtime_checkable

from engage.limits import Limit, Quota
from engage.models import Capabilities, Event, Outgoing, Receipt, Surface


class Settle(StrEnum):
    """How a lost answer to a send is settled."""

    KEY = "key"  # the platform drops a second send with the same key: send again
    READBACK = "readback"  # ask the platform whether it is there
    PARK = "park"  # nobody can know: show it to the creator


class Found(StrEnum):
    """The three answers of a read-back."""

    FOUND = "found"
    ABSENT = "absent"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What a read-back saw; `receipt` only where found."""

    found: Found
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True)
class App:
    """What an operator registered with a platform once, for all its accounts. `secrets` are never logged."""

    platform: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class AccountLink:
    """One account as its connector needs it. `credentials` are secret: never logged, never in a queue."""

    id: str
    platform_user_id: str
    handle: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)
    app: App = App()


@dataclass(frozen=True, slots=True)
class RawEvent:
    """One payload as the platform sent it. `key` is the same each time the platform sends this delivery again."""

    key: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Page:
    """One poll's yield: payloads, the cursor to save with them, and how long to wait before the next poll.

    unspent: units of the quotas of endpoint `poll` (or `stream`) that this look did not need of their `cost`.
    """

    events: Sequence[RawEvent]
    cursor: str
    wait: timedelta
    unspent: int = 0


class Connector(Protocol):
    """Every connector: what it can do, how often, how it sends, how it settles."""

    name: ClassVar[str]
    surfaces: ClassVar[frozenset[Surface]]
    # Which of poll and stream the listener follows where the account's config does not say it (`ingest`).
    beside_webhooks: ClassVar[frozenset[str]]  # where the platform can reach our webhooks
    without_webhooks: ClassVar[frozenset[str]]  # where it cannot
    limits: Sequence[Limit]  # of this account; () where the platform counts nothing
    quotas: Sequence[Quota]
    settle: Settle
    readback_lag: timedelta  # how long a posted reply may stay invisible to `find`

    def __init__(self, account: AccountLink) -> None: ...

    async def capabilities(
        self, surface: Surface, conversation_id: str, heard_at: datetime, now: datetime
    ) -> Capabilities:
        """May the account reply here, until when, how long. Costs no platform call unless it must.

        heard_at: when the follower wrote what is answered; reply windows count from there.
        """

    async def send(self, reply: Outgoing) -> Receipt:
        """Post `reply`. Raises RateLimited, Unavailable (surely not posted), Ambiguous, Unauthorized or Refused."""

    async def find(self, reply: Outgoing) -> ReadBack:
        """Look for `reply` among what the account posted (settle READBACK)."""

    async def delete(self, receipt_id: str) -> None:
        """Take a posted reply back. Raises Refused where the platform cannot."""

    async def close(self) -> None:
        """Release the connections."""


@runtime_checkable
class WebhookSource(Protocol):
    """A platform that calls us."""

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """The text that proves to the platform that the endpoint is ours, or None where this is no challenge."""

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> RawEvent:
        """Verify the raw bytes and name the delivery. Header names are lower case. Raises InvalidSignature."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one call of a platform brought for the accounts of an application.

    events: each with the platform's id of the account it is for. people: what is for all accounts of a person, with the
    platform's id of them: of an account, or `granted_by` in its config. answer: what must stand in the 2xx, as some
    platforms prove an endpoint by POST; status: the 2xx. charges: quotas that it took the `cost` of, without asking:
    paid also where that overdraws them. They are shared by the application's accounts (`shared_by`).
    """

    events: Sequence[tuple[str, RawEvent]] = ()
    answer: str = ""
    media_type: str = "text/plain"
    status: int = 200
    people: Sequence[tuple[str, RawEvent]] = ()
    charges: Sequence[Quota] = ()


class AppWebhooks(Protocol):
    """connectors/<platform>/webhooks.py: `WEBHOOKS` makes one from an App. The address names no account."""

    def challenge(self, query: Mapping[str, str]) -> str | None:
        """As of a WebhookSource: the answer to a GET that asks whether the endpoint is ours, or a JSON document."""

    def receive(self, headers: Mapping[str, str], body: bytes, now: datetime) -> Delivery:
        """Verify the raw bytes and sort out whom they are for. Raises InvalidSignature or Malformed."""


@dataclass(frozen=True, slots=True)
class ErasureRequest:
    """Somebody wants what is kept of them to be erased.

    person_id: as the platform names them to the application: a follower, or whoever granted accounts. key: the same
    each time the platform sends this request again.
    """

    person_id: str
    key: str


@runtime_checkable
class Erasing(Protocol):
    """`AppWebhooks` of a platform that passes on who wants to be erased: `/erasures/<platform>`."""

    def erasure_asked(self, headers: Mapping[str, str], body: bytes, now: datetime) -> ErasureRequest:
        """Verify the raw bytes. Header names are lower case. Raises InvalidSignature, Malformed or ConfigError."""

    def erasure_acknowledged(self, url: str, code: str) -> str:
        """The JSON document that answers it. url: of a page that tells what became of it; code: the page's."""


@runtime_checkable
class Subscribing(Protocol):
    """A platform that calls only whoever has asked it to, and for a while."""

    async def subscribe(self, callback_url: str) -> datetime | None:
        """Ask for the account's events at `callback_url`, again and again: it changes nothing where it holds.

        Returns when to ask again; None: in a day. Raises Retryable, Unauthorized or Refused.
        """


@runtime_checkable
class Charging(Protocol):
    """A `Subscribing` one that takes money for what it brings: asked while the quotas of endpoint `stream` last."""

    async def unsubscribe(self) -> None:
        """End what `subscribe` asked for; it changes nothing where nothing holds. Raises as `subscribe` does."""


@runtime_checkable
class PollSource(Protocol):
    """A platform we ask. `cursor` is '' at first."""

    async def poll(self, cursor: str) -> Page:
        """The payloads after `cursor`. Raises Retryable or Unauthorized."""


@runtime_checkable
class StreamSource(Protocol):
    """A platform that keeps a connection open. `cursor` is '' at first."""

    def listen(self, cursor: str) -> AsyncIterator[Page]:
        """Pages as they come; ends or raises when the connection is lost.

        A page with a `wait` ends it: the stream is opened again after that long (nobody is live, or the platform
        wants to be asked from time to time).
        """


@dataclass(frozen=True, slots=True)
class Renewed:
    """An account's new credentials, all of them. expires_at: None where they do not end."""

    credentials: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None


@runtime_checkable
class Renewable(Protocol):
    """A platform whose access ends and can be renewed. One process at a time asks for it, before it ends."""

    async def renew(self) -> Renewed:
        """New ones for those the connector was made with. Raises Unauthorized (the grant is over) or Retryable."""


@runtime_checkable
class Revocable(Protocol):
    """A platform where access can be given back."""

    async def revoke(self) -> None:
        """End the subscriptions of the account and void its tokens. Raises what a write raises."""


@runtime_checkable
class Moderation(Protocol):
    """A platform where the account may take a follower's message out of sight."""

    hides: ClassVar[frozenset[Surface]]

    async def hide(self, surface: Surface, message_id: str, *, hidden: bool) -> None:
        """Hide a message, or show it again. Raises Refused where it cannot be, Retryable or Unauthorized."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found about an account; `state` is ok, warn or fail, `fix` what to do."""

    name: str
    state: str
    found: str
    fix: str = ""


@runtime_checkable
class Examinable(Protocol):
    """`engage doctor --account`: asks the platform, and writes nothing there."""

    async def examine(self, callback_url: str) -> Sequence[Finding]:
        """Access, scopes, subscription, what is left of limits. Raises what a read raises.

        callback_url: where the platform's events should arrive; '' where nothing is reachable from outside.
        """


class Lending(Protocol):
    """A platform whose rules end the keeping of what it told, unless it is fetched again. Engage fetches nothing again:
    older messages, names and raw deliveries of its accounts are erased, whatever the settings keep.
    """

    data_days: ClassVar[int]


class Parser(Protocol):
    """connectors/<platform>/parse.py: pure."""

    def __call__(self, payload: Any, account_user_id: str) -> list[Event]:
        """Normalise one decoded payload. Raises Malformed; an unknown event is an IGNORED one with its reason.

        account_user_id: the platform's id of the account it came for; '' takes the account that the payload names.
        """
