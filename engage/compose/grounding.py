"""Which of the creator's words a sentence stands on. Pure.

A sentence stands on a passage when most of its meaningful words are said in one place of it, together with every
number, currency and name, and neither denies what the other says. A plain measure on purpose: it can be explained to
the creator, and it fails towards silence.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from engage.memory.sentences import split_sentences
from engage.memory.statements import currencies, denies, numbers, tokens
from engage.models import Evidence, Passage, Recall, Scored
from engage.remembered import remembered
from engage.triage.normalise import fold

# Share of a sentence's words that its place must say. Of the 12 paraphrases and 14 inventions in test_grounding.py
# the paraphrases score 0.67 and more; inventions that pass the checks on numbers, names and denial 0.5 and less.
STANDS = 0.6
_LINK = re.compile(r"(?:https?://|www\.)\S+", re.IGNORECASE)
_MENTION = re.compile(r"(?<![\w.])[@＠]\u200b?[\w.\-@]+")
# "Yes" and "no" are facts to somebody who asked; so are "free" and what "did you know" begins.
_ANSWERS = re.compile(
    r"\W*(?:yes|yeah|yep|yup|no(?! (?:problem|worries|prob))|nope|sure(?! thing)|absolutely|definitely|totally"
    r"|of course|exactly|correct|indeed|certainly|always|never|both|si|claro|por supuesto|oui|non|bien sur|tout a fait"
    r"|ja|nein|doch|klar|naturlich|genau|sim|nao|certo|certamente|nee|tak|nie|evet|hayir|tabii|да|нет|конечно|так|ні"
    r"|نعم|لا(?! شكر)|हाँ|हां|नहीं|ya|tidak|vang|khong)\b|\W*(?:是|不|没|对|当然|可以|はい|いいえ|もちろん|네|아니|물론)"
    r"|\W*(?:ใช่|ไม่)|.*(?<!feel )\bfree\b|.*\bdid you know\b"
)
_GERMAN = re.compile(r"\b(?:der|die|das|und|ist|sind|ein|eine[nmrs]?|mit|für|auf|nicht|ich|von|zu|im|aus)\b")
_VOCATIVE = 3  # a name among the first words, mentioned or before a comma, is whom the sentence speaks to


def ground(text: str, passages: Sequence[Scored]) -> tuple[Evidence, ...]:
    """For every sentence of a model's draft that stands on a recalled passage, the one it stands on best.

    A question says nothing, so it stands on nothing.
    """
    known = [scored.passage for scored in passages]
    found = (best(sentence, known) for sentence in split_sentences(text) if not ends_as_question(sentence))
    return tuple(one for one in found if one is not None)


def best(sentence: str, passages: Iterable[Passage]) -> Evidence | None:
    """The passage a sentence stands on, or None."""
    scored = [(overlap(sentence, passage), passage.id) for passage in passages]
    score, passage_id = max(scored, key=lambda one: one[0], default=(0.0, ""))
    return Evidence(sentence, passage_id, round(score, 2)) if score >= STANDS else None


def overlap(sentence: str, passage: Passage) -> float:
    """How well the passage bears the sentence, 0..1: 1 where it says just that, 0 where it lacks a number or a name."""
    if is_said(sentence, passage):
        return 1.0
    said = _LINK.sub(" ", sentence)
    wanted = tokens(said)
    if not wanted or _strange_name(said, passage):
        return 0.0
    return max((_borne(said, wanted, place, passage) for place in _places(said, passage)), default=0.0)


def stated(sentence: str, evidence: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """The entries a sentence is made of: it is one, begins one, or runs on from one into the next."""
    said = _words(sentence)
    pieces = [(_words(part), one) for one in evidence for part in split_sentences(one.sentence)]
    for start in range(len(pieces)):
        read: tuple[str, ...] = ()
        for end, (words, _) in enumerate(pieces[start:], start + 1):
            read += words
            if said and read[: len(said)] == said:
                return tuple(dict.fromkeys(one for _, one in pieces[start:end]))
    return ()


def stands(sentence: str, one: Evidence, passage: Passage) -> bool:
    """Whether the passage really holds what the entry says of it, and the sentence says no more."""
    entry = one.sentence.strip()
    if entry == passage.url or is_said(entry, passage):
        return True
    return overlap(sentence, passage) >= STANDS


def is_said(sentence: str, passage: Passage) -> bool:
    """Whether the passage says it word for word, from the beginning of a sentence on."""
    said = _words(sentence)
    words, beginnings = _spoken(passage.text)
    return bool(said) and any(words[start : start + len(said)] == said for start in beginnings)


def quotes(text: str, recall: Recall) -> bool:
    """Whether every sentence is said word for word by a recalled passage: a draft that is the creator's own words."""
    sentences = split_sentences(text)
    passages = [scored.passage for scored in recall.passages]
    return bool(sentences) and all(any(is_said(one, passage) for passage in passages) for one in sentences)


