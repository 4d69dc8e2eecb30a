"""The window to write or change an answer in."""

from nicegui import ui

from workers.studio.parts import Text, box, button

SENT = (
    "It is sent as your own words, and used from now on where others ask the same. Take out a note that says it is"
    " automated."
)


class Writing:
    """One dialog of a page, used again for every text."""

    def __init__(self, meaning: str = SENT, verb: str = "Send") -> None:
        with ui.dialog() as self._dialog, box("div", "dialog"):
            self._title = Text("h2", "")
            self._asked = Text("p", "", "said")
            self._text = ui.textarea("Your answer").props("outlined autogrow autofocus")
            Text("p", meaning, "muted small")
            with box("div", "acts"):
                button(verb, lambda: self._dialog.submit(True), "primary")
                button("Cancel", lambda: self._dialog.submit(False))

    async def ask(self, title: str, follower: str, asked: str, text: str) -> str | None:
        """What the person wrote, or None where they thought better of it."""
        self._title.set_text(f"{title}: {follower}")
        self._asked.set_text(asked)
        self._text.set_value(text)
        sent = await self._dialog
        return (self._text.value or "") if sent else None
