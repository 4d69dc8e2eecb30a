"""Connecting an account: the dialog on the accounts page, and the page to which a platform sends the creator back."""

from collections.abc import Awaitable, Callable

from nicegui import ui
from starlette.requests import Request

import connectors
from engage.errors import EngageError
from engage.grants import Consent, Entry
from workers import addresses, connecting
from workers.studio import session
from workers.studio.context import StudioContext
from workers.studio.fields import Form
from workers.studio.parts import Text, box, button
from workers.studio.platforms import studio_url
from workers.studio.shell import Shell


def register(studio: StudioContext) -> None:
    @ui.page(addresses.BACK, response_timeout=30)
    async def back(platform: str, request: Request) -> None:
        """Finishes a consent once; a page that is loaded again says that it is over."""
        problem = await _finish(studio, platform, dict(request.query_params))
        if not problem:
            ui.navigate.to("/accounts")
            return
        shell = Shell(studio, "/accounts", "Not connected")
        with shell.main:
            Text("p", problem, "problem").props("role=alert")
            Text("a", "Back to the accounts").props("href=/accounts")


async def _finish(studio: StudioContext, platform: str, answer: dict[str, str]) -> str:
    """Why it did not succeed; '' where it did."""
    try:
        who = session.current(studio.now())
        await studio.db.read(session.check, who)
        await connecting.finish(studio.db, studio.vault, who.name, platform, answer)
    except EngageError as error:
        return str(error)
    return ""


class ConnectDialog:
    """Asks for a platform and what it needs to begin, for one creator."""

    def __init__(self, shell: Shell, creator_id: str, creator_name: str) -> None:
        self._shell = shell
        self._creator_id = creator_id
        self._base = studio_url(shell.studio)
        with ui.dialog() as self._dialog, box("div", "dialog"):
            Text("h2", f"Connect an account of {creator_name}")
            names = {name: connectors.guide(name)[0] for name in connecting.ways()}
            self._choice = ui.select(names, label="Platform", on_change=self._draw).props("outlined")
            self._body = box("div", "fields")

    def open(self) -> None:
        self._dialog.open()

    def _draw(self) -> None:
        self._body.clear()
        platform = self._choice.value
        if platform is None:
            return
        way = connecting.way_of(platform)
        with self._body:
            if isinstance(way, Consent):
                self._draw_consent(platform, way)
            else:
                self._draw_entry(platform)

    def _draw_consent(self, platform: str, way: Consent) -> None:
        Text("p", "You agree on the platform’s own page, and come back here.", "muted")
        form = Form(connecting.before_consent(connecting.way_of(platform)))
        self._draw_acts("Go to the platform", lambda: self._connect(platform, form, consent=True))
        if isinstance(way, Entry):
            with box("div", "acts"):
                button("Enter a password instead", lambda: self._draw_instead(platform), "plain")

    def _draw_instead(self, platform: str) -> None:
        self._body.clear()
        with self._body:
            self._draw_entry(platform)
            with box("div", "acts"):
                button("Back to the platform’s page", self._draw, "plain")

    def _draw_entry(self, platform: str) -> None:
        form = Form(connecting.way_of(platform).account_fields)
        self._draw_acts("Connect", lambda: self._connect(platform, form, consent=False))

    def _draw_acts(self, verb: str, act: Callable[[], Awaitable[None]]) -> None:
        with box("div", "acts"):
            button(verb, act, "primary")
            button("Cancel", self._dialog.close, "plain")

    async def _connect(self, platform: str, form: Form, *, consent: bool) -> None:
        studio, entered = self._shell.studio, form.entered

        async def begin(who: str) -> str:
            back = addresses.back_of(self._base, platform)
            return await connecting.begin(studio.db, studio.vault, who, platform, self._creator_id, entered, back)

        async def enter(who: str) -> str:
            await connecting.enter(studio.db, studio.vault, who, platform, self._creator_id, entered)
            return ""

        work: Callable[[str], Awaitable[str]] = begin if consent else enter
        said = "" if consent else "Connected. It decides in the open; choose a mode to let it answer."
        target = await self._shell.reach(work, said)
        if target is None:
            return
        self._dialog.close()
        if target:
            ui.navigate.to(target)
