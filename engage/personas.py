"""What a creator sets of how the avatar speaks: read from what they typed, and checked before it is kept. Pure.

The rules are those of what is taken in from elsewhere (engage/characters.py): nothing denies being automated, nothing
holds a secret.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from engage.characters import BIO, RULE, RULES, refusal
from engage.compose.links import is_web_address
from engage.errors import EngageError
from engage.memory.sentences import split_sentences
from engage.models import Freedom, Persona

NAME = 80  # characters
TOPICS, TOPIC = 40, 100  # how many, and the characters of one
LINKS, LINK = 40, 300
AUTOMATIC = "auto"  # a border that the creator's own texts set
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*", re.IGNORECASE)


class NotKept(EngageError):
    """These settings cannot be kept."""


@dataclass(frozen=True, slots=True)
class Typed:
    """The settings as a person types them. Lists have one a line; an empty border is automatic."""

    display_name: str = ""
    language: str = ""
    bio: str = ""
    freedom: str = Freedom.ADAPTIVE.value
    border: str = ""
    strict_voice: bool = False
    style_rules: str = ""
    avoid_topics: str = ""
    allowed_links: str = ""


def typed(persona: Persona) -> Typed:
    """A persona's settings as they would be typed."""
    return Typed(
        persona.display_name,
        persona.language,
        persona.bio,
        persona.freedom.value,
        "" if persona.voice_border is None else str(persona.voice_border),
        persona.strict_voice,
        "\n".join(persona.style_rules),
        "\n".join(persona.avoid_topics),
        "\n".join(persona.allowed_links),
    )


def checked(persona: Persona) -> Persona:
    """A persona as it may be kept. Raises NotKept."""
    return persona_of(persona, typed(persona))


def persona_of(persona: Persona, wanted: Typed) -> Persona:
    """The persona with what was typed. Raises NotKept, which names everything that is wrong, one a line."""
    name, bio, language = " ".join(_plain(wanted.display_name).split()), _plain(wanted.bio).strip(), wanted.language
    rules, topics, links = (lines(text) for text in (wanted.style_rules, wanted.avoid_topics, wanted.allowed_links))
    found = [
        *_wrong_name(name),
        *_wrong_language(language.strip()),
        *_wrong_bio(bio),
        *_wrong_lines("Style rule", rules, RULES, RULE, refusal),
        *_wrong_lines("Topic", topics, TOPICS, TOPIC, refusal),
        *_wrong_lines("Link", links, LINKS, LINK, _wrong_link),
    ]
    border = _border(wanted.border, found)
    if wanted.freedom not in list(Freedom):
        found.append(f"Freedom: “{wanted.freedom}” is none of {', '.join(Freedom)}.")
    if found:
        raise NotKept("\n".join(found))
    return replace(
        persona,
        display_name=name,
        language=language.strip().lower(),
        bio=bio,
        freedom=Freedom(wanted.freedom),
        voice_border=border,
        strict_voice=wanted.strict_voice,
        style_rules=rules,
        avoid_topics=topics,
        allowed_links=links,
    )


def lines(text: str) -> tuple[str, ...]:
    """One a line, each once; empty lines are none."""
    found = (" ".join(line.split()) for line in _plain(text).splitlines())
    return tuple({line.casefold(): line for line in found if line}.values())


def _plain(text: str) -> str:
    """Without control characters and broken halves of characters, which no ledger keeps."""
    return "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) not in ("Cc", "Cs"))


def _border(text: str, found: list[str]) -> float | None:
    entered = text.strip().replace(",", ".")
    if entered.casefold() in ("", AUTOMATIC):
        return None
    try:
        value = float(entered)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:  # nor is "nan" between them
        found.append(f"Border: “{text.strip()[:20]}” is no number from 0 to 1. Leave it empty for automatic.")
    return value


def _wrong_name(name: str) -> Iterator[str]:
    if not name:
        yield "Display name: it is empty. Followers see it in the note that says a reply is automated."
    elif len(name) > NAME:
        yield f"Display name: at most {NAME} characters."
    elif reason := refusal(name):
        yield f"Display name: {reason}."


def _wrong_language(language: str) -> Iterator[str]:
    if not _LANGUAGE.fullmatch(language):
        yield f"Language: “{language[:20]}” is no code such as en, de or pt-br."


def _wrong_bio(bio: str) -> Iterator[str]:
    if len(bio) > BIO:
        yield f"Bio: at most {BIO:,} characters, these are {len(bio):,}."
    refused = [(one, reason) for one in (*split_sentences(bio), bio) if (reason := refusal(one))]
    if refused:
        line, reason = refused[0]
        yield f"Bio: {_shown(line)}{reason}."


def _wrong_lines(
    what: str, entered: tuple[str, ...], most: int, longest: int, why: Callable[[str], str]
) -> Iterator[str]:
    if len(entered) > most:
        yield f"{what}s: at most {most}, these are {len(entered)}."
    for line in entered:
        if len(line) > longest:
            yield f"{what} “{line[:40]}…”: at most {longest} characters."
        elif reason := why(line):
            yield f"{what}: {_shown(line)}{reason}."


def _wrong_link(link: str) -> str:
    return refusal(link) or ("" if is_web_address(link) else "it is no web address such as example.org/shop")


def _shown(line: str) -> str:
    """A line as a message quotes it; what holds a secret is not shown again."""
    reason = refusal(line)
    short = line if len(line) <= 60 else f"{line[:59].rstrip()}…"
    return "" if reason.startswith("it holds") else f"“{short}”: "
