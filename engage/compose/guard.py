"""The last look at a draft before it can be posted: what may stay, in which length, with which disclosure. Pure.

A sentence that may not stay is taken out; a draft is rejected when nothing worth saying is left, or when something in
it makes all of it suspect. Failing towards silence is right: an answer can come later, a posted one cannot be unread.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher

from engage.compose import checks
from engage.compose.disclosure import apply, decide, denies, room_for, unmarked
from engage.compose.grounding import answers, is_said, stands, stated
from engage.compose.lengths import cut
from engage.compose.links import foreign_links, names_a_contact
from engage.confidential import is_confidential
from engage.facts import FactKind
from engage.memory.sentences import count_words, split_sentences
from engage.memory.statements import numbers
from engage.models import Draft, Evidence, Freedom, Passage, Persona, Recall, Reply, Role, Surface, Turn
from engage.triage.normalise import fold
from engage.triage.verdict import Policy, Verdict

# What hides words from a check but not from a platform. Joiners stay inside emoji and in scripts that need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]"
    "|(?<=[!-~])[\u200c\u200d]|[\u200c\u200d](?=[!-~])"
)
_MENTION = re.compile(
    r"[^\S\n]?(?<![A-Za-z0-9_@/])@(?:[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?(?:@[A-Za-z0-9.\-]+)?|[^\W\d_]+)"
)
_COMMANDS = "!/. "  # what begins so commands the chat, or the bots in it, which obey a moderator
EXTRACTIVE = "extractive"
_ALIKE = 0.8  # share of words two replies have in common, in their order, that makes them one
_SHORT = 4  # words: shorter replies only repeat when they are equal
_LEAST = 2  # words of a cut reply that are worth posting


@dataclass(frozen=True, slots=True)
class Rejected:
    """A draft that may not be posted.

    reasons: empty, secret, leak, repeats_itself, no_room, ungrounded; before ungrounded, why sentences were taken out:
    link, contact, promise, impersonation, not_verbatim.
    """

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """What a sentence is held against."""

    draft: Draft
    turn: Turn
    persona: Persona
    verdict: Verdict
    passages: dict[str, Passage]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sentence with the blanks before it, and what it stands on (nothing: it says no facts)."""

    text: str
    gap: str
    evidence: tuple[Evidence, ...]


def guard(
    draft: Draft,
    turn: Turn,
    persona: Persona,
    verdict: Verdict,
    recall: Recall,
    policy: Policy,
    now: datetime,
    *,
    private: str = "",
) -> Reply | Rejected:
    """The reply this draft becomes, or why it becomes none. private: words of ours that must never be quoted."""
    text = _without_mentions(_printable(draft.text), turn)
    if turn.surface is Surface.LIVE:
        text = text.lstrip(_COMMANDS)
    if reason := _suspect(text, private):
        return Rejected((reason,))
    evidence = tuple(replace(one, sentence=_without_mentions(one.sentence, turn)) for one in draft.evidence)
    case = _Case(
        replace(draft, evidence=evidence),
        turn,
        persona,
        verdict,
        {scored.passage.id: scored.passage for scored in recall.passages if not scored.superseded_by},
    )
    kept, dropped = _sift(text, case)
    if not kept or (verdict.asks and not any(one.evidence for one in kept)):
        return Rejected(tuple(dict.fromkeys((*dropped, "ungrounded"))))
    if _repeats_itself("".join(one.gap + one.text for one in kept), turn, persona):
        return Rejected(("repeats_itself",))
    return _fitted(kept, case, policy, now)


def _suspect(text: str, private: str) -> str | None:
    """The reason to reject all of a text, if there is one."""
    if not any(letter.isalnum() for letter in text):
        return "empty"
    if is_confidential(text):
        return "secret"
    return "leak" if private and checks.leaks(text, private) else None


def _sift(text: str, case: _Case) -> tuple[list[_Kept], list[str]]:
    """The sentences that may stay, and why others may not."""
    kept: list[_Kept] = []
    dropped: list[str] = []
    end = 0
    for sentence in split_sentences(text):
        start = text.index(sentence, end)
        gap, end = text[end:start], start + len(sentence)
        evidence = _evidence(sentence, case)
        if reason := _fault(sentence, evidence, case):
            dropped.append(reason)
        else:
            kept.append(_Kept(sentence, gap if kept else "", evidence))
    return kept, dropped


def _fault(sentence: str, evidence: tuple[Evidence, ...], case: _Case) -> str | None:
    """Why a sentence must go. What it stands on excuses only a missing ground."""
    said = " ".join(passage.text for passage in case.passages.values())
    if foreign_links(sentence, case.persona.allowed_links, said):
        return "link"
    if case.turn.surface is not Surface.DM and names_a_contact(sentence, case.persona):
        return "contact"
    if denies(sentence, case.persona):
        return "impersonation"
    if checks.makes_claims(sentence):
        return "promise"
    if case.persona.freedom is Freedom.STRICT and case.verdict.asks:
        said = _unaddressed(sentence, case.turn)
        return None if any(is_said(said, passage) for passage in case.passages.values()) else "not_verbatim"
    return None if evidence or not _needs_ground(sentence, case) else "ungrounded"


