"""Lines that somebody in danger can call, for where they may be. Pure; the numbers are data, each with its source.

Where a follower lives is not known. Their language says where it may be; where the creator's own language names a
region ("en-gb") and the follower writes in that language, it is taken for theirs too.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).parent / "data" / "helplines.toml"


def line(language: str, locale: str = "") -> str:
    """ "☎ 988 (US, CA) · 116 123 (GB, IE)" for a follower's language; '' where no number is known."""
    spoken = language.casefold().split("-")[0]
    base, _, region = locale.replace("_", "-").partition("-")
    here = region.upper() if base.casefold() == spoken else ""
    places = [place for place, known in table().items() if spoken in known["languages"]]
    chosen = [here] if here in places else places
    numbers: dict[str, list[str]] = {}
    for place in chosen:
        numbers.setdefault(table()[place]["number"], []).append(place)
    return "☎ " + " · ".join(f"{number} ({', '.join(where)})" for number, where in numbers.items()) if numbers else ""


@cache
def table() -> dict[str, dict[str, Any]]:
    """Country → name, number, languages, source and the day it was looked up."""
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))
