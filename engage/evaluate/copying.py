"""Runs of words that a text has in common with what the creator said. Pure."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from engage.memory.sentences import CHARACTERS_A_WORD, count_words
from engage.models import Passage
from engage.triage.normalise import fold

RUN = 12  # words in a row that nobody writes twice by chance
TELLING = 5  # words from which on a reply is not written twice by chance
_UNSPACED = "\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_UNIT = re.compile(f"[{_UNSPACED}]|[^\\W_{_UNSPACED}]+")


def runs(text: str) -> list[str]:
    """Every run of RUN words: from each word on, as many as make up RUN.

    In scripts without blanks a character is the part of a word that it is in English measure.
    """
    units = _UNIT.findall(fold(text))
    weights = [1.0 if len(unit) > 1 or unit.isascii() else 1 / CHARACTERS_A_WORD for unit in units]
    found = []
    end, held = 0, 0.0
    for start in range(len(units)):
        while held < RUN - 1e-9 and end < len(units):
            held += weights[end]
            end += 1
        if held < RUN - 1e-9:
            break
        found.append(" ".join(units[start:end]))
        held -= weights[start]
    return found


def sources(texts: Iterable[str], passages: Iterable[Passage]) -> dict[str, set[str]]:
    """For the runs of some texts that are in the corpus: the ids of the passages that have them."""
    wanted = {run for text in texts for run in runs(text)}
    found: dict[str, set[str]] = {}
    for passage in passages:
        for run in runs(passage.text):
            if run in wanted:
                found.setdefault(run, set()).add(passage.id)
    return found


def copies(text: str, known: Mapping[str, set[str]], cited: Collection[str] = ()) -> bool:
    """Whether the text has a run of the corpus that stands in none of the passages it cites."""
    return any(run in known and known[run].isdisjoint(cited) for run in runs(text))


def same_reply(replies: Sequence[str], passages: Iterable[Passage]) -> list[bool]:
    """Of each reply, whether the corpus has just that text: it was not held back. "Thanks!" is said again and again."""
    known = {fold(passage.text) for passage in passages}
    return [count_words(reply) >= TELLING and fold(reply) in known for reply in replies]