def ends_as_question(sentence: str) -> bool:
    """Ends as a question does."""
    return fold(sentence).rstrip("\"')]}»”」』 ").endswith(("?", "？", "؟"))


def answers(sentence: str) -> bool:
    """Says yes or no, or what it costs, without naming the matter."""
    return bool(_ANSWERS.match(fold(sentence)))


def _places(sentence: str, passage: Passage) -> Iterator[str]:
    """Where a sentence may stand: one of the passage's, or two that follow each other.

    A sentence with a number has to stand on a single one: else the price of one thing is told of the next. What the
    passage asks it does not say, but where it answers itself.
    """
    parts = split_sentences(passage.text)
    yield from (part for part in parts if not ends_as_question(part))
    if not numbers(sentence):
        pairs = ((one, other) for one, other in pairwise(parts) if not ends_as_question(other))
        yield from (f"{one} {other}" for one, other in pairs if answers(other) or not ends_as_question(one))


def _borne(sentence: str, wanted: frozenset[str], place: str, passage: Passage) -> float:
    """The share of the wanted words that the place says; 0 where it contradicts, or says none of them itself."""
    titled = f"{passage.title or ''} {place}"
    if not numbers(sentence) <= numbers(titled) or not currencies(sentence) <= currencies(titled):
        return 0.0
    if denies(sentence) != denies(place):
        return 0.0
    words = {word for word in wanted if not word[0].isdigit()}  # a number that is there says nothing of whose it is
    if not words:
        return STANDS
    own = tokens(titled)
    share = len(words & own) / len(words)
    # What somebody asked is no word of the creator's, but where they say yes or no to it: "Yes, all of them." Then it
    # bears a sentence that says no more than that.
    asked = passage.question or ""
    if share < STANDS and answers(place) and words <= own | tokens(asked) and not _repeats(sentence, asked):
        return 1.0
    return share


def _repeats(sentence: str, asked: str) -> bool:
    """Whether it is a piece of a question, word for word."""
    return f" {' '.join(_words(sentence))} " in f" {' '.join(_words(asked))} "


def _strange_name(sentence: str, passage: Passage) -> bool:
    """Whether it names what the passage does not. In German every noun looks like a name: there it is not asked."""
    if len(_GERMAN.findall(sentence)) > 1:
        return False
    known = tokens(" ".join(filter(None, (passage.title, passage.question, passage.text))))
    for place, word in enumerate(re.finditer(r"[^\W\d_][^\W_]+", sentence)):
        before, after = sentence[: word.start()].rstrip(), sentence[word.end() :][:1]
        begins = place == 0 or before.endswith((".", "!", "?", "…", ":", '"', "“", "(", "-"))
        spoken_to = place < _VOCATIVE and (after in (",", "!") or sentence.startswith("@"))
        if word[0][0].isupper() and not begins and not spoken_to and tokens(word[0]) - known:
            return True
    return False


@remembered
def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[^\W_]+", fold(_MENTION.sub(" ", text))))


@remembered
def _spoken(text: str) -> tuple[tuple[str, ...], tuple[int, ...]]:
    """The words of a text, and at which of them its sentences begin."""
    words: list[str] = []
    beginnings: list[int] = []
    for sentence in split_sentences(text):
        beginnings.append(len(words))
        words += _words(sentence)
    return tuple(words), tuple(beginnings)
