"""Which of the creator's words a sentence stands on. Pure.

A sentence stands on a passage when most of its meaningful words are in it, and every number is. It is a plain measure
on purpose: it can be explained to the creator, and it fails towards silence.
"""

import re
from collections.abc import Iterable

from engage.memory.sentences import split_sentences
from engage.models import Evidence, Passage
from engage.triage.normalise import fold

STANDS = 0.6  # share of a sentence's words that must be in its passage
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?")
_UNSPACED = re.compile("[\u0e00-\u0e7f\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]+")
_SUFFIX = re.compile(r"(?:'s|ing|ed|es|s|ly)$")
# Words that say nothing about the matter, in the languages met most.
_EMPTY = frozenset(
    fold(word)
    for word in (
        "a an the and or but so if of to in on at for with from by as is are was were be been am do does did have has had i you he"
        " she it we they me my your his her its our their this that these those there here not no yes just really very too also"
        " can could would should will may might much more most some any what which who when where why how than then about into"
        " out up down over it's i'm don't that's you're i've de la el los las un una y o en que es por para con no se lo le su mi tu"
        " al del como mas pero muy le les des du et ou est pour dans avec sur pas ne ce cette il elle je vous nous der die das und"
        " oder ist sind ein eine ich du er sie es wir nicht mit fur auf zu den dem von im il e di che non per sono o um uma os as"
        " do da em nao mais и в на не что это как я ты он она мы вы с по за из но а"
    ).split()
)


def evidence_for(text: str, passages: Iterable[Passage]) -> tuple[Evidence, ...]:
    """For every sentence that stands on one of `passages`, the one it stands on best."""
    known = tuple(passages)
    found = (best(sentence, known) for sentence in split_sentences(text))
    return tuple(one for one in found if one is not None)


def best(sentence: str, passages: Iterable[Passage]) -> Evidence | None:
    """The passage a sentence stands on, or None."""
    scored = [(overlap(sentence, passage), passage.id) for passage in passages]
    score, passage_id = max(scored, default=(0.0, ""))
    return Evidence(sentence, passage_id, round(score, 2)) if score >= STANDS else None


def overlap(sentence: str, passage: Passage) -> float:
    """The share, 0..1, of the sentence's meaningful words that are in the passage; 0 where a number is not."""
    said = tokens(" ".join(filter(None, (passage.title, passage.question, passage.text))))
    wanted = tokens(sentence)
    if not wanted or any(word[0].isdigit() and word not in said for word in wanted):
        return 0.0
    return len(wanted & said) / len(wanted)


def tokens(text: str) -> frozenset[str]:
    """The meaningful words of a text, without common endings; pairs of characters in scripts without blanks."""
    folded = fold(text)
    pairs = {run[0][i : i + 2] for run in _UNSPACED.finditer(folded) for i in range(max(1, len(run[0]) - 1))}
    words = _WORD.findall(_UNSPACED.sub(" ", folded))
    return frozenset(pairs | {_stem(word) for word in words if word not in _EMPTY})


def _stem(word: str) -> str:
    stem = _SUFFIX.sub("", word)
    return stem if len(stem) >= 3 else word
