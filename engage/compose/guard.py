"""The last look at a draft before it can be posted: what may stay, in which length, with which disclosure. Pure.

A sentence that may not stay is taken out; a draft is rejected when nothing worth saying is left, or when something in
it makes all of it suspect. Failing towards silence is right: an answer can come later, a posted one cannot be unread.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import SequenceMatcher

from engage.compose import checks
from engage.compose.disclosure import apply, decide, room_for, unmarked
from engage.compose.lengths import cut
from engage.compose.links import foreign_links
from engage.compose.sifting import EXTRACTIVE, Case, Kept, names_of, sift
from engage.compose.smuggling import without_codes
from engage.confidential import is_confidential
from engage.memory.sentences import count_words
from engage.memory.statements import numbers
from engage.models import Draft, Evidence, Persona, Recall, Reply, Role, Surface, Turn
from engage.triage.normalise import fold
from engage.triage.verdict import Policy, Verdict

__all__ = ["EXTRACTIVE", "Rejected", "guard"]

# What hides words from a check but not from a platform. Joiners stay inside emoji and in scripts that need them.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e0fff]"
    "|(?<=[!-~])[\u200c\u200d]|[\u200c\u200d](?=[!-~])"
)
_MENTION = re.compile(
    r"[^\S\n]?(?<![A-Za-z0-9_@/])@(?:[A-Za-z0-9_](?:[A-Za-z0-9_.\-]*[A-Za-z0-9_])?(?:@[A-Za-z0-9.\-]+)?|[^\W\d_]+)"
)
_COMMANDS = "!/. "  # what begins so commands the chat, or the bots in it, which obey a moderator
_ALIKE = 0.8  # share of words two replies have in common, in their order, that makes them one
_SHORT = 4  # words: shorter replies only repeat when they are equal
_LEAST = 2  # words of a cut reply that are worth posting


@dataclass(frozen=True, slots=True)
class Rejected:
    """A draft that may not be posted.

    reasons: empty, secret, leak, repeats_itself, no_room, ungrounded; before ungrounded, why sentences were taken out:
    link, contact, private, promise, impersonation, medicine, money, law, minors, abuse, restricted, not_verbatim, code,
    smuggled.
    """

    reasons: tuple[str, ...]


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
    canary: str = "",
) -> Reply | Rejected:
    """The reply this draft becomes, or why it becomes none.

    private: words of ours that must never be quoted; canary: the code that stands among them.
    """
    text = _without_mentions(without_codes(_printable(draft.text)), turn)
    if turn.surface is Surface.LIVE:
        text = text.lstrip(_COMMANDS)
    evidence = tuple(replace(one, sentence=_without_mentions(one.sentence, turn)) for one in draft.evidence)
    case = Case(
        replace(draft, evidence=evidence),
        turn,
        persona,
        verdict,
        {scored.passage.id: scored.passage for scored in recall.passages if not scored.superseded_by},
        policy,
    )
    if reason := _suspect(text, case, private, canary):
        return Rejected((reason,))
    kept, dropped = sift(text, case)
    if not kept or (verdict.asks and not any(one.evidence for one in kept)):
        return Rejected(tuple(dict.fromkeys((*dropped, "ungrounded"))))
    whole = "".join(one.gap + one.text for one in kept)
    if dropped and (reason := _suspect(whole, case, private, canary)):  # two pieces may meet where one between is gone
        return Rejected((reason,))
    if _repeats_itself(whole, turn, persona):
        return Rejected(("repeats_itself",))
    return _fitted(kept, case, policy, now)


def _suspect(text: str, case: Case, private: str, canary: str) -> str | None:
    """The reason to reject all of a text, if there is one."""
    if not any(letter.isalnum() for letter in text):
        return "empty"
    if is_confidential(text):
        return "secret"
    hides = private or canary
    return "leak" if hides and checks.leaks(text, private, canary, case.said) else None


def _fitted(kept: list[Kept], case: Case, policy: Policy, now: datetime) -> Reply | Rejected:
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
    names = [fold(name).lstrip("@") for name in names_of(turn)]

    def keep_own(found: re.Match[str]) -> str:
        rest = fold(found.string[found.start() :]).lstrip(" @")
        own = any(rest.startswith(name) and not re.match(r"[a-z0-9_@]|\.\w", rest[len(name) :]) for name in names)
        if not own:
            return ""
        return found[0] if turn.surface is Surface.LIVE else found[0].replace("@", "", 1)

    return _MENTION.sub(keep_own, text).strip(" \n,:")


def _repeats_itself(text: str, turn: Turn, persona: Persona) -> bool:
    """The same as the avatar's last reply, or nearly; another price in the same words is news."""
    earlier = next((line.text for line in reversed(turn.history) if line.role is Role.AVATAR), "")
    if not earlier:
        return False
    said = unmarked(earlier, persona)
    new, old = (re.findall(r"[^\W_]+", fold(words)) for words in (text, said))
    alike = len(new) >= _SHORT and SequenceMatcher(None, new, old).ratio() >= _ALIKE
    return (alike or checks.repeats(text, said)) and numbers(text) <= numbers(said)
