"""Repeated unanswered questions: found, answered for the FAQ, dismissed, taken back. For studio and terminal.

Every change checks, writes and is audited in one transaction, under the name of the person who acts.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, select

from engage.errors import EngageError
from engage.ledger import audit, suggestions, taught
from engage.ledger.conversations import living_messages
from engage.ledger.suggestions import APPROVED, DISMISSED, Settled
from engage.ledger.tables import followers, turns
from engage.ledger.unanswered import Asked, unanswered
from engage.memory import corrections
from engage.memory.anonymous import without_people
from engage.memory.corpus import store
from engage.memory.corrections import Learnt
from engage.memory.importers.rows import Faq
from engage.memory.kept import Kept
from engage.models import PassageKind
from engage.remembered import forgettable

if TYPE_CHECKING:
    from engage.memory.suggestions import Suggestion

WITHIN = timedelta(days=90)  # what nobody has asked for a quarter of a year is no open question any more
LONGEST_QUESTION, LONGEST_ANSWER = 300, 2_000  # characters
CREATORS = 64  # whose suggestions are kept


class NotTaught(EngageError):
    """This cannot be learnt."""


class Finder:
    """Suggestions, worked out again where something was asked or settled. Thread-safe; one a process.

    Loads the encoder at its first use: 0.5 s and 70 MB. 2,000 new questions take 4 s of two cores, known ones 0.4 s.
    """

    def __init__(self) -> None:
        self._kept: Kept[tuple[object, list[Suggestion]]] = Kept(CREATORS)
        forgettable(self)

    def cache_clear(self) -> None:
        """Somebody was erased, and may be among those who asked."""
        self._kept.clear()

    def find(self, creator_id: str, asked: Sequence[Asked], settled: Sequence[str]) -> "list[Suggestion]":
        """What several followers asked, most followers first."""
        stamp = tuple((one.turn_id, one.text) for one in asked), tuple(settled)

        def work_out(_: object) -> "tuple[object, list[Suggestion]]":
            from engage.memory.encoder import shared_encoder
            from engage.memory.suggestions import suggest

            return stamp, suggest(asked, settled, shared_encoder().encode_remembered)

        return self._kept.get(creator_id, lambda known: known[0] == stamp, work_out)[1]


def read(tx: Connection, creator_id: str, now: datetime) -> tuple[list[Asked], list[str]]:
    """What suggestions are made of: what was asked, and the questions that were dealt with."""
    done = [one.question for one in suggestions.settled(tx, creator_id)]
    done += [one.question for one in taught.lessons(tx, creator_id, PassageKind.FAQ)]
    return unanswered(tx, creator_id, now - WITHIN), done


def approve(tx: Connection, who: str, creator_id: str, turn_id: str, question: str, answer: str, now: datetime) -> None:
    """The answer goes into the FAQ, at once and for everybody. Raises NotTaught."""
    question, answer = " ".join(question.split()), answer.strip()
    _check(question, answer)
    _settle(tx, creator_id, turn_id, APPROVED, now)
    store(tx, creator_id, [Faq(f"{taught.OF_QUESTION}{turn_id}", question, answer, now)], now)
    audit.record(tx, who, "faq_approve", creator_id, turn_id, {}, now)


def dismiss(tx: Connection, who: str, creator_id: str, turn_id: str, now: datetime) -> None:
    """Never suggest it again. Raises NotTaught."""
    _settle(tx, creator_id, turn_id, DISMISSED, now)
    audit.record(tx, who, "faq_dismiss", creator_id, turn_id, {}, now)


def take_back(tx: Connection, who: str, creator_id: str, turn_id: str, kind: PassageKind | None, now: datetime) -> None:
    """Unlearn a correction or an approved answer; None: suggest a dismissed question again. Raises NotTaught."""
    if kind is PassageKind.CORRECTION:
        done = bool(_is_there(tx, creator_id, turn_id) and taught.withdraw(tx, [turn_id]))
    else:
        gone = taught.forget_answer(tx, creator_id, turn_id)
        done = suggestions.reopen(tx, creator_id, turn_id) or gone
    if not done:
        raise NotTaught("It was taken back already.")
    audit.record(tx, who, "untaught", creator_id, turn_id, {}, now)


def change(
    tx: Connection, who: str, creator_id: str, turn_id: str, kind: PassageKind, text: str, now: datetime
) -> Learnt | None:
    """Other words for a correction, or for an approved answer (None). Raises NotTaught."""
    known = taught.lesson(tx, creator_id, kind, turn_id)
    if known is None:
        raise NotTaught("It was taken back meanwhile.")
    _check(known.question, text.strip())
    audit.record(tx, who, "taught_again", creator_id, turn_id, {}, now)
    if kind is PassageKind.CORRECTION:
        return corrections.learn(tx, turn_id, text.strip(), now)
    store(tx, creator_id, [Faq(f"{taught.OF_QUESTION}{turn_id}", known.question, text.strip(), now)], now)
    return None


def _check(question: str, answer: str) -> None:
    if not answer:
        raise NotTaught("An empty answer cannot be approved. Write something, or dismiss the question.")
    if not question:
        raise NotTaught("Write the question in your own words: it was asked in direct messages, which stay private.")
    if len(question) > LONGEST_QUESTION or len(answer) > LONGEST_ANSWER:
        raise NotTaught(f"Too long: {LONGEST_QUESTION} characters for a question, {LONGEST_ANSWER} for an answer.")
    for text, what in ((answer, "answer"), (question, "question")):
        if reason := corrections.refused(text):
            raise NotTaught(f"This {what} cannot be learnt: {reason}.")


def _settle(tx: Connection, creator_id: str, turn_id: str, state: str, now: datetime) -> None:
    turn = _turn_of(tx, creator_id, turn_id)
    who = select(followers.c.name, followers.c.platform_user_id).where(followers.c.id == turn.follower_id)
    text = " ".join(message.text for message in living_messages(tx, turn_id))
    asked = without_people(" ".join(text.split()), tx.execute(who).one())
    if not suggestions.settle(tx, creator_id, Settled(turn_id, asked, state, now)):
        raise NotTaught("This question was dealt with already, here or in another window.")


def _is_there(tx: Connection, creator_id: str, turn_id: str) -> bool:
    return taught.lesson(tx, creator_id, PassageKind.CORRECTION, turn_id) is not None


def _turn_of(tx: Connection, creator_id: str, turn_id: str) -> Any:
    mine = (turns.c.id == turn_id, turns.c.creator_id == creator_id)
    turn = tx.execute(select(turns).where(*mine)).first()
    if turn is None:
        raise NotTaught("This question is not there any more.")
    return turn
