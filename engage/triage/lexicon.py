"""What the words of a sentence do in it, whatever its language: name a group, deny, threaten. Pure.

The words stand in data/lexicon.toml by what they do and by language. Only those of the text's own language are looked
for: "die" is an article in German.
"""

from collections.abc import Iterator
from functools import cache

import ahocorasick

from engage.triage.normalise import fold, plain
from engage.triage.pieces import EDGE, glued, split
from engage.triage.words import load

_GLUED = {"zh", "ja", "th", "ko"}  # words or their endings are written without blanks
# What is written in one with the word after it.
_BEFORE = {
    "ar": ("", "ال", "و", "وال", "لل", "ل", "ب", "بال", "ف", "ك"),
    "he": ("", "ה", "ו", "ב", "ל", "ש", "כ", "מ"),
}
_MISSPELT = ("group", "slur")  # these are misspelt on purpose: a letter left out, or two exchanged
_LONG = 5  # letters, for a word to be known by what is left of it
_OTHER_WORDS = frozenset(
    "back lack backs lacks chins tans puns spot hose migrat niger nego cons cuts wore tink none christin".split()
)  # what then are words of their own
_MARKS = {**dict.fromkeys('"“”«»', "quote"), "?": "ask"}
_ELIDED = {"fr", "it"}  # an apostrophe parts words


def roles(found: list[str], language: str) -> list[str]:
    """What the words among a text's pieces do, in order; the longest words count, repeated roles once."""
    text = EDGE + glued(found) + EDGE
    if language in _ELIDED:
        text = text.replace("'", f"'{EDGE}")
    said: list[str] = []
    for role in _in_order(text, language):
        if said[-1:] != [role]:
            said.append(role)
    return said


def _in_order(text: str, language: str) -> Iterator[str]:
    """The roles of the words that are found, from left to right, the longest word first where several begin."""
    longest: dict[int, tuple[int, str]] = {}
    automaton = _automaton(language)
    if not len(automaton):
        return
    for end, (length, role) in automaton.iter(text):
        start = end - length + 1
        if start not in longest or longest[start][0] < length:
            longest[start] = (length, role)
    done = -1
    for start, (length, role) in sorted(longest.items()):
        if start >= done:
            yield role
            done = start + length - 1  # the edge after a word may be the one before the next


@cache
def _automaton(language: str) -> ahocorasick.Automaton:
    automaton = ahocorasick.Automaton()
    for written, role in _written(language):
        if written not in automaton:  # the role that is named first has it
            automaton.add_word(written, (len(written), role))
    automaton.make_automaton()
    return automaton


def _written(language: str) -> Iterator[tuple[str, str]]:
    """Everything to look for, with its role: words as they are spelt, marks, then words as they are misspelt."""
    yield from _MARKS.items()
    for role, words in _listed(language):
        for word in words:
            yield from ((written, role) for written in _as_written(word, language))
    for role, words in _listed(language):
        if role in _MISSPELT and language not in _GLUED:
            for word in words:
                yield from ((written, role) for other in _misspelt(word) for written in _as_written(other, language))


def _listed(language: str) -> Iterator[tuple[str, list[str]]]:
    for role, tables in load("lexicon").items():
        if language in tables:
            yield role, tables[language].split()


def _misspelt(word: str) -> Iterator[str]:
    """A word with one letter left out, or two exchanged; its first and last stay."""
    bare = word.removesuffix("*")
    if len(bare) < _LONG or "_" in bare:
        return
    for place in range(1, len(bare) - 1):
        without = bare[:place] + bare[place + 1 :]
        if without not in _OTHER_WORDS:
            yield without + word[len(bare) :]
        if place < len(bare) - 2:
            yield bare[:place] + bare[place + 1] + bare[place] + word[place + 2 :]


def _as_written(word: str, language: str) -> Iterator[str]:
    """A word of the file as it stands in a text: after an edge, and before one unless any ending will do."""
    bare = glued(split(plain(fold(word.removesuffix("*").replace("_", " ")))))
    if not bare:
        return
    if language in _GLUED:
        yield bare
        return
    for before in _BEFORE.get(language, ("",)):
        yield f"{EDGE}{before}{bare}" + ("" if word.endswith("*") else EDGE)
