"""What a text speaks of, in any language: its words as a run of ideas ("who" "reply" "or" "bot"). Pure.

The words are those of data/ideas.toml: tables `idea.language = "word, word*"`; `word*` is how a word begins. All
languages are read at once. In scripts that glue words together a word counts wherever it stands.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

import ahocorasick

from engage.triage.normalise import fold
from engage.triage.words import load

# Thai, Lao, Chinese and Japanese write no blanks; Arabic puts its small words before others without one.
_GLUED = re.compile("[\u0600-\u06ff\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
_BESIDE_LATIN = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")


class Idea(NamedTuple):
    """Where in a text a word of an idea stands."""

    start: int
    end: int
    name: str


def ideas(text: str) -> list[Idea]:
    """The ideas in a folded text, in its order. A word inside a longer one that was found counts no more."""
    found = sorted(_found(text), key=lambda idea: (idea.start, -idea.end))
    kept: list[Idea] = []
    for idea in found:
        if not kept or idea.end > kept[-1].end or idea[:2] == kept[-1][:2]:
            kept.append(idea)
    return kept


def _found(text: str) -> Iterator[Idea]:
    for last, (word, meant) in _automaton().iter(text):
        start, end = last + 1 - len(word), last + 1
        glued = _GLUED.match(word) is not None
        if not glued and start and _goes_on(word[0], text[start - 1]):
            continue
        ends = glued or end == len(text) or not _goes_on(word[-1], text[end])
        for name, opens in meant:
            if ends or opens:
                yield Idea(start, end, name)


def _goes_on(letter: str, other: str) -> bool:
    """Whether a word goes on with the other letter: a Latin one does not with a Chinese one."""
    return other.isalnum() and not (letter.isascii() and _BESIDE_LATIN.match(other))


@cache
def _automaton() -> "ahocorasick.Automaton":
    words: dict[str, set[tuple[str, bool]]] = {}
    for name, languages in load("ideas").items():
        for word in (word for listed in languages.values() for word in listed.split(",")):
            folded = fold(word.strip())
            words.setdefault(folded.removesuffix("*"), set()).add((name, folded.endswith("*")))
    automaton = ahocorasick.Automaton()
    for word, meant in words.items():
        automaton.add_word(word, (word, sorted(meant)))
    automaton.make_automaton()
    return automaton
