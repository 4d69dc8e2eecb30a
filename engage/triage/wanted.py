"""Whether a message says one of the wishes, as learnt from many ways to say it, beside the phrases. Pure.

What everybody may ask at any time (engage/triage/wishes.py) is answered by fixed text, so that to hear it where it was
not said costs little; only where it was said to the avatar in private does "no more" or "forget me" end anything.
"""

from typing import Literal, get_args

from engage.triage.linear import Meaning, load

Wish = Literal["stop", "human", "forget", "known"]
_WISHES: tuple[Wish, ...] = get_args(Wish)
LENGTH = 500  # characters: in a longer text such words are somebody else's, a story or a quotation


def wanted(text: str, meaning: Meaning | None) -> Wish | None:
    """The wish that a cleaned text says, the likeliest if it sounds like several: "tell me what you know of me" is near
    "forget what you know of me". None for none, and without an encoder: the phrases have to do.
    """
    if meaning is None or len(text) > LENGTH:
        return None
    chances = {wish: model.probability(text, meaning=meaning) for wish in _WISHES if (model := load(wish))}
    likeliest = max(chances, key=chances.__getitem__, default=None)
    return likeliest if likeliest and chances[likeliest] >= 0.5 else None
