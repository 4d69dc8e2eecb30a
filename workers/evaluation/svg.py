"""Drawings as inline SVG that keep their letters readable at every width. Pure.

Places across are percentages and heights pixels, so that nothing is scaled; only curves lie in a stretched box of their
own, whose lines keep their width. Colours are classes of the page's sheet. Every drawing says in words what it shows.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


@dataclass(frozen=True, slots=True)
class Line:
    """A curve. points: (0..1 from the left, 0..1 from below); kind: draft, own or other."""

    kind: str
    points: Sequence[tuple[float, float]]


def drawing(title: str, told: str, height: float, parts: Iterable[str]) -> str:
    """An SVG of the full width. told: what a person who does not see it should know.

    Titles differ on one page: the ids are made of them.
    """
    name = "".join(letter if letter.isalnum() else "-" for letter in title.lower())
    return (
        f'<svg role="img" aria-labelledby="{name}-t {name}-d" width="100%" height="{height:g}">'
        f'<title id="{name}-t">{escape(title)}</title><desc id="{name}-d">{escape(told)}</desc>{"".join(parts)}</svg>'
    )


def bar(x: float, y: float, width: float, height: float, kind: str) -> str:
    """A rectangle; x and width 0..1."""
    place = f'x="{_percent(x)}" y="{y:.1f}" width="{_percent(width)}" height="{max(height, 0):.1f}"'
    return f'<rect class="{kind}" {place} rx="2"/>'


def stroke(x1: float, y1: float, x2: float, y2: float, kind: str) -> str:
    """A straight line; x 0..1, y in pixels."""
    ends = f'x1="{_percent(x1)}" y1="{y1:.1f}" x2="{_percent(x2)}" y2="{y2:.1f}"'
    return f'<line class="{kind}" {ends}/>'


def letters(x: float, y: float, said: str, kind: str = "", anchor: str = "middle") -> str:
    """Words at a place; x 0..1."""
    return f'<text class="{kind}" x="{_percent(x)}" y="{y:.1f}" text-anchor="{anchor}">{escape(said)}</text>'


def curves(x: float, y: float, width: float, height: float, lines: Sequence[Line]) -> str:
    """Curves in a box."""
    drawn = "".join(
        f'<polyline class="curve {line.kind}" vector-effect="non-scaling-stroke" points="'
        + " ".join(f"{100 * across:.2f},{100 - 100 * up:.2f}" for across, up in line.points)
        + '"/>'
        for line in lines
    )
    box = f'x="{_percent(x)}" y="{y:.1f}" width="{_percent(width)}" height="{height:.1f}"'
    return f'<svg {box} viewBox="0 0 100 100" preserveAspectRatio="none" overflow="visible">{drawn}</svg>'


def _percent(part: float) -> str:
    return f"{100 * part:.2f}%"
