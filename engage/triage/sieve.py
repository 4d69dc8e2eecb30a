"""Many regular expressions in one text: only those are searched whose literals the text holds.

Hundreds of patterns are looked for in every message and hardly any is there. One pass of an automaton (Aho-Corasick)
tells which may be: a tenth of the time of searching them all. What a pattern cannot match without is read from the
parser of the standard library; where that does not say for sure, the pattern is always searched.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from re import _constants as ops  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any

import ahocorasick

Literals = frozenset[str]
NONE: Literals = frozenset()  # nothing is known to be needed


class Sieve:
    """Patterns, told apart by their place in the sequence they came in; each is compiled when it is first searched."""

    def __init__(self, patterns: Sequence[str]) -> None:
        self._patterns = patterns
        self._compiled: dict[int, re.Pattern[str]] = {}
        self._always: list[int] = []
        places: dict[str, list[int]] = {}
        for place, pattern in enumerate(patterns):
            literals = needed(pattern)
            if not literals:
                self._always.append(place)
            for literal in literals:
                places.setdefault(literal, []).append(place)
        self._automaton = ahocorasick.Automaton()
        for literal in sorted(places):
            self._automaton.add_word(literal, places[literal])
        self._automaton.make_automaton()

    def matching(self, text: str) -> Iterator[int]:
        """The places of the patterns found in a text, in order."""
        for place in sorted(self._candidates(text)):
            if self._searcher(place).search(text):
                yield place

    def any(self, text: str) -> bool:
        """Whether any of the patterns is found."""
        return next(self.matching(text), None) is not None

    def _searcher(self, place: int) -> re.Pattern[str]:
        found = self._compiled.get(place)
        if found is None:
            found = self._compiled[place] = re.compile(self._patterns[place])
        return found

    def _candidates(self, text: str) -> set[int]:
        found = set(self._always)
        if len(self._automaton):
            for _, places in self._automaton.iter(text):
                found.update(places)
        return found


def needed(pattern: str) -> Literals:
    """Strings of which every match holds at least one; NONE where there is no such set."""
    parsed = parser.parse(pattern)
    if parsed.state.flags & re.IGNORECASE:
        return NONE
    return _of_sequence(parsed)


def _of_sequence(parts: Iterable[tuple[Any, Any]]) -> Literals:
    """The best of what the parts need one after the other: runs of letters, and what groups need."""
    found: list[Literals] = []
    run = ""
    for op, value in parts:
        if op is ops.LITERAL:
            run += chr(value)
            continue
        found += [frozenset({run} if run else ()), _of_part(op, value)]
        run = ""
    found.append(frozenset({run} if run else ()))
    return max(found, key=_worth)


def _of_part(op: Any, value: Any) -> Literals:
    if op is ops.SUBPATTERN:
        group_flags, sequence = value[1], value[3]
        return NONE if group_flags & re.IGNORECASE else _of_sequence(sequence)
    if op is ops.BRANCH:
        each = [_of_sequence(branch) for branch in value[1]]
        return frozenset().union(*each) if all(each) else NONE
    if op in (ops.MAX_REPEAT, ops.MIN_REPEAT, ops.POSSESSIVE_REPEAT) and value[0] > 0:
        return _of_sequence(value[2])
    return NONE


def _worth(literals: Literals) -> tuple[int, int]:
    """The longer the shortest of them, and the fewer, the better."""
    return (min(map(len, literals)), -len(literals)) if literals else (0, 0)
