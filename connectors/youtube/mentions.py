"""Naming whom a reply is for, where the platform has no place for that: `@handle ` before the text. Pure."""

import re

# As long as a handle may be; the names that a chat still shows instead may be longer.
LONGEST_NAME = 30
LONGEST = LONGEST_NAME + 2
_MENTION = re.compile(r"^[\u200b\u00a0]*@\S+\s")


def mention(name: str) -> str:
    """What stands before a reply to somebody of this name; '' where it is not known."""
    short = "".join(name.split()).removeprefix("@")[:LONGEST_NAME]
    return f"@{short} " if short else ""


def without_mention(text: str) -> str:
    """Our own text again, as it was written."""
    return _MENTION.sub("", text, count=1)


def same(one: str, other: str) -> bool:
    """Whether two texts are the same but for white space, which YouTube changes."""
    return one.split() == other.split()
