"""Which sentences of a draft may stay, and why others may not. Pure.

What the creator said may be said again. What a model adds has to stand on it: a sentence that stands on nothing, that
carries foreign words inside the creator's, or that is written so that only a program can read it, is taken out.
"""

from dataclasses import dataclass
from functools import cached_property

from engage.compose import checks
from engage.compose.advice import advises
from engage.compose.contacts import names_a_contact
from engage.compose.courtesy import courtesy_of
from engage.compose.disclosure import denies
from engage.compose.grounding import answers, ends_as_question, is_said, stands, stated
from engage.compose.instructions import instructs
from engage.compose.links import foreign_links
from engage.compose.smuggling import carries, echoes, is_code, is_garbled
from engage.facts import FactKind
from engage.memory.sentences import split_sentences
from engage.memory.statements import tokens
from engage.models import Draft, Evidence, Freedom, Passage, Persona, Surface, Turn
from engage.triage.normalise import fold
from engage.triage.scores import score_labels
from engage.triage.verdict import Policy, Verdict

EXTRACTIVE = "extractive"
WARY = 0.3  # of triage's score for an attempt to take the avatar over, from which a model is trusted with no words
_OWN_LABELS = ("abuse", "restricted")  # what our own text must not be
_ECHO, _ASKED_BACK = 6, 4  # of the follower's words in a row that are none of ours, and no question back


@dataclass(frozen=True)
class Case:
    """What a sentence is held against."""

    draft: Draft
    turn: Turn
    persona: Persona
    verdict: Verdict
    passages: dict[str, Passage]
    policy: Policy

    @cached_property
    def said(self) -> str:
        """What the passages say."""
        return " ".join(f"{one.title or ''} {one.text} {one.url or ''}" for one in self.passages.values())

    @cached_property
    def stated(self) -> frozenset[str]:
        """The meaningful words of what the passages say, without what they ask."""
        parts = (part for one in self.passages.values() for part in split_sentences(one.text))
        return tokens(" ".join(part for part in parts if not ends_as_question(part)))

    @cached_property
    def known(self) -> frozenset[str]:
        """The meaningful words of the passages, whether they say or ask them, and of the follower's message."""
        asked = " ".join(one.question or "" for one in self.passages.values())
        words = tokens(f"{self.said} {asked} {self.turn.text} {' '.join(self.names)}")
        return words | checks.small_talk() | checks.asking()

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The meaningful words of the creator's rules for the avatar that nobody outside has heard."""
        persona = self.persona
        rules = tokens(" ".join((*persona.style_rules, *persona.avoid_topics)))
        heard = tokens(f"{self.turn.text} {persona.bio} {' '.join(persona.allowed_links)}")
        return rules - heard - self.known

    @cached_property
    def names(self) -> tuple[str, ...]:
        """What the follower and the creator are called."""
        told = (one.value for one in self.turn.told if one.kind is FactKind.NAME)
        return (*names_of(self.turn), self.persona.display_name, *told)

    @cached_property
    def is_wary(self) -> bool:
        """Whether the follower may be talking to the model: then it may say the creator's words and kind ones only."""
        by_model = self.draft.model != EXTRACTIVE
        return by_model and (self.verdict.labels.get("injection", 0.0) >= WARY or instructs(self.turn.text))

    @cached_property
    def is_foul(self) -> str:
        """The label that the whole draft deserves and our own text must not; "" for none."""
        labels = score_labels(self.draft.text, self.persona, self.verdict.language, labels=_OWN_LABELS)
        border = self.policy.thresholds
        return next((label for label in _OWN_LABELS if labels[label] >= border.get(label, 0.5)), "")

    def is_theirs(self, sentence: str) -> bool:
        """Whether the creator said it word for word."""
        return any(is_said(sentence, passage) for passage in self.passages.values())


@dataclass(frozen=True, slots=True)
class Kept:
    """A sentence with the blanks before it, and what it stands on (nothing: it says no facts)."""

    text: str
    gap: str
    evidence: tuple[Evidence, ...]


def sift(text: str, case: Case) -> tuple[list[Kept], list[str]]:
    """The sentences that may stay, and why others may not."""
    kept: list[Kept] = []
    dropped: list[str] = []
    end = 0
    for sentence in split_sentences(text):
        start = text.index(sentence, end)
        gap, end = text[end:start], start + len(sentence)
        evidence = _evidence(sentence, case)
        if reason := _never_said(sentence, case) or _unfounded(sentence, evidence, case):
            dropped.append(reason)
        else:
            kept.append(Kept(sentence, gap if kept else "", evidence))
    return kept, dropped


def _never_said(sentence: str, case: Case) -> str | None:
    """Why a sentence must go whatever it stands on."""
    public = case.turn.surface is not Surface.DM
    if foreign_links(sentence, case.persona.allowed_links, case.said):
        return "link"
    if public and names_a_contact(sentence, case.persona):
        return "contact"
    if public and _tells_a_fact(sentence, case):
        return "private"
    if denies(sentence, case.persona):
        return "impersonation"
    if checks.makes_claims(sentence):
        return "promise"
    return advises(sentence) or _foul(sentence, case)


