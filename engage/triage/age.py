"""What followers say of their own age: whether they are under 18, or under 13. Pure.

Only what somebody says plainly of themselves counts; how old they seem is not guessed.
"""

import re
from collections.abc import Iterator
from functools import cache

from engage.models import Age
from engage.triage.sieve import Sieve
from engage.triage.words import filled, load

OF_AGE, TEEN = 18, 13  # years
_LAST_CHILDRENS_YEAR = 6  # of school: who is in it is 11 or 12
# School years that have names instead of numbers, as the words they are called by begin.
_CHILDRENS_YEARS = re.compile(
    r"(?:la )?primaria|6|cm|ce|cp|sixieme|\w+ elementare|пяти|шести|小学|[一二三四五六]年|小|초"
    r"|kelas [1-6] sd|[1-6] sd|sd|anak sd"
    r"|ال[أا]?ول|الثاني|الثالث|الرابع|الخامس|السادس"
)


def told_age(folded: str) -> Age:
    """What a folded text says of its author's age; UNKNOWN where it says nothing, or that they are of age."""
    found = {age for kind, match in _found(folded) if (age := _age(kind, match))}
    return Age.CHILD if Age.CHILD in found else Age.MINOR if found else Age.UNKNOWN


def _found(folded: str) -> Iterator[tuple[str, re.Match[str]]]:
    kinds, patterns, sieve = _patterns()
    for place in sieve.matching(folded):
        match = patterns[place].search(folded)
        if match:
            yield kinds[place], match


def _age(kind: str, match: re.Match[str]) -> Age:
    said = {name: value for name, value in match.groupdict().items() if value}
    if kind in ("minor", "child"):
        return Age(kind)
    if "w" in said:
        return Age.CHILD if _CHILDRENS_YEARS.match(said["w"]) else Age.MINOR
    if "g" in said:
        return Age.CHILD if int(said["g"]) <= _LAST_CHILDRENS_YEAR else Age.MINOR
    years = int(said.get("n") or said["t"])
    return Age.CHILD if years < TEEN else Age.MINOR if years < OF_AGE else Age.UNKNOWN


@cache
def _patterns() -> tuple[list[str], list[re.Pattern[str]], Sieve]:
    tables = load("age")
    each = [
        (kind, filled(pattern, tables["lists"]))
        for kind in ("years", "school", "minor", "child")
        for some in tables[kind].values()
        for pattern in some
    ]
    texts = [pattern for _, pattern in each]
    return [kind for kind, _ in each], [re.compile(pattern) for pattern in texts], Sieve(texts)
