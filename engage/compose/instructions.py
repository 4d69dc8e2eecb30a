"""Sentences that tell a model what to write, in texts that should only speak to people. Pure.

An imported text, a quoted question, a name, a post: whoever may write there may try to write to the model. What gives
orders about the reply is taken out before a model reads it; word lists: data/instructions.toml.
"""

import re
import tomllib
from functools import cache
from pathlib import Path

from engage.memory.sentences import split_sentences
from engage.memory.statements import tokens
from engage.remembered import remembered
from engage.triage.normalise import fold, plain
from engage.triage.scores import score
from engage.triage.sieve import Sieve
from engage.triage.words import rules

_DATA = Path(__file__).parent / "data"
_SURE = 0.7  # of triage's score for an attempt to take the avatar over
_OF_REQUESTS = frozenset(("secrets", "others_messages"))
_SPLIT = 3  # sentences next to each other over which one instruction may be spread
_BEGINS = r"(?:^|[.!?;:\n。！？…]\s*)"  # so that a whole text can be looked at at once
_PICTURE_END = re.compile("(?<=[\u2600-\u27bf\ufe0f\U0001f000-\U0001faff])\\s+")


@remembered
def instructs(text: str) -> bool:
    """Whether it gives a model orders: about its reply, its role or its instructions."""
    folded = fold(text)
    return any(_orders().any(view) or _score(view) >= _SURE for view in {folded, plain(folded)})


def is_a_task(sentence: str) -> bool:
    """Whether it is an imperative that an assistant would carry out, such as "explain …"."""
    return _tasks().any(fold(sentence))


def without_instructions(text: str, about: str = "") -> str:
    """The text without sentences that give a model orders, and without tasks that have nothing to do with the rest.

    about: what else is known of what the text is about, such as its title. A question is left: nothing stands on it.
    """
    sentences = _pieces(text)
    orders = _orders_among(text, sentences)
    tasks = {place for place, one in enumerate(sentences) if place not in orders and is_a_task(one)}
    rest = [one for place, one in enumerate(sentences) if place not in tasks | orders]
    known = tokens(" ".join([*rest, about]))
    strange = {place for place in tasks if rest and _is_strange(tokens(sentences[place]), known)}
    return _left_out(text, sentences, orders | strange)


def _is_strange(words: frozenset[str], known: frozenset[str]) -> bool:
    """Whether fewer than a third of a task's words have to do with the rest."""
    return len(words & known) * 3 < len(words)


def without_orders(text: str) -> str:
    """What somebody asked or said: tasks are left, because followers ask for things."""
    sentences = _pieces(text)
    return _left_out(text, sentences, _orders_among(text, sentences))


def _orders_among(text: str, sentences: tuple[str, ...]) -> set[int]:
    """The places of sentences that give orders, alone or with the ones beside them. The whole is looked at first."""
    if not instructs(text):
        return set()
    return {place for place, one in enumerate(sentences) if instructs(one)} or _spread(sentences)


def _pieces(text: str) -> tuple[str, ...]:
    """The sentences of a text; many people end one with a picture."""
    return tuple(piece for sentence in split_sentences(text) for piece in _PICTURE_END.split(sentence) if piece)


def _spread(sentences: tuple[str, ...]) -> set[int]:
    """The sentences over which an order is spread: the fewest next to each other that hold it; else all."""
    for count in range(2, _SPLIT + 1):
        for start in range(len(sentences) - count + 1):
            if instructs(" ".join(sentences[start : start + count])):
                return set(range(start, start + count))
    return set(range(len(sentences)))


def _score(view: str) -> float:
    """Triage's score, without the signs that are harmless where nobody is asked: passwords, and others' words."""
    return score(rule for rule in rules("injection").matching(view) if rule.name not in _OF_REQUESTS)


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
    return Sieve([pattern.replace(r"^\W*", rf"{_BEGINS}\W*") for some in _table("orders") for pattern in some])


@cache
def _tasks() -> Sieve:
    return Sieve([pattern for some in _table("tasks") for pattern in some])


def _table(name: str) -> list[list[str]]:
    return list(tomllib.loads((_DATA / "instructions.toml").read_text(encoding="utf-8"))[name].values())
