"""How an account is granted: what connectors/<platform>/connect.py offers, and what comes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, runtime_checkable

from engage.platform import App


@dataclass(frozen=True, slots=True)
class Field:
    """Something a person enters to connect. `default` is taken where nothing is entered; '' makes it required."""

    name: str
    label: str
    secret: bool = False
    hint: str = ""
    default: str = ""
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """An account that was granted to us. expires_at: when its credentials end; None: they do not."""

    platform_user_id: str
    handle: str
    credentials: Mapping[str, str] = field(repr=False)
    expires_at: datetime | None = None
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Begun:
    """Where the creator's browser goes to consent, and what must be kept, in secret, until it comes back."""

    url: str
    keep: Mapping[str, str] = field(default_factory=dict, repr=False)


class Connect(Protocol):
    """connectors/<platform>/connect.py: `CONNECT`. It is a Consent or an Entry, or both.

    One that is both may name in `consent_fields` what is entered before the platform's page; else `account_fields` are.
    """

    app_fields: Sequence[Field]  # what an operator enters once; of them `secret` ones go into App.secrets
    account_fields: Sequence[Field]  # what a creator enters to begin


@runtime_checkable
class Consent(Protocol):
    """A creator consents on the platform's own page (OAuth)."""

    async def begin(self, app: App, entered: Mapping[str, str], redirect_uri: str, state: str) -> Begun:
        """The page to send the creator to. Raises ConfigError, Refused or Retryable."""

    async def finish(
        self, app: App, answer: Mapping[str, str], redirect_uri: str, keep: Mapping[str, str]
    ) -> Sequence[Grant]:
        """The accounts that an answer (the query of the page's redirect) grants. Raises Refused or Retryable."""


@runtime_checkable
class Entry(Protocol):
    """A creator enters what the platform gave them: a bot's token, an app password."""

    async def grant(self, app: App, entered: Mapping[str, str]) -> Sequence[Grant]:
        """The accounts that it opens, asked of the platform. Raises Refused (it does not) or Retryable."""
