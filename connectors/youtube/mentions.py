"""Naming whom a reply is for, where the platform has no place for that: `@handle ` before the text. Pure."""

import re
from unicodedata import category, normalize

# As long as a handle may be. A name that people choose for themselves is none: with an @ before it, it might call
# somebody else in.
LONGEST_NAME = 30
LONGEST = LONGEST_NAME + 2
_HANDLE = re.compile(rf"@[^\s@/]{{1,{LONGEST_NAME}}}")
_MENTION = re.compile(r"^[\u200b\u00a0]*@\S+\s")


def mention(name: str) -> str:
    """What stands before a reply to somebody of this name; '' where it is no handle."""
    return f"{name} " if _HANDLE.fullmatch(name) else ""


def without_mention(text: str) -> str:
    """Our own text again, as it was written."""
    return _MENTION.sub("", text, count=1)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same but for what YouTube may change: white space, and characters without a form."""
    return _plain(one) == _plain(other)


def _plain(text: str) -> list[str]:
    return "".join(one for one in normalize("NFC", text) if category(one) != "Cf").split()
