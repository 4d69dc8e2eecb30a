"""Advice that an account should not give by machine, and what must not be said to children. Pure.

Whoever said it first: a dose, an investment or a verdict in law is for the one person who asked, by somebody who can be
asked back. Word lists: data/advice.toml.
"""

import tomllib
from functools import cache
from pathlib import Path

from engage.triage.normalise import fold
from engage.triage.sieve import Sieve

_DATA = Path(__file__).parent / "data"


def advises(sentence: str) -> str | None:
    """Which kind of advice it gives: medicine, money, law or minors; None for none."""
    folded = fold(sentence)
    return next((name for name, sieve in _sieves().items() if sieve.any(folded)), None)


@cache
def _sieves() -> dict[str, Sieve]:
    tables = tomllib.loads((_DATA / "advice.toml").read_text(encoding="utf-8"))
    return {name: Sieve([pattern for some in table.values() for pattern in some]) for name, table in tables.items()}
