"""What surrounds every page: header, navigation, the pause switch, the outage notice, and the look at the ledger.

Once a second a page asks the ledger one thing: whether what it shows has changed. Only then it reads it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

import structlog
from nicegui import ui
from sqlalchemy import Connection

from engage.errors import EngageError, Unavailable
from engage.ledger.overview import Pulse, pulse
from workers import queues
from workers.studio import session
from workers.studio.context import StudioContext
from workers.studio.header import Header
from workers.studio.parts import Text, box, button
from workers.studio.session import Session, SignedOut

log = structlog.get_logger()
T = TypeVar("T")

EVERY = 1.0  # seconds between two looks
LONG_NOTE = 80  # characters from which on a note takes longer to read
FIRST_LOOK = 2.0  # seconds a page waits for the ledger before it is shown without it


class Body(Protocol):
    """The part of a page that differs."""

    def stamp(self, tx: Connection) -> Any:
        """Equal as long as nothing shown has changed. Cheap."""

    def load(self, tx: Connection) -> Any:
        """What to show."""

    def show(self, found: Any) -> None:
        """Show it."""

    def tick(self, now: datetime) -> None:
        """A second has passed: ages and countdowns."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the ledger. `found` is None where nothing changed."""

    pulse: Pulse
    stamp: Any
    found: Any


class Shell:
    """One open page of one person."""

    def __init__(self, studio: StudioContext, path: str, title: str) -> None:
        self.studio = studio
        self._body: Body | None = None
        self._stamp: Any = None
        self._one = asyncio.Lock()
        ui.page_title(f"{title} · Engage")
        self._header = Header(self, path)
        self._outage = Text("div", "", "outage").props("role=alert")
        self._outage.set_visibility(False)
        self.main = box("main", "page").props("id=main tabindex=-1")
        with self.main:
            Text("h1", title)

    async def open(self, body: Body) -> None:
        """Show `body` and keep it up to date."""
        self._body = body
        # The page waits for its content, but a database that hangs must not keep the pause switch from being shown.
        await asyncio.wait([asyncio.ensure_future(self.refresh())], timeout=FIRST_LOOK)
        ui.timer(EVERY, self.refresh, immediate=False)

    async def refresh(self, *, anew: bool = False) -> None:
        """Look at the ledger; `anew` shows its content again although nothing changed."""
        async with self._one:
            if anew:
                self._stamp = None
            try:
                look = await self.studio.db.read(self._look, session.current(self.studio.now()))
            except SignedOut:
                self._leave()
            except EngageError as error:
                self._show_outage(error)
            else:
                self._show(look)

    def _look(self, tx: Connection, who: Session) -> Look:
        session.check(tx, who)
        if self._body is None:
            return Look(pulse(tx, self.studio.now()), None, None)
        stamp = self._body.stamp(tx)
        return Look(pulse(tx, self.studio.now()), stamp, self._body.load(tx) if stamp != self._stamp else None)

    def _show(self, look: Look) -> None:
        now = self.studio.now()
        self._outage.set_visibility(False)
        self._header.show(look.pulse, now)
        if self._body is None:
            return
        if look.found is not None:
            self._stamp = look.stamp
            self._body.show(look.found)
        self._body.tick(now)

    def _show_outage(self, error: EngageError) -> None:
        if not self._outage.visible:
            log.warning("studio_cannot_read", error=str(error))
        self._outage.set_text("The database cannot be reached. Nothing is lost; this page tries again every second.")
        self._outage.set_visibility(True)

    def _leave(self) -> None:
        with self.main:
            ui.navigate.to("/login")

    async def do(
        self,
        action: Callable[..., Any],
        *args: Any,
        said: str | Callable[[Any], str],
        wake: Sequence[str] = (queues.POST,),
        **options: Any,
    ) -> bool:
        """Carry out an action of the person who is signed in, wake the workers, say what happened."""
        try:
            who = session.current(self.studio.now())
            done = await self.studio.db.run(_checked, who, action, *args, self.studio.now(), **options)
        except SignedOut:
            self._leave()
            return False
        except Unavailable:
            self.say("The database cannot be reached: nothing was changed. Try again in a moment.", good=False)
            return False
        except EngageError as error:
            self.say(str(error), good=False)
            await self.refresh(anew=True)
            return False
        for queue in wake:
            self.studio.waker.wake(queue)
        self.say(said if isinstance(said, str) else said(done), good=True)
        await self.refresh(anew=True)
        return True

    async def reach(self, work: Callable[[str], Awaitable[T]], said: str | Callable[[T], str] = "") -> T | None:
        """Do what may ask a platform, in the name of who is signed in. None where it failed, and it says why."""
        try:
            who = session.current(self.studio.now())
            await self.studio.db.read(session.check, who)
            done = await work(who.name)
        except SignedOut:
            self._leave()
            return None
        except EngageError as error:
            self.say(str(error), good=False)
            return None
        if told := said if isinstance(said, str) else said(done):
            self.say(told, good=True)
        await self.refresh(anew=True)
        return done

    async def ask(self, question: str, meaning: str, verb: str) -> bool:
        """Whether the person means it."""
        with self.main, ui.dialog() as dialog, box("div", "dialog"):
            Text("h2", question)
            Text("p", meaning)
            with box("div", "acts"):
                button(verb, lambda: dialog.submit(True), "primary")
                button("Cancel", lambda: dialog.submit(False), "plain")
        meant = bool(await dialog)
        dialog.delete()
        return meant

    def say(self, text: str, *, good: bool) -> None:
        """A short message at the foot of the page."""
        with self.main:  # the row whose button was pressed may be gone by now
            note = "note good" if good else "note bad"
            # Without a textColor of its own a note gets Quasar's white, which our calm grounds do not carry.
            ui.notify(
                text,
                classes=note,
                textColor="note",
                timeout=4000 if good and len(text) < LONG_NOTE else 8000,
                multi_line=True,
            )

    def sign_out(self) -> None:
        session.end()
        self._leave()


def _checked(tx: Connection, who: Session, action: Callable[..., Any], *args: Any, **options: Any) -> Any:
    session.check(tx, who)
    return action(tx, who.name, *args, **options)
