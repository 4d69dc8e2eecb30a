"""How a creator writes and how the avatar wrote beside them, for the studio; and what the creator sets of it.

What learns a voice is loaded at first use: numpy is.
"""

from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection

from engage.ledger import audit, weeks
from engage.ledger.creators import get_creator, update_persona
from engage.ledger.database import Database
from engage.ledger.unanswered import newest_decision
from engage.ledger.weeks import Drafted
from engage.memory.corpus import counts, load_some, replies_of_others, versions
from engage.memory.kept import Kept
from engage.models import Persona, Surface
from engage.personas import Typed, persona_of
from engage.remembered import forgettable

if TYPE_CHECKING:
    from engage.voice.drift import Drift
    from engage.voice.judged import Judged
    from engage.voice.profile import Voice

KEPT = 64  # creators; a voice takes about 1 MB
PASSAGES = 20_000  # that a voice is learnt from here: 20 MB for a moment; the workers read all
COUNT_AGAIN = timedelta(minutes=5)
LEAST = 5  # replies that sounded least like the creator


@dataclass(frozen=True, slots=True)
class Learnt:
    """A voice. known: passages of each kind, of all there are."""

    version: str
    voice: "Voice"
    known: dict[str, int]


@dataclass(frozen=True, slots=True)
class Unlike:
    """A reply of this week that sounds less like the creator than the border asks for."""

    reply: Drafted
    judged: "Judged"


@dataclass(frozen=True, slots=True)
class Beside:
    """The avatar beside the creator. weeks: newest first; least: worst first, of this week.

    left_out: replies in languages the creator does not write in. Their style cannot be told, only their habits.
    """

    stamp: object
    weeks: "list[Drift]"
    least: list[Unlike]
    left_out: int


@dataclass(frozen=True, slots=True)
class Tried:
    """What the voice says of a text. judged: None where the creator's style is not known."""

    judged: "Judged | None"
    own_language: bool


class Learner:
    """Voices and what they say of the avatar's replies, worked out again where something changed. Thread-safe.

    Takes up to a second of a thread: nothing for an event loop.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._voices: Kept[Learnt] = Kept(KEPT)
        self._beside: Kept[Beside] = Kept(KEPT)
        forgettable(self)

    def cache_clear(self) -> None:
        """Somebody was erased: what was learnt is learnt again by whoever looks."""
        self._voices.clear()
        self._beside.clear()

    def learnt(self, creator_id: str) -> Learnt:
        """The voice in what is known of the creator now."""
        with self._db.reading(creator=creator_id) as tx:
            version, _ = versions(tx, creator_id)
        return self._voices.get(creator_id, lambda one: one.version == version, lambda _: self._learn(creator_id))

    def _learn(self, creator_id: str) -> Learnt:
        from engage.voice.learning import build_voice

        with self._db.reading() as tx:
            version, _ = versions(tx, creator_id)
            passages = load_some(tx, creator_id, PASSAGES)
            known, others = counts(tx, creator_id), replies_of_others(tx, creator_id)
        return Learnt(version, build_voice(passages, others), known)

    def beside(self, persona: Persona, now: datetime) -> Beside:
        """What the avatar wrote in the last weeks."""
        learnt = self.learnt(persona.id)
        with self._db.reading(creator=persona.id) as tx:
            newest = newest_decision(tx, persona.id)
        monday = weeks.monday_of(now).date()
        stamp = learnt.version, newest, persona.voice_border, monday, span_of(now)
        return self._beside.get(
            persona.id, lambda one: one.stamp == stamp, lambda _: self._compare(learnt.voice, persona, now, stamp)
        )

    def _compare(self, voice: "Voice", persona: Persona, now: datetime, stamp: object) -> Beside:
        from engage.voice.drift import Week, drift

        with self._db.reading(creator=persona.id) as tx:
            found = weeks.drafted(tx, persona.id, now)
        if persona.voice_border is not None:
            voice = replace(voice, border=persona.voice_border)
        own = [(monday, [one for one in theirs if writes(voice, one.language)]) for monday, theirs in found]
        told = drift(voice, [Week(monday, [one.text for one in theirs]) for monday, theirs in own])
        left_out = sum(len(theirs) for _, theirs in found) - sum(len(theirs) for _, theirs in own)
        _, this = found[0]
        judged = [(one, judge(voice, persona, one.text, one.surface, one.language)) for one in this]
        least = [Unlike(one, said) for one, said in judged if said is not None and not said.enough]
        least.sort(key=lambda one: (one.judged.score, one.reply.turn_id))
        return Beside(stamp, told, least[:LEAST], left_out)

    def tried(self, persona: Persona, text: str, surface: Surface) -> Tried:
        """What the avatar would be told of a text."""
        from engage.triage.language import identify

        language = identify(text, persona.language).language
        voice = self.learnt(persona.id).voice
        return Tried(judge(voice, persona, text, surface, language), writes(voice, language))


def span_of(now: datetime) -> int:
    """Replies are sent some time after they are decided: within one of these spans they are not counted anew."""
    return int(now.timestamp() // COUNT_AGAIN.total_seconds())


def writes(voice: "Voice", language: str) -> bool:
    """Whether the creator writes in a language, as far as that is known."""
    return not voice.languages or language in ("", *voice.languages)


def judge(voice: "Voice", persona: Persona, text: str, surface: Surface, language: str) -> "Judged | None":
    """As the avatar judges a draft."""
    said = voice.judge(text, surface, language)
    return said and said.against(persona.voice_border)


def save(tx: Connection, who: str, creator_id: str, wanted: Typed, now: datetime) -> tuple[str, ...]:
    """Keep what a person typed: all of it, or nothing. Returns what has changed. Raises UnknownCreator and NotKept.

    The next turn is answered with it: a persona is read with every turn.
    """
    before = get_creator(tx, creator_id, lock=True)
    after = persona_of(before, wanted)
    changed = _changed(asdict(before), asdict(after))
    if changed:
        update_persona(tx, after)
        audit.record(tx, who, "persona", creator_id, before.name, {"changed": list(changed)}, now)
    return changed


def _changed(before: dict[str, Any], after: dict[str, Any]) -> tuple[str, ...]:
    return tuple(name for name, value in after.items() if value != before[name])
