"""What is usual where a creator writes, and in answer to what: a reply to praise is not one to an attack. Pure."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

from engage.models import Passage, PassageKind, Surface
from engage.triage.intent import intent_of
from engage.triage.normalise import clean, fold, without_links
from engage.triage.scores import score, shorten
from engage.triage.words import rules
from engage.voice.spread import spread_over
from engage.voice.usual import Usual, usual_of

FEWEST = 20  # texts from which something is usual
MOST = 400  # texts of a surface that are measured
MOST_ANSWERED = 150  # questions that are looked at
ABUSE = 0.5  # of what a follower wrote, from which the answer is one to an attack
HATE = "hate"
Key = TypeVar("Key", bound=Hashable)


def by_surface(passages: Iterable[Passage]) -> Mapping[Surface, Usual]:
    """Of the surfaces on which they wrote enough."""
    return _by(passages, lambda one: one.surface)


def by_reaction(passages: Iterable[Passage]) -> Mapping[str, Usual]:
    """Of their answers to questions, requests, praise, thanks, greetings, chatter and hate."""
    answered = [one for one in passages if one.kind is PassageKind.PAIR and one.question]
    return _by(spread_over(answered, MOST_ANSWERED), _met)


def _by(passages: Iterable[Passage], key: Callable[[Passage], Key | None]) -> dict[Key, Usual]:
    groups: dict[Key, list[str]] = {}
    for one in passages:
        if (group := key(one)) is not None:
            groups.setdefault(group, []).append(shorten(one.text))
    return {group: _usual(texts) for group, texts in groups.items() if len(texts) >= FEWEST}


def _usual(texts: Sequence[str]) -> Usual:
    return usual_of(spread_over(texts, MOST))


def _met(passage: Passage) -> str:
    """What the follower did."""
    words = fold(without_links(clean(shorten(passage.question or ""))))
    if score(rules("abuse").matching(words)) >= ABUSE:
        return HATE
    return intent_of(words, tuple(dict.fromkeys((passage.language or "en", "en")))).value
