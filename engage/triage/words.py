"""Phrase lists and weighted patterns out of the data files beside this module.

A phrase file is a table `name.language = [phrases]`; phrases are matched on folded text as whole words (as parts, in
scripts that write no blanks). `*` stands for up to three words.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from engage.triage.normalise import fold
from engage.triage.sieve import Sieve

DATA = Path(__file__).parent / "data"
# Scripts without blanks between words, and Hangul, where endings are glued on.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_GAP = r"(?:\s+\S+){0,3}?\s+"


@dataclass(frozen=True, slots=True)
class Rule:
    """Patterns of one meaning. `weight` is the chance, 0..1, that a text with any of them deserves the label.

    A negative weight takes that share off the score: signs that the words mean something else.
    """

    name: str
    weight: float


class Rules:
    """The rules of a file, looked for together."""

    def __init__(self, patterns: Mapping[Rule, Sequence[str]]) -> None:
        self._rules = list(patterns)
        self._owners = [rule for rule, some in patterns.items() for _ in some]
        self._sieve = Sieve([pattern for some in patterns.values() for pattern in some])

    def matching(self, text: str) -> list[Rule]:
        """The rules with a pattern that is found in a folded text, in the order of the file."""
        found = {self._owners[place] for place in self._sieve.matching(text)}
        return [rule for rule in self._rules if rule in found] if found else []


@cache
def load(name: str) -> dict[str, Any]:
    """The tables of one data file."""
    return tomllib.loads((DATA / f"{name}.toml").read_text(encoding="utf-8"))


@cache
def phrases(file: str, table: str, language: str = "", *, whole: bool = False, start: bool = False) -> re.Pattern[str]:
    """The phrases of a table as one pattern for folded text: those of one language, or of all.

    whole: such phrases are the entire message, but for marks and emoji; start: the message begins with one.
    """
    tables = load(file)[table]
    listed = [phrase for name, some in tables.items() if language in {"", name} for phrase in some]
    joined = _joined(listed)
    if whole:
        return re.compile(rf"[\W_]*(?:{joined})(?:[\W_]+(?:{joined}))*[\W_]*\Z")
    return re.compile(rf"[\W_]*(?:{joined})" if start else f"(?:{joined})")


def find(
    file: str, table: str, folded: str, languages: Iterable[str] = ("",), *, whole: bool = False, start: bool = False
) -> re.Match[str] | None:
    """The first phrase of the table found in a folded text, in any of the languages ("" for all)."""
    for language in languages:
        pattern = phrases(file, table, language, whole=whole, start=start)
        found = pattern.match(folded) if whole or start else pattern.search(folded)
        if found:
            return found
    return None


@cache
def rules(file: str) -> Rules:
    """The weighted patterns of a file: tables with `weight` and `patterns` (regular expressions on folded text).

    A table `lists` names word lists that patterns may hold as `{name}`.
    """
    tables = load(file)
    lists: dict[str, str] = tables.get("lists", {})
    return Rules(
        {
            Rule(name, float(entry["weight"])): [filled(pattern, lists) for pattern in entry["patterns"]]
            for name, entry in tables.items()
            if name != "lists"
        }
    )


def filled(pattern: str, lists: dict[str, str]) -> str:
    """A pattern with the word lists that it names."""
    for name, words in reversed(lists.items()):  # a list may hold those above it
        pattern = pattern.replace(f"{{{name}}}", words)
    return pattern


def _joined(listed: Iterable[str]) -> str:
    """Any of the phrases, longest first. The border of a word is looked for once, not before each of hundreds."""
    spaced = {_phrase(one) for one in listed if not _UNSPACED.search(one)}
    unspaced = {_phrase(one) for one in listed if _UNSPACED.search(one)}
    kinds = [rf"(?<![^\W_])(?:{_any_of(spaced)})(?![^\W_])"] * bool(spaced) + [_any_of(unspaced)] * bool(unspaced)
    return "|".join(kinds) or r"(?!)"


def _any_of(patterns: Iterable[str]) -> str:
    return "|".join(sorted(patterns, key=len, reverse=True))


def _phrase(phrase: str) -> str:
    return _GAP.join(re.escape(part.strip()).replace(r"\ ", r"\s+") for part in fold(phrase).split("*"))
