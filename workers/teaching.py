"""What the creator teaches by acting: the avatar's words changed, or written where it had none."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from engage.compose.disclosure import unmarked
from engage.ledger.creators import get_creator
from engage.ledger.tables import turns
from engage.ledger.views import Exchange
from engage.memory import corrections
from engage.memory.corrections import Learnt, Use
from engage.models import Persona
from engage.voice.changes import changes

USED = "It will be used from now on."
SAME = "other words"  # where nothing that is measured has changed


@dataclass(frozen=True, slots=True)
class Taught:
    """What an edit changed, a few words each, and what was learnt; None where there was nothing to learn."""

    changed: tuple[str, ...] = ()
    learnt: Learnt | None = None

    @property
    def told(self) -> str:
        """In a sentence or two, "" where nothing was taught."""
        changed = f"What you changed: {', '.join(self.changed)}. " if self.changed else ""
        return (changed + (_told(self.learnt) if self.learnt else "")).strip()


def teach(tx: Connection, turn_id: str, before: str, after: str, now: datetime) -> Taught:
    """Learn what the creator wrote in the place of `before`. The same words without their marker teach nothing."""
    creator_id = tx.execute(select(turns.c.creator_id).where(turns.c.id == turn_id)).scalar_one()
    persona = get_creator(tx, creator_id)
    old, new = unmarked(before, persona), unmarked(after, persona)
    if not new or _words(old) == _words(new):
        return Taught()
    return Taught(_changed(old, new), corrections.learn(tx, turn_id, new, now))


def changed(item: Exchange) -> tuple[str, ...]:
    """What a person changed in the avatar's draft, a few words each; () where they changed nothing."""
    if item.disclosure != "person" or not item.draft or not item.reply:
        return ()
    persona = Persona(id=item.creator_id, name="", display_name=item.creator)
    old, new = unmarked(item.draft, persona), unmarked(item.reply, persona)
    return () if _words(old) == _words(new) else _changed(old, new)


def _changed(old: str, new: str) -> tuple[str, ...]:
    return (changes(old, new) or (SAME,)) if old else ()


def _words(text: str) -> list[str]:
    return text.split()


def _told(learnt: Learnt) -> str:
    if learnt.use is Use.ANSWERS:
        return f"{USED[:-1]}, without what speaks to this follower alone." if learnt.partly else USED
    if learnt.use is Use.VOICE:
        return f"It teaches how you write and is not said to others: {learnt.reason}."
    return f"It is not learnt: {learnt.reason}."
