"""Discord's marks in a text as what people see: names for mentions, :names: for emoji. Pure."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

# discord/discord-api-docs, docs/Reference.md, "Formats", as in pull request 6827, read 2026-11-27
_USER = re.compile(r"<@!?(\d+)>")
_EMOJI = re.compile(r"<a?(:\w+:)\d+>")
_COMMAND = re.compile(r"<(/[\w -]+):\d+>")
_PLACE = re.compile(r"<(?:@&|#)(\d+)>|<id:\w+>")
_NAMES = ("nickname", "global_name", "name", "username")  # as people are shown, the best first
_TIME = re.compile(r"<t:(-?\d{1,12})(?::\w)?>")


def readable(text: str, names: Mapping[str, str]) -> str:
    """names: by id, of people and channels. What nobody can name is left out: a number is no word."""
    named = _USER.sub(lambda found: _shown("@", names.get(found[1])), text)
    named = _PLACE.sub(lambda found: _shown("#", names.get(found[1] or "")), named)
    named = _TIME.sub(_day, _COMMAND.sub(r"\1", _EMOJI.sub(r"\1", named)))
    return named if named == text else re.sub(r"[ \t]{2,}", " ", named).strip()


def names_of(people: Any) -> dict[str, str]:
    """Id → name of what a list of users tells, where it is one."""
    found: dict[str, str] = {}
    for one in people if isinstance(people, list) else []:
        if isinstance(one, dict) and isinstance(one.get("id"), str):
            shown = next((one[key] for key in _NAMES if isinstance(one.get(key), str) and one[key]), "")
            found |= {one["id"]: shown} if shown else {}
    return found


def _shown(sign: str, name: str | None) -> str:
    return f"{sign}{name}" if name else ""


def _day(found: re.Match[str]) -> str:
    try:
        return datetime.fromtimestamp(int(found[1]), UTC).date().isoformat()
    except (ValueError, OverflowError, OSError):
        return ""
