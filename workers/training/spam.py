"""Spam: advertising, begging for views, and scams."""

from collections.abc import Iterator
from pathlib import Path

from engage.triage.features import Shape
from engage.triage.normalise import fold
from workers.training.examples import Example, rows
from workers.training.followers import followers
from workers.training.injection import harmless
from workers.training.ordinary import ordinary, questions, sentences
from workers.training.recipe import Recipe

_OPENING = 10  # letters: a campaign's comments begin alike
_WEIGHT = 2.0  # a comment rated by people says more than a line of chat


def read(folder: Path) -> list[Example]:
    """Comments under videos and pictures, rated by people, and ordinary talk."""
    talk = [*ordinary(folder), *questions(folder), *sentences(folder), *harmless(folder), *followers()]
    return [*videos(folder), *pictures(folder), *talk]


def videos(folder: Path) -> Iterator[Example]:
    """Comments on YouTube. All those under one video are one group."""
    for row in rows(folder / "spam_youtube" / "comments.jsonl"):
        yield Example(row["text"], row["label"] == "spam", f"video {row['video']}", "youtube", weight=_WEIGHT)


def pictures(folder: Path) -> Iterator[Example]:
    """Comments on Instagram. Those with the same opening are one group: a campaign."""
    for row in rows(folder / "spam_instagram_scam" / "comments.jsonl"):
        opening = "".join(letter for letter in fold(row["text"]) if letter.isalpha())[:_OPENING]
        yield Example(row["text"], row["label"] == "scam", f"opening {opening}", "instagram", weight=_WEIGHT)


RECIPE = Recipe(
    "spam",
    read,
    languages="",
    meaning=False,
    shape=Shape(few=10, signs=True, shortest=3),
    kept=20_000,
    ridge=0.3,
    words_lean=0.41,  # a chance of 0.4: what is missed below is more than what is flagged wrongly
)
