"""The activity: what followers wrote, what became of it, and why. Newest first, updating by itself."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui
from sqlalchemy import Connection

from engage.errors import EngageError
from engage.ledger import overview, views
from engage.ledger.views import Decision, Exchange, Filter
from workers.studio import card, rows, words
from workers.studio.context import StudioContext
from workers.studio.parts import LiveList, Text, box, button
from workers.studio.shell import Shell

DAY = timedelta(hours=24)
RECOUNT = timedelta(seconds=10)  # a busy ledger is not counted for every page every second
Found = tuple[list[Exchange], dict[str, int], dict[str, str]]


def register(studio: StudioContext) -> None:
    @ui.page("/", response_timeout=10)
    async def page() -> None:
        shell = Shell(studio, "/", "Activity")
        with shell.main:
            body = Activity(shell)
        await shell.open(body)


class Activity:
    """The list with its filters; a row opens to its decision card."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._now = shell.studio.now
        self._filter = Filter()
        self._open: dict[str, Decision | None] = {}
        self._items: dict[str, Exchange] = {}
        self._live: dict[str, tuple[Text, Text | None]] = {}
        self._counted_at: datetime | None = None
        self._counts: dict[str, int] = {}
        self._summary = Text("p", "", "muted summary")
        self._draw_filters()
        self._list = LiveList[Exchange](lambda item: item.key, self._draw, "Messages, newest first")
        self._empty = box("div", "empty")

    def _draw_filters(self) -> None:
        with box("div", "filters").props("role=group aria-label=Filters"):
            everybody = {"": "All creators"}
            self._creators = self._select("Creator", everybody, "creator_id")
            surfaces = {"": "All surfaces", **{str(key): name for key, name in words.SURFACES.items()}}
            self._select("Surface", surfaces, "surface")
            self._select("Outcome", {"": "All outcomes", **words.OUTCOMES}, "outcome")

    def _select(self, label: str, options: dict[str, str], field: str) -> ui.select:
        async def chosen(event: Any) -> None:
            self._filter = replace(self._filter, **{field: event.value or None})
            await self._shell.refresh(anew=True)

        return ui.select(options, label=label, value="", on_change=chosen).props("outlined dense options-dense")

    def stamp(self, tx: Connection) -> Any:
        return self._filter, views.activity_stamp(tx, self._filter), overview.names(tx)

    def load(self, tx: Connection) -> Found:
        now = self._now()
        if self._counted_at is None or now - self._counted_at >= RECOUNT:
            self._counts, self._counted_at = overview.counts(tx, now - DAY), now
        return views.activity(tx, self._filter), self._counts, overview.names(tx)

    def show(self, found: Found) -> None:
        items, counts, names = found
        self._items = {item.key: item for item in items}
        self._open = {turn_id: kept for turn_id, kept in self._open.items() if turn_id in self._items}
        self._live = {key: kept for key, kept in self._live.items() if key in self._items}
        told = [f"{n} {words.COUNTED[name].lower()}" for name, n in counts.items() if n]
        self._summary.set_text(f"Last 24 hours: {', '.join(told)}." if told else "")
        if len(self._creators.options) != len(names) + 1:
            self._creators.set_options({"": "All creators", **names})
        self._list.show(items)
        self._show_empty(items, names)

    def _show_empty(self, items: Sequence[Exchange], names: dict[str, str]) -> None:
        self._empty.clear()
        self._empty.set_visibility(not items)
        if items:
            return
        with self._empty:
            if not names:
                Text("h2", "There is no creator yet")
                Text("p", "Add one in a terminal: engage creator add NAME. Then import what they have written.")
            elif self._filter != Filter():
                Text("h2", "Nothing matches these filters")
                Text("p", "Choose “All” to see everything.")
            else:
                Text("h2", "Nobody has written yet")
                Text("p", "Messages appear here by themselves. Check under Accounts that an account is connected.")

    def tick(self, now: datetime) -> None:
        for key, (age, state) in self._live.items():
            item = self._items[key]
            age.set_text(words.ago(item.opened_at, now))
            if state is not None:
                state.set_text(words.state(item, now))

    def _draw(self, item: Exchange) -> None:
        now = self._now()
        age = rows.draw_head(item, words.OUTCOMES[item.badge], rows.TONES[item.badge], now)
        rows.draw_said(item)
        state = rows.draw_answer(item, now)
        rows.draw_why(item)
        self._live[item.key] = (age, state)
        if item.private:
            return  # the decision is shown once, with the public one
        is_open = item.turn_id in self._open
        more = button("Hide decision" if is_open else "Show decision", lambda: self._toggle(item.turn_id), "plain")
        more.props(f"aria-expanded={str(is_open).lower()}")
        if is_open:
            card.draw(item, self._open[item.turn_id])

    async def _toggle(self, turn_id: str) -> None:
        if turn_id in self._open:
            del self._open[turn_id]
        else:
            try:
                self._open[turn_id] = await self._shell.studio.db.read(views.decision, turn_id)
            except EngageError as error:
                self._shell.say(str(error), good=False)
        self._list.redraw(turn_id)
