"""What a creator sets of how the avatar speaks. What is typed stays until it is saved, whatever another tab does."""

from typing import TypeVar

from nicegui import ui

from engage import personas
from engage.models import Freedom, Persona
from engage.personas import NotKept, Typed
from workers import voices
from workers.studio import voice_words
from workers.studio.parts import Text, box, button
from workers.studio.shell import Shell

Field = TypeVar("Field", ui.input, ui.textarea)


class SettingsPanel:
    """The form of one creator."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._persona: Persona | None = None
        self._kept = Typed()  # as the fields were filled
        with box("section", "row-card").props("aria-labelledby=voice-settings"):
            Text("h2", "Settings").props("id=voice-settings")
            self._draw_voice()
            self._draw_persona()
            self._elsewhere = Text("p", voice_words.ELSEWHERE, "advice").props("role=status")
            self._problem = Text("p", "", "problem").props("role=alert")
            with box("div", "acts"):
                button("Save", self._save, "primary", label="Save the settings")
        self._elsewhere.set_visibility(False)
        self._problem.set_visibility(False)

    def _draw_voice(self) -> None:
        Text("h3", "Freedom")
        freedoms = {one.value: f"{voice_words.FREEDOMS[one]}: {voice_words.FREEDOMS_MEAN[one]}" for one in Freedom}
        self._freedom = ui.radio(freedoms).props('aria-label="Freedom"').classes("choices")
        with box("div", "fields"):
            self._border = ui.input("Border").props("outlined dense stack-label placeholder=automatic")
            self._border.props["hint"] = voice_words.BORDER
            self._strict = ui.checkbox(voice_words.STRICT)

    def _draw_persona(self) -> None:
        with box("div", "fields"):
            self._name = _field(ui.input("Display name"), "As followers know you.")
            self._language = _field(ui.input("Language"), "The code of the language you write, such as en or pt-br.")
        with box("div", "fields one"):
            self._bio = _field(ui.textarea("Bio"), "A sentence or two about you. The avatar may say what stands here.")
        with box("div", "fields"):
            self._rules = _field(ui.textarea("Style rules"), "One a line, for example: no exclamation marks.")
            self._topics = _field(ui.textarea("Topics left to you"), "One a line. Who asks about them waits for you.")
            self._links = _field(ui.textarea("Allowed links"), "Hosts or addresses, one a line. Others are not posted.")

    def show(self, persona: Persona) -> None:
        """Fill the fields, unless something else stands typed in them."""
        known, other = personas.typed(persona), self._persona is None or self._persona.id != persona.id
        self._persona = persona
        if other or self.entered == self._kept or self.entered == known:
            self._kept = known
            self._fill(known)
            self._elsewhere.set_visibility(False)
            if other:
                self._tell("")
        elif known != self._kept:
            self._elsewhere.set_visibility(True)

    def learnt(self, border: float | None) -> None:
        """What “automatic” means now."""
        self._border.props["placeholder"] = "automatic" if border is None else f"automatic: {border:.2f}"
        self._border.update()

    @property
    def entered(self) -> Typed:
        return Typed(
            self._name.value or "",
            self._language.value or "",
            self._bio.value or "",
            self._freedom.value or "",
            self._border.value or "",
            bool(self._strict.value),
            self._rules.value or "",
            self._topics.value or "",
            self._links.value or "",
        )

    def _fill(self, known: Typed) -> None:
        self._name.value, self._language.value, self._bio.value = known.display_name, known.language, known.bio
        self._freedom.value, self._border.value, self._strict.value = known.freedom, known.border, known.strict_voice
        self._rules.value, self._topics.value = known.style_rules, known.avoid_topics
        self._links.value = known.allowed_links

    async def _save(self) -> None:
        if self._persona is None:
            return
        entered, persona = self.entered, self._persona
        try:  # said beside the fields; what counts is the check where it is written
            tidy = personas.typed(personas.persona_of(persona, entered))
        except NotKept as error:
            self._tell(str(error))
            return
        self._tell("")
        self._fill(tidy)
        await self._shell.do(voices.save, persona.id, tidy, said=voice_words.saved, wake=())

    def _tell(self, problem: str) -> None:
        self._problem.set_text(problem)
        self._problem.set_visibility(bool(problem))


def _field(made: Field, hint: str) -> Field:
    made.props("outlined dense" + (" autogrow" if isinstance(made, ui.textarea) else ""))
    made.props["hint"] = hint
    return made
