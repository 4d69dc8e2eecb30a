"""What a composer is, and what some of them can do besides."""

from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from engage.models import Draft, Persona, Recall, Turn


class Composer(Protocol):
    """Writes a draft from passages, or declines with an empty one."""

    async def compose(self, turn: Turn, persona: Persona, recall: Recall) -> Draft:
        """A draft in the creator's voice. Raises Retryable (its model is away) or Malformed (it talks nonsense)."""


@runtime_checkable
class Prompted(Protocol):
    """A composer with words of its own that a reply must not quote."""

    def private_words(self, persona: Persona) -> str:
        """The instructions given to the model, without what is public about the creator."""


@runtime_checkable
class Marked(Protocol):
    """A composer whose instructions hold a code that stands nowhere else."""

    def canary(self, persona: Persona) -> str:
        """The code."""


@runtime_checkable
class Rewrites(Protocol):
    """A composer that can write a draft again where it does not sound like the creator."""

    async def rewrite(
        self, turn: Turn, persona: Persona, recall: Recall, draft: Draft, unlike: tuple[str, ...]
    ) -> Draft:
        """The draft once more, given what is measurably unlike the creator. Raises as `compose` does."""


@runtime_checkable
class Loadable(Protocol):
    """A composer with something heavy to load before its first draft."""

    def load(self) -> None:
        """Load it now. Raises ConfigError."""


@runtime_checkable
class Closable(Protocol):
    """A composer that holds connections."""

    async def aclose(self) -> None:
        """Close them."""


class Moderates(Protocol):
    """Somebody else's view of a text, such as a provider's moderation endpoint."""

    async def scores(self, text: str) -> Mapping[str, float]:
        """Scores of triage's labels, 0..1. Raises Unavailable."""

    async def aclose(self) -> None:
        """Close its connections."""
