"""What may be said to followers who have told that they are under age. Pure.

Only what the creator decided for everybody, or once answered somebody themselves, word for word, and nothing that asks
back: nobody under age is invited to tell of themselves.
"""

import re
from dataclasses import replace

from engage.models import PassageKind, Recall

_APPROVED = frozenset({PassageKind.FAQ, PassageKind.CORRECTION, PassageKind.PAIR})
_ASKS = re.compile("[?？؟]")


def approved(recall: Recall) -> Recall:
    """Of what memory found, what may be said."""
    passages = tuple(one for one in recall.passages if one.passage.kind in _APPROVED)
    return replace(recall, passages=passages, answered=())


def asks_back(text: str) -> bool:
    """Whether a reply asks its reader for something."""
    return _ASKS.search(text) is not None
