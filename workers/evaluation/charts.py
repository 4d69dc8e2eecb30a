"""The report's charts: a bar with its marks, distributions one below the other, curves. Pure."""

import math
from collections.abc import Callable, Sequence

import numpy as np

from engage.evaluate import Figure
from engage.evaluate.material import Texts
from engage.evaluate.recalled import Curve
from workers.evaluation.svg import Line, bar, curves, drawing, letters, stroke

BINS = 24
ROW = 58.0  # pixels of a distribution
AXIS = 22.0
LONGEST = 512  # words; longer texts are drawn as so long
PLOT = 190.0  # pixels of the retrieval curve
LEFT, RIGHT = 0.1, 0.98  # where it begins and ends
EDGE = 0.003  # a mark at the very edge would be cut in half

Ticks = Sequence[tuple[float, str]]


def figure_bar(label: str, one: Figure) -> str:
    """A value of 0..1 with its interval, and the marks of ceiling and floor."""
    parts = [bar(0, 8, 1, 14, "track")]
    if one.value is not None:
        parts.append(bar(0, 8, one.value, 14, "draft"))
    if one.low is not None and one.high is not None:
        parts.append(stroke(one.low, 15, one.high, 15, "whisker"))
        parts += [stroke(at, 11, at, 19, "whisker") for at in (one.low, one.high)]
    for kind, value in (("other", one.floor), ("own", one.ceiling)):
        if value is not None:
            at = min(max(value, EDGE), 1 - EDGE)
            parts.append(stroke(at, 2, at, 28, f"mark {kind}"))
    told = f"value {shown(one.value)}, ceiling {shown(one.ceiling)}, floor {shown(one.floor)}, {one.n} items"
    return drawing(label, told, 30, parts)


def styles(scores: Texts[list[float]]) -> str:
    """How the style scores are spread."""
    return _distributions("Style scores", scores, [(n / 4, f"{n / 4:g}") for n in range(5)], lambda at: f"{at:.2f}")


def lengths(words: Texts[list[float]]) -> str:
    """How the lengths are spread; each step is twice as long."""
    top = math.log2(LONGEST)
    even = words.each_of(lambda one: min(math.log2(max(one, 1)), top) / top)
    steps = (0, 1, 2, 3, 4, 5, 6, 7, 9)  # on a phone the last two of all would touch
    ticks = [(n / top, str(2**n)) for n in steps]
    return _distributions("Length in words", even, ticks, lambda at: f"{2 ** (at * top):.0f} words")


def _distributions(title: str, texts: Texts[list[float]], ticks: Ticks, told: Callable[[float], str]) -> str:
    """A row each for drafts, own and others' texts, over one axis. Values 0..1."""
    rows = (("draft", "drafts", texts.drafts), ("own", "own", texts.ceiling), ("other", "others", texts.floor))
    parts, said = [], []
    for row, (kind, name, values) in enumerate(rows):
        parts += _row(row * (ROW + 8), kind, values)
        middle = f", median {told(float(np.median(values)))}" if values else ""
        said.append(f"{name}: {len(values)}{middle}")
        parts.append(letters(0, row * (ROW + 8) + 12, said[-1], "label", "start"))
    low = len(rows) * (ROW + 8)
    return drawing(title, "; ".join(said), low + AXIS, [*parts, *_axis(low, ticks)])


def _row(top: float, kind: str, values: Sequence[float]) -> list[str]:
    floor = top + ROW
    heights, _ = np.histogram(values, BINS, (0, 1))
    highest = max(1, int(heights.max()))
    room = ROW - 18
    drawn = [
        bar(at / BINS + 0.002, floor - room * n / highest, 1 / BINS - 0.004, room * n / highest, kind)
        for at, n in enumerate(heights)
        if n
    ]
    drawn.insert(0, stroke(0, floor, 1, floor, "axis"))
    if values:
        middle = float(np.median(values))
        drawn.append(stroke(middle, floor - room, middle, floor, "median"))
    return drawn


def _axis(low: float, ticks: Ticks) -> list[str]:
    sides = {0: "start", len(ticks) - 1: "end"}
    return [letters(at, low + 12, said, "tick", sides.get(place, "middle")) for place, (at, said) in enumerate(ticks)]


def retrieval(curve: Curve) -> str:
    """The likeness of the best of the first k passages to the real reply, beside the best there is and random ones."""
    points = [curve.at(k) for k in range(1, len(curve.recalled) + 1)]
    top = max([0.05, *(one.ceiling or 0 for one in points)]) * 1.1
    lines = [
        Line(kind, [(at / (len(points) - 1), (value or 0) / top) for at, value in enumerate(values)])
        for kind, values in (
            ("other", [one.floor for one in points]),
            ("own", [one.ceiling for one in points]),
            ("draft", [one.value for one in points]),
        )
    ]
    told = "; ".join(f"{k}: {shown(one.value)}" for k, one in enumerate(points, 1))
    best, chance = shown(points[-1].ceiling), shown(points[-1].floor)
    said = f"Best of the first k passages: {told}. Best in the corpus {best}, ten random passages {chance}."
    frame = [stroke(LEFT, PLOT, RIGHT, PLOT, "axis"), *_levels(top), *_steps(len(points))]
    return drawing("Retrieval curve", said, PLOT + 40, [*frame, curves(LEFT, 10, RIGHT - LEFT, PLOT - 10, lines)])


def _levels(top: float) -> list[str]:
    """Horizontal lines at round values."""
    step = next(size for size in (0.02, 0.05, 0.1, 0.2, 0.5) if top / size <= 6)
    levels = [n * step for n in range(int(top / step) + 1)]
    places = [(PLOT - (PLOT - 10) * level / top, level) for level in levels]
    drawn = [stroke(LEFT, y, RIGHT, y, "grid") for y, _ in places]
    return [*drawn, *(letters(0, y + 4, f"{level:.2f}", "tick", "start") for y, level in places)]


def _steps(depth: int) -> list[str]:
    places = [LEFT + (RIGHT - LEFT) * at / (depth - 1) for at in range(depth)]
    return [
        *(letters(at, PLOT + 16, str(k), "tick") for k, at in enumerate(places, 1)),
        letters((LEFT + RIGHT) / 2, PLOT + 34, "passages recalled (k)", "tick"),
    ]


def shown(value: float | None) -> str:
    """As the page writes a figure."""
    return "not known" if value is None else f"{value:.2f}"
