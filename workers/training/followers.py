"""What followers write with the words of attacks and of advertising, and mean no harm. Written for this project."""

from pathlib import Path

from workers.training.examples import Example

TEXTS = Path(__file__).parent / "followers.txt"
_WEIGHT = 2.0


def followers() -> list[Example]:
    """One text a line. Lines about one thing (between blank lines) are one group."""
    abouts = TEXTS.read_text(encoding="utf-8").split("\n\n")
    return [
        Example(line, False, f"followers {number}", "followers", weight=_WEIGHT)
        for number, about in enumerate(abouts)
        for line in about.strip().splitlines()
    ]
