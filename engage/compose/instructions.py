"""Sentences that tell a model what to write, in texts that should only speak to people. Pure.

An imported text, a quoted question, a name, a post: whoever may write there may try to write to the model. What gives
orders about the reply is taken out before a model reads it; word lists: data/instructions.toml.
"""

import tomllib
from functools import cache
from pathlib import Path

from engage.compose.grounding import ends_as_question
from engage.memory.sentences import split_sentences
from engage.memory.statements import tokens
from engage.remembered import remembered
from engage.triage.normalise import fold, plain
from engage.triage.scores import score
from engage.triage.sieve import Sieve
from engage.triage.words import rules

_DATA = Path(__file__).parent / "data"
_SURE = 0.6  # of triage's score for an attempt to take the avatar over
_SPLIT = 3  # sentences next to each other over which one instruction may be spread
CUT = "[…]"


@remembered
def instructs(text: str) -> bool:
    """Whether it gives a model orders: about its reply, its role or its instructions."""
    folded = fold(text)
    views = {folded, plain(folded)}
    return any(_orders().any(view) or score(rules("injection").matching(view)) >= _SURE for view in views)


def asks_a_task(sentence: str) -> bool:
    """Whether it is work for an assistant: a question, or an imperative such as "explain …"."""
    return ends_as_question(sentence) or _tasks().any(fold(sentence))


def without_instructions(text: str, about: str = "") -> str:
    """The text without sentences that give a model orders, and without tasks that have nothing to do with the rest.

    about: what else is known of what the text is about, such as its title.
    """
    sentences = split_sentences(text)
    suspects = [place for place, one in enumerate(sentences) if instructs(one)]
    if not suspects and instructs(text):
        suspects = _spread(sentences)
    tasks = [place for place, one in enumerate(sentences) if place not in suspects and asks_a_task(one)]
    strange = [place for place in tasks if _is_strange(place, tasks, sentences, about)]
    return _left_out(text, sentences, {*suspects, *strange})


def is_planted(text: str, question: str = "", title: str = "") -> bool:
    """Whether a model would not be shown all of a passage."""
    parts = without_instructions(text, f"{title} {question}"), without_instructions_of(question)
    return parts != (text, question) or instructs(title)


def without_instructions_of(question: str) -> str:
    """A question that somebody asked: it asks, so that only orders are taken out."""
    sentences = split_sentences(question)
    return _left_out(question, sentences, {place for place, one in enumerate(sentences) if instructs(one)})


def _spread(sentences: tuple[str, ...]) -> list[int]:
    """The sentences over which an instruction is spread: the fewest next to each other that hold it; else all."""
    for count in range(2, _SPLIT + 1):
        for start in range(len(sentences) - count + 1):
            if instructs(" ".join(sentences[start : start + count])):
                return list(range(start, start + count))
    return list(range(len(sentences)))


def _is_strange(place: int, tasks: list[int], sentences: tuple[str, ...], about: str) -> bool:
    """Whether a task shares no meaningful word with what else is said; alone in its text it is what the text says."""
    rest = [one for other, one in enumerate(sentences) if other not in tasks]
    return bool(rest) and tokens(sentences[place]).isdisjoint(tokens(" ".join([*rest, about])))


def _left_out(text: str, sentences: tuple[str, ...], places: set[int]) -> str:
    """The text without some of its sentences; every other character is kept."""
    end = 0
    kept: list[str] = []
    for place, sentence in enumerate(sentences):
        start = text.index(sentence, end)
        kept.append("" if place in places else text[end : start + len(sentence)])
        end = start + len(sentence)
    return ("".join(kept) + text[end:]).strip() if places else text


@cache
def _orders() -> Sieve:
    return Sieve([pattern for some in _table("orders") for pattern in some])


@cache
def _tasks() -> Sieve:
    return Sieve([pattern for some in _table("tasks") for pattern in some])


def _table(name: str) -> list[list[str]]:
    return list(tomllib.loads((_DATA / "instructions.toml").read_text(encoding="utf-8"))[name].values())