def _needs_ground(sentence: str, case: _Case) -> bool:
    """Everything but greetings, thanks, kind words and questions back; "yes" is a fact to whoever asked."""
    told = case.turn.told
    names = (*_names(case.turn), case.persona.display_name, *(one.value for one in told if one.kind is FactKind.NAME))
    heard = "\n".join((case.turn.text, *(one.value for one in told)))
    return checks.is_factual(sentence, heard, names) or (case.verdict.asks and answers(sentence))


def _evidence(sentence: str, case: _Case) -> tuple[Evidence, ...]:
    """The draft's evidence for a sentence, where all of it holds.

    The extractive composer answers a courtesy with a reply of the creator's that recall need not have found.
    """
    said = _unaddressed(sentence, case.turn)
    given = stated(said, case.draft.evidence) or stated(sentence, case.draft.evidence)
    trusted = case.draft.model == EXTRACTIVE and not case.verdict.asks
    holds = (
        stands(said, one, case.passages[one.passage_id]) if one.passage_id in case.passages else trusted
        for one in given
    )
    return given if all(holds) and not _is_echo(sentence, case) else ()


def _is_echo(sentence: str, case: _Case) -> bool:
    """Whether a model only says again what the follower said, and the creator never did: that answers nothing."""
    if case.draft.model == EXTRACTIVE or any(is_said(sentence, passage) for passage in case.passages.values()):
        return False
    said = _unaddressed(sentence, case.turn)
    return any(checks.repeats(said, heard) for heard in split_sentences(case.turn.text))


def _fitted(kept: list[_Kept], case: _Case, policy: Policy, now: datetime) -> Reply | Rejected:
    """What was kept in the platform's length, with its marker, and the evidence of what is still to be read."""
    turn, persona, language = case.turn, case.persona, case.verdict.language
    disclosure = decide(turn, persona, policy, now, language)
    room = room_for(disclosure, turn, persona, language)
    whole = "".join(one.gap + one.text for one in kept)
    shown = cut(whole, room, turn.capabilities.unit) if room > 0 else ""
    if shown != whole and (count_words(shown) < _LEAST or foreign_links(shown, persona.allowed_links, shown)):
        return Rejected(("no_room",))
    evidence: list[Evidence] = []
    end = 0
    for one in kept:
        if end + len(one.gap) < len(shown.rstrip("…")):
            evidence += one.evidence
        end += len(one.gap + one.text)
    return Reply(apply(shown, disclosure, turn, persona, language), disclosure, tuple(dict.fromkeys(evidence)))


def _printable(text: str) -> str:
    return _INVISIBLE.sub("", text.replace("＠", "@").replace("﹫", "@")).strip()


def _without_mentions(text: str, turn: Turn) -> str:
    """The text without mentions of anybody but the follower: an avatar must not call third people in.

    In a live room a name is a handle. Elsewhere people choose it for themselves, and with an @ before it might be
    somebody else's handle, which a follower of that name would have us link.
    """
    names = [fold(name).lstrip("@") for name in _names(turn)]

    def keep_own(found: re.Match[str]) -> str:
        rest = fold(found.string[found.start() :]).lstrip(" @")
        own = any(rest.startswith(name) and not re.match(r"[a-z0-9_@]|\.\w", rest[len(name) :]) for name in names)
        if not own:
            return ""
        return found[0] if turn.surface is Surface.LIVE else found[0].replace("@", "", 1)

    return _MENTION.sub(keep_own, text).strip(" \n,:")


def _unaddressed(sentence: str, turn: Turn) -> str:
    """A sentence without the follower's name that it begins with."""
    begun = sentence.removeprefix("@")
    for name in (one.lstrip("@") for one in _names(turn)):
        rest = begun[len(name) :]
        if begun[: len(name)].lower() == name.lower() and not (rest[:1].isalnum() or rest[:1] == "_"):
            return rest.lstrip(" \t\n,:!")
    return sentence


def _names(turn: Turn) -> tuple[str, ...]:
    return tuple(name for name in (turn.follower.name, *(one.author.name for one in turn.messages)) if name.strip("@ "))


def _repeats_itself(text: str, turn: Turn, persona: Persona) -> bool:
    """The same as the avatar's last reply, or nearly; another price in the same words is news."""
    earlier = next((line.text for line in reversed(turn.history) if line.role is Role.AVATAR), "")
    if not earlier:
        return False
    said = unmarked(earlier, persona)
    new, old = (re.findall(r"[^\W_]+", fold(words)) for words in (text, said))
    alike = len(new) >= _SHORT and SequenceMatcher(None, new, old).ratio() >= _ALIKE
    return (alike or checks.repeats(text, said)) and numbers(text) <= numbers(said)
