"""What a writer's texts usually measure, and how one text differs from that, in words. Pure.

What is measured holds in any language, so that a reply in the follower's language can keep these habits of a creator
who never wrote in it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np

from engage.voice.measures import Measures, measure

HARDLY, MOSTLY = 0.1, 0.9  # shares of texts from which one never, or always, does something
LONGER, SHORTER = 1.25, 0.6  # times the 90th and the 10th percentile: outside them a length is told
FEWEST_WORDS = 2.0  # by which a length has to be outside


class Trait(StrEnum):
    """What a text does or does not; the values stand in sentences: "they never use emoji"."""

    CAPITALS = "begin sentences with capitals"
    MARKED = "end with a punctuation mark"
    EXCLAIMS = "use exclamation marks"
    EMOJI = "use emoji"
    ASKS = "ask back"
    GREETS = "begin with a greeting"
    SHOUTS = "write words in capitals"
    FORMAL = "use formal words"


_SHOWN: Mapping[Trait, Callable[[str, Measures], bool | None]] = {
    Trait.CAPITALS: lambda text, one: None if one.capitals is None else one.capitals > 0.5,
    Trait.MARKED: lambda text, one: not text.rstrip()[-1:].isalnum(),
    Trait.EXCLAIMS: lambda text, one: one.exclamations > 0,
    Trait.EMOJI: lambda text, one: one.emoji > 0,
    Trait.ASKS: lambda text, one: one.asks,
    Trait.GREETS: lambda text, one: one.greets,
    Trait.SHOUTS: lambda text, one: one.shouted > 0,
    Trait.FORMAL: lambda text, one: one.formality > 0,
}
_OF_A_LANGUAGE = frozenset((Trait.FORMAL,))  # what another language has other words for


@dataclass(frozen=True, slots=True)
class Usual:
    """words: 10th, 50th and 90th percentile, in English measure. shares: of texts that have each trait, 0..1."""

    texts: int = 0
    words: tuple[float, float, float] = (0.0, 0.0, 0.0)
    shares: Mapping[Trait, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, object]:
        """Readable by people and programs."""
        low, middle, high = (round(one, 1) for one in self.words)
        named = {trait.name.lower(): round(share, 3) for trait, share in self.shares.items()}
        return {"texts": self.texts, "length_words": {"p10": low, "p50": middle, "p90": high}, **named}


def usual_of(texts: Sequence[str]) -> Usual:
    """What some texts usually measure; of none, an empty one."""
    if not texts:
        return Usual()
    found = [measure(text) for text in texts]
    low, middle, high = np.percentile([one.words for one in found], [10, 50, 90]).tolist()
    held = {trait: [shown(*one) for one in zip(texts, found, strict=True)] for trait, shown in _SHOWN.items()}
    told = {trait: [one for one in values if one is not None] for trait, values in held.items()}
    return Usual(len(texts), (low, middle, high), {trait: sum(one) / len(one) for trait, one in told.items() if one})


def differences(usual: Usual, text: str, *, same_language: bool = True) -> tuple[str, ...]:
    """How a text differs from what is usual, length first: "usually 14 words (6 to 31), here 52"."""
    if not usual.texts or not text.strip():
        return ()
    one = measure(text)
    told = [f"usually {_spread(usual)}, here {one.words:.0f}"] if _is_unusual(usual, one.words) else []
    for trait, share in usual.shares.items():
        here = _SHOWN[trait](text, one)
        if here is None or (trait in _OF_A_LANGUAGE and not same_language):
            continue
        if here and share <= HARDLY:
            told.append(f"they {_rarely(share)} {trait}, this does")
        elif not here and share >= MOSTLY:
            told.append(f"they {_often(share)} {trait}, this does not")
    return tuple(told)


def described(usual: Usual) -> tuple[str, ...]:
    """The habits worth telling a model that writes for them: the length, and what is done always or never."""
    if not usual.texts:
        return ()
    always = [f"They {_often(share)} {trait}." for trait, share in usual.shares.items() if share >= MOSTLY]
    never = [f"They {_rarely(share)} {trait}." for trait, share in usual.shares.items() if share <= HARDLY]
    return (f"Length: usually {_spread(usual)}.", *always, *never)


def _is_unusual(usual: Usual, words: float) -> bool:
    low, _, high = usual.words
    return words > max(high * LONGER, high + FEWEST_WORDS) or words < min(low * SHORTER, low - FEWEST_WORDS)


def _spread(usual: Usual) -> str:
    low, middle, high = usual.words
    return f"{middle:.0f} words ({low:.0f} to {high:.0f})"


def _often(share: float) -> str:
    return "always" if share > 0.985 else "nearly always"


def _rarely(share: float) -> str:
    return "never" if share < 0.005 else "hardly ever"
