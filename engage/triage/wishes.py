"""What every follower may ask at any time: to be left alone, for a human, whether this is a bot, to be told what is
remembered of them, and to be forgotten. Pure.

These are read in all languages at once: a wish must not depend on the language having been guessed right.
"""

import re

from engage.triage.age import told_age
from engage.triage.asked import asks
from engage.triage.linear import Meaning
from engage.triage.words import find, phrases, rules

WISH_LENGTH = 500  # characters
_LINE = re.compile(r"\n+")
_CLAUSE = re.compile(r"[.!?…,;:。！？，；：\n]+")


def opts_out(folded: str, *, direct: bool) -> bool:
    """Whether the follower wants no more messages. A bare "stop" counts only in a direct message."""
    if direct and find("wishes", "opt_out_word", folded, whole=True):
        return True
    return find("wishes", "opt_out", folded) is not None or _wanted("leave", folded)


def asks_for_human(folded: str) -> bool:
    """Whether the follower wants to speak to a person."""
    return find("wishes", "human", folded) is not None or _wanted("person", folded)


def asks_if_bot(folded: str, text: str = "", meaning: Meaning | None = None) -> bool:
    """Whether the follower asks if this is a machine. text: as cleaned, for the encoder."""
    return find("wishes", "bot_whole", folded, whole=True) is not None or asks(folded, text, meaning)


def is_any_wish(folded: str) -> bool:
    """Whether it is any of the wishes of this module. Reads all their patterns: 0.8 s on first use."""
    direct = (opts_out, asks_to_be_forgotten)
    others = (asks_for_human, asks_if_bot, asks_what_is_known)
    found = [*(wish(folded, direct=True) for wish in direct), *(wish(folded) for wish in others)]
    return bool(told_age(folded)) or any(found)


def asks_what_is_known(folded: str) -> bool:
    """Whether the follower asks what is remembered of them."""
    return _says("known", folded, _LINE)


def asks_to_be_forgotten(folded: str, *, direct: bool) -> bool:
    """Whether the follower wants to be forgotten. In a direct message "forget me" may stand among other words."""
    if find("wishes", "forget_not", folded):
        return False
    return _says("forget", folded, _CLAUSE if direct else _LINE)


def _wanted(wish: str, folded: str) -> bool:
    """In a long text such words are somebody else's: a story, a quotation."""
    return len(folded) <= WISH_LENGTH and bool(rules(wish).matching(folded))


def _says(wish: str, folded: str, apart: re.Pattern[str]) -> bool:
    """A phrase of the wish anywhere, or at the end of what is said, or as a whole part of it."""
    if find("wishes", wish, folded) or any(map(_ends, phrases("wishes", f"{wish}_end").finditer(folded))):
        return True
    return any(find("wishes", f"{wish}_whole", part, whole=True) for part in apart.split(folded))


def _ends(found: re.Match[str]) -> bool:
    return not found.string[found.end() :].lstrip()[:1].isalnum()
