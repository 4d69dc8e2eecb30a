"""Whether the avatar still sounds like the creator, and in what words."""

import random
from datetime import date
from functools import cache

from engage.models import Passage, PassageKind
from engage.voice import Voice, build_voice
from engage.voice.delta import word_use
from engage.voice.drift import Week, drift

CASUAL = (
    "yeah honestly i just use the small one cause it is so much lighter and i can take it with me to the park".split()
)
STIFF = (
    "the larger of these models would be recommended in the case of which all of the requirements have been met".split()
)


def texts(words: list[str], count: int, seed: int) -> list[str]:
    pick = random.Random(seed)
    return [" ".join(pick.choices(words, k=pick.randint(8, 16))) for _ in range(count)]


@cache
def casual() -> Voice:
    own = texts(CASUAL, 200, 1)
    return build_voice([Passage(f"p{n}", "s", PassageKind.PAIR, text, f"which {n}?") for n, text in enumerate(own)])


def test_a_week_like_the_creators_own_is_near_the_ceiling_and_one_unlike_it_is_not() -> None:
    like, unlike = drift(
        casual(), [Week(date(2026, 11, 23), texts(CASUAL, 60, 2)), Week(date(2026, 11, 16), texts(STIFF, 60, 3))]
    )
    assert like.style is not None
    assert unlike.style is not None
    assert like.style > 0.5 > unlike.style
    assert (like.below or 0) < 0.5 < (unlike.below or 0)
    assert like.delta is not None
    assert unlike.delta is not None
    assert unlike.delta > 2 * like.delta
    assert like.replies == 60


def test_a_week_without_replies_is_left_out_and_few_words_have_no_delta() -> None:
    (week,) = drift(casual(), [Week(date(2026, 11, 23), []), Week(date(2026, 11, 16), texts(CASUAL, 3, 2))])
    assert week.begins_on == date(2026, 11, 16)
    assert week.delta is None


def test_without_a_known_style_only_the_length_is_told() -> None:
    (week,) = drift(build_voice([]), [Week(date(2026, 11, 16), ["one two three"])])
    assert (week.style, week.below, week.words) == (None, None, 3)


def test_the_use_of_common_words_needs_enough_of_them() -> None:
    assert word_use(["a few words"]) is None
    use = word_use(texts(CASUAL, 200, 1))
    assert use is not None
    assert use.delta(texts(CASUAL, 200, 1)) < 1  # type: ignore[operator]
