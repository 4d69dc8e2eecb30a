"""How a reply tells that it is automated, and the replies that are never generated. Pure; the texts are data.

The first reply in a thread tells it, and again after a day of silence and after a person has answered in between.
A platform's own label does for public places; a private thread begins with words as well.
"""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from engage.compose import helplines, policies
from engage.compose.lengths import cut, measure
from engage.models import Capabilities, Disclosure, LengthUnit, Persona, Reply, Surface, Turn
from engage.remembered import forgettable
from engage.triage.normalise import fold
from engage.triage.sieve import Sieve
from engage.triage.verdict import FixedText, Policy

_DATA = Path(__file__).parent / "data"
_LEAST_ROOM = 40  # what must be left for the reply itself, before a shorter marker is taken
# The least that any platform allows a private reply to a comment: the turn's own limits are those of comments.
_IN_PRIVATE = Capabilities(may_reply=True, max_length=1000, unit=LengthUnit.BYTES)
_FORMS = ("marker", "tag", "short")
_MARKERS = ("young_marker", *_FORMS)


def decide(turn: Turn, persona: Persona, policy: Policy, now: datetime, language: str = "") -> Disclosure:
    """How a reply in `language` tells that it is automated. No persona can ask for less, and no setting.

    An operator's recorded override (`turn.loosened`) can spare the telling again; never the first one.
    """
    native = turn.capabilities.native_bot_label
    if native and turn.surface is not Surface.DM:
        return Disclosure.NATIVE
    if _worn_off(turn, policy, now) or (turn.follower.age and turn.surface is Surface.DM):
        return Disclosure.TEXT
    if native:
        return Disclosure.NATIVE
    every = policies.EVERY_REPLY not in turn.loosened and policies.marks_every_reply(language, persona.language)
    return Disclosure.TEXT if every else Disclosure.EARLIER


def apply(text: str, disclosure: Disclosure, turn: Turn, persona: Persona, language: str) -> str:
    """The text with its marker, where the disclosure is one of words. Cuts nothing."""
    if disclosure is not Disclosure.TEXT:
        return text
    before, after = _marker(turn, persona, language)
    return f"{before}{text}{after}"


def room_for(disclosure: Disclosure, turn: Turn, persona: Persona, language: str) -> int:
    """How long the text before `apply` may be, in the platform's unit."""
    marker = apply("", disclosure, turn, persona, language)
    return turn.capabilities.max_length - measure(marker, turn.capabilities.unit)


def fixed_reply(kind: FixedText, turn: Turn, persona: Persona, language: str) -> Reply:
    """One of the fixed replies, in the longest form the platform has room for; all say that they are automated.

    Each is written so that its first sentence can stand alone: that is what the tightest platforms get.
    """
    words, allowed = words_in(language, persona), turn.capabilities
    forms = [words[name].format(name=persona.display_name) for name in (kind, f"{kind}_short") if name in words]
    if kind is FixedText.CRISIS and (numbers := helplines.line(language, persona.language)):
        forms = [*(f"{form}\n{numbers}" for form in forms), *forms]
    fitting = (form for form in forms if measure(form, allowed.unit) <= allowed.max_length)
    text = next(fitting, None) or cut(forms[-1], allowed.max_length, allowed.unit)
    return Reply(text, Disclosure.TEXT)


def fixed_private(kind: FixedText, turn: Turn, persona: Persona, language: str) -> Reply:
    """One of the fixed replies, to the follower alone where the turn is one in public."""
    return fixed_reply(kind, replace(turn, surface=Surface.DM, capabilities=_IN_PRIVATE), persona, language)


def unmarked(text: str, persona: Persona) -> str:
    """An earlier reply without the marker it carried."""
    for words in texts().values():
        for form in _MARKERS:
            text = text.replace(words[form].format(name=persona.display_name), " ")
    return text.strip()


def denies(sentence: str, persona: Persona) -> bool:
    """Whether it says, in any language, that a person is writing, or that it is not automated."""
    folded = fold(sentence)
    return _denials().any(folded) or bool(_introduction(persona.display_name).search(folded))


@cache
def texts() -> dict[str, dict[str, str]]:
    """All fixed texts by language."""
    told, *others = (_data(name) for name in ("disclosure", "remembering", "young", "service"))
    languages = [language for language in told if language != "denials"]
    return {language: told[language] | _joined(other[language] for other in others) for language in languages}


def _joined(tables: Iterable[dict[str, str]]) -> dict[str, str]:
    return {name: text for table in tables for name, text in table.items()}


def words_in(language: str, persona: Persona) -> dict[str, str]:
    """The texts in a language, else in the creator's, else in English; "pt-BR" is Portuguese."""
    known = texts()
    wanted = (name.casefold().replace("_", "-").split("-")[0] for name in (language, persona.language))
    return next((known[name] for name in wanted if name in known), known["en"])


def _data(name: str) -> dict[str, Any]:
    return tomllib.loads((_DATA / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _denials() -> Sieve:
    return Sieve(_data("disclosure")["denials"]["patterns"])


@forgettable
@lru_cache(256)
def _introduction(display_name: str) -> re.Pattern[str]:
    name = re.escape(fold(display_name)) or r"(?!)"
    return re.compile(rf"\b(?:i'm|i am|this is|it's) {name}\b(?!'s)")


def _worn_off(turn: Turn, policy: Policy, now: datetime) -> bool:
    last = turn.last_avatar_at
    if turn.handed_back or last is None:
        return True
    return policies.AFTER_SILENCE not in turn.loosened and now - last >= policy.disclose_after


def _told_lately(turn: Turn) -> bool:
    """Whether the full marker stands in a reply of ours just before: then the tag says it again."""
    last = turn.last_avatar_at
    return not turn.handed_back and last is not None and turn.messages[-1].sent_at - last < Policy().disclose_after


def _marker(turn: Turn, persona: Persona, language: str) -> tuple[str, str]:
    """What stands before and behind the text: the fullest form that leaves room to answer."""
    marker, tag, short = (words_in(language, persona)[form].format(name=persona.display_name) for form in _FORMS)
    forms = [(f"{marker}\n", "")] if turn.surface is Surface.DM and not _told_lately(turn) else []
    if turn.surface is Surface.DM and turn.follower.age:
        forms.insert(0, (f"{words_in(language, persona)['young_marker'].format(name=persona.display_name)}\n", ""))
    forms += [("", f" {tag}"), ("", f" {short}")]
    allowed = turn.capabilities
    roomy = (form for form in forms if allowed.max_length - measure("".join(form), allowed.unit) >= _LEAST_ROOM)
    return next(roomy, forms[-1])
