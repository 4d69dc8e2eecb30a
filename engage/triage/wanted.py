"""Whether a message says one of the wishes, as learnt from many ways to say it, beside the phrases. Pure.

What everybody may ask at any time (engage/triage/wishes.py) is answered by fixed text, so that to hear it where it was
not said costs little; only where it was said to the avatar in private does "no more" or "forget me" end anything.
"""

from typing import Literal

from engage.triage.linear import Meaning, load

Wish = Literal["stop", "human", "forget", "known"]
LENGTH = 500  # characters: in a longer text such words are somebody else's, a story or a quotation


def wants(wish: Wish, text: str, meaning: Meaning | None) -> bool:
    """Whether a cleaned text says the wish. Without an encoder the phrases have to do."""
    model = load(wish)
    if meaning is None or model is None or len(text) > LENGTH:
        return False
    return model.probability(text, meaning=meaning) >= 0.5
