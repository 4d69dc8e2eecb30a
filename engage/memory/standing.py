"""What speaks for a passage before anything is asked: that it is recent, an answer, and knows what it says. Pure."""

import re
from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from engage.memory.floats import Floats
from engage.models import Passage, PassageKind

# In logits of relevance. Small: they decide between passages that answer about as well, and move no threshold.
RECENT = 0.3
HALF_LIFE = timedelta(days=730)
ANSWERED = 0.15  # what was said to a follower, before what was said to nobody
# A text that says it does not know is near every question about its matter, and answers none.
DOUBT = 1.5
_UNSURE = re.compile(
    r"\b(?:not (?:\w+ )?(?:sure|certain)|unsure|(?:do|did|does|would)(?:n['’]?t| not) (?:really )?know|no idea|no clue"
    r"|dunno|idk|can(?:['’]|no)?t (?:say|tell|answer|speak)|have(?:n['’]?t| not) (?:tried|used|tested|measured)"
    r"|never (?:tried|used|tested)|wish i knew|contact (?:the |your )?(?:seller|manufacturer|customer)|refer to"
    r"|consult (?:the|your|product)|no (?:lo )?s[eé] (?:si|qu[eé]|cu[aá]l|decir)|ni idea|no estoy segur[oa]"
    r"|(?:je )?ne sais pas|aucune idée|pas s[uû]re?|wei(?:ß|ss) (?:ich )?(?:leider )?nicht|keine ahnung|nicht sicher"
    r"|não sei|sem ideia|não tenho certeza|non (?:lo )?so\b|nessuna idea|non sono sicur[oa]|weet (?:ik )?niet|geen idee"
    r"|не знаю|не уверен|понятия не имею)"
    r"|不(?:太)?(?:知道|清楚|确定)|没(?:有)?(?:用|试|测)过|分かりません|わからない|知りません|모르겠|잘 모르",
    re.IGNORECASE,
)


def doubts(passages: Sequence[Passage]) -> Floats:
    """Logits that the relevance of each passage's text loses: (passages,)."""
    return np.array([DOUBT * bool(_UNSURE.search(one.text)) for one in passages], np.float32)


def priors(passages: Sequence[Passage]) -> Floats:
    """Logits that each passage is ahead of others, 0 to RECENT + ANSWERED: (passages,).

    Age is counted from the newest; what has no date is taken for neither new nor old.
    """
    newest = max((one.said_at for one in passages if one.said_at), default=None)
    recent = [RECENT * _freshness(newest - one.said_at) if newest and one.said_at else RECENT / 2 for one in passages]
    own = [ANSWERED * (one.kind in (PassageKind.PAIR, PassageKind.FAQ, PassageKind.CORRECTION)) for one in passages]
    return np.array(recent, np.float32) + np.array(own, np.float32)


def _freshness(age: timedelta) -> float:
    return float(0.5 ** (age / HALF_LIFE))
