"""What a reply may not contain, one question each. Pure; word lists: data/claims.toml, data/small_talk.toml."""

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from engage.compose.grounding import ends_as_question
from engage.compose.views import readings, squeezed, stripped
from engage.memory.statements import tokens
from engage.remembered import forgettable, remembered
from engage.triage.normalise import fold
from engage.triage.sieve import Sieve

_DATA = Path(__file__).parent / "data"
_RUN = 8  # words in a row that count as a quotation
_LETTERS = 40  # in a row that count as one too
_CODE = 8  # characters of the canary that are there by no chance


def makes_claims(sentence: str) -> bool:
    """Whether it tells of deeds the avatar has not done, or promises what it cannot keep."""
    return _claims().any(fold(sentence))


def leaks(text: str, prompt: str, canary: str = "", said: str = "") -> bool:
    """Whether a text gives the system prompt away, in any reading: eight of its words in a row, or half of the canary.

    said: the recalled passages, which are there to be quoted, also where the prompt says the same.
    """
    signs = squeezed(canary)
    codes = {signs[start : start + _CODE] for start in range(max(1, len(signs) - _CODE + 1))} if signs else set()
    letters = _shingles(prompt)
    quoted = _runs_of(text) & _runs(prompt)
    for place, reading in enumerate(readings(text)):
        shown = squeezed(reading) if place == 0 else stripped(reading)
        if any(code in shown for code in codes):
            return True
        quoted |= _shingles_of(shown) & letters
    return bool(quoted and quoted - _runs_of(said) - _shingles_of(squeezed(said)))


def repeats(text: str, earlier: str) -> bool:
    """Whether `text` is what was said before, but for a few words."""
    new, old = _words(text), _words(earlier)
    if not new or not old:
        return False
    inside = f" {' '.join(new)} " in f" {' '.join(old)} "
    share = len(set(new) & set(old)) / len(set(new) | set(old))
    return (inside and len(new) > 2) or new == old or (share >= 0.9 and len(new) > 4)


def is_factual(sentence: str, heard: str, names: Iterable[str]) -> bool:
    """Whether the sentence says something that must stand on the creator's words.

    Kind words do not, nor questions back, nor kind words about what the follower wrote (`heard`).
    """
    if any(letter.isdigit() for letter in sentence):
        return True
    words, openers = _small_talk()
    unknown = tokens(sentence) - words - tokens(" ".join(names))
    if not unknown or ends_as_question(sentence):
        return False
    return not (fold(sentence).startswith(openers) and unknown <= tokens(heard))


Runs = frozenset[tuple[str, ...] | str]


@forgettable
@lru_cache(256)  # of each creator's prompt
def _runs(prompt: str) -> Runs:
    return _runs_of(prompt)


def _runs_of(text: str) -> Runs:
    """All eight words in a row of a text."""
    words = _words(_apart(text))
    return frozenset(words[start : start + _RUN] for start in range(len(words) - _RUN + 1))


@forgettable
@lru_cache(256)
def _shingles(prompt: str) -> Runs:
    return _shingles_of(squeezed(prompt))


def _shingles_of(letters: str) -> Runs:
    """All runs of as many letters as eight words have: spaced-out and glued words are seen too."""
    return frozenset(letters[start : start + _LETTERS] for start in range(len(letters) - _LETTERS + 1))


@remembered
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(text)))


def _apart(text: str) -> str:
    """In scripts without blanks every character a word: so that eight in a row can be told there too."""
    return re.sub("([\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3])", r" \1 ", text)


@cache
def _claims() -> Sieve:
    tables = tomllib.loads((_DATA / "claims.toml").read_text(encoding="utf-8"))
    return Sieve([pattern for table in tables.values() for pattern in table["patterns"]])


def small_talk() -> frozenset[str]:
    """The words of kindness, of all languages together."""
    return _small_talk()[0]


@cache
def asking() -> frozenset[str]:
    """The words that questions back are made of, of all languages together."""
    tables = tomllib.loads((_DATA / "small_talk.toml").read_text(encoding="utf-8"))
    return frozenset().union(*(tokens(line) for lines in tables["asking"].values() for line in lines))


@cache
def _small_talk() -> tuple[frozenset[str], tuple[str, ...]]:
    tables = tomllib.loads((_DATA / "small_talk.toml").read_text(encoding="utf-8"))
    words = frozenset().union(*(tokens(line) for lines in tables["words"].values() for line in lines))
    return words, tuple(fold(opener) for some in tables["opener"].values() for opener in some)