def _foul(sentence: str, case: Case) -> str | None:
    """Whether this sentence is what makes the draft abusive or restricted."""
    if not case.is_foul:
        return None
    labels = score_labels(sentence, case.persona, case.verdict.language, labels=_OWN_LABELS)
    return case.is_foul if labels[case.is_foul] >= case.policy.thresholds.get(case.is_foul, 0.5) else None


def _tells_a_fact(sentence: str, case: Case) -> bool:
    """Whether it holds what the follower told in private, other than their name."""
    shown = f" {fold(sentence)} "
    facts = (one for one in case.turn.follower.facts if one.kind is not FactKind.NAME)
    return any(fold(one.value) in shown for one in facts if not case.is_theirs(sentence))


def _unfounded(sentence: str, evidence: tuple[Evidence, ...], case: Case) -> str | None:
    """Why a sentence does not stand on the creator's words."""
    said = unaddressed(sentence, case.turn)
    if case.is_theirs(said) and not (ends_as_question(said) and case.draft.model != EXTRACTIVE):
        return None if evidence or not _needs_ground(sentence, case) else "ungrounded"
    if case.persona.freedom is Freedom.STRICT and case.verdict.asks:
        return "not_verbatim"
    if is_code(sentence):
        return "code"
    if _needs_ground(sentence, case):
        if not evidence:
            return "ungrounded"
        if case.draft.model != EXTRACTIVE and _is_bent(said, case):
            return "smuggled"
    return None


def _is_bent(sentence: str, case: Case) -> bool:
    """Whether a sentence that stands on a passage says something else besides, or is not written for a reader."""
    return case.is_wary or carries(sentence, case.known, case.hidden) or is_garbled(sentence, case.said)


def _needs_ground(sentence: str, case: Case) -> bool:
    """Everything but greetings, thanks, kind words and questions back; "yes" is a fact but to thanks and praise."""
    if answers(sentence) and (case.is_wary or case.verdict.asks or courtesy_of(case.turn.text) is None):
        return True
    if ends_as_question(sentence):
        return _asks_strangely(sentence, case)
    return checks.is_factual(sentence, _taken_up(sentence, case), case.names)


def _asks_strangely(sentence: str, case: Case) -> bool:
    """Whether a question back brings up anything that neither the creator's words nor plain asking does.

    A rhetorical question of the creator's is no question back.
    """
    if any(letter.isdigit() for letter in sentence) or echoes(sentence, case.turn.text, _ASKED_BACK):
        return True
    plain = checks.small_talk() | checks.asking() | tokens(" ".join(case.names)) | case.stated
    return not tokens(sentence) <= plain | tokens(_taken_up(sentence, case))


def _taken_up(sentence: str, case: Case) -> str:
    """What kind words and questions back may take up: what a follower tells, who asks for nothing.

    Who asks for something gets the creator's words for it, and nobody gets a whole phrase of theirs back.
    """
    heard = "\n".join((case.turn.text, *(one.value for one in case.turn.told)))
    if case.is_wary or case.verdict.asks or echoes(sentence, heard, _ECHO):
        return ""
    return heard


def _evidence(sentence: str, case: Case) -> tuple[Evidence, ...]:
    """The draft's evidence for a sentence, where all of it holds.

    The extractive composer answers a courtesy with a reply of the creator's that recall need not have found.
    """
    said = unaddressed(sentence, case.turn)
    given = stated(said, case.draft.evidence) or stated(sentence, case.draft.evidence)
    trusted = case.draft.model == EXTRACTIVE and not case.verdict.asks
    holds = (
        stands(said, one, case.passages[one.passage_id]) if one.passage_id in case.passages else trusted
        for one in given
    )
    return given if all(holds) and not (_is_echo(sentence, case) or _is_bare(said, case)) else ()


def _is_bare(sentence: str, case: Case) -> bool:
    """Whether it is a mere yes or no of a model's: "of course" is somewhere in most passages."""
    return answers(sentence) and tokens(sentence) <= checks.small_talk() and not case.is_theirs(sentence)


def _is_echo(sentence: str, case: Case) -> bool:
    """Whether a model only says again what the follower said, and the creator never did: that answers nothing."""
    if case.draft.model == EXTRACTIVE or case.is_theirs(sentence):
        return False
    said = unaddressed(sentence, case.turn)
    return any(checks.repeats(said, heard) for heard in split_sentences(case.turn.text))


def unaddressed(sentence: str, turn: Turn) -> str:
    """A sentence without the follower's name that it begins with."""
    begun = sentence.removeprefix("@")
    for name in (one.lstrip("@") for one in names_of(turn)):
        rest = begun[len(name) :]
        if begun[: len(name)].lower() == name.lower() and not (rest[:1].isalnum() or rest[:1] == "_"):
            return rest.lstrip(" \t\n,:!")
    return sentence


def names_of(turn: Turn) -> tuple[str, ...]:
    """The names that the follower writes under."""
    return tuple(name for name in (turn.follower.name, *(one.author.name for one in turn.messages)) if name.strip("@ "))
