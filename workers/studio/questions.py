"""The questions: what followers asked again and again and nothing answers, and what the avatar was taught here."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from nicegui import background_tasks, ui
from sqlalchemy import Connection

from engage.errors import EngageError
from engage.ledger import overview, suggestions, taught, unanswered
from engage.ledger.database import only
from engage.ledger.suggestions import Settled
from engage.ledger.taught import Lesson
from engage.ledger.unanswered import Asked
from engage.models import PassageKind
from workers import questions
from workers.studio import words
from workers.studio.asking import AskedRow
from workers.studio.context import StudioContext
from workers.studio.lessons import Lessons
from workers.studio.parts import LiveList, Text, box
from workers.studio.shell import Shell

if TYPE_CHECKING:
    from engage.memory.suggestions import Suggestion

LOOK_AGAIN = timedelta(seconds=10)  # a busy account is not read anew for every question


@dataclass(frozen=True, slots=True)
class Found:
    """What the ledger knows of one creator's questions."""

    creator_id: str
    names: dict[str, str]
    asked: list[Asked]
    done: list[str]
    learnt: list[Lesson]
    dismissed: list[Settled]


def register(studio: StudioContext) -> None:
    finder = questions.Finder()

    @ui.page("/questions", response_timeout=10)
    async def page() -> None:
        shell = Shell(studio, "/questions", "Questions")
        with shell.main:
            body = Questions(shell, finder)
        await shell.open(body)


class Questions:
    """Suggestions above, what was taught below, of one creator at a time."""

    def __init__(self, shell: Shell, finder: questions.Finder) -> None:
        self._shell = shell
        self._finder = finder
        self._now = shell.studio.now
        self._creator_id = ""
        self._newest: datetime | None = None
        self._read_at: datetime | None = None
        self._rows: dict[str, AskedRow] = {}
        self._working: asyncio.Task[None] | None = None
        with box("div", "filters") as self._filters:
            self._creators = ui.select({}, label="Creator", on_change=self._choose).props(
                "outlined dense options-dense"
            )
            self._filters.set_visibility(False)
        Text("p", words.QUESTIONS, "muted")
        self._state = Text("p", "", "muted").props("role=status")
        self._list = LiveList["Suggestion"](lambda one: one.id, self._draw, "Questions nothing answers")
        self._lessons = Lessons(shell, self._chosen)

    def stamp(self, tx: Connection) -> Any:
        """What was asked is looked at every LOOK_AGAIN, what a person did at once."""
        now, names = self._now(), overview.names(tx)
        creator_id = self._chosen() or next(iter(names), "")
        if self._read_at is None or now - self._read_at >= LOOK_AGAIN:
            self._newest, self._read_at = unanswered.newest_decision(tx, creator_id), now
        kinds = (PassageKind.CORRECTION, PassageKind.FAQ)
        learnt = [taught.lessons(tx, creator_id, kind, 1) for kind in kinds]
        return creator_id, names, self._newest, suggestions.stamp(tx, creator_id), learnt

    def load(self, tx: Connection) -> Found:
        names = overview.names(tx)
        creator_id = self._chosen() or next(iter(names), "")
        only(tx, creator_id)
        asked, done = questions.read(tx, creator_id, self._now())
        learnt = [
            one for kind in (PassageKind.CORRECTION, PassageKind.FAQ) for one in taught.lessons(tx, creator_id, kind)
        ]
        learnt.sort(key=lambda one: one.at, reverse=True)
        return Found(creator_id, names, asked, done, learnt, suggestions.dismissed(tx, creator_id))

    def show(self, found: Found) -> None:
        self._creator_id = found.creator_id
        if self._creators.options != found.names:
            self._creators.set_options(found.names, value=found.creator_id)
        self._filters.set_visibility(len(found.names) > 1)
        self._lessons.show(found.learnt, found.dismissed)
        if self._working is not None:
            self._working.cancel()
        self._working = background_tasks.create(self._work_out(found), name="suggestions")

    def tick(self, now: datetime) -> None:
        for row in self._rows.values():
            row.tick(now)
        self._lessons.tick(now)

    async def _work_out(self, found: Found) -> None:
        """On a thread: new questions are encoded first."""
        if found.asked and not self._rows:
            self._tell(f"Looking through {len(found.asked):,} questions…")
        try:
            some = await asyncio.to_thread(self._finder.find, found.creator_id, found.asked, found.done)
        except EngageError as error:
            self._tell(str(error))
            return
        self._rows = {one.id: self._rows[one.id] for one in some if one.id in self._rows}
        self._list.show(some)
        self._tell("" if some else words.NO_QUESTIONS)

    def _tell(self, text: str) -> None:
        self._state.set_text(text)
        self._state.set_visibility(bool(text))

    def _draw(self, one: "Suggestion") -> None:
        row = self._rows.setdefault(one.id, AskedRow(self._now))
        row.draw(one, self._approve, self._dismiss)

    async def _approve(self, one: "Suggestion", question: str, answer: str) -> None:
        said = "In your FAQ. It is the answer from now on."
        await self._shell.do(questions.approve, self._chosen(), one.id, question, answer, said=said, wake=())

    async def _dismiss(self, one: "Suggestion") -> None:
        await self._shell.do(
            questions.dismiss, self._chosen(), one.id, said="Dismissed. It is not suggested again.", wake=()
        )

    def _chosen(self) -> str:
        return self._creator_id

    async def _choose(self, event: Any) -> None:
        if event.value and event.value != self._creator_id:
            self._creator_id, self._read_at = event.value, None
            self._rows = {}
            await self._shell.refresh(anew=True)
