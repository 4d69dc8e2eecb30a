"""The platforms: what an operator registers with each of them once, and the addresses that its console asks for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from nicegui import ui
from sqlalchemy import Connection, func, select

import connectors
from engage.grants import Connect, Consent, Field
from engage.ledger import apps
from engage.ledger.tables import accounts
from workers import addresses, connecting
from workers.studio.context import StudioContext
from workers.studio.fields import Form
from workers.studio.parts import LiveList, Text, badge, box, button, fact
from workers.studio.shell import Shell


@dataclass(frozen=True, slots=True)
class PlatformLine:
    """One platform as the page shows it. known: which fields of its application are set."""

    name: str
    known: tuple[str, ...]
    accounts: int


def register(studio: StudioContext) -> None:
    @ui.page("/platforms", response_timeout=10)
    async def page() -> None:
        shell = Shell(studio, "/platforms", "Platforms")
        base = studio_url(studio)
        with shell.main:
            body = Platforms(shell, base)
        await shell.open(body)


def studio_url(studio: StudioContext) -> str:
    """The studio's address as this browser sees it, unless a setting says it."""
    request = ui.context.client.request
    return (studio.settings.studio_url or str(request.base_url)).rstrip("/")


def lines(tx: Connection) -> list[PlatformLine]:
    """Every platform that can be connected."""
    registered = apps.registered(tx)
    counted = {row.platform: row.n for row in tx.execute(_COUNT)}
    found = []
    for name in connecting.ways():
        fields = connecting.way_of(name).app_fields if name in registered else ()
        plain = registered[name].config if name in registered else {}
        # Secrets are not opened for a page: an application cannot be stored without them.
        known = tuple(one.name for one in fields if one.name in plain or (one.secret and not one.optional))
        found.append(PlatformLine(name, known, counted.get(name, 0)))
    return found


_COUNT = select(accounts.c.platform, func.count().label("n")).group_by(accounts.c.platform)


class Platforms:
    """A card a platform."""

    def __init__(self, shell: Shell, base: str) -> None:
        self._shell = shell
        self._base = base
        Text(
            "p", "Register Engage once with each platform; then creators connect their accounts with a click.", "muted"
        )
        if not shell.studio.settings.public_url:
            told = "No platform can reach this machine yet: set public_url, or let Engage fetch events where it can."
            Text("p", told, "advice")
        self._list = LiveList[PlatformLine](lambda line: line.name, self._draw, "Platforms")

    def stamp(self, tx: Connection) -> Any:
        return lines(tx)

    def load(self, tx: Connection) -> list[PlatformLine]:
        return lines(tx)

    def show(self, found: Sequence[PlatformLine]) -> None:
        self._list.show(found)

    def tick(self, now: datetime) -> None:
        """Nothing here grows older by itself."""

    def _draw(self, line: PlatformLine) -> None:
        way = connecting.way_of(line.name)
        title, steps = connectors.guide(line.name)
        with box("div", "head"):
            Text("h2", title, "who")
            if line.accounts:
                Text("span", f"{line.accounts} account{'s' if line.accounts > 1 else ''}", "where")
            _state(line, way.app_fields)
        with ui.expansion("Set up").classes("guide"):
            ui.markdown(steps or "Its README.md says nothing about this.")
            self._draw_addresses(line.name, way)
            if way.app_fields:
                self._draw_form(line, title)

    def _draw_addresses(self, platform: str, way: Connect) -> None:
        """What the platform's console asks for."""
        hook = addresses.hook_of(self._shell.studio.settings, platform, "ACCOUNT")
        with box("dl", "facts"):
            if isinstance(way, Consent):
                fact("Redirect address", addresses.back_of(self._base, platform), "mono")
            if hook:
                fact("Webhooks", hook, "mono")

    def _draw_form(self, line: PlatformLine, title: str) -> None:
        with box("div", "fields"):
            form = Form(connecting.way_of(line.name).app_fields, line.known)
        button("Save", lambda: self._save(line.name, title, form), "small-act", label=f"Save {title}")

    async def _save(self, platform: str, title: str, form: Form) -> None:
        studio = self._shell.studio

        async def save(who: str) -> None:
            entered, now = form.entered, studio.now()
            await studio.db.run(connecting.set_app, studio.vault, who, platform, entered, now)
            form.clear_secrets()

        await self._shell.reach(save, f"{title} is registered. Creators can connect their accounts now.")


def _state(line: PlatformLine, fields: Sequence[Field]) -> None:
    if line.known:
        badge("Registered", "good")
    elif all(field.optional for field in fields):
        badge("Nothing to register", "quiet")
    else:
        badge("Not registered", "warn")
