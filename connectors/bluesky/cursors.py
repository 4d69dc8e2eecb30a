"""How far an account's events were read: pure, and kept as the text of a cursor.

Lists are ordered by a time that their writers declare (of a notification the earlier of `createdAt` and the moment it
was indexed), so something may still come in behind the newest entry. A sweep therefore reads on for `OVERLAP` behind
where the last one began, and remembers what it saw there.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

OVERLAP = 900.0  # seconds


@dataclass(frozen=True, slots=True)
class Sweep:
    """mark: up to this time the list was read whole, 0 at first. older: where this sweep goes on, '' at its beginning.

    seen: what was read within the overlap, with its time.
    """

    mark: float = 0.0
    older: str = ""
    seen: Mapping[str, float] = field(default_factory=dict)

    @property
    def floor(self) -> float:
        return self.mark - OVERLAP


@dataclass(frozen=True, slots=True)
class Cursor:
    """Of the notifications, of the account's own posts, and the `rev` of the chat log."""

    heard: Sweep = Sweep()
    own: Sweep = Sweep()
    chat: str = ""


def take(sweep: Sweep, rows: Sequence[tuple[str, float]], older: str, now: float) -> tuple[set[str], Sweep]:
    """Which of a page's rows (id and time) are new, and how far the list was read then. older: the next page, or ''.

    The first sweep is one page long: what is older than the connection to the platform is nobody's business.
    """
    within = {key: at for key, at in rows if at >= sweep.floor}
    new = {key for key in within if short(key) not in sweep.seen}
    seen = {**sweep.seen, **{short(key): at for key, at in within.items()}}
    newest = max([sweep.mark, *(min(at, now) for at in seen.values())])
    if older and sweep.mark and len(within) == len(rows):
        # Of a long way back only what is looked at again is remembered: by the next sweep, and by the next page.
        border = min(within.values(), default=0.0)
        kept = {key: at for key, at in seen.items() if at >= newest - OVERLAP or at <= sweep.mark or at == border}
        return new, replace(sweep, older=older, seen=kept)
    mark = newest or now
    return new, Sweep(mark, "", {key: at for key, at in seen.items() if at >= mark - OVERLAP})


def short(key: str) -> str:
    """A name as it is remembered."""
    return sha256(key.encode()).hexdigest()[:16]


def load(text: str) -> Cursor:
    """A cursor of its text; from the beginning where there is none, or one that nobody can read."""
    try:
        kept = json.loads(text)
        return Cursor(_sweep(kept["heard"]), _sweep(kept["own"]), str(kept["chat"]))
    except (ValueError, KeyError, TypeError, AttributeError):
        return Cursor()


def dump(cursor: Cursor) -> str:
    """Its text."""
    sweeps = {"heard": cursor.heard, "own": cursor.own}
    kept = {name: [one.mark, one.older, dict(one.seen)] for name, one in sweeps.items()}
    return json.dumps({**kept, "chat": cursor.chat}, separators=(",", ":"))


def _sweep(kept: Any) -> Sweep:
    mark, older, seen = kept
    return Sweep(float(mark), str(older), {str(key): float(at) for key, at in seen.items()})
