"""What followers write with the words of attacks and of advertising, and mean no harm. Written for this project.

What everybody may ask of an avatar at any time (engage/triage/data/wishes.toml) is among it.
"""

from pathlib import Path

from engage.triage.words import load
from workers.training.examples import Example

TEXTS = Path(__file__).parent / "followers.txt"
_WEIGHT = 4.0
_ASKED = ("bot_whole", "human", "known")


def followers() -> list[Example]:
    """One text a line. Lines about one thing (between blank lines) are one group."""
    abouts = TEXTS.read_text(encoding="utf-8").split("\n\n")
    return [
        Example(line, False, f"followers {number}", "followers", weight=_WEIGHT)
        for number, about in enumerate(abouts)
        for line in about.strip().splitlines()
    ]


def wishes() -> list[Example]:
    """What is asked of an avatar as such, in every language: is it one, for a person, and what it remembers."""
    return [
        Example(phrase.replace("*", " "), False, f"wishes {table} {language}", "wishes", language)
        for table in _ASKED
        for language, phrases in load("wishes")[table].items()
        for phrase in phrases
    ]
