"""What a person enters of an application or an account: one input a field, secrets hidden."""

from collections.abc import Sequence

from nicegui import ui
from nicegui.elements.input import Input

from engage.grants import Field


class Form:
    """Inputs for `fields`. known: names that have a value already, which stays where nothing is entered."""

    def __init__(self, fields: Sequence[Field], known: Sequence[str] = ()) -> None:
        self._inputs = {field.name: _input(field, known=field.name in known) for field in fields}

    @property
    def entered(self) -> dict[str, str]:
        return {name: (made.value or "").strip() for name, made in self._inputs.items()}

    def clear_secrets(self) -> None:
        """What was saved does not stay in the page."""
        for made in self._inputs.values():
            made.value = ""


def _input(field: Field, *, known: bool) -> Input:
    label = field.label if not field.optional else f"{field.label} (optional)"
    made = ui.input(label, value="" if known else field.default, password=field.secret)
    made.props("outlined dense autocomplete=off" + (" stack-label" if known else ""))
    if known:
        made.props["placeholder"] = "set; empty keeps it"
    if field.hint:
        made.props["hint"] = field.hint
    return made
