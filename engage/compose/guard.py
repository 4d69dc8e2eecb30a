"""The last look at a draft before it can be posted: what may stay, in which length, with which disclosure. Pure.

A sentence that may not stay is taken out; a draft is rejected when nothing worth saying is left, or when something in it
makes all of it suspect. Failing towards silence is right: an answer can come later, a posted one cannot be unread.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from engage.compose import checks
from engage.compose.disclosure import decide, disclose, markers
from engage.compose.grounding import STANDS, overlap
from engage.memory.sentences import split_sentences
from engage.models import Draft, Evidence, Passage, PassageKind, Persona, Recall, Reply, Role, Turn
from engage.triage import Policy, Verdict
from engage.triage.normalise import clean, fold


@dataclass(frozen=True, slots=True)
class Rejected:
    """A draft that may not be posted: empty, link, promise, ungrounded, mention, secret, leak, repeated or no_room."""

    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Kept:
    """A sentence with the blanks before it, and what it stands on (None: it says no facts)."""

    text: str
    gap: str
    evidence: Evidence | None


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
    text = checks.without_mentions(clean(draft.text), _names(turn))
    suspect = _suspect(text, turn, persona, private)
    if suspect:
        return Rejected((suspect,))
    kept, dropped = _sift(text, draft, turn, persona, recall)
    if not kept or (verdict.asks and not any(one.evidence for one in kept)):
        return Rejected(dropped or ("ungrounded",))
    said = "".join(one.gap + one.text for one in kept).strip()
    disclosure = decide(turn, policy, now)
    final = disclose(said, turn, disclosure, persona, verdict.language)
    if final is None:
        return Rejected(("no_room",))
    evidence = tuple(one.evidence for one in kept if one.evidence and one.text in final)
    if verdict.asks and not evidence and not final.endswith("…"):
        return Rejected(("no_room",))
    return Reply(final, disclosure, evidence)


def _suspect(text: str, turn: Turn, persona: Persona, private: str) -> str | None:
    """The reason to reject all of a text, if there is one."""
    if not any(letter.isalnum() for letter in text):
        return "empty"
    if checks.holds_secret(text):
        return "secret"
    if private and checks.quotes(text, private):
        return "leak"
    earlier = next((line.text for line in reversed(turn.history) if line.role is Role.AVATAR), "")
    return "repeated" if checks.repeats(text, _unmarked(earlier, persona)) else None


def _sift(text: str, draft: Draft, turn: Turn, persona: Persona, recall: Recall) -> tuple[list[_Kept], tuple[str, ...]]:
    """The sentences that may stay, and why others may not."""
    passages = {scored.passage.id: scored.passage for scored in recall.passages}
    links = (*persona.allowed_links, *_shops(passages.values()))
    kept, dropped, end = [], [], 0
    for sentence in split_sentences(text):
        start = text.index(sentence, end)
        gap, end = text[end:start], start + len(sentence)
        stands_on = _evidence(sentence, draft.evidence, passages)
        reason = _fault(sentence, stands_on, links, turn)
        if reason:
            dropped.append(reason)
        else:
            kept.append(_Kept(sentence, gap, stands_on))
    return kept, tuple(dict.fromkeys(dropped))


def _fault(sentence: str, stands_on: Evidence | None, links: Iterable[str], turn: Turn) -> str | None:
    if checks.foreign_link(sentence, links):
        return "link"
    if checks.makes_claims(sentence):
        return "promise"
    if stands_on is None and checks.is_factual(sentence, turn.text, _names(turn)):
        return "ungrounded"
    return None


def _evidence(sentence: str, given: Iterable[Evidence], passages: dict[str, Passage]) -> Evidence | None:
    """The given evidence of a sentence, where its passage was recalled and really holds the sentence's words."""
    said = fold(sentence)
    for one in given:
        claimed = fold(one.sentence)
        passage = passages.get(one.passage_id)
        if not claimed or passage is None or not (claimed in said or said in claimed):
            continue
        if sentence.strip() == passage.url or overlap(one.sentence, passage) >= STANDS:
            return one
    return None


def _shops(passages: Iterable[Passage]) -> list[str]:
    """Where the creator's own products are sold: addresses they have given us themselves."""
    return [passage.url for passage in passages if passage.kind is PassageKind.PRODUCT and passage.url]


def _names(turn: Turn) -> tuple[str, ...]:
    return (turn.follower.name, *(message.author.name for message in turn.messages))


def _unmarked(text: str, persona: Persona) -> str:
    """An earlier reply without the marker it carried."""
    for marker in markers(persona):
        text = text.replace(marker, " ")
    return text
