"""One suggested question with the boxes to answer it in. What is typed outlives the row being drawn again."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING

from nicegui import ui

from workers.studio import words
from workers.studio.parts import Text, badge, box, button

if TYPE_CHECKING:
    from engage.memory.suggestions import Suggestion

Approve = Callable[["Suggestion", str, str], Awaitable[None]]
Dismiss = Callable[["Suggestion"], Awaitable[None]]


class AskedRow:
    """Drawn anew where others ask the same meanwhile."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._question: str | None = None  # None: nothing typed
        self._answer = ""
        self._last: tuple[Text, datetime] | None = None

    def draw(self, one: "Suggestion", approve: Approve, dismiss: Dismiss) -> None:
        with box("div", "head"):
            Text("strong", one.question, "who")
            badge(words.asked_by(one.followers, one.times), "warn")
        with box("div", "where"):
            for surface in one.surfaces:
                Text("span", words.SURFACES[surface])
            Text("span", f"first {words.ago(one.first_at, self._now())}")
            self._last = Text("span", ""), one.last_at
            self.tick(self._now())
        if one.examples:
            Text("p", f"Also: {' · '.join(one.examples)}", "under")
        if one.private:
            Text("p", words.ASKED_IN_PRIVATE, "advice")
        self._fields(one)
        with box("div", "acts"):
            button("Approve", lambda: self._approve(one, approve), "primary", label=f"Approve: {one.question}")
            button("Dismiss", lambda: dismiss(one), label=f"Dismiss: {one.question}")

    def tick(self, now: datetime) -> None:
        if self._last is not None:
            text, at = self._last
            text.set_text(f"last {words.ago(at, now)}")

    def _fields(self, one: "Suggestion") -> None:
        suggested = "" if one.private else one.question
        question = ui.input("Question in your FAQ", value=suggested if self._question is None else self._question)
        answer = ui.textarea("Your answer", value=self._answer)
        question.on_value_change(lambda event: setattr(self, "_question", event.value or ""))
        answer.on_value_change(lambda event: setattr(self, "_answer", event.value or ""))
        question.props("outlined dense").props["aria-label"] = f"Question in your FAQ: {one.question}"
        answer.props("outlined autogrow").props["aria-label"] = f"Your answer: {one.question}"
        self._suggested = suggested

    async def _approve(self, one: "Suggestion", approve: Approve) -> None:
        question = self._suggested if self._question is None else self._question
        await approve(one, question, self._answer)
