"""Signing in and out. The only page that is open to everybody."""

import asyncio
import math
import re
from datetime import datetime

from nicegui import Client, app, ui
from sqlalchemy import Connection

from engage.errors import EngageError
from engage.ledger import audit, users
from engage.ledger.users import User
from workers.studio import session
from workers.studio.context import StudioContext
from workers.studio.parts import Text, box, button
from workers.throttle import Throttle

PATH = "/login"
_CONSENT = re.compile(r"/connect/[a-z0-9_]+/back(\?[^#\s]*)?")
PAGES = ("/", "/inbox", "/questions", "/voice", "/accounts", "/platforms")


class TryLater(EngageError):
    """Too many tries."""


class Wrong(EngageError):
    """That name and password do not belong together."""


class Doorkeeper:
    """Checks a name and a password, a few times a minute from one address, one at a time."""

    def __init__(self, studio: StudioContext, throttle: Throttle) -> None:
        self._studio = studio
        self._throttle = throttle
        self._one = asyncio.Lock()  # a check takes 19 MiB and a core for a moment

    async def admit(self, name: str, password: str, address: str) -> User:
        """The user. Raises TryLater, Wrong, or Unavailable where the ledger cannot be read."""
        wait = self._throttle.admit(address, self._studio.now())
        if wait is not None:
            raise TryLater(f"Too many tries. Wait {math.ceil(wait.total_seconds())} seconds and try again.")
        user = await self._studio.db.read(users.find, name)
        async with self._one:
            right = await asyncio.to_thread(users.matches, user, password)
        if user is None or not right:
            await self._studio.db.run(_note, "nobody", "sign_in_refused", address, self._studio.now())
            raise Wrong
        self._throttle.succeeded(address)
        await self._studio.db.run(_note, user.name, "sign_in", address, self._studio.now())
        return user


def _note(tx: Connection, actor: str, action: str, address: str, now: datetime) -> None:
    audit.record(tx, actor, action, None, address, {}, now)


def safe_target(address: str) -> str:
    """Where to go after signing in: only to a page of ours, or on with a consent that a platform sent back."""
    return address if address in PAGES or _CONSENT.fullmatch(address) else "/"


def register(studio: StudioContext) -> None:
    doorkeeper = Doorkeeper(studio, Throttle())

    @ui.page(PATH, title="Sign in · Engage")
    def page(client: Client, to: str = "/") -> None:
        _Form(studio, doorkeeper, safe_target(to), client.ip or "unknown")


class _Form:
    def __init__(self, studio: StudioContext, doorkeeper: Doorkeeper, target: str, address: str) -> None:
        self._studio = studio
        self._doorkeeper = doorkeeper
        self._target = target
        self._address = address
        with box("main", "sign-in"), box("form", "panel").on("submit.prevent", self._submit, []):
            Text("h1", "Engage")
            Text("p", "Sign in to the studio", "muted")
            self._name = ui.input("Name", value=users.OWNER).props("outlined autocomplete=username name=username")
            self._password = ui.input("Password", password=True)
            self._password.props("outlined autofocus autocomplete=current-password name=password")
            self._problem = Text("p", "", "problem").props("role=alert")
            self._problem.set_visibility(False)
            button("Sign in", lambda: None, "primary").props("type=submit")
            Text("p", "The password was printed in the terminal when Engage started for the first time.", "muted small")

    async def _submit(self) -> None:
        name, password = (self._name.value or "").strip(), self._password.value or ""
        try:
            user = await self._doorkeeper.admit(name, password, self._address)
        except EngageError as error:
            self._problem.set_text(str(error))
            self._problem.set_visibility(True)
            return
        session.begin(app.storage.user, user, self._studio.now())
        ui.navigate.to(self._target)
