"""The page Voice: how a creator writes, whether the avatar sounds like them, and what they set of it."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from nicegui import background_tasks, ui
from sqlalchemy import Connection

from engage.errors import EngageError
from engage.ledger import overview
from engage.ledger.creators import personas_of
from engage.ledger.database import only
from engage.ledger.unanswered import newest_decision
from engage.memory.corpus import versions
from engage.models import Persona
from workers.studio import voice_words
from workers.studio.context import StudioContext
from workers.studio.parts import Text, box
from workers.studio.shell import Shell
from workers.studio.voice_drift import DriftPanel
from workers.studio.voice_profile import ProfilePanel
from workers.studio.voice_settings import SettingsPanel
from workers.studio.voice_trial import TrialPanel
from workers.voices import Beside, Learner, Learnt, span_of

LOOK_AGAIN = timedelta(seconds=30)  # a busy account is not measured anew for every reply


@dataclass(frozen=True, slots=True)
class Found:
    """What the ledger knows at once. persona: None where there is no creator."""

    names: dict[str, str]
    persona: Persona | None


def register(studio: StudioContext) -> None:
    learner = Learner(studio.db)

    @ui.page("/voice", response_timeout=10)
    async def page() -> None:
        shell = Shell(studio, "/voice", "Voice")
        with shell.main:
            body = Voice(shell, learner)
        await shell.open(body)


class Voice:
    """One creator at a time. What takes a thread comes after the rest of the page."""

    def __init__(self, shell: Shell, learner: Learner) -> None:
        self._shell = shell
        self._learner = learner
        self._now = shell.studio.now
        self._creator_id = ""
        self._shown_of = ""  # whose voice is shown
        self._read: tuple[str, object] = ("", None)
        self._read_at: datetime | None = None
        self._working: asyncio.Task[None] | None = None
        with box("div", "filters") as self._filters:
            self._creators = ui.select({}, label="Creator", on_change=self._choose).props(
                "outlined dense options-dense"
            )
            self._filters.set_visibility(False)
        Text("p", voice_words.ABOUT, "muted")
        self._state = Text("p", "", "muted").props("role=status")
        with box("div", "empty") as self._empty:
            Text("h2", "There is no creator yet")
            Text("p", "Add one in a terminal: engage creator add NAME. Then import what they have written.")
        with box("div", "rows") as self._panels:
            self._profile = ProfilePanel()
            self._drift = DriftPanel(shell)
            self._trial = TrialPanel(shell, learner)
            self._settings = SettingsPanel(shell)
        self._empty.set_visibility(False)
        self._panels.set_visibility(False)

    def stamp(self, tx: Connection) -> Any:
        """What a person did is looked at at once, the rest every LOOK_AGAIN."""
        now, names = self._now(), overview.names(tx)
        creator_id = self._chosen(names)
        if self._read_at is None or now - self._read_at >= LOOK_AGAIN or self._read[0] != creator_id:
            heard = versions(tx, creator_id)[0], newest_decision(tx, creator_id), span_of(now)
            self._read, self._read_at = (creator_id, heard), now
        return names, personas_of(tx, [creator_id]), self._read

    def load(self, tx: Connection) -> Found:
        names = overview.names(tx)
        creator_id = self._chosen(names)
        only(tx, creator_id)
        return Found(names, personas_of(tx, [creator_id]).get(creator_id))

    def show(self, found: Found) -> None:
        self._empty.set_visibility(found.persona is None)
        self._panels.set_visibility(found.persona is not None)
        self._filters.set_visibility(len(found.names) > 1)
        if found.persona is None:
            self._creator_id = ""
            return
        self._creator_id = found.persona.id
        if self._creators.options != found.names or self._creators.value != self._creator_id:
            self._creators.set_options(found.names, value=self._creator_id)
        if self._shown_of != self._creator_id:  # another creator's figures do not stay until theirs are there
            self._profile.clear()
            self._drift.clear()
        self._settings.show(found.persona)
        self._trial.show(found.persona)
        if self._working is not None:
            self._working.cancel()
        self._working = background_tasks.create(self._work_out(found.persona), name="voice")

    def tick(self, now: datetime) -> None:
        """Nothing here grows older by itself."""

    async def _work_out(self, persona: Persona) -> None:
        """On a thread: a voice takes most of a second to learn."""
        if self._shown_of != persona.id:
            self._tell(voice_words.LEARNING)
        try:
            learnt, beside = await asyncio.to_thread(self._measure, persona)
        except EngageError as error:
            self._tell(str(error))
            return
        self._tell("")
        self._shown_of = persona.id
        self._profile.show(learnt, persona)
        self._drift.show(learnt.voice, beside, persona)
        self._settings.learnt(learnt.voice.border)

    def _measure(self, persona: Persona) -> tuple[Learnt, Beside]:
        return self._learner.learnt(persona.id), self._learner.beside(persona, self._now())

    def _tell(self, text: str) -> None:
        self._state.set_text(text)
        self._state.set_visibility(bool(text))

    def _chosen(self, names: dict[str, str]) -> str:
        return self._creator_id if self._creator_id in names else next(iter(names), "")

    async def _choose(self, event: Any) -> None:
        if event.value and event.value != self._creator_id:
            self._creator_id, self._read_at = event.value, None
            await self._shell.refresh(anew=True)
