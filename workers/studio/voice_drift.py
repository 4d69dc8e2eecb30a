"""Does the avatar sound like you: its replies of the last weeks beside the creator's own texts."""

from typing import TYPE_CHECKING

from nicegui import ui

from engage.errors import EngageError
from engage.ledger import views
from engage.ledger.views import Decision, Exchange
from engage.models import Persona
from workers.evaluation.svg import Line, curves, drawing, letters, stroke
from workers.studio import card, voice_words, words
from workers.studio.figures import draw_table
from workers.studio.parts import LiveList, Text, badge, box, button
from workers.studio.shell import Shell
from workers.voices import Beside, Unlike

if TYPE_CHECKING:
    from engage.voice.drift import Drift
    from engage.voice.profile import Voice

PLOT = 150.0  # pixels of the chart
LEFT, RIGHT = 0.09, 0.96  # where the weeks begin and end
TOP = 10.0
COLUMNS = ("Week of", "Replies", "Score", "Below border", "Words", "Delta")


class DriftPanel:
    """The chart, its table, and the replies of this week that sounded least like the creator."""

    def __init__(self, shell: Shell) -> None:
        self._shell = shell
        self._shown: tuple[object, ...] = ()
        self._open: dict[str, tuple[Exchange, Decision | None]] = {}
        with box("section", "row-card").props("aria-labelledby=voice-drift"):
            Text("h2", "Does the avatar sound like you?").props("id=voice-drift")
            self._body = box("div", "part")
            self._least_title = Text("h3", "Least like you this week")
            self._least = LiveList[Unlike](lambda one: one.reply.turn_id, self._draw_reply, "Least like you this week")
        self._least_title.set_visibility(False)

    def clear(self) -> None:
        self._shown = ()
        self._body.clear()
        self._least.show(())
        self._least_title.set_visibility(False)

    def show(self, voice: "Voice", beside: Beside, persona: Persona) -> None:
        shown = (voice, beside, persona.voice_border)
        if self._shown and all(one is other for one, other in zip(shown, self._shown, strict=True)):
            return
        self._shown = shown
        self._body.clear()
        with self._body:
            _draw(voice, beside, persona)
        self._open = {one.reply.turn_id: self._open[one.reply.turn_id] for one in beside.least if self._is_open(one)}
        self._least.show(beside.least)
        self._least_title.set_visibility(bool(beside.least))

    def _is_open(self, one: Unlike) -> bool:
        return one.reply.turn_id in self._open

    def _draw_reply(self, one: Unlike) -> None:
        with box("div", "head"):
            Text("span", words.SURFACES[one.reply.surface], "where")
            badge(f"{one.judged.score:.2f} of 1", "warn")
        Text("p", one.reply.text, "reply")
        if one.judged.differences:
            Text("p", f"Unlike you: {'; '.join(map(voice_words.to_you, one.judged.differences))}.", "muted small")
        is_open = self._is_open(one)
        more = button("Hide decision" if is_open else "Show decision", lambda: self._toggle(one), "plain")
        more.props(f"aria-expanded={str(is_open).lower()}")
        if is_open:
            card.draw(*self._open[one.reply.turn_id])

    async def _toggle(self, one: Unlike) -> None:
        turn_id = one.reply.turn_id
        if turn_id in self._open:
            del self._open[turn_id]
        else:
            try:
                found = await self._shell.studio.db.read(views.exchanges, [turn_id])
                decision = await self._shell.studio.db.read(views.decision, turn_id)
            except EngageError as error:
                self._shell.say(str(error), good=False)
                return
            if found:
                self._open[turn_id] = found[0], decision
        self._least.redraw(turn_id)


