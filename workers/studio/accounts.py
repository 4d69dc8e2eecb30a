"""The accounts: what the avatar does on each surface, whether the platform lets it, and who is paused."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from nicegui import ui
from sqlalchemy import Connection

import connectors
from engage.errors import EngageError
from engage.ledger import overview
from engage.ledger.creators import GONE, SurfaceMode
from engage.ledger.overview import AccountLine, CreatorLine
from engage.models import Mode, Surface
from workers import disconnecting, queues, services
from workers.space import overlay
from workers.studio import actions, words
from workers.studio.connect import ConnectDialog
from workers.studio.context import StudioContext
from workers.studio.parts import LiveList, Text, badge, box, button
from workers.studio.shell import Shell

TONES = {"active": "good", "paused": "warn", "unauthorized": "bad", "disconnected": "warn"}
MOST_UNDO = 3600  # seconds


def register(studio: StudioContext) -> None:
    @ui.page("/accounts", response_timeout=10)
    async def page() -> None:
        shell = Shell(studio, "/accounts", "Accounts")
        with shell.main:
            body = Accounts(shell)
        await shell.open(body)


def surfaces_of(platform: str) -> Iterable[Surface]:
    """The platform's surfaces; all where its connector is not installed here."""
    try:
        return [surface for surface in Surface if surface in connectors.connector_class(platform).surfaces]
    except (EngageError, ImportError):
        return list(Surface)


def title_of(platform: str) -> str:
    """A platform's name as people write it."""
    try:
        return connectors.guide(platform)[0]
    except (EngageError, ImportError):
        return platform


