"""How a reply tells that it is automated, and the replies that are never generated. Pure; the texts are data.

The first reply in a thread tells it, and again after a day of silence and after a person has answered in between.
A platform's own label does for public places; a private thread begins with words as well.
"""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path

from engage.compose.lengths import cut, measure
from engage.models import Disclosure, Persona, Reply, Surface, Turn
from engage.triage import FixedText, Policy

_DATA = Path(__file__).parent / "data" / "disclosure.toml"
_LEAST_ROOM = 40  # what must be left for the reply itself, before a shorter marker is taken


@cache
def texts() -> dict[str, dict[str, str]]:
    """All fixed texts by language."""
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def decide(turn: Turn, policy: Policy, now: datetime) -> Disclosure:
    """How this reply tells that it is automated."""
    native = turn.capabilities.native_bot_label
    if native and turn.surface is not Surface.DM:
        return Disclosure.NATIVE
    if _worn_off(turn, policy, now):
        return Disclosure.TEXT
    return Disclosure.NATIVE if native else Disclosure.EARLIER


def disclose(text: str, turn: Turn, disclosure: Disclosure, persona: Persona, language: str) -> str | None:
    """The text with its marker, cut to the platform's length; the marker is never cut.

    None where the platform's length has no room for a marker and a word.
    """
    limit, unit = turn.capabilities.max_length, turn.capabilities.unit
    if disclosure is not Disclosure.TEXT:
        return cut(text, limit, unit) or None
    before, after = _marker(turn, persona, language)
    room = limit - measure(before + after, unit)
    return f"{before}{cut(text, room, unit)}{after}" if room >= 1 else None


def fixed_reply(kind: FixedText, turn: Turn, persona: Persona, language: str) -> Reply:
    """One of the fixed replies, cut to the platform's length. All say themselves that they are automated."""
    text = _in(language, persona)[kind.value].format(name=persona.display_name)
    return Reply(cut(text, turn.capabilities.max_length, turn.capabilities.unit), Disclosure.TEXT)


def markers(persona: Persona) -> tuple[str, ...]:
    """Every form in which this persona's replies may be marked, for reading old replies."""
    return tuple(
        text[form].format(name=persona.display_name) for text in texts().values() for form in ("marker", "tag", "short")
    )


def _worn_off(turn: Turn, policy: Policy, now: datetime) -> bool:
    last = turn.last_avatar_at
    return turn.handed_back or last is None or now - last >= policy.disclose_after


def _marker(turn: Turn, persona: Persona, language: str) -> tuple[str, str]:
    """What stands before and behind the text: the fullest form that leaves room to answer."""
    words = {form: text.format(name=persona.display_name) for form, text in _in(language, persona).items()}
    private = turn.surface is Surface.DM
    forms = [(f"{words['marker']}\n", "")] if private else []
    forms += [("", f" {words['tag']}"), ("", f" {words['short']}")]
    for before, after in forms:
        if turn.capabilities.max_length - measure(before + after, turn.capabilities.unit) >= _LEAST_ROOM:
            return before, after
    return forms[-1]


def _in(language: str, persona: Persona) -> dict[str, str]:
    known = texts()
    return known.get(language) or known.get(persona.language) or known["en"]
