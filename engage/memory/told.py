"""What a follower tells the avatar in a direct message: what to call them, what they prefer, what they ask. Pure.

Only plain sentences about themselves count, in the languages of triage's `told.toml`. Whatever is sensitive is left
out: nobody should be surprised by what is remembered of them.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import islice, pairwise

from engage.confidential import is_confidential
from engage.facts import Fact, FactKind
from engage.memory.names import name_in
from engage.memory.sentences import count_words, split_sentences
from engage.models import Message, Outcome, Skip, Surface, Turn
from engage.triage import FORGET_ME, TOLD_AGE, Intent
from engage.triage.normalise import aligned, clean, fold, without_links
from engage.triage.words import find, load, phrases, rules

Told = tuple[FactKind, str]

LONGEST_MESSAGE = 1000  # characters; longer ones are stories
LONGEST_PREFERENCE, LONGEST_QUESTION = 80, 160  # characters
QUESTIONS = 2  # of one message
FLAGGED = 0.5  # a label of triage from which on nothing of the turn is remembered
_MOST_WORDS, _LEAST_WORDS, _LEAST_ASKED = 12, 2, 3
_MOST_LEADS = 6  # small words before what is told: "hi, so, well, by the way"
_NOT_ABOUT_THEM = {FORGET_ME, "asked_what_is_known", "asked_if_bot", "asked_for_human", "crisis"}
_COURTESIES = {Intent.GREETING, Intent.PRAISE, Intent.THANKS}  # skipped for want of words of the creator's
_CLAUSE = re.compile(r"[,;:，、；：()\"“”«»]+|\s[-–—]+\s|\n")
_ASKED = re.compile(r"[?？؟⁇]\W*\Z|(?:[吗嗎呢]|ですか|ますか|かな)\W*\Z")
_NUMBER = re.compile(r"\d(?:[\s().\-/]?\d){3,}|@")


def told(turn: Turn, outcome: Outcome, span: timedelta) -> tuple[Fact, ...]:
    """What a turn's follower told, to be remembered for `span`. Nothing in public, nothing of what was refused.

    Of who is under age only that is kept (`engage.triage.age`).
    """
    young = turn.follower.age or any(reason.startswith(TOLD_AGE) for reason in outcome.card.reasons)
    if turn.surface is not Surface.DM or not span or young or not _heard(outcome):
        return ()
    return tuple(fact for message in turn.messages for fact in _facts(message, span))


def _heard(outcome: Outcome) -> bool:
    """Whether the turn was answered, given to a person, or is a courtesy that nothing was found to say to."""
    card = outcome.card
    if any(score >= FLAGGED for score in card.labels.values()) or not _NOT_ABOUT_THEM.isdisjoint(card.reasons):
        return False
    return not isinstance(outcome, Skip) or (bool(card.reasons) and card.reasons[0] in _COURTESIES)


def _facts(message: Message, span: timedelta) -> Iterator[Fact]:
    if message.author.is_bot or message.author.is_self:
        return
    for kind, value in facts_in(message.text):
        yield Fact(kind, value, message.id, message.sent_at, message.sent_at + span)


def facts_in(text: str) -> list[Told]:
    """The facts of one message, in its order."""
    text = clean(text)
    if len(text) > LONGEST_MESSAGE:
        return []
    found = list(dict.fromkeys(one for sentence in split_sentences(text) for one in _of_sentence(sentence)))
    asked = [one for one in found if one[0] is FactKind.QUESTION][:QUESTIONS]
    return [one for one in found if one[0] is not FactKind.QUESTION or one in asked]


def _of_sentence(sentence: str) -> list[Told]:
    if without_links(sentence) != sentence:
        return []
    if _ASKED.search(sentence):
        found = _questions(sentence)
    else:
        found = [one for clause in _clauses(sentence) for one in _about(clause)]
    # A name may stand beside an illness; "I never eat gluten" beside one tells of it.
    return [one for one in found if not is_sensitive(one[1] if one[0] is FactKind.NAME else sentence)]


def is_sensitive(value: str) -> bool:
    """What is never remembered: health, belief, intimate life, addresses, numbers, secrets."""
    if _NUMBER.search(value) or is_confidential(value):
        return True
    return bool(rules("sensitive").matching(fold(value)))


def _questions(sentence: str) -> list[Told]:
    asked = sentence.strip()
    if len(asked) > LONGEST_QUESTION or count_words(asked) < _LEAST_ASKED:
        return []
    small = find("social", "greeting", fold(asked), whole=True)
    return [] if small else [(FactKind.QUESTION, asked)]


def _clauses(sentence: str) -> Iterator[str]:
    for part in _CLAUSE.split(sentence):
        folded, places = aligned(part)
        ands = [found for found in phrases("told", "and").finditer(folded) if _goes_on(folded, found)]
        starts = {found.start() for found in ands}
        cuts = (found.start() for found in phrases("told", "but").finditer(folded))
        cut = next((start for start in cuts if start and start not in starts), len(folded))
        spans = [(0, 0), *(found.span() for found in ands if found.end() <= cut), (cut, cut)]
        for (_, start), (end, _) in pairwise(spans):
            yield part[_at(places, start, part) : _at(places, end, part)]


def _goes_on(folded: str, conjunction: re.Match[str]) -> bool:
    """Whether something else is told behind it: "black and white" is one thing."""
    rest = folded[conjunction.end() :]
    return any(find("told", table, rest, start=True) for table in ("name", "call", "state", "preference"))


def _about(clause: str) -> Iterator[Told]:
    """What a clause says of who wrote it."""
    clause = clause.strip()
    folded, places = aligned(clause)
    for start in _starts(folded):
        said, rest = clause[places[start] :], folded[start:]
        name = _name(said, rest)
        if name:
            yield FactKind.NAME, name
            return
        preference = _preference(said, rest)
        if preference:
            yield FactKind.PREFERENCE, preference
            return


def _starts(folded: str) -> Iterator[int]:
    """Where a clause may begin: behind small words, and behind a greeting with the name of the one greeted."""
    start = 0
    for _ in range(_MOST_LEADS):
        start += len(folded[start:]) - len(folded[start:].lstrip(" \t!.~-"))
        if start >= len(folded):
            return
        yield start
        lead = find("told", "lead", folded[start:], start=True)
        if not lead:
            break
        start += lead.end()
    greeting = find("social", "greeting", folded, start=True)
    if greeting:
        yield from (blank.end() for blank in islice(re.compile(r"\s+(?=\S)").finditer(folded, greeting.end()), 2))


def _name(said: str, folded: str) -> str:
    for table, capital in (("name", False), ("call", True)):
        found = phrases("told", table, start=True).match(folded)
        if found:
            return name_in(said[_place(said, found.end()) :], capital=capital)
    found = phrases("told", "name_before").search(folded)
    return name_in(said[: _place(said, found.start())]) if found and found.start() else ""


def _preference(said: str, folded: str) -> str:
    for language in _languages(folded):
        state = phrases("told", "state", language, start=True).match(folded)
        end = state.end() if state else len(folded)
        if not state and not _prefers(folded, language):
            continue
        value = said[: _place(said, end)].strip(" .!…~。！")
        fits = len(value) <= LONGEST_PREFERENCE and (0 if state else _LEAST_WORDS) <= count_words(value) <= _MOST_WORDS
        if fits and not find("told", "others", folded[:end], [language]):
            return value
    return ""


def _languages(folded: str) -> Iterable[str]:
    """Those to look for preferences in: none where there is none in any."""
    tables = (("state", True), ("preference", True), ("preference_inside", False))
    return load("told")["state"] if any(find("told", name, folded, start=start) for name, start in tables) else ()


def _prefers(folded: str, language: str) -> bool:
    """Whether a preference begins here, and is told."""
    begun = find("told", "preference", folded, [language], start=True)
    if begun:
        return any(letter.isalnum() for letter in folded[begun.end() :])
    return find("told", "preference_inside", folded, [language]) is not None


def _place(said: str, end: int) -> int:
    """The place in `said` of a place in its folded letters."""
    return _at(aligned(said)[1], end, said)


def _at(places: list[int], end: int, text: str) -> int:
    return places[end] if end < len(places) else len(text)
