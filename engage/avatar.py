"""One turn, one decision: triage, recall, compose, judge the style, guard."""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from engage.compose import disclosure, young
from engage.compose.grounding import quotes
from engage.compose.guard import EXTRACTIVE, Rejected, guard
from engage.compose.protocols import Closable, Composer, Marked, Moderates, Prompted, Rewrites
from engage.compose.remembering import known_reply
from engage.compose.screening import screened, screened_turn
from engage.errors import Malformed, Unavailable
from engage.models import Answer, Card, Draft, Escalate, Freedom, Outcome, Persona, Recall, Reply, Skip, Surface, Turn
from engage.triage import ASKS, Decision, FixedText, Intent, Policy, Verdict, flags, triage
from engage.triage.linear import Meaning
from engage.voice.judged import Judged

NOTHING = Recall((), supported=False)
_COURTESIES = frozenset({Intent.GREETING, Intent.PRAISE, Intent.THANKS})
_AWAIT_ANSWER = ASKS | {Intent.CHATTER}  # thanks and greetings may stay unanswered, what a follower tells us may not


class Remembers(Protocol):
    """What the creator said."""

    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        """The passages nearest to `text`, and whether they answer it."""


# (creator id, text, surface, language) → how much it sounds like the creator; None where that is not known
JudgeStyle = Callable[[str, str, Surface, str], Awaitable[Judged | None]]
MayAsk = Callable[[Turn], Awaitable[str]]  # "" where a draft may be paid for, else why not


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
    unmoderated: bool = False  # the moderator did not answer


class Avatar:
    """Decides what to do with turns. Holds no state of its own between them."""

    def __init__(
        self,
        memory: Remembers,
        composer: Composer,
        judge: JudgeStyle | None,
        policy: Policy,
        clock: Callable[[], datetime],
        *,
        own_words: Composer | None = None,
        meaning: Meaning | None = None,
        moderator: Moderates | None = None,
        may_ask: MayAsk | None = None,
    ) -> None:
        """own_words: answers who is under age, in approved words; without it they are left to a person.

        meaning: a sentence encoder for triage, which remembers; recall asks it for the same text. may_ask: asked before
        every draft; without it there is no budget.
        """
        self._memory = memory
        self._composer = composer
        self._own_words = own_words
        self._judge_style = judge
        self._policy = policy
        self._clock = clock
        self._meaning = meaning
        self._moderator = moderator
        self._may_ask = may_ask

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
        """Close what the composer and the moderator hold open."""
        if isinstance(self._composer, Closable):
            await self._composer.aclose()
        if self._moderator is not None:
            await self._moderator.aclose()

    async def _decide(self, turn: Turn, persona: Persona) -> Outcome:
        verdict = triage(turn, persona, self._policy, self._clock(), self._meaning)
        trail = _Trail(screened_turn(turn), verdict)
        if verdict.decision is Decision.ANSWER and verdict.fixed_text is None:
            beside = await self._moderated(turn.text, trail)
            if beside:
                verdict = trail.verdict = triage(turn, persona, self._policy, self._clock(), self._meaning, beside)
        if verdict.decision is Decision.SKIP:
            return Skip(self._card(trail, verdict.reasons))
        if verdict.fixed_text is not None or verdict.decision is Decision.ESCALATE:
            return self._without_a_draft(trail, persona)
        trail.recall = screened(await self._memory.recall(turn.creator_id, turn.text, self._policy.passages))
        if verdict.age:
            return await self._carefully(trail, persona)
        if verdict.asks and not trail.recall.supported:
            return self._decline(trail, "unsupported")
        if reason := await self._unpaid(turn):
            return self._over_budget(trail, reason)
        try:
            trail.draft = await self._composer.compose(trail.turn, persona, trail.recall)
        except Malformed as nonsense:
            return self._decline(trail, "malformed", str(nonsense))
        if not trail.draft.text:
            return self._decline(trail, trail.draft.reason or "unsupported")
        return await self._in_voice(trail, persona)

    async def _moderated(self, text: str, trail: _Trail) -> Mapping[str, float]:
        """What the moderator says of a text; nothing where there is none, or it does not answer."""
        if self._moderator is None or trail.unmoderated:
            return {}
        try:
            return await self._moderator.scores(text)
        except Unavailable:
            trail.unmoderated = True
            return {}

    async def _unpaid(self, turn: Turn) -> str:
        """Why no draft may be asked for; "" where one may."""
        return await self._may_ask(turn) if self._may_ask else ""

    def _over_budget(self, trail: _Trail, reason: str) -> Outcome:
        """A creator's own budget leaves direct messages to a person; a follower's leaves nothing to anybody."""
        card = self._card(trail, (reason,))
        waits = reason == "creator_budget" and trail.turn.surface is Surface.DM
        return Escalate(card) if waits else Skip(card)

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
            beside = self._private(trail, persona)
            return Escalate(replace(card, private=beside.text) if beside else card, reply, beside)
        assert reply is not None
        return Answer(reply, card)

    def _fixed(self, kind: FixedText, trail: _Trail, persona: Persona) -> Reply:
        if kind is FixedText.KNOWN:
            return known_reply(trail.turn, persona, trail.verdict.language)
        return disclosure.fixed_reply(kind, trail.turn, persona, trail.verdict.language)

    def _private(self, trail: _Trail, persona: Persona) -> Reply | None:
        kind = trail.verdict.private_text
        return disclosure.fixed_private(kind, trail.turn, persona, trail.verdict.language) if kind else None

    async def _in_voice(self, trail: _Trail, persona: Persona) -> Outcome:
        """Of the versions that may be posted, the one that sounds most like the creator."""
        rejected: list[tuple[_Trail, Rejected]] = []
        for version in await self._versions(trail, persona):
            checked = self._guarded(version, persona)
            if isinstance(checked, Reply):
                if flags(await self._moderated(checked.text, trail), self._policy.thresholds):
                    return self._decline(version, "moderated")
                return self._answered(version, checked, persona)
            rejected.append((version, checked))
        version, why = rejected[0]
        return self._decline(version, *why.reasons)

    async def _versions(self, trail: _Trail, persona: Persona) -> list[_Trail]:
        """The draft, and where it does not sound like the creator a second one, the more alike first."""
        judged = trail.judged = await self._judge(trail, trail.draft, persona)
        writer = self._writer_of(trail)
        if judged is None or judged.enough or writer is None or await self._unpaid(trail.turn):
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
        canary = composer.canary(persona) if isinstance(composer, Marked) else ""
        case = (trail.draft, trail.turn, persona, trail.verdict, trail.recall, self._policy, now)
        return guard(*case, private=private, canary=canary)

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
        noted = tuple(note for note in (trail.recall.note, "moderation unavailable" * trail.unmoderated) if note)
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
