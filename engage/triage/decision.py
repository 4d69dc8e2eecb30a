"""Should this turn be answered, and how carefully? The rules in their order, on one page. Pure.

People come first: a cry for help is seen before anything else, even from a follower who is never answered.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from engage.models import Age, Freedom, Persona, Surface, Turn
from engage.triage.age import told_age
from engage.triage.audience import closed, over_budget, worn_out
from engage.triage.intent import intent_of, is_small_talk
from engage.triage.language import identify
from engage.triage.linear import Meaning
from engage.triage.normalise import clean, fold, has_letters, without_links
from engage.triage.scores import SURE, by_models, by_rules, concerns_an_order, flags, passes, settled, shorten
from engage.triage.verdict import FORGET_ME, TOLD_AGE, Decision, FixedText, Intent, Policy, Verdict
from engage.triage.wanted import Wish, wanted
from engage.triage.wishes import asks_for_human, asks_if_bot, asks_to_be_forgotten, asks_what_is_known, opts_out

_ATTACKS = ("injection", "spam")


@dataclass(frozen=True, slots=True)
class Reading:
    """What the rules look at: the turn, its words, and what has been found out about them."""

    turn: Turn
    persona: Persona
    policy: Policy
    now: datetime
    words: str  # folded, without links and mentions
    text: str  # cleaned
    meaning: Meaning | None  # none where the rules have settled what it is, or no word of it suggests anything
    wanted: Wish | None  # as a model heard it; the phrases are asked beside it
    ruled: Mapping[str, float]  # the labels' scores by rules alone
    found: Verdict  # labels, flags, language and intent; its decision is not made yet
    opts_out: bool  # in plain words
    forget: bool  # the follower wants to be forgotten
    told_age: Age  # said now


def triage(
    turn: Turn,
    persona: Persona,
    policy: Policy,
    now: datetime | None = None,
    meaning: Meaning | None = None,
    beside: Mapping[str, float] = MappingProxyType({}),
) -> Verdict:
    """Decide about a turn. `now` defaults to when its last message was sent.

    meaning: what the process's encoder and network hear in a text; without it the models go by words alone. beside:
    scores of labels that somebody else found; the higher one counts.
    """
    reading = _read(turn, persona, policy, now or turn.messages[-1].sent_at, meaning, beside)
    people = (_danger, _closed, _content, _wish_to_stop, _worn_out, _wish_to_be_forgotten)
    rules = (*people, _raid, _attack, _wish, _abuse, _childhood, _limits, _service)
    decided = next((verdict for verdict in (rule(reading) for rule in rules) if verdict), None) or _by_intent(reading)
    return _noting_age(reading, _noting_wishes(reading, _within_budget(reading, decided)))


def _read(
    turn: Turn, persona: Persona, policy: Policy, now: datetime, meaning: Meaning | None, beside: Mapping[str, float]
) -> Reading:
    text = shorten(clean(turn.text))
    words = fold(without_links(text))
    guess = identify(text, persona.language)
    ruled = by_rules(text, persona)
    passed = meaning is None or settled(ruled) or passes(text, guess.language)
    asked = meaning if passed and not settled(ruled) else None
    found_here = by_models(ruled, text, guess.language, asked, passed=passed)
    labels = {label: max(score, beside.get(label, 0.0)) for label, score in found_here.items()}
    intent = intent_of(words, tuple(dict.fromkeys((guess.language, persona.language, "en"))))
    told = told_age(words)
    flagged = flags(labels, policy.thresholds)
    found = Verdict(
        Decision.ANSWER, (), labels, flagged, guess.language, intent, age=_youngest(told, turn.follower.age)
    )
    direct = turn.surface is Surface.DM
    wish = wanted(text, asked)
    heard = direct and wish == "forget" and labels["injection"] < SURE  # "forget your rules" sounds like it
    forget = heard or asks_to_be_forgotten(words, direct=direct)
    stop = opts_out(words, direct=direct)
    return Reading(turn, persona, policy, now, words, text, asked, wish, ruled, found, stop, forget, told)


def _youngest(told: Age, known: Age) -> Age:
    """Who has said to be a child is one, whatever they say next: it is the safer of two mistakes."""
    return Age.CHILD if Age.CHILD in (told, known) else told or known


def _danger(reading: Reading) -> Verdict | None:
    if "self_harm" not in reading.found.flags or all(message.author.is_bot for message in reading.turn.messages):
        return None
    text = None if closed(reading.turn, reading.now) else FixedText.CRISIS
    return _verdict(reading, Decision.ESCALATE, "crisis", text)


def _closed(reading: Reading) -> Verdict | None:
    reason = closed(reading.turn, reading.now)
    if reason == "may_not_reply" and _wants_human(reading):
        return _verdict(reading, Decision.ESCALATE, "asked_for_human")
    return _verdict(reading, Decision.SKIP, reason) if reason else None


def _content(reading: Reading) -> Verdict | None:
    if has_letters(reading.words):
        return None
    # A bare link or picture in a direct message may mean something to the creator; advertising is the next rule's.
    bare_link = has_letters(reading.turn.text) and "spam" in reading.found.flags
    return None if bare_link else _verdict(reading, Decision.SKIP, "no_content")


def _wish_to_stop(reading: Reading) -> Verdict | None:
    direct = reading.turn.surface is Surface.DM
    if reading.opts_out or (direct and reading.wanted == "stop"):
        return _verdict(reading, Decision.SKIP, "opt_out")  # who says stop is not written to, not even to say so
    return None


def _worn_out(reading: Reading) -> Verdict | None:
    end = worn_out(reading.turn, reading.policy, reading.now)
    return _verdict(reading, *end) if end else None


def _wish_to_be_forgotten(reading: Reading) -> Verdict | None:
    """Before attacks: "forget everything I told you" sounds like one."""
    if not reading.forget:
        return None
    direct = reading.turn.surface is Surface.DM
    return _verdict(reading, Decision.ANSWER, FORGET_ME, FixedText.FORGOTTEN if direct else FixedText.FORGOTTEN_HERE)


def _raid(reading: Reading) -> Verdict | None:
    """In public nobody is answered while a creator is raided, or only who was there before. Private talk goes on."""
    turn = reading.turn
    if turn.surface is Surface.DM or not (turn.raided == "silent" or (turn.raided and turn.stranger)):
        return None
    return _verdict(reading, Decision.SKIP, "raid")


def _attack(reading: Reading) -> Verdict | None:
    labels, seen = reading.found.labels, reading.found.flags
    ruled = frozenset(flags(reading.ruled, reading.policy.thresholds))

    def sureness(label: str) -> tuple[bool, float]:
        return label in ruled, labels[label]  # what the rules found goes before what only a model heard

    insult = sureness("abuse") if "abuse" in seen else (False, 0.0)  # who insults more than they attack is told as that
    flagged = [label for label in _ATTACKS if label in seen and sureness(label) >= insult]
    if flagged and ruled.isdisjoint(_ATTACKS) and _asks_plainly(reading, max(labels[label] for label in flagged)):
        return None  # "ChatGPT?" and "connect me" have attackers' words in them; both get fixed text
    return _against(reading, max(flagged, key=sureness)) if flagged else None


def _asks_plainly(reading: Reading, attack: float) -> bool:
    """Whether a bot is asked about, or a person for: in words that stand beside any score, or heard by a model where an
    attack (its score, 0..1) was heard no more surely."""
    if asks_for_human(reading.words) or asks_if_bot(reading.words, reading.text, None):
        return True
    return attack < SURE and (_wants_human(reading) or _asks_if_bot(reading))


def _wish(reading: Reading) -> Verdict | None:
    human, by_words = _wants_human(reading), asks_for_human(reading.words)
    if not by_words and _asks_if_bot(reading):  # "am I talking to a person?" sounds like asking for one: both, then
        asked = _verdict(reading, Decision.ESCALATE if human else Decision.ANSWER, "asked_if_bot", FixedText.BOT)
        return replace(asked, reasons=("asked_if_bot", "asked_for_human")) if human else asked
    if human:
        return _verdict(reading, Decision.ESCALATE, "asked_for_human", FixedText.HUMAN)
    if asks_what_is_known(reading.words) or reading.wanted == "known":
        return _verdict(reading, Decision.ANSWER, "asked_what_is_known", _known(reading.turn))
    return None


def _wants_human(reading: Reading) -> bool:
    return asks_for_human(reading.words) or reading.wanted == "human"


def _asks_if_bot(reading: Reading) -> bool:
    """In an insult by words alone: "you really are a ..." means what the question does."""
    insults = reading.found.labels["abuse"] >= SURE
    return asks_if_bot(reading.words, reading.text, None if insults else reading.meaning)


def _known(turn: Turn) -> FixedText:
    """What somebody told in private is told to them in private."""
    if turn.surface is not Surface.DM:
        return FixedText.KNOWN_IN_PRIVATE
    return FixedText.KNOWN if turn.told else FixedText.NOTHING_KNOWN


def _abuse(reading: Reading) -> Verdict | None:
    return _against(reading, "abuse") if "abuse" in reading.found.flags else None


def _childhood(reading: Reading) -> Verdict | None:
    """A child is left to a person. Who says to be under 18 is told in private that this is none."""
    direct = reading.turn.surface is Surface.DM
    if reading.found.age is Age.CHILD:
        news = direct and reading.told_age is Age.CHILD
        return _verdict(reading, Decision.ESCALATE, "child", FixedText.CHILD if news else None)
    if direct and reading.told_age is Age.MINOR and reading.turn.follower.age is not Age.MINOR:
        return _verdict(reading, Decision.ANSWER, "minor", FixedText.MINOR)
    return None


def _limits(reading: Reading) -> Verdict | None:
    """What the avatar leaves to a person, where there is one who could read it."""
    if "restricted" in reading.found.flags:
        live = reading.turn.surface is Surface.LIVE
        return _verdict(reading, Decision.SKIP if live else Decision.ESCALATE, "restricted")
    if reading.policy.languages and reading.found.language not in reading.policy.languages:
        direct = reading.turn.surface is Surface.DM
        return _verdict(reading, Decision.ESCALATE if direct else Decision.SKIP, "wrong_language")
    return None


def _service(reading: Reading) -> Verdict | None:
    """An order of somebody's own is for a person. In public a fixed line says so, and where details belong.

    Beside it they are asked for in private, where the platform permits that now; with who says to be under 18 no
    private talk is begun. In a live room a line would be gone before it is read.
    """
    turn = reading.turn
    if turn.surface is Surface.DM or not concerns_an_order(reading.words):
        return None
    if turn.surface is Surface.LIVE:
        return _verdict(reading, Decision.ESCALATE, "service")
    public = _verdict(reading, Decision.ESCALATE, "service", FixedText.SERVICE)
    private = turn.capabilities.private_reply and not reading.found.age
    return replace(public, private_text=FixedText.SERVICE_PRIVATE) if private else public


def _by_intent(reading: Reading) -> Verdict:
    intent = reading.found.intent
    if reading.found.asks:
        return _verdict(reading, Decision.ANSWER, "question")
    if intent is not Intent.CHATTER:
        return _verdict(reading, Decision.ANSWER, intent.value)
    # In a direct message the follower speaks to the creator, also without a question; a creative avatar joins in.
    creative = reading.persona.freedom is Freedom.CREATIVE and not reading.found.age
    joins = reading.turn.surface is Surface.DM or creative
    speaks = joins and not is_small_talk(reading.words)
    return _verdict(reading, Decision.ANSWER if speaks else Decision.SKIP, "nothing_asked")


def _within_budget(reading: Reading, decided: Verdict) -> Verdict:
    """Only what would be answered is held back, and never who asks whether a bot writes here."""
    if decided.decision is not Decision.ANSWER or decided.fixed_text:
        return decided
    end = over_budget(reading.turn, reading.policy)
    return _verdict(reading, *end) if end else decided


def _noting_wishes(reading: Reading, decided: Verdict) -> Verdict:
    """Who wants to be forgotten is, whatever else is decided: also one who is blocked, or answered no more. Who says
    "leave me alone" in despair gets the help lines, and after them nothing more."""
    said = ((FORGET_ME, reading.forget), ("opt_out", reading.opts_out and "crisis" in decided.reasons))
    beside = tuple(reason for reason, wished in said if wished and reason not in decided.reasons)
    return replace(decided, reasons=(*decided.reasons, *beside)) if beside else decided


def _noting_age(reading: Reading, decided: Verdict) -> Verdict:
    """What they said of their age is kept, whatever else is decided."""
    told = reading.told_age
    return replace(decided, reasons=(*decided.reasons, f"{TOLD_AGE}{told}")) if told else decided


def _against(reading: Reading, label: str) -> Verdict:
    """Skip an attack. What only may be one is shown to a person where the follower wrote in private."""
    doubtful = reading.found.labels[label] < reading.policy.sure and reading.turn.surface is Surface.DM
    return _verdict(reading, Decision.ESCALATE if doubtful else Decision.SKIP, label)


def _verdict(reading: Reading, decision: Decision, reason: str, text: FixedText | None = None) -> Verdict:
    return replace(reading.found, decision=decision, reasons=(reason,), fixed_text=text)
