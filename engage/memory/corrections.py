"""What the creator writes by hand in the avatar's place becomes a pair of their own words, at once.

It is stored in the transaction of the action itself: both are kept, or neither. Its id is the turn's, so that a second
word about the same turn replaces the first: docs/adr/0015-learning-from-corrections.md.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import Connection, select

from engage.characters import DENIES, SECRET, disguises
from engage.compose.reuse import tidy, unusable
from engage.confidential import is_confidential
from engage.ledger import by_hand, taught
from engage.ledger.conversations import living_messages
from engage.ledger.tables import followers, turns
from engage.memory.anonymous import without_people
from engage.memory.corpus import store
from engage.memory.importers.rows import Correction, Private
from engage.memory.importers.rows import Row as Words
from engage.memory.sentences import split_sentences
from engage.models import Surface

LONGEST_QUESTION = 2_000  # characters
QUOTED = 6  # words in a row that both wrote: the reply quotes the follower
FORMS_ONLY = ("", "asks back", "is cut off", "is too long")  # reasons of `unusable` that tell of nobody
PERSONAL = "it speaks to this follower alone"
# Reasons on a decision card: what a person says to somebody in need, or of themselves, is nothing an avatar may repeat.
IN_PERSON = frozenset(("crisis", "self_harm", "restricted", "asked_for_human", "asked_if_bot"))
PERSONS = "what they asked needs a person each time"
UNSAID = "what they asked holds something that must not be kept"


class Use(StrEnum):
    """What becomes of words written by hand."""

    ANSWERS = "answers"  # the avatar says them to whoever asks the same
    VOICE = "voice"  # they teach how the creator writes, and are never said again
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class Learnt:
    """What became of them, and why no more did. partly: sentences that speak to the follower alone were left out."""

    use: Use
    reason: str = ""
    partly: bool = False


def learn(tx: Connection, turn_id: str, text: str, now: datetime) -> Learnt:
    """Keep the creator's words about a turn, in the place of earlier ones."""
    turn = tx.execute(select(turns).where(turns.c.id == turn_id)).one()
    taught.withdraw(tx, [turn_id])
    if reason := refused(text):
        return Learnt(Use.NOTHING, reason)
    surface = Surface(turn.surface)
    who = select(followers.c.name, followers.c.platform_user_id).where(followers.c.id == turn.follower_id)
    names, question = tuple(tx.execute(who).one()), _question(tx, turn_id)
    said = text
    if surface is Surface.DM:
        said, question = impersonal(text, question, names), without_people(question, names)
    personal = not IN_PERSON.isdisjoint(by_hand.reasons(tx, turn_id))
    if said and question and not personal:
        row: Words = Correction(turn_id, question, said, now, surface)
        learnt = Learnt(Use.ANSWERS, partly="".join(said.split()) != "".join(text.split()))
    else:
        row, learnt = (
            Private(turn_id, text, now),
            Learnt(Use.VOICE, PERSONS if personal else UNSAID if said else PERSONAL),
        )
    store(tx, str(turn.creator_id), [row], now)
    return learnt


def refused(text: str) -> str:
    """Why words must not be learnt; "" where they may."""
    if is_confidential(text):
        return SECRET
    return DENIES if any(map(disguises, split_sentences(text))) else ""


def impersonal(text: str, question: str, names: Sequence[str] = ()) -> str:
    """The sentences of a private reply that speak to nobody in particular, and repeat nothing the follower wrote."""
    heard = _runs(question)
    return " ".join(
        one
        for one in map(tidy, split_sentences(text))
        if one and unusable(one, standing=True) in FORMS_ONLY
        if without_people(one, names) in (one, without_people(one)) and heard.isdisjoint(_runs(one))
    )


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    """Every run of QUOTED words."""
    words = re.findall(r"\w+", text.casefold())
    return frozenset(tuple(words[at : at + QUOTED]) for at in range(len(words) - QUOTED + 1))


def _question(tx: Connection, turn_id: str) -> str:
    """What the follower asked; "" where it may not be kept."""
    text = "\n".join(message.text for message in living_messages(tx, turn_id)).strip()[:LONGEST_QUESTION]
    return "" if is_confidential(text) else text
