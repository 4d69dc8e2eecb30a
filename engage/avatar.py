"""One turn, one decision: triage, recall, compose, judge the style, guard."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from engage.compose import disclosure, young
from engage.compose.grounding import quotes
from engage.compose.guard import EXTRACTIVE, Rejected, guard
from engage.compose.remembering import known_reply
from engage.errors import Malformed
from engage.models import Answer, Card, Draft, Escalate, Freedom, Outcome, Persona, Recall, Reply, Skip, Surface, Turn
from engage.triage import ASKS, Decision, FixedText, Intent, Policy, Verdict, triage
from engage.voice.judged import Judged

NOTHING = Recall((), supported=False)
_COURTESIES = frozenset({Intent.GREETING, Intent.PRAISE, Intent.THANKS})
_AWAIT_ANSWER = ASKS | {Intent.CHATTER}  # thanks and greetings may stay unanswered, what a follower tells us may not


class Remembers(Protocol):
    """What the creator said."""

    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """The passages nearest to `text`, and whether they answer it."""


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


# (creator id, text, surface, language) → how much it sounds like the creator; None where that is not known
JudgeStyle = Callable[[str, str, Surface, str], Awaitable[Judged | None]]


@dataclass(slots=True)
class _Trail:
    """What is known so far: it becomes the decision card."""

    turn: Turn
    verdict: Verdict
    recall: Recall = NOTHING
    draft: Draft = field(default_factory=lambda: Draft(""))
    judged: Judged | None = None
    first_style: float | None = None  # of the draft that was written again
    tokens: tuple[int, int] | None = None  # of both drafts, where there were two


class Avatar:
    """Decides what to do with turns. Holds no state of its own between them."""

    def __init__(
        self,
        memory: Remembers,
        composer: Composer,
        judge: JudgeStyle | None,
        policy: Policy,
        clock: Callable[[], datetime],
        own_words: Composer | None = None,
    ) -> None:
        """own_words: answers who is under age, in approved words; without it they are left to a person."""
        self._memory = memory
        self._composer = composer
        self._own_words = own_words
        self._judge_style = judge
        self._policy = policy
        self._clock = clock

    async def answer(self, turn: Turn, persona: Persona) -> Outcome:
        """Answer, Skip or Escalate, with the card that says why.

        Raises Retryable where a model is away (try the turn again later) and ValueError for another creator's turn.
        """
        if turn.creator_id != persona.id:
            raise ValueError(f"turn {turn.id} belongs to creator {turn.creator_id}, not {persona.id}")
        start = time.perf_counter()
        outcome = await self._decide(turn, persona)
        card = replace(outcome.card, ms=round((time.perf_counter() - start) * 1000))
        return replace(outcome, card=card)

    async def aclose(self) -> None:
        """Close what the composer holds open."""
        if isinstance(self._composer, Closable):
            await self._composer.aclose()

    async def _decide(self, turn: Turn, persona: Persona) -> Outcome:
        verdict = triage(turn, persona, self._policy, self._clock())
        trail = _Trail(turn, verdict)
        if verdict.decision is Decision.SKIP:
            return Skip(self._card(trail, verdict.reasons))
        if verdict.fixed_text is not None or verdict.decision is Decision.ESCALATE:
            return self._without_a_draft(trail, persona)
        trail.recall = await self._memory.recall(turn.creator_id, turn.text, self._policy.passages)
        if verdict.age:
            return await self._carefully(trail, persona)
        if verdict.asks and not trail.recall.supported:
            return self._decline(trail, "unsupported")
        try:
            trail.draft = await self._composer.compose(turn, persona, trail.recall)
        except Malformed as nonsense:
            return self._decline(trail, "malformed", str(nonsense))
        if not trail.draft.text:
            return self._decline(trail, trail.draft.reason or "unsupported")
        return await self._in_voice(trail, persona)

    async def _carefully(self, trail: _Trail, persona: Persona) -> Outcome:
        """For who is under age: what the creator decided or answered themselves, word for word, and nothing made up."""
        trail.recall = young.approved(trail.recall)
        if self._own_words is None or not trail.recall.passages or (trail.verdict.asks and not trail.recall.supported):
            return self._decline(trail, "minor", "unsupported")
        trail.draft = await self._own_words.compose(trail.turn, persona, trail.recall)
        checked = self._guarded(trail, replace(persona, freedom=Freedom.STRICT))
        if isinstance(checked, Reply) and not young.asks_back(checked.text):
            return Answer(checked, self._card(trail, (*trail.verdict.reasons, "minor")))
        return self._decline(trail, "minor", *(checked.reasons if isinstance(checked, Rejected) else ("asks_back",)))

    def _without_a_draft(self, trail: _Trail, persona: Persona) -> Outcome:
        """Fixed text, for what must never be generated; or a person, with or without a fixed text meanwhile."""
        kind = trail.verdict.fixed_text
        reply = self._fixed(kind, trail, persona) if kind is not None else None
        card = self._card(trail, trail.verdict.reasons)
        if trail.verdict.decision is Decision.ESCALATE:
            return Escalate(card, reply)
        assert reply is not None
        return Answer(reply, card)

    def _fixed(self, kind: FixedText, trail: _Trail, persona: Persona) -> Reply:
        if kind is FixedText.KNOWN:
            return known_reply(trail.turn, persona, trail.verdict.language)
        return disclosure.fixed_reply(kind, trail.turn, persona, trail.verdict.language)

    async def _in_voice(self, trail: _Trail, persona: Persona) -> Outcome:
        """Of the versions that may be posted, the one that sounds most like the creator."""
        rejected: list[tuple[_Trail, Rejected]] = []
        for version in await self._versions(trail, persona):
            checked = self._guarded(version, persona)
            if isinstance(checked, Reply):
                return self._answered(version, checked, persona)
            rejected.append((version, checked))
        version, why = rejected[0]
        return self._decline(version, *why.reasons)

    async def _versions(self, trail: _Trail, persona: Persona) -> list[_Trail]:
        """The draft, and where it does not sound like the creator a second one, the more alike first."""
        judged = trail.judged = await self._judge(trail, trail.draft, persona)
        writer = self._writer_of(trail)
        if judged is None or judged.enough or writer is None:
            return [trail]
        try:
            draft = await writer.rewrite(trail.turn, persona, trail.recall, trail.draft, judged.differences)
        except Malformed:
            return [trail]
        trail.first_style = judged.score
        trail.tokens = (trail.draft.tokens_in + draft.tokens_in, trail.draft.tokens_out + draft.tokens_out)
        again = await self._judge(trail, draft, persona) if draft.text else None
        if again is None:
            return [trail]
        versions = [replace(trail, draft=draft, judged=again), trail]
        return versions if again.score > judged.score else versions[::-1]

    def _writer_of(self, trail: _Trail) -> Rewrites | None:
        """Who can write the draft again; what the creator said themselves needs no other words."""
        own = trail.draft.model == EXTRACTIVE or quotes(trail.draft.text, trail.recall)
        return self._composer if isinstance(self._composer, Rewrites) and not own else None

    async def _judge(self, trail: _Trail, draft: Draft, persona: Persona) -> Judged | None:
        if self._judge_style is None:
            return None
        judged = await self._judge_style(persona.id, draft.text, trail.turn.surface, trail.verdict.language)
        return judged and judged.against(persona.voice_border)

    def _guarded(self, trail: _Trail, persona: Persona) -> Reply | Rejected:
        composer, now = self._composer, self._clock()
        private = composer.private_words(persona) if isinstance(composer, Prompted) else ""
        return guard(trail.draft, trail.turn, persona, trail.verdict, trail.recall, self._policy, now, private=private)

    def _answered(self, trail: _Trail, reply: Reply, persona: Persona) -> Outcome:
        unlike = trail.judged is not None and not trail.judged.enough
        if unlike and persona.strict_voice and self._writer_of(trail) is not None:
            return Escalate(self._card(trail, ("unlike_creator",)))
        return Answer(reply, self._card(trail, trail.verdict.reasons))

    def _decline(self, trail: _Trail, *reasons: str) -> Outcome:
        """In a direct message a person should look; in public a question the creator never answered stays open."""
        kind = trail.verdict.intent
        # Kind words are declined for want of a reply of the creator's to such words: the card has to say to what.
        card = self._card(trail, (kind.value, *reasons) if kind in _COURTESIES else reasons)
        waits = trail.turn.surface is Surface.DM and kind in _AWAIT_ANSWER
        return Escalate(card) if waits else Skip(card)

    def _card(self, trail: _Trail, reasons: tuple[str, ...]) -> Card:
        draft, verdict = trail.draft, trail.verdict
        judged, (tokens_in, tokens_out) = trail.judged, trail.tokens or (draft.tokens_in, draft.tokens_out)
        cost = (tokens_in * self._policy.price_in + tokens_out * self._policy.price_out) / 1_000_000
        noted = (trail.recall.note,) if trail.recall.note else ()
        return Card(
            reasons=(*reasons, *noted),
            language=verdict.language,
            labels=verdict.labels,
            sources=trail.recall.passages,
            supported=trail.recall.supported if trail.recall is not NOTHING else None,
            style=None if judged is None else judged.score,
            first_style=trail.first_style,
            unlike=() if judged is None or judged.enough else judged.differences,
            model=draft.model if draft.text or draft.reason else "",
            prompt_version=draft.prompt_version,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost=cost,
            draft=draft.text,
        )
