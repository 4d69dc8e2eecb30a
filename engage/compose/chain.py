"""The composer that asks a model, through LangChain: any provider, an Ollama server, or an OpenAI-compatible address.

One call, a second where an answer could not be read. What cannot be read then is no answer: silence, never nonsense.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from engage.compose.checks import leaks
from engage.compose.courtesy import courtesy_of
from engage.compose.extractive import Words, address, answer_courtesy
from engage.compose.grounding import ground
from engage.compose.prompt import build, canary_of, cited, load_prompts, private_text, rewrite_text
from engage.compose.providers import lost, make_model, meaning, named, no_such_protocol, refuses_request
from engage.compose.reading import Reading, Written, read_message
from engage.errors import Unavailable
from engage.models import Draft, Evidence, Persona, Recall, Turn
from engage.voice.manner import Manner

if TYPE_CHECKING:
    from langchain_core.language_models import BaseChatModel

NONSENSE = "model_nonsense"
_BETWEEN = (0.05, 0.25)  # seconds before it is asked again
_AGAIN = "Your last answer could not be read.\n"

Messages = list[tuple[str, str]]
Chain = Callable[[Messages], Awaitable[Any]]
MannerOf = Callable[[Turn, Recall], Awaitable[Manner]]


class ModelComposer:
    """Composes with a model named by a spec such as "openai:gpt-5-mini" or "ollama:llama3.2". For one event loop."""

    def __init__(
        self,
        spec: str,
        *,
        base_url: str = "",
        api_key: str = "",
        timeout: float = 60,
        words: Words | None = None,
        manner_of: MannerOf | None = None,
    ) -> None:
        """Nothing is imported or connected before the first draft. Raises ConfigError for a spec nobody knows.

        timeout: seconds for one draft. words: finds the creator's replies to greetings and thanks, which then cost no
        call. manner_of: what the model is told of how the creator writes.
        """
        named(spec, base_url)
        self._spec = spec.strip()
        self._base_url = base_url
        self._api_key = api_key
        self._timeout = timeout
        self._words = words
        self._manner_of = manner_of
        self._building = asyncio.Lock()
        self._chains: Chains | None = None
        self._schema = True  # until this server turns out not to follow one

    async def compose(self, turn: Turn, persona: Persona, recall: Recall) -> Draft:
        """A draft with its evidence, or an empty one: the model's own reason, "model_nonsense" or "leak".

        Raises RateLimited, Unavailable or ConfigError.
        """
        if self._words and (kind := courtesy_of(turn.text)):
            known = answer_courtesy(turn, await self._words.passages(turn.creator_id), kind)
            if known.text:
                return known
        return await self._drafted(turn, persona, recall, await self._asked(turn, persona, recall))

    async def rewrite(
        self, turn: Turn, persona: Persona, recall: Recall, draft: Draft, unlike: tuple[str, ...]
    ) -> Draft:
        """The draft once more, in the creator's manner; as `compose` otherwise."""
        asked = await self._asked(turn, persona, recall)
        said = ("ai", draft.text.removeprefix(address(turn)))
        return await self._drafted(turn, persona, recall, [*asked, said, ("human", rewrite_text(persona, unlike))])

    async def _asked(self, turn: Turn, persona: Persona, recall: Recall) -> Messages:
        """What the model is asked for a first draft."""
        manner = await self._manner_of(turn, recall) if self._manner_of else Manner()
        return build(turn, persona, recall, secrets.token_hex(8), canary_of(persona.id), manner)

    async def _drafted(self, turn: Turn, persona: Persona, recall: Recall, messages: Messages) -> Draft:
        chains = await self._built()
        async with self._bounded():
            reading = await self._read(chains, messages)
        return self._draft(reading, turn, persona, recall)

    def private_words(self, persona: Persona) -> str:
        """The instructions a reply must not quote."""
        return private_text(persona)

    def canary(self, persona: Persona) -> str:
        """The code in the instructions that a reply must not hold in any form."""
        return canary_of(persona.id)

    def load(self) -> None:
        """Make the model now, not under the first draft: its imports take seconds. Raises ConfigError."""
        self._chains = self._make()

    async def aclose(self) -> None:
        """Close the connections."""
        close = getattr(self._chains.model, "aclose", None) if self._chains else None
        if close is not None:
            await close()

    async def _built(self) -> "Chains":
        """The model and its chains, made once and on a thread: the imports take seconds."""
        async with self._building:
            if self._chains is None:
                self._chains = await asyncio.to_thread(self._make)
            return self._chains

    def _make(self) -> "Chains":
        model = make_model(self._spec, self._base_url, self._api_key, self._timeout)
        return chained(model, named(self._spec, self._base_url)[0])

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        """All tries of one draft together within the timeout."""
        try:
            async with asyncio.timeout(self._timeout):
                yield
        except TimeoutError:
            fix = "raise ENGAGE_MODEL_TIMEOUT or use a faster model"
            raise Unavailable(f"model {self._spec} took longer than {self._timeout:g} s; {fix}") from None

    async def _read(self, chains: "Chains", messages: Messages) -> Reading:
        """The answer, asked for again as plain JSON where it could not be read or asked for with a schema."""
        first = await self._ask(chains.structured if self._schema else chains.plain, messages)
        if first.written is not None:
            return first
        again = [*messages, ("human", _AGAIN + load_prompts().format)]
        second = await self._ask(chains.plain, again, last=True)
        if second.written is not None:
            self._schema = False
        return second.after(first)

    async def _ask(self, chain: Chain, messages: Messages, *, last: bool = False) -> Reading:
        """One answer. Raises RateLimited, Unavailable or ConfigError."""
        try:
            return await self._invoke(chain, messages)
        except Exception as error:
            if refuses_request(error) and not last:
                return Reading()
            known = meaning(error, self._spec, self._api_key)
            if known is not None:
                raise known from None  # a client's words may hold the key
            strange = no_such_protocol(error, self._spec, self._base_url)
            if strange is not None and last:
                raise strange from error
            return Reading()

    async def _invoke(self, chain: Chain, messages: Messages) -> Reading:
        """One answer, asked for a second time where none came."""
        try:
            answer = await chain(messages)
        except Exception as error:
            if not lost(error):
                raise
            await asyncio.sleep(random.uniform(*_BETWEEN))
            answer = await chain(messages)
        return read_message(answer)

    def _draft(self, reading: Reading, turn: Turn, persona: Persona, recall: Recall) -> Draft:
        written = reading.written
        text, evidence, reason = "", tuple[Evidence, ...](), NONSENSE
        if written is not None and (written.decline or not written.answer.strip()):
            reason = f"declined: {written.reason.strip()[:200]}".rstrip(": ")
        elif written is not None and leaks(written.answer, private_text(persona), canary_of(persona.id)):
            reason = "leak"
        elif written is not None:
            said = written.answer.strip()
            text, reason = address(turn) + said, ""
            evidence = ground(said, cited(written.passages, recall))
        return Draft(
            text=text,
            evidence=evidence,
            reason=reason,
            model=self._spec,
            prompt_version=load_prompts().version,
            tokens_in=reading.tokens_in,
            tokens_out=reading.tokens_out,
        )