class Accounts:
    """A card a creator, in it a block an account, in it a line a surface."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        with box("dl", "legend"):
            for mode, meaning in words.MODES_MEAN.items():
                Text("dt", words.MODES[mode])
                Text("dd", meaning)
        self._list = LiveList[CreatorLine](lambda line: line.id, self._draw, "Creators")
        with box("div", "empty") as self._empty:
            Text("h2", "There is no creator yet")
            Text("p", "Add one in a terminal: engage creator add NAME.")
        self._empty.set_visibility(False)

    def stamp(self, tx: Connection) -> Any:
        return overview.overview(tx)  # a few rows: it is its own stamp

    def load(self, tx: Connection) -> list[CreatorLine]:
        return overview.overview(tx)

    def show(self, found: Sequence[CreatorLine]) -> None:
        self._list.show(found)
        self._empty.set_visibility(not found)

    def tick(self, now: datetime) -> None:
        """Nothing here grows older by itself."""

    def _draw(self, line: CreatorLine) -> None:
        paused = line.paused_at is not None
        with box("div", "head"):
            Text("h2", line.display_name, "who")
            Text("span", line.name, "where")
            if paused:
                badge("Paused", "bad")
            button(
                "Resume" if paused else "Pause",
                lambda: self._pause_creator(line, on=not paused),
                "pause small-act" + (" paused" if paused else ""),
                label=f"{'Resume' if paused else 'Pause'} {line.display_name}",
            )
        for rule, who, why, since in line.loosened:
            Text("p", words.loosened(rule, who, why, since), "advice")
        for account in line.accounts:
            with box("section", "account"):
                self._draw_account(account)
        if not line.accounts:
            Text("p", "No account is connected yet.", "muted")
        connect = button("Connect an account", lambda: self._connect(line), "small-act connect")
        connect.props["aria-label"] = f"Connect an account of {line.display_name}"

    def _connect(self, line: CreatorLine) -> None:
        with self._shell.main:  # the row may be drawn anew while it is open
            ConnectDialog(self._shell, line.id, line.display_name).open()

    def _draw_account(self, account: AccountLine) -> None:
        with box("div", "head"):
            Text("h3", f"{account.handle} on {title_of(account.platform)}")
            badge(words.ACCOUNTS[account.state], TONES[account.state])
            if account.state not in GONE:
                self._draw_account_pause(account)
            if account.state != "disconnected":
                self._draw_disconnect(account)
        if account.reason:
            Text("p", words.reason(account.reason), "muted")
        elif account.unheard:
            Text("p", words.unheard(account.unheard), "muted")
        if account.state in GONE:
            Text("p", words.reconnect(title_of(account.platform)), "advice")
        if account.state == "disconnected":
            return
        surfaces = list(surfaces_of(account.platform))
        for surface in surfaces:
            self._draw_surface(account, surface, account.modes.get(surface, SurfaceMode()))
        if Surface.LIVE in surfaces:
            self._draw_overlay(account)

    def _draw_overlay(self, account: AccountLine) -> None:
        settings = self._shell.studio.settings
        with ui.expansion("Show live answers in your broadcast").classes("guide"):
            Text("p", "Add this address as a browser source. Whoever knows it sees it.")
            Text("p", services.receiver_url(settings) + overlay.path_of(settings, account.id), "mono")

    def _draw_account_pause(self, account: AccountLine) -> None:
        paused = account.state == "paused"
        verb = "Resume" if paused else "Pause"
        turn = button(verb, lambda: self._pause_account(account, on=not paused), "small-act")
        turn.props["aria-label"] = f"{verb} {account.handle} on {account.platform}"

    def _draw_disconnect(self, account: AccountLine) -> None:
        begin = button("Disconnect", lambda: self._disconnect(account), "small-act plain")
        begin.props["aria-label"] = f"Disconnect {account.handle} on {title_of(account.platform)}"

    def _draw_surface(self, account: AccountLine, surface: Surface, chosen: SurfaceMode) -> None:
        name = words.SURFACES[surface]
        with box("div", "surface").mark(f"surface-{surface.value}"):
            Text("span", name, "surface-name")
            options = {mode.value: words.MODES[mode] for mode in Mode}
            mode = ui.select(options, label=f"{name}: mode", value=chosen.mode.value).props("outlined dense")
            undo = ui.number(f"{name}: seconds to undo", value=chosen.undo.total_seconds(), min=0, max=MOST_UNDO)
            undo.props("outlined dense").classes("undo").set_visibility(chosen.mode is Mode.AUTO)

            async def changed() -> None:
                undo.set_visibility(mode.value == Mode.AUTO.value)
                await self._set_mode(account, surface, Mode(mode.value), undo.value)

            mode.on_value_change(changed)
            undo.on("change", changed, [])

    async def _set_mode(self, account: AccountLine, surface: Surface, mode: Mode, undo: float | None) -> None:
        window = timedelta(seconds=min(max(undo or 0, 0), MOST_UNDO) if mode is Mode.AUTO else 0)

        def said(taken_back: int) -> str:
            told = f"{words.SURFACES[surface]} on {account.handle}: {words.MODES[mode]}. {words.MODES_MEAN[mode]}"
            return f"{told} {taken_back} unsent replies were taken back." if taken_back else told

        await self._shell.do(actions.set_mode, account.id, surface, mode, window, said=said, wake=())

    async def _disconnect(self, account: AccountLine) -> None:
        platform, studio = title_of(account.platform), self._shell.studio
        asked = f"Disconnect {account.handle} on {platform}?"
        if not await self._shell.ask(asked, words.DISCONNECTING, "Disconnect"):
            return

        async def disconnect(who: str) -> str:
            return await disconnecting.disconnect(studio.db, studio.vault, who, account.id)

        await self._shell.reach(disconnect, lambda left: words.disconnected(account.handle, platform, left))

    async def _pause_creator(self, line: CreatorLine, *, on: bool) -> None:
        said = f"{line.display_name} is {'paused' if on else 'resumed'}."
        await self._shell.do(actions.pause_creator, line.id, said=said, wake=() if on else queues.ALL, on=on)

    async def _pause_account(self, account: AccountLine, *, on: bool) -> None:
        said = f"{account.handle} is {'paused' if on else 'resumed'}."
        await self._shell.do(actions.pause_account, account.id, said=said, wake=() if on else queues.ALL, on=on)
