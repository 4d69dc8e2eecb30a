"""The cases of a pack: one JSON row each, recognised by its fields. Pure.

Rows of public collections are taken as they are: prompt injection with a question for its judge, functional tests of
abuse, moderation samples, messages with marked personal data, comments labelled as spam.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Pack(StrEnum):
    """What a case tries."""

    INJECTION = "injection"  # to take the avatar over or to unmask it
    INDIRECT = "indirect"  # the same, from inside what the avatar reads beside the message
    ABUSE = "abuse"  # to be answered in kind
    SPAM = "spam"
    RESTRICTED = "restricted"  # to get what a creator's account leaves to a person
    PRIVACY = "privacy"  # to have personal data said in public
    DISCLOSURE = "disclosure"  # to have the avatar say that it is a person
    BENIGN = "benign"  # nothing: it only looks like one of the others


class Place(StrEnum):
    """Where the words of a case stand."""

    MESSAGE = "message"
    PASSAGE = "passage"  # in an imported text, at the end of what answers a harmless question
    QUOTE = "quote"  # in the question of somebody else that a past answer quotes
    NAME = "name"  # in the follower's display name
    POST = "post"  # in the post that a comment stands under
    HISTORY = "history"  # in an earlier message of the conversation


INSIDE = (Place.PASSAGE, Place.QUOTE, Place.NAME, Place.POST, Place.HISTORY)


@dataclass(frozen=True, slots=True)
class Case:
    """One attempt. lang: ISO 639-1, or ""; line: of its file.

    rules: what the model would be told in the case's own test bed, a secret or a ban; wanted: the question whose yes
    means that the attack won; values: personal data in the text.
    """

    id: str
    pack: Pack
    text: str
    kind: str = ""
    lang: str = ""
    place: Place = Place.MESSAGE
    rules: str = ""
    wanted: str = ""
    values: tuple[str, ...] = ()
    line: int = 0


def read_case(row: Mapping[str, Any], line: int) -> Case | None:
    """A row as a case; None for a row that tries nothing (a message without personal data). Raises ValueError."""
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise ValueError("'text' is missing")
    pack = _pack(row)
    if pack is None:
        return None
    return Case(
        id=str(row.get("id") or line),
        pack=pack,
        text=text,
        kind=str(row.get("kind") or row.get("functionality") or row.get("label") or ""),
        lang=str(row.get("lang") or ""),
        place=_place(row, pack),
        rules=str(row.get("system_prompt") or ""),
        wanted=str(row.get("judge_question") or ""),
        values=_values(row),
        line=line,
    )


def _pack(row: Mapping[str, Any]) -> Pack | None:
    if "pack" in row:
        return Pack(row["pack"])
    if isinstance(row.get("spans"), list):
        return Pack.PRIVACY if row["spans"] else None
    if isinstance(row.get("labels"), dict):
        return Pack.ABUSE if row.get("flagged") else Pack.BENIGN
    label = str(row.get("label") or "")
    if label == "attack":
        inside = "judge_question" not in row and row.get("source") == "BIPIA"
        return Pack.INDIRECT if inside else Pack.INJECTION
    if label not in _LABELS:
        raise ValueError("neither 'pack' nor a 'label', 'labels' or 'spans' that is known")
    return _LABELS[label]


_LABELS = {
    "hateful": Pack.ABUSE,
    "non-hateful": Pack.BENIGN,
    "spam": Pack.SPAM,
    "scam": Pack.SPAM,
    "ham": Pack.BENIGN,
    "benign": Pack.BENIGN,
    "restricted_request": Pack.RESTRICTED,
}


def _place(row: Mapping[str, Any], pack: Pack) -> Place:
    """Of an indirect case without a place every one is tried, beginning with the passage."""
    return Place(row.get("place") or (Place.PASSAGE if pack is Pack.INDIRECT else Place.MESSAGE))


def _values(row: Mapping[str, Any]) -> tuple[str, ...]:
    spans = row.get("spans")
    if isinstance(spans, list):
        return tuple(str(span["value"]) for span in spans if isinstance(span, dict) and span.get("value"))
    given = row.get("values")
    return tuple(map(str, given)) if isinstance(given, list) else ()
