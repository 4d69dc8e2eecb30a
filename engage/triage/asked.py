"""How sure it is that somebody asks whether a machine writes here: patterns of the question, and a model. Pure.

The model (models/asked.tsv) weighs each part of a message; the one that asks most clearly counts. That the patterns of
data/asked.toml found the question in the message is a sign beside others, and so is what the whole message means, where
an encoder is at hand: docs/models/asked.md.
"""

import math
from collections.abc import Callable

from engage.remembered import remembered
from engage.triage.linear import Meaning, load
from engage.triage.normalise import plain
from engage.triage.parts import FEW, Seen, seen_parts
from engage.triage.words import rules

_FEW = tuple(FEW.values())
NEVER = -30.0  # log-odds of a message that speaks of nothing


def asks(folded: str, text: str, meaning: Meaning | None) -> bool:
    """Whether the question is asked in a cleaned text, given folded too. Words and patterns that agree stand."""
    by_words, model = odds(folded), load("asked")
    if by_words > 0 and has_pattern(folded):
        return True
    head = model.meaning if model else None
    return (head.weigh(by_words, text, meaning) if head else by_words) > 0


@remembered
def odds(folded: str) -> float:
    """The log-odds that the question is asked in a folded text; over 0 it is answered as asked.

    The patterns are looked for only where they could settle it.
    """
    model = load("asked")
    if model is None:
        return 1.0 if has_pattern(folded) else NEVER
    best = max((shares(seen, model.weights.get) for seen in seen_parts(plain(folded))), default=NEVER)
    alone = model.bias + best
    return alone if best == NEVER or not -model.rules < alone <= 0 else alone + model.rules * has_pattern(folded)


def has_pattern(folded: str) -> bool:
    """Whether a pattern of the question is in the text, in words or in digits that stand for letters ("b0t")."""
    return any(rules("asked").matching(text) for text in dict.fromkeys((folded, plain(folded))))


def shares(seen: Seen, weight: Callable[[str, float], float]) -> float:
    """What the features of a part say together: each sort over the root of how many of it there are."""
    sorts = zip(seen, _FEW, strict=True)
    return sum(sum(weight(name, 0.0) for name in names) / math.sqrt(max(len(names), few)) for names, few in sorts)
