"""A message in parts, and what is seen of each: the ideas it runs through, its words and its runs of letters. Pure.

A question inside a long message drowns in it, so sentences, their clauses and neighbours of both are looked at apart.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import chain, combinations, pairwise
from typing import NamedTuple

from engage.triage.features import edged, runs_of_letters, runs_of_words
from engage.triage.ideas import Idea, ideas
from engage.triage.pieces import split

MOST = 40  # parts looked at
# A sort of features with fewer of them counts as if it had so many: one word alone says little.
FEW = {"ideas": 6, "words": 6, "letters": 20, "steps": 6}
_SENTENCE = re.compile(r"\s*(?:[^.!?…。！？؟।॥\n]|[.](?=\S))+[.!?…。！？؟।॥\n\")»”]*")
_CLAUSE = re.compile(r"[^,;:、，；：،—–(]+(?:[,;:、，；：،—–(]|$)")
_WORDS, _LETTERS, _STEPS = range(1, 4), range(2, 6), range(1, 5)  # runs of so many
_APART = 10  # ideas apart at most, of a pair
_MARKS = ("?", "？", "؟")
_SHORT = 40  # characters: so short a text is looked at whatever its words are
# Hardly anybody asks without a question mark and without a word of these: four of five lines of chat have neither.
_CORE = frozenset({"bot", "ai", "machine", "auto", "human", "real", "self", "who", "team"})

Span = tuple[int, int]
Seen = tuple[list[str], ...]  # features by sort, in the order of FEW


class Step(NamedTuple):
    """Words of one idea, or what stands between two: then the idea is empty."""

    idea: str
    words: list[str]


def seen_parts(text: str) -> Iterator[Seen]:
    """What is seen of each part of a text in its plain view that says anything."""
    known = ideas(text)
    if not any(mark in text for mark in _MARKS) and _CORE.isdisjoint(idea.name for idea in known):
        return
    for start, end in _parts(text)[:MOST]:
        here = [idea for idea in known if start <= idea.start and idea.end <= end]
        if here or end - start < _SHORT:
            yield _seen(text, (start, end), here)


def _parts(text: str) -> list[Span]:
    sentences = [found.span() for found in _SENTENCE.finditer(text)]
    spans = list(sentences)
    for start, end in sentences:
        clauses = [found.span() for found in _CLAUSE.finditer(text, start, end)]
        if len(clauses) > 1:
            spans += [*clauses, *_neighbours(clauses)]
    return list(dict.fromkeys([*spans, *_neighbours(sentences)]))


def _neighbours(spans: Sequence[Span]) -> list[Span]:
    return [(first[0], second[1]) for first, second in pairwise(spans)]


def _seen(text: str, span: Span, known: Sequence[Idea]) -> Seen:
    part = text[slice(*span)]
    names = [idea.name for place, idea in enumerate(known) if not place or known[place - 1].name != idea.name]
    if any(mark in part for mark in _MARKS):
        names.append("?")
    pieces = split(part)
    sorts = (_ideas(names), _words(pieces), _letters(pieces), _shape(_steps(text, span, known)))
    return tuple(list(dict.fromkeys(sort)) for sort in sorts)


def _ideas(names: Sequence[str]) -> Iterator[str]:
    """Ideas alone, in a run, in pairs with others between them, by three in any order, and all that there are."""
    there = sorted(set(names))
    yield f"i = {' '.join(there)}"
    for some in combinations(there, 3):
        yield f"i = {'+'.join(some)}"
    for place, name in enumerate(names):
        for length in (1, 2, 3):
            if place + length <= len(names):
                yield f"i {' '.join(names[place : place + length])}"
        for other in names[place + 1 : place + _APART]:
            yield f"i {name} … {other}"


def _words(pieces: Sequence[str]) -> Iterator[str]:
    return chain.from_iterable(runs_of_words(pieces, length) for length in _WORDS)


def _letters(pieces: Sequence[str]) -> Iterator[str]:
    line = edged(pieces)
    return chain.from_iterable(runs_of_letters(line, length) for length in _LETTERS)


def _steps(text: str, span: Span, known: Sequence[Idea]) -> Iterator[Step]:
    """The ideas and what is between them; a place that means two things is a step each."""
    at, end = span
    for idea in known:
        if between := split(text[at : idea.start]):
            yield Step("", between)
        yield Step(idea.name, [])
        at = idea.end
    if rest := split(text[at:end]):
        yield Step("", rest)


def _shape(steps: Iterator[Step]) -> Iterator[str]:
    """Runs of ideas with the edges of the part, and whether one word, or more, of no known idea stand between."""
    names = ["^"]
    for idea, words in steps:
        unknown = sum(word[0].isalnum() for word in words)
        names += [idea] * bool(idea) + ["_" if unknown == 1 else "__"] * bool(unknown)
        names += ["?"] * any(mark in words for mark in _MARKS)
    names.append("$")
    for length in _STEPS:
        for start in range(len(names) - length + 1):
            yield "s " + " ".join(names[start : start + length])