@dataclass(frozen=True, slots=True)
class Chains:
    """A model, and how it is asked: for JSON of our shape, and in words alone."""

    model: "BaseChatModel"
    structured: Chain
    plain: Chain


def chained(model: "BaseChatModel", provider: str = "openai") -> Chains:
    """The ways to ask a model, made once: the schema alone takes 5 ms."""
    # The schema as a dict: LangChain then leaves the reading to us, who forgive more and still see the tokens.
    shape = Written.model_json_schema(mode="serialization")
    if provider == "openai":
        # The same request as `with_structured_output` makes, without the 2 ms of machinery it puts round each call.
        return Chains(
            model, structured=partial(model.ainvoke, response_format=response_format(shape)), plain=model.ainvoke
        )
    try:
        writer = model.with_structured_output(shape, method="json_schema", include_raw=True)
    except (NotImplementedError, ValueError):
        return Chains(model, structured=model.ainvoke, plain=model.ainvoke)
    return Chains(model, structured=writer.ainvoke, plain=model.ainvoke)


def response_format(shape: dict[str, Any]) -> dict[str, Any]:
    """A JSON schema as OpenAI-compatible servers are given it."""
    from langchain_core.utils.function_calling import convert_to_openai_function

    strict = convert_to_openai_function(shape, strict=True)
    schema = {"name": strict["name"], "strict": True, "schema": strict["parameters"]}
    return {"type": "json_schema", "json_schema": schema}
