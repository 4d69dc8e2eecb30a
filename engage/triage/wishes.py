"""What every follower may ask at any time: to be left alone, for a human, whether this is a bot. Pure.

These are read in all languages at once: a wish must not depend on the language having been guessed right.
"""

from engage.triage.words import find


def opts_out(folded: str, *, direct: bool) -> bool:
    """Whether the follower wants no more messages. A bare "stop" counts only in a direct message."""
    if direct and find("wishes", "opt_out_word", folded, whole=True):
        return True
    return find("wishes", "opt_out", folded) is not None


def asks_for_human(folded: str) -> bool:
    """Whether the follower wants to speak to a person."""
    return find("wishes", "human", folded) is not None


def asks_if_bot(folded: str) -> bool:
    """Whether the follower asks if this is a machine."""
    return find("wishes", "bot", folded) is not None or find("wishes", "bot_whole", folded, whole=True) is not None
