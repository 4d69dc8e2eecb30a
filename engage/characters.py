"""A character that the creator made for another program becomes part of their persona. Pure; the patterns are data.

What the creator has written about themselves stays. What denies being automated never becomes part of a persona: every
reply says that it is, and a model that is told otherwise would sooner or later say otherwise.
"""

import tomllib
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from engage.compose.disclosure import denies
from engage.confidential import is_confidential
from engage.memory.importers.character_words import CLAIMED
from engage.memory.importers.rows import Character
from engage.memory.sentences import split_sentences
from engage.models import Persona
from engage.triage.normalise import fold
from engage.triage.sieve import Sieve

BIO = 1_500  # characters: it is part of every request to a model
RULES, RULE = 40, 300  # how many, and the characters of one
DENIES = "it denies being automated, or hides it; Engage always says that it is automated"
OWN_BIO = "the creator's own words about themselves stay; to take this in, edit them"
_NO_ROOM = f"there is no room for it: a bio holds {BIO:,} characters; shorten it and edit the bio"
_MANY = f"there is no room for it: {RULES} rules of at most {RULE} characters are kept; edit them to take it in"
SECRET = "it holds a key, a password, a card or an account number"  # noqa: S105 - a reason, no password
_TOPICS = "Likes to talk about: "
_DATA = Path(__file__).parent / "compose" / "data" / "disguises.toml"


@dataclass(frozen=True, slots=True)
class Refused:
    """A line that did not become part of the persona."""

    line: str
    reason: str


def adopt(persona: Persona, characters: Sequence[Character]) -> tuple[Persona, list[Refused]]:
    """The persona with what the characters tell of it, and what was refused. Doing it again changes nothing."""
    told: list[Refused] = []
    bio = _bio(persona, [line for one in characters for line in _bio_lines(one)], told)
    rules = _rules(persona, [line for one in characters for line in _rule_lines(one)], told)
    return replace(persona, bio=bio, style_rules=rules), list(dict.fromkeys(told))


def disguises(line: str) -> bool:
    """Whether it says, in any language, that the avatar is a person, or has to hide that it is none."""
    # Without a name: "I'm Tilly" is no denial in a bio, as it would be in a reply.
    nobody = Persona(id="", name="", display_name="")
    return denies(line, nobody) or _disguises().any(fold(line))


def refusal(line: str) -> str:
    """Why a line must not be in a persona, "" where it may."""
    if is_confidential(line):
        return SECRET
    return DENIES if disguises(line) else ""


def _bio(persona: Persona, lines: Sequence[str], told: list[Refused]) -> str:
    bio = ""
    for line in lines:
        if line in persona.bio or line in bio:
            continue
        longer = f"{bio} {_ended(line)}".strip()
        if reason := refusal(line):
            told.append(Refused(_shown(line), reason))
        elif persona.bio:
            told.append(Refused(line, OWN_BIO))
        elif len(longer) > BIO:
            told.append(Refused(line, _NO_ROOM))
        else:
            bio = longer
    return persona.bio or bio


def _rules(persona: Persona, lines: Sequence[str], told: list[Refused]) -> tuple[str, ...]:
    rules = list(persona.style_rules)
    known = {rule.casefold() for rule in rules}
    for line in lines:
        if line.casefold() in known:
            continue
        if reason := refusal(line):
            told.append(Refused(_shown(line), reason))
        elif len(rules) >= RULES or len(line) > RULE:
            told.append(Refused(line, _MANY))
        else:
            rules.append(line)
            known.add(line.casefold())
    return tuple(rules)


def _bio_lines(character: Character) -> Iterator[str]:
    """Sentence by sentence, so that one of them costs only itself; what is only claimed keeps its mark."""
    for line in character.bio:
        yield from [line] if line.startswith(CLAIMED) else split_sentences(line)


def _rule_lines(character: Character) -> Iterator[str]:
    yield from character.style_rules
    topics = _TOPICS
    for topic in character.topics:  # in several rules where one has no room for all
        if topics != _TOPICS and len(topics) + len(topic) + 2 > RULE:
            yield topics
            topics = _TOPICS
        topics += topic if topics == _TOPICS else f", {topic}"
    if topics != _TOPICS:
        yield topics


def _shown(line: str) -> str:
    """A line as it may be shown to whoever imports it."""
    return "…" if is_confidential(line) else line


def _ended(line: str) -> str:
    return f"{line}." if line[-1:].isascii() and line[-1:].isalnum() else line


@cache
def _disguises() -> Sieve:
    found = tomllib.loads(_DATA.read_text(encoding="utf-8"))
    # As `fold` leaves letters that Unicode has in two forms.
    patterns = [unicodedata.normalize("NFKC", pattern) for patterns in found.values() for pattern in patterns]
    return Sieve(patterns)
