"""A provider's moderation endpoint, asked beside the checks that come with Engage: OpenAI's, or one like it.

It can only add to what they found: where it does not answer, they decide alone.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from engage.compose.providers import brief
from engage.errors import ConfigError, Unavailable

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# The provider's categories by ours. Violence alone is none of ours: games and films are full of it.
_CATEGORIES = {
    "abuse": ("harassment", "harassment_threatening", "hate", "hate_threatening", "sexual", "sexual_minors"),
    "self_harm": ("self_harm", "self_harm_intent"),
    "restricted": ("illicit", "illicit_violent", "self_harm_instructions"),
}
_PROVIDER = "openai:"


class Moderation:
    """One a process, for one event loop; close it with `aclose`."""

    def __init__(self, spec: str, base_url: str, api_key: str, timeout: float) -> None:
        """spec: `openai:MODEL`, or any name at an address of one's own. timeout: in seconds. Raises ConfigError."""
        if not spec.startswith(_PROVIDER) and not base_url:
            fix = 'Write "openai:omni-moderation-latest", or give moderation_base_url too'
            raise ConfigError(f"{spec!r} is not known", key="moderation", place="ENGAGE_MODERATION", fix=fix)
        if not api_key and not base_url:
            fix = "Set it to a key of the provider"
            raise ConfigError("is needed", key="moderation_api_key", place="ENGAGE_MODERATION_API_KEY", fix=fix)
        self._spec = spec
        self._base_url = base_url or None
        self._api_key = api_key or "none"
        self._timeout = timeout
        self._client: AsyncOpenAI | None = None

    async def scores(self, text: str) -> Mapping[str, float]:
        """Our labels with the provider's highest score of what falls under each, 0..1. Raises Unavailable."""
        from openai import OpenAIError

        try:
            made = await self._opened().moderations.create(model=self._spec.removeprefix(_PROVIDER), input=text)
            found = made.results[0].category_scores
        except (OpenAIError, LookupError, AttributeError, TypeError, ValueError) as error:
            raise Unavailable(f"moderation {self._spec}: {brief(error, self._api_key)}") from error
        return {
            label: max(float(getattr(found, name, None) or 0.0) for name in names)
            for label, names in _CATEGORIES.items()
        }

    async def aclose(self) -> None:
        """Close the connections."""
        if self._client is not None:
            await self._client.close()
            self._client = None

    def _opened(self) -> "AsyncOpenAI":
        if self._client is None:
            from openai import AsyncOpenAI

            # Retries would add to what every follower waits for: the classifiers at hand decide meanwhile.
            self._client = AsyncOpenAI(
                base_url=self._base_url, api_key=self._api_key, timeout=self._timeout, max_retries=0
            )
        return self._client
