"""Small building blocks of the pages. Texts are always text nodes: nothing a follower wrote becomes markup."""

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

T = TypeVar("T")


class Text(TextElement):
    """A text in an HTML element of its own."""

    def __init__(self, tag: str, text: str, classes: str = "") -> None:
        super().__init__(tag=tag, text=text)
        self.classes(classes)


def box(tag: str = "div", classes: str = "") -> Element:
    return ui.element(tag).classes(classes)


def button(text: str, on_click: Callable[[], Any], classes: str = "", label: str = "") -> ui.button:
    """A button; `label` is read out instead of its text where the text alone says too little."""
    made = ui.button(text, on_click=on_click, color=None).props("unelevated no-caps").classes(f"act {classes}")
    if label:
        made.props["aria-label"] = label
    return made


def badge(text: str, tone: str) -> Text:
    return Text("span", text, f"badge {tone}")


def fact(name: str, value: str, classes: str = "") -> None:
    """One line of a definition list."""
    Text("dt", name)
    Text("dd", value, classes)


class LiveList(Generic[T]):
    """A list that changes row by row, so that what is open stays open and the page does not jump."""

    def __init__(self, key: Callable[[T], str], draw: Callable[[T], None], label: str) -> None:
        self._key = key
        self._draw = draw
        self._root = box("ul", "rows")
        self._root.props["aria-label"] = label
        self._rows: dict[str, tuple[T, Element]] = {}

    def show(self, items: Sequence[T]) -> None:
        """Make the list hold these items in this order, touching only what differs."""
        wanted = {self._key(item): item for item in items}
        for key in [key for key in self._rows if key not in wanted]:
            self._rows.pop(key)[1].delete()
        for place, (key, item) in enumerate(wanted.items()):
            self._place(key, item, place)

    def redraw(self, key: str) -> None:
        """Draw a row again although its item is the same."""
        if key in self._rows:
            item, row = self._rows[key]
            self._fill(row, item)

    def _place(self, key: str, item: T, place: int) -> None:
        known = self._rows.get(key)
        if known is None:
            with self._root:
                row = box("li", "row-card")
            self._fill(row, item)
        else:
            row = known[1]
            if known[0] != item:
                self._fill(row, item)
        self._rows[key] = (item, row)
        children = self._root.default_slot.children
        if place < len(children) and children[place] is not row:
            row.move(self._root, place)

    def _fill(self, row: Element, item: T) -> None:
        row.clear()
        with row:
            self._draw(item)
