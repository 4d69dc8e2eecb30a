"""The inbox: what waits for a person, and what they can do about it."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui
from sqlalchemy import Connection

from engage.ledger import views
from engage.ledger.views import Exchange
from workers import moderating
from workers.studio import actions, rows, words
from workers.studio.actions import Act
from workers.studio.context import StudioContext
from workers.studio.parts import LiveList, Text, box, button
from workers.studio.shell import Shell
from workers.studio.writing import Writing
from workers.teaching import Taught

TONES = {"held": "blue", "uncertain": "warn", "refused": "bad", "dead": "bad", "escalated": "warn"}


def register(studio: StudioContext) -> None:
    @ui.page("/inbox", response_timeout=10)
    async def page() -> None:
        shell = Shell(studio, "/inbox", "Inbox")
        with shell.main:
            body = Inbox(shell)
        await shell.open(body)


class Inbox:
    """A row an item. Its buttons are those of `actions.possible`."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._now = shell.studio.now
        self._expiry = timedelta(seconds=shell.studio.settings.reply_expiry)
        self._items: dict[str, Exchange] = {}
        self._live: dict[str, tuple[Text, Text | None]] = {}
        self._writing = Writing()
        self._list = LiveList[Exchange](lambda item: item.key, self._draw, "Waiting for you")
        self._more = Text("p", f"The oldest {views.INBOX} are shown.", "muted")
        with box("div", "empty") as self._empty:
            Text("h2", "Nothing waits for you")
            Text("p", "Answers to approve, questions for you, and replies that could not be posted appear here.")
        self._empty.set_visibility(False)
        self._more.set_visibility(False)

    def stamp(self, tx: Connection) -> Any:
        return views.inbox_stamp(tx)

    def load(self, tx: Connection) -> list[Exchange]:
        return views.inbox(tx)

    def show(self, found: Sequence[Exchange]) -> None:
        self._items = {item.key: item for item in found}
        self._live = {key: kept for key, kept in self._live.items() if key in self._items}
        self._list.show(found)
        self._empty.set_visibility(not found)
        self._more.set_visibility(len(found) >= views.INBOX)

    def tick(self, now: datetime) -> None:
        for key, (age, state) in self._live.items():
            item = self._items[key]
            age.set_text(words.ago(item.opened_at, now))
            if state is not None:
                state.set_text(words.state(item, now))

    def _draw(self, item: Exchange) -> None:
        now = self._now()
        age = rows.draw_head(item, words.KINDS[item.kind], TONES[item.kind], now)
        rows.draw_said(item)
        state = rows.draw_answer(item, now)
        rows.draw_why(item)
        advice = words.inbox_help(item)
        if advice:
            Text("p", advice, "advice")
        acts = actions.possible(item)
        if acts:
            with box("div", "acts"):
                for place, act in enumerate(acts):
                    self._draw_act(act, item, "primary" if place == 0 and act is not Act.DISMISS else "")
                if _may_hide(item):
                    button("Hide", lambda: self._hide(item), label=f"Hide what {item.follower} wrote")
        self._live[item.key] = (age, state)

    def _draw_act(self, act: Act, item: Exchange, classes: str) -> None:
        name = words.ACTS[act]
        button(name, lambda: self._act(act, item), classes, label=f"{name}: {item.follower}")

    async def _hide(self, item: Exchange) -> None:
        studio = self._shell.studio
        said = f"Hidden on {item.platform}, and dealt with."
        await self._shell.reach(lambda who: moderating.hide_turn(studio.db, studio.vault, who, item.turn_id), said)

    async def _act(self, act: Act, item: Exchange) -> None:
        if act in (Act.EDIT, Act.ANSWER):
            await self._write(act, item)
            return
        steps: dict[Act, tuple[Any, tuple[Any, ...], dict[str, Any], str]] = {
            Act.APPROVE: (actions.approve, (item.reply_id,), {}, "Approved. It is on its way."),
            Act.REJECT: (actions.reject, (item.reply_id,), {}, "Rejected. Nothing is posted."),
            Act.POSTED: (actions.settle, (item.reply_id,), {"posted": True}, "Noted as posted."),
            Act.AGAIN: (actions.settle, (item.reply_id,), {"posted": False}, "It is sent again."),
            Act.DISMISS: (actions.dismiss, (item.turn_id,), {}, "Dismissed."),
        }
        action, args, options, said = steps[act]
        await self._shell.do(action, *args, said=said, **options)

    async def _write(self, act: Act, item: Exchange) -> None:
        """Write in a window of its own, which stays as it is while the list behind it changes."""
        edits = act is Act.EDIT
        draft = (item.reply or "") if edits else ""
        text = await self._writing.ask(words.ACTS[act], item.follower, item.text, draft)
        if text is None:
            return
        if edits:
            await self._shell.do(
                _approve_as, item.reply_id, text, said=lambda taught: _said("Your text is on its way.", taught)
            )
        else:
            await self._shell.do(
                actions.answer,
                item.turn_id,
                text,
                self._expiry,
                said=lambda taught: _said("Your answer is on its way.", taught),
            )


def _may_hide(item: Exchange) -> bool:
    """What a person is asked about, where the platform lets the account hide it."""
    asked = item.kind == "escalated" and bool(item.text) and item.current_mode not in moderating.QUIET
    return asked and moderating.can_hide(item.platform, item.surface)


def _approve_as(tx: Connection, who: str, reply_id: str, text: str, now: datetime) -> Taught:
    return actions.approve(tx, who, reply_id, now, text)


def _said(done: str, taught: Taught) -> str:
    return f"{done} {taught.told}".strip()
