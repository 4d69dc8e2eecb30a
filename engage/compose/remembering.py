"""The answer to "what do you know about me": all of it, to the one who told it. Pure.

The list is in the follower's own words; the text above it is fixed. It goes into direct messages only.
"""

from engage.compose.disclosure import fixed_reply, words_in
from engage.compose.lengths import measure
from engage.facts import Fact
from engage.models import Persona, Reply, Turn
from engage.triage.verdict import FixedText


def known_reply(turn: Turn, persona: Persona, language: str) -> Reply:
    """What is remembered of the turn's follower, newest first, as far as there is room; "+3" says how much is left."""
    head = fixed_reply(FixedText.KNOWN, turn, persona, language)
    words = words_in(language, persona)
    lines = [_line(fact, words) for fact in turn.told]
    text = head.text
    for place, line in enumerate(lines):
        rest = f"\n+{len(lines) - place - 1}" if place + 1 < len(lines) else ""
        if measure(f"{text}\n{line}{rest}", turn.capabilities.unit) > turn.capabilities.max_length:
            return Reply(_counted(text, len(lines) - place, turn), head.disclosure)
        text = f"{text}\n{line}"
    return Reply(text, head.disclosure)


def _line(fact: Fact, words: dict[str, str]) -> str:
    return f"• {words[f'said_{fact.kind}']}: {fact.value}"


def _counted(text: str, left: int, turn: Turn) -> str:
    counted = f"{text}\n+{left}"
    return counted if measure(counted, turn.capabilities.unit) <= turn.capabilities.max_length else text
