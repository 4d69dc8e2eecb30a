"""One turn, one decision: triage, recall, compose, guard."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol, runtime_checkable

from engage.compose import disclosure
from engage.compose.guard import Rejected, guard
from engage.compose.remembering import known_reply
from engage.errors import Malformed
from engage.models import Answer, Card, Draft, Escalate, Outcome, Persona, Recall, Reply, Skip, Surface, Turn
from engage.triage import ASKS, Decision, FixedText, Intent, Policy, Verdict, triage

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
class Loadable(Protocol):
    """A composer with something heavy to load before its first draft."""

    def load(self) -> None:
        """Load it now. Raises ConfigError."""


# (creator id, text) → how much it sounds like the creator, 0..1; None where there is too little to compare with
StyleOf = Callable[[str, str], Awaitable[float | None]]


@dataclass(slots=True)
class _Trail:
    """What is known so far: it becomes the decision card."""

    turn: Turn
    verdict: Verdict
    recall: Recall = NOTHING
    draft: Draft = field(default_factory=lambda: Draft(""))
    style: float | None = None


class Avatar:
    """Decides what to do with turns. Holds no state of its own between them."""

    def __init__(
        self,
        memory: Remembers,
        composer: Composer,
        style_of: StyleOf | None,
        policy: Policy,
        clock: Callable[[], datetime],
    ) -> None:
        self._memory = memory
        self._composer = composer
        self._style_of = style_of
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

    async def _decide(self, turn: Turn, persona: Persona) -> Outcome:
        verdict = triage(turn, persona, self._policy, self._clock())
        trail = _Trail(turn, verdict)
        if verdict.decision is Decision.SKIP:
            return Skip(self._card(trail, verdict.reasons))
        if verdict.fixed_text is not None or verdict.decision is Decision.ESCALATE:
            return self._without_a_draft(trail, persona)
        trail.recall = await self._memory.recall(turn.creator_id, turn.text, self._policy.passages)
        if verdict.asks and not trail.recall.supported:
            return self._decline(trail, "unsupported")
        try:
            trail.draft = await self._composer.compose(turn, persona, trail.recall)
        except Malformed as nonsense:
            return self._decline(trail, "malformed", str(nonsense))
        if not trail.draft.text:
            return self._decline(trail, trail.draft.reason or "unsupported")
        return await self._guarded(trail, persona)

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

    async def _guarded(self, trail: _Trail, persona: Persona) -> Outcome:
        turn, policy, composer = trail.turn, self._policy, self._composer
        private = composer.private_words(persona) if isinstance(composer, Prompted) else ""
        now = self._clock()
        checked = guard(trail.draft, turn, persona, trail.verdict, trail.recall, policy, now, private=private)
        if isinstance(checked, Rejected):
            return self._decline(trail, *checked.reasons)
        if self._style_of is not None:
            trail.style = await self._style_of(turn.creator_id, trail.draft.text)
        return Answer(checked, self._card(trail, trail.verdict.reasons))

    def _decline(self, trail: _Trail, *reasons: str) -> Outcome:
        """In a direct message a person should look; in public a question the creator never answered stays open."""
        kind = trail.verdict.intent
        # Kind words are declined for want of a reply of the creator's to such words: the card has to say to what.
        card = self._card(trail, (kind.value, *reasons) if kind in _COURTESIES else reasons)
        waits = trail.turn.surface is Surface.DM and kind in _AWAIT_ANSWER
        return Escalate(card) if waits else Skip(card)

    def _card(self, trail: _Trail, reasons: tuple[str, ...]) -> Card:
        draft, verdict = trail.draft, trail.verdict
        cost = (draft.tokens_in * self._policy.price_in + draft.tokens_out * self._policy.price_out) / 1_000_000
        noted = (trail.recall.note,) if trail.recall.note else ()
        return Card(
            reasons=(*reasons, *noted),
            language=verdict.language,
            labels=verdict.labels,
            sources=trail.recall.passages,
            supported=trail.recall.supported if trail.recall is not NOTHING else None,
            style=trail.style,
            model=draft.model if draft.text or draft.reason else "",
            prompt_version=draft.prompt_version,
            tokens_in=draft.tokens_in,
            tokens_out=draft.tokens_out,
            cost=cost,
            draft=draft.text,
        )
