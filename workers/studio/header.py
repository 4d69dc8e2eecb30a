"""The header: where to go, and the pause switch, which is on every page."""

from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

from nicegui import ui

from engage.ledger.overview import Pulse
from workers import queues
from workers.studio import actions, words
from workers.studio.parts import Text, box, button

if TYPE_CHECKING:
    from workers.studio.shell import Shell

LINKS = (
    ("/", "Activity"),
    ("/inbox", "Inbox"),
    ("/questions", "Questions"),
    ("/voice", "Voice"),
    ("/accounts", "Accounts"),
    ("/platforms", "Platforms"),
)


class Header:
    """Drawn once; `show` changes what has changed."""

    def __init__(self, shell: "Shell", path: str) -> None:
        self._shell = shell
        self._switches: object = None
        self._told: object = None
        Text("a", "Skip to the content", "skip").props("href=#main")
        with box("header", "top"), box("div", "top-inner"):
            Text("a", "Engage", "brand").props("href=/")
            with box("nav", "links").props("aria-label=Pages"):
                for target, name in LINKS:
                    self._link(target, name, here=target == path)
            with box("div", "switches"):
                self._switch = box("div", "switch-slot")
                button("Sign out", shell.sign_out, "plain")
        self._notice = box("div", "paused-notice").props("role=status")
        self._raids = box("div", "raids").props("role=status")

    def _link(self, target: str, name: str, *, here: bool) -> None:
        with box("a", "link here" if here else "link").props(f"href={target}") as link:
            Text("span", name)
            if target == "/inbox":
                self._count = Text("span", "", "count")
        if here:
            link.props("aria-current=page")

    def show(self, pulse: Pulse, now: datetime) -> None:
        """Draw the switches where one was turned, here or elsewhere."""
        since = _since(pulse.everything_paused_at, now) if pulse.everything_paused_at else ""
        self._count.set_text(str(pulse.waiting) if pulse.waiting < 1000 else "999+")
        self._count.set_visibility(pulse.waiting > 0)
        switches = (pulse.everything_paused_at, pulse.creators, pulse.raids)
        if switches != self._switches:  # not more often: an open menu stays open
            self._switches = switches
            self._switch.clear()
            with self._switch:
                self._draw_switch(pulse)
        if (switches, since) != self._told:
            self._told = (switches, since)
            self._notice.clear()
            with self._notice:
                self._draw_notice(pulse, since)
            self._raids.clear()
            with self._raids:
                self._draw_raids(pulse)

    def _draw_switch(self, pulse: Pulse) -> None:
        on = pulse.everything_paused_at is not None
        turn = button("Resume all" if on else "Pause all", lambda: self._everything(on=not on), "pause")
        turn.classes("paused" if on else "")
        turn.props(f"aria-pressed={str(on).lower()}").mark("pause-all")
        if not pulse.creators:
            return
        some = any(paused for _, _, paused in pulse.creators)
        with button("▾", lambda: None, "pause more", label="Pause one creator") as opener:
            opener.classes("paused" if some else "")
            with ui.menu().props("role=menu").classes("creators-menu"):
                for creator_id, name, paused_at in pulse.creators:
                    self._draw_item(creator_id, name, paused=paused_at is not None)

    def _draw_item(self, creator_id: str, name: str, *, paused: bool) -> None:
        text = f"Resume {name}" if paused else f"Pause {name}"
        item = ui.menu_item(text, on_click=lambda: self._creator(creator_id, name, on=not paused))
        item.props("role=menuitem").classes("is-paused" if paused else "")

    def _draw_notice(self, pulse: Pulse, since: str) -> None:
        paused = [name for _, name, paused_at in pulse.creators if paused_at]
        if since:
            Text("p", f"Everything has been paused for {since}: nothing is answered and nothing is posted.")
        elif paused:
            Text("p", f"Paused: {', '.join(paused)}. The others go on.")

    def _draw_raids(self, pulse: Pulse) -> None:
        names = {creator_id: name for creator_id, name, _ in pulse.creators}
        for raid in pulse.raids:
            name = names.get(raid.creator_id, "")
            with box("div", "raid"):
                Text("p", words.raid(name, raid))
                button("Answer again", partial(self._end_raid, raid.creator_id), label=f"End it for {name}")

    async def _end_raid(self, creator_id: str) -> None:
        quiet = timedelta(seconds=self._shell.studio.settings.raid_quiet)
        said = "Everybody is answered in public again."
        await self._shell.do(actions.end_raid, creator_id, quiet, said=said, wake=queues.ALL)

    async def _everything(self, *, on: bool) -> None:
        said = "Paused. Nothing is answered or posted until you resume." if on else "Resumed."
        await self._shell.do(actions.pause_everything, said=said, wake=() if on else queues.ALL, on=on)

    async def _creator(self, creator_id: str, name: str, *, on: bool) -> None:
        said = f"{name} is paused." if on else f"{name} is resumed."
        wake = () if on else queues.ALL
        await self._shell.do(actions.pause_creator, creator_id, said=said, wake=wake, on=on)


def _since(at: datetime, now: datetime) -> str:
    return words.span(now - at) if now - at >= timedelta(minutes=1) else "less than a minute"
