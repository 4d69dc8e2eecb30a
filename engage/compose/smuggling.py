"""Foreign words inside a sentence of the creator's, and sentences that no reader can read. Pure."""

import re
from collections.abc import Iterator

from engage.memory.statements import tokens
from engage.remembered import remembered
from engage.triage.normalise import fold

_PHRASE = 2  # foreign meaningful words next to each other: no paraphrase, but something said besides
_SHORTEST = 4  # letters of a word whose letters can be changed about
_TYPO = 5  # ... that can be misspelt
_GLUED = 12  # ... that are words of theirs without the blanks between
_MISSPELT = 2  # such words in a sentence that are no slip
_SIGNS = 12  # without a letter between them
_WORD = re.compile(r"[^\W_]+")
_SPACED = re.compile(r"[^\s.,;:!?…\"“”()]+")
_MORSE = re.compile(r"(?<![^\s/|])(?:[.\-–—·•−_]{1,6}[ \t/|]+){4,}[.\-–—·•−_]{1,6}(?![^\s/|])")
_DRAWN = re.compile("(?:[\U0001f1e6-\U0001f1ff\U0001f130-\U0001f189]\\W{0,2}){5,}|(?:[0-9]\ufe0f?\u20e3\\W{0,2}){4,}")
_PICTURE = re.compile("[\u2190-\u2bff\u3000-\u303f\ufe0f\U0001f000-\U0001faff\u200d]")


def carries(sentence: str, known: frozenset[str], hidden: frozenset[str]) -> bool:
    """Whether it holds a phrase that is not the creator's, or a word out of the avatar's own instructions.

    known: the words of the passages, of kindness, and names; hidden: words that only the instructions hold.
    """
    row = 0
    for word in _SPACED.findall(fold(sentence)):
        meaning = tokens(word)
        if not hidden.isdisjoint(meaning | tokens(word[::-1])):
            return True
        row = 0 if meaning <= known else row + 1
        if row >= _PHRASE:
            return True
    return False


def is_garbled(sentence: str, said: str) -> bool:
    """Whether it spells the passages' words so that they are harder to read: letters changed about, typos."""
    words = _spelt(said)
    strange = [word for word in _WORD.findall(fold(sentence)) if word not in words and word.isalpha()]
    if any(_is_anagram(word, words) for word in strange if len(word) >= _SHORTEST):
        return True
    run_on = _run_on(said)
    if any(word in run_on for word in strange if len(word) >= _GLUED):
        return True
    return sum(_is_misspelt(word, words) for word in strange if len(word) >= _TYPO) >= _MISSPELT


def without_codes(text: str) -> str:
    """The text without signs for letters: Morse, and letters drawn as emoji."""
    return _DRAWN.sub("", _MORSE.sub("", text))


def is_code(sentence: str) -> bool:
    """Whether it is a line of signs."""
    if any(letter.isalnum() for letter in sentence):
        return False
    return len(re.sub(r"\s", "", _PICTURE.sub("", sentence))) > _SIGNS


def echoes(sentence: str, heard: str, run: int) -> bool:
    """Whether so many words in a row are the follower's."""
    words, theirs = _WORD.findall(fold(sentence)), _WORD.findall(fold(heard))
    runs = {tuple(theirs[start : start + run]) for start in range(len(theirs) - run + 1)}
    return any(tuple(words[start : start + run]) in runs for start in range(len(words) - run + 1))


def _is_anagram(word: str, words: frozenset[str]) -> bool:
    """The letters of a word of theirs in another order, its ending aside."""
    letters = sorted(word)
    return any(len(other) == len(word) and sorted(other) == letters for other in words)


def _is_misspelt(word: str, words: frozenset[str]) -> bool:
    """One letter too many, too few or wrong, but not where words are inflected."""
    if any(word[:-2] == other[:-2] or tokens(word) == tokens(other) for other in words):
        return False
    edits = frozenset(_without_one(word))
    near = (other for other in words if abs(len(other) - len(word)) <= 1 and len(other) >= _TYPO)
    return any(
        other in edits or word in _without_one(other) or edits & frozenset(_without_one(other)) for other in near
    )


def _without_one(word: str) -> Iterator[str]:
    """The word without each letter in turn; the place is kept, so that only one letter in one place differs."""
    return (f"{word[:place]}·{word[place + 1 :]}" for place in range(len(word)))


@remembered
def _run_on(said: str) -> str:
    return "".join(_WORD.findall(fold(said)))


@remembered
def _spelt(said: str) -> frozenset[str]:
    return frozenset(_WORD.findall(fold(said)))
