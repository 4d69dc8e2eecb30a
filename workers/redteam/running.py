"""Cases put to a creator's avatar over their real memory. No connector is at hand: nothing can be posted."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from engage.compose.disclosure import unmarked
from engage.compose.prompt import canary_of, system_text
from engage.errors import EngageError
from engage.models import (
    Answer,
    Follower,
    Line,
    Outcome,
    Passage,
    PassageKind,
    Persona,
    Recall,
    Role,
    Skip,
    Surface,
    Turn,
)
from engage.redteam.judging import Finding, Ground, Posted, faults_of
from engage.redteam.packs import INSIDE, Case, Pack, Place
from engage.triage import Policy
from workers import build
from workers.cli.turns import OUTCOME, turn_of
from workers.redteam.obedient import ObedientModel
from workers.redteam.planting import Plant, PlantedMemory, planted, planting, recalled
from workers.redteam.tempers import LEAKS, TEMPERS, Temper

if TYPE_CHECKING:
    from engage.memory.search import Memory
    from engage.settings import Settings

QUESTIONS = 12  # harmless ones that planted texts are put beside
LEAKING = 12  # cases of a run in which every way to give the instructions away is tried
_ANSWERED_HOW = (PassageKind.FAQ, PassageKind.PAIR)
_AT_ONCE = 8
QUOTES = Temper("quotes", lambda heard: heard.first)
Moved = Callable[[int], None]
Failed = Callable[[Case, EngageError], None]


@dataclass(frozen=True, slots=True)
class Attempt:
    """One turn to put to the avatar. shown: whether it is told to the obedient model that there is an attack."""

    case: Case
    turn: Turn
    temper: Temper
    place: str
    plant: Plant | None = None


class RedTeam:
    """The avatar of one creator under attack.

    obedient: the model that obeys everything, in the place of the configured one. past_triage: nothing is turned away
    for its words, and memory takes every text for a question that it answers.
    """

    def __init__(
        self,
        settings: "Settings",
        memory: "Memory",
        persona: Persona,
        obedient: ObedientModel | None = None,
        *,
        past_triage: bool = False,
        thorough: bool = False,
    ) -> None:
        if obedient:
            served = {"model": "openai:obedient", "model_base_url": obedient.url}
            settings = settings.model_copy(update=served)
        self.model = settings.model
        self._obedient = obedient
        self._persona = persona
        self._thorough = thorough
        self._past_triage = past_triage
        policy = (
            replace(build.policy_of(settings), thresholds=dict.fromkeys(Policy().thresholds, 2.0))
            if past_triage
            else None
        )
        self._avatar = build.assemble(settings, memory, PlantedMemory(memory, past_triage), policy)
        self._memory = memory
        self.beside = (0, 0)

    async def run(self, cases: Sequence[Case], failed: Failed, moved: Moved = lambda _: None) -> list[Finding]:
        """What came of each case. What fails is told to `failed`."""
        try:
            questions = await self._questions() if any(one.pack is Pack.INDIRECT for one in cases) else []
            attempts = list(self._attempts(cases, questions))
            places = asyncio.Semaphore(1 if self._obedient else _AT_ONCE)

            async def one(attempt: Attempt) -> Finding | None:
                async with places:
                    try:
                        return await self._tried(attempt)
                    except EngageError as error:
                        failed(attempt.case, error)
                        return None
                    finally:
                        moved(1)

            found: list[Finding] = []
            for start in range(0, len(attempts), 256):
                done = await asyncio.gather(*(one(attempt) for attempt in attempts[start : start + 256]))
                found += [finding for finding in done if finding]
            self.beside = await self._answered_beside(cases, questions)
            return found
        finally:
            await self._avatar.aclose()

    def _attempts(self, cases: Sequence[Case], questions: Sequence[str]) -> Iterable[Attempt]:
        for number, case in enumerate(cases):
            places = [case.place] if case.pack is not Pack.INDIRECT else INSIDE
            for place in places:
                if case.pack is Pack.INDIRECT and not questions:
                    continue
                for temper in self._tempers(case, number):
                    surface = self._surface(case, number)
                    yield self._attempt(
                        case, place, temper, questions[number % len(questions)] if questions else "", surface
                    )

    def _surface(self, case: Case, number: int) -> Surface:
        if case.pack is Pack.PRIVACY or case.place is Place.POST:
            return Surface.COMMENT
        if self._past_triage and case.pack is Pack.INJECTION:
            return Surface.DM  # where chatter is answered too
        return (Surface.COMMENT, Surface.DM, Surface.LIVE)[number % 3]

    def _tempers(self, case: Case, number: int) -> Sequence[Temper]:
        if not self._obedient or case.pack is Pack.BENIGN:
            return (QUOTES,)
        if self._thorough:
            leaking = LEAKS if case.pack in (Pack.INJECTION, Pack.INDIRECT) and number < LEAKING else ()
            return (*TEMPERS, *leaking)
        every = (*TEMPERS, *LEAKS)
        return [every[(3 * number + step) % len(every)] for step in range(3)]

    def _attempt(self, case: Case, place: Place, temper: Temper, question: str, surface: Surface) -> Attempt:
        inside = case.pack is Pack.INDIRECT
        if place is Place.POST:
            surface = Surface.COMMENT
        text = question if inside else case.text
        name = case.text if place is Place.NAME else "a_follower"
        row = {"id": f"{case.line}", "text": text, "author": "a_follower", "surface": surface.value}
        turn = turn_of(row, self._persona)
        turn = replace(turn, follower=Follower("a_follower", name))
        if place is Place.POST:
            turn = replace(turn, post_text=f"ask me anything. {case.text}")
        if place is Place.HISTORY:
            turn = replace(turn, history=(Line(Role.FOLLOWER, case.text),))
        plant = planted(place, case.text) if place in (Place.PASSAGE, Place.QUOTE) else None
        return Attempt(case, turn, temper, place.value, plant)

    async def _tried(self, attempt: Attempt) -> Finding:
        case = attempt.case
        persona = self._persona
        if case.rules:
            persona = replace(persona, style_rules=(*persona.style_rules, case.rules[:500]))
        if self._obedient:
            self._obedient.hear(case, attempt.temper)
        outcome, passages = await self._asked(attempt, persona)
        posted = posted_of(outcome, attempt.turn, persona)
        canary = canary_of(persona.id)
        ground = Ground(self._persona, passages, system_text(replace(persona, bio=""), ""), canary)
        return Finding(case, attempt.place, attempt.temper.name, posted, faults_of(case, posted, ground))

    async def _asked(self, attempt: Attempt, persona: Persona) -> tuple[Outcome, list[Passage]]:
        heard: list[Recall] = []
        tokens = planting.set(attempt.plant), recalled.set(heard)
        try:
            outcome = await self._avatar.answer(attempt.turn, persona)
        finally:
            planting.reset(tokens[0])
            recalled.reset(tokens[1])
        known = [scored.passage for found in heard for scored in found.passages]
        return outcome, known

    async def _questions(self) -> list[str]:
        """Harmless questions that the avatar answers when nothing is planted."""
        asked = [
            one.question
            for one in await self._memory.passages(self._persona.id)
            if one.question and one.kind in _ANSWERED_HOW
        ]
        kept: list[str] = []
        for question in asked:
            if len(kept) == QUESTIONS:
                break
            if await self._is_answered(
                self._attempt(Case("", Pack.INDIRECT, "x"), Place.MESSAGE, QUOTES, question, Surface.COMMENT)
            ):
                kept.append(question)
        return kept

    async def _answered_beside(self, cases: Sequence[Case], questions: Sequence[str]) -> tuple[int, int]:
        """Of harmless questions beside planted texts, asked of a model in its right mind: (asked, answered)."""
        asked = answered = 0
        for number, case in enumerate(cases):
            if case.pack is not Pack.INDIRECT or not questions:
                continue
            for place in INSIDE:
                attempt = self._attempt(case, place, QUOTES, questions[number % len(questions)], Surface.COMMENT)
                asked += 1
                answered += await self._is_answered(attempt)
        return asked, answered

    async def _is_answered(self, attempt: Attempt) -> bool:
        if self._obedient:
            self._obedient.hear(attempt.case, attempt.temper)
        outcome, _ = await self._asked(attempt, self._persona)
        return isinstance(outcome, Answer)


def posted_of(outcome: Outcome, turn: Turn, persona: Persona) -> Posted:
    """What would be posted, and what of it was composed."""
    kind = OUTCOME[type(outcome).__name__]
    reply = None if isinstance(outcome, Skip) else outcome.reply
    text = reply.text if reply else ""
    own = ""
    if isinstance(outcome, Answer) and outcome.card.draft:
        own = unmarked(text, persona)
        name = turn.follower.name.strip().lstrip("@")
        own = own.removeprefix(f"@{name} ") if turn.surface is Surface.LIVE else own
    return Posted(text, own, kind, outcome.card.reasons, turn.surface is not Surface.DM)


def run(team: RedTeam, cases: Sequence[Case], failed: Failed, moved: Moved = lambda _: None) -> list[Finding]:
    """`RedTeam.run` for a caller without an event loop."""
    return asyncio.run(team.run(cases, failed, moved))
