"""What the avatar was taught here: corrections and approved answers, each to be changed or withdrawn."""

from collections.abc import Callable, Sequence
from datetime import datetime

from engage.ledger.suggestions import Settled
from engage.ledger.taught import Lesson
from engage.models import PassageKind
from workers import questions
from workers.studio import words
from workers.studio.parts import LiveList, Text, badge, box, button
from workers.studio.shell import Shell
from workers.studio.writing import Writing

KINDS = {PassageKind.CORRECTION: ("Correction", "blue"), PassageKind.FAQ: ("FAQ", "good")}


class Lessons:
    """Newest first; below them the questions that were dismissed."""

    def __init__(self, shell: Shell, creator: Callable[[], str]) -> None:
        self._shell = shell
        self._creator = creator
        self._ages: dict[str, tuple[Text, datetime]] = {}
        self._writing = Writing("It takes the place of the former answer at once.", "Save")
        self._title = Text("h2", "What you taught")
        self._list = LiveList[Lesson](lambda one: f"{one.kind}:{one.turn_id}", self._draw, "What you taught")
        self._no_title = Text("h2", "Dismissed")
        self._dismissed = LiveList[Settled](lambda one: one.turn_id, self._draw_dismissed, "Dismissed questions")
        self.show((), ())

    def show(self, learnt: Sequence[Lesson], dismissed: Sequence[Settled]) -> None:
        self._ages = {}
        self._list.show(learnt)
        self._dismissed.show(dismissed)
        self._title.set_visibility(bool(learnt))
        self._no_title.set_visibility(bool(dismissed))

    def tick(self, now: datetime) -> None:
        for age, at in self._ages.values():
            age.set_text(words.ago(at, now))

    def _draw(self, one: Lesson) -> None:
        name, tone = KINDS[one.kind]
        with box("div", "head"):
            Text("strong", one.question, "who")
            age = Text("time", words.ago(one.at, self._shell.studio.now()), "age")
            badge(name, tone)
        Text("p", one.text, "reply")
        with box("div", "acts"):
            button("Change", lambda: self._change(one), label=f"Change: {one.question}")
            button("Withdraw", lambda: self._withdraw(one), label=f"Withdraw: {one.question}")
        self._ages[f"{one.kind}:{one.turn_id}"] = age, one.at

    def _draw_dismissed(self, one: Settled) -> None:
        with box("div", "head"):
            Text("span", one.question, "who")
            button("Suggest again", lambda: self._reopen(one), "small-act", label=f"Suggest again: {one.question}")

    async def _change(self, one: Lesson) -> None:
        text = await self._writing.ask("Change", KINDS[one.kind][0], one.question, one.text)
        if text is not None:
            said = "Changed. It is the answer from now on."
            await self._shell.do(questions.change, self._creator(), one.turn_id, one.kind, text, said=said, wake=())

    async def _withdraw(self, one: Lesson) -> None:
        said = "Withdrawn. The avatar does not say it any more."
        await self._shell.do(questions.take_back, self._creator(), one.turn_id, one.kind, said=said, wake=())

    async def _reopen(self, one: Settled) -> None:
        said = "It may be suggested again."
        await self._shell.do(questions.take_back, self._creator(), one.turn_id, None, said=said, wake=())
