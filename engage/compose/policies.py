"""Which laws ask for which telling, and what of it an operator may loosen. Pure; the table is data.

Nothing switches the telling off. Two rules may be loosened for a creator, each by a recorded override that names who
answers for it and why (`engage.ledger.overrides`); the others hold whatever anybody sets.
"""

import tomllib
from datetime import date
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict

_DATA = Path(__file__).parent / "data" / "policies.toml"

AFTER_SILENCE, EVERY_REPLY = "after_silence", "every_reply"
DOES = MappingProxyType(
    {
        "first_reply": "The first reply in a conversation says that it is automated, in private in words.",
        "handed_back": "So does the first reply after a person has written in between.",
        AFTER_SILENCE: "So does the first reply after 24 hours of silence.",
        EVERY_REPLY: "Every reply carries the mark, not only the first.",
        "asked_if_bot": "“Are you a bot?” is answered by fixed, truthful text.",
        "minors": "Who says to be under 18 is told that this is no person, in every private reply, with a break.",
        "crisis": "Who may be in danger gets fixed text with help lines, and a person is told.",
    }
)
LOOSENABLE = (AFTER_SILENCE, EVERY_REPLY)


class Law(BaseModel):
    """A law, what it asks, and what is done for it (`does`, keys of DOES)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    jurisdiction: str
    name: str
    in_force: date
    what: str
    when: str
    does: tuple[str, ...]
    languages: tuple[str, ...]
    source: str
    checked: date


@cache
def laws() -> tuple[Law, ...]:
    """The table, in its order."""
    rows: list[dict[str, Any]] = tomllib.loads(_DATA.read_text(encoding="utf-8"))["law"]
    return tuple(Law(**row) for row in rows)


def asking_for(rule: str) -> tuple[Law, ...]:
    """The laws that ask for a rule."""
    return tuple(law for law in laws() if rule in law.does)


@cache
def marks_every_reply(*languages: str) -> bool:
    """Whether a law asks for a mark on every reply where these languages are written."""
    spoken = {language.casefold().replace("_", "-").split("-")[0] for language in languages}
    return any(not law.languages or spoken & set(law.languages) for law in asking_for(EVERY_REPLY))