def _draw(voice: "Voice", beside: Beside, persona: Persona) -> None:
    if not beside.weeks:
        Text("p", voice_words.left_out(beside.left_out) or voice_words.NO_REPLIES, "muted")
        return
    border = voice.border if persona.voice_border is None else persona.voice_border
    if voice.ceiling is not None and border is not None:
        Text("p", told(beside.weeks[0], voice.ceiling, border))
        with box("ul", "legend-line").props("aria-hidden=true"):
            for kind, name in (("draft", "the avatar"), ("own", "you"), ("other", "border")):
                Text("li", name, kind)
        # Made of numbers and dates alone, and escaped all the same.
        ui.html(chart(beside.weeks, voice.ceiling, border), sanitize=False).classes("chart")
    rows = [_row(one) for one in beside.weeks]
    if beside.left_out:
        Text("p", voice_words.left_out(beside.left_out), "muted small")
    draw_table("The avatar week by week", voice_words.WEEKS, COLUMNS, rows)


def told(newest: "Drift", ceiling: float, border: float) -> str:
    """The newest week in a sentence."""
    below = 0.0 if newest.below is None else newest.below
    style = 0.0 if newest.style is None else newest.style
    ends = "like you" if style >= border else "less like you than you want"
    return (
        f"In the week of {newest.begins_on.isoformat()} the avatar scored {style:.2f} at the median, your own texts"
        f" {ceiling:.2f}: it sounds {ends}. {words_of_share(below)} below the border of {border:.2f}."
    )


def words_of_share(below: float) -> str:
    return "No reply was" if below == 0 else f"{voice_words.share(below)} of the replies were"


def chart(weeks: "list[Drift]", ceiling: float, border: float) -> str:
    """The median score of each week, oldest first, beside the creator's own and the border."""
    found = [one for one in reversed(weeks) if one.style is not None]
    step = 1 / max(1, len(found) - 1)
    across = [LEFT + (RIGHT - LEFT) * n * step if len(found) > 1 else (LEFT + RIGHT) / 2 for n in range(len(found))]
    parts = [one for level in (0.0, 0.5, 1.0) for one in (_level(level, "grid"), _named(level))]
    parts += [_level(ceiling, "own"), _level(border, "other")]
    line = [(n * step, one.style or 0.0) for n, one in enumerate(found)]
    if len(found) > 1:
        parts.append(curves(LEFT, TOP, RIGHT - LEFT, PLOT - TOP, [Line("draft", line)]))
    parts += [_dot(at, one.style or 0.0) for at, one in zip(across, found, strict=True)]
    parts += [letters(across[n], PLOT + 18, f"{found[n].begins_on:%d %b}", "tick", at) for n, at in _ticks(len(found))]
    said = "; ".join(f"{one.begins_on.isoformat()}: {one.style:.2f}" for one in found)
    summary = f"Median score a week: {said}. Your own texts {ceiling:.2f}, border {border:.2f}."
    return drawing("Style score a week", summary, PLOT + 24, parts)


def _ticks(weeks: int) -> list[tuple[int, str]]:
    """Which weeks are named, and where their names stand: on a phone there is no room for all, nor beyond the edge."""
    if weeks < 2:
        return [(n, "middle") for n in range(weeks)]
    middle = [(weeks // 2, "middle")] if weeks > 2 else []
    return [(0, "start"), *middle, (weeks - 1, "end")]


def _y(value: float) -> float:
    return PLOT - (PLOT - TOP) * value


def _level(value: float, kind: str) -> str:
    return stroke(LEFT, _y(value), RIGHT, _y(value), kind)


def _named(value: float) -> str:
    return letters(0, _y(value) + 4, f"{value:g}", "tick", "start")


def _dot(x: float, value: float) -> str:
    return f'<circle class="dot" cx="{100 * x:.2f}%" cy="{_y(value):.1f}" r="4"/>'


def _row(one: "Drift") -> list[str]:
    delta = "–" if one.delta is None else f"{one.delta:.2f}"
    score, below = voice_words.score(one.style), voice_words.share(one.below)
    return [one.begins_on.isoformat(), str(one.replies), score, below, f"{one.words:.0f}", delta]
