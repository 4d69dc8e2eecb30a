"""Try a sentence: how much a text sounds like the creator. Nothing is posted or kept."""

import asyncio
from typing import TYPE_CHECKING

from nicegui import ui

from engage.errors import EngageError
from engage.models import Persona, Surface
from workers.studio import voice_words, words
from workers.studio.parts import Text, box, button
from workers.studio.shell import Shell
from workers.voices import Learner

if TYPE_CHECKING:
    from engage.voice.judged import Judged

LONGEST = 1_500  # characters; longer texts are measured by their beginning


class TrialPanel:
    """A box, a button and what the voice says."""

    def __init__(self, shell: Shell, learner: Learner) -> None:
        self._shell = shell
        self._learner = learner
        self._persona: Persona | None = None
        with box("section", "row-card").props("aria-labelledby=voice-trial"):
            Text("h2", "Try a sentence").props("id=voice-trial")
            self._text = ui.textarea("A reply as you would write it, or would not").props("outlined autogrow")
            self._text.props(f"maxlength={LONGEST}")
            surfaces = {surface.value: words.SURFACES[surface] for surface in Surface}
            with box("div", "acts"):
                self._surface = ui.select(surfaces, label="Where", value=Surface.COMMENT.value)
                self._surface.props("outlined dense options-dense").classes("short")
                button("Compare", self._compare, "primary")
            self._said = box("div", "part").props("role=status")
            Text("p", voice_words.TRY, "muted small")

    def show(self, persona: Persona) -> None:
        """Of whom it is tried; another creator's answer does not stay."""
        if self._persona is None or self._persona.id != persona.id:
            self._said.clear()
        self._persona = persona

    async def _compare(self) -> None:
        text, persona = (self._text.value or "").strip()[:LONGEST], self._persona
        self._said.clear()
        if persona is None or not text:
            self._tell("Type something first.")
            return
        self._tell("Comparing…")
        try:
            tried = await asyncio.to_thread(self._learner.tried, persona, text, Surface(self._surface.value))
        except EngageError as error:
            self._said.clear()
            self._tell(str(error))
            return
        self._said.clear()
        with self._said:
            if tried.judged is None:
                Text("p", voice_words.UNMEASURED)
                return
            _draw(tried.judged)
            if not tried.own_language:
                Text("p", voice_words.FOREIGN, "muted")

    def _tell(self, text: str) -> None:
        with self._said:
            Text("p", text)


def _draw(judged: "Judged") -> None:
    with box("div", "score"):
        verdict = "Sounds like you" if judged.enough else "Sounds too little like you"
        Text("strong", f"{verdict}: {judged.score:.2f} of 1; the border is {judged.border:.2f}.")
        meter = box("meter")
        meter.props.update({"min": "0", "max": "1", "value": f"{judged.score:.2f}", "aria-label": "Style score"})
    if judged.differences:
        with box("ul", "bullets"):
            for one in judged.differences:
                Text("li", voice_words.difference(one))
    else:
        Text("p", "Its length, punctuation and habits are as usual for you.", "muted")
