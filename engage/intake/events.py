"""One event after the other: what each kind of event does to the ledger."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from engage.ledger import by_hand, echoes, facts, outbox, people, taught, turns
from engage.ledger import conversations as talk
from engage.ledger.creators import disconnect_account, get_mode, lose_access
from engage.ledger.echoes import Echo
from engage.models import Event, EventKind, Message, Mode, Receipt, Surface
from engage.triage.normalise import clean, fold, without_links
from engage.triage.wishes import asks_to_be_forgotten, opts_out

# How far back it goes where a platform takes away all that somebody wrote: what is older waits for no answer.
CLEARED = timedelta(days=1)
WISH_LENGTH = 1000  # characters that are looked through for a wish


@dataclass(frozen=True, slots=True)
class IntakePolicy:
    """What intake needs to know of the settings."""

    debounce: timedelta
    turn_messages: int
    turn_rewrites: int
    human_pause: timedelta
    max_age: dict[Surface, timedelta]


def kept_because(
    message: Message, mode: Mode, human_until: datetime | None, policy: IntakePolicy, now: datetime
) -> str:
    """Why a follower's message opens no turn; '' where it does."""
    if message.author.is_bot:
        return "bot"
    if mode is Mode.OFF:
        return "off"
    if now - message.sent_at > policy.max_age[message.surface]:
        return "old"
    if human_until is not None and human_until > now:
        return "human"
    return ""


def is_unheard_wish(message: Message, kept: str) -> bool:
    """Whether the follower wants to be forgotten in a message that opens no turn: nobody else would carry it out."""
    if not kept or message.author.is_bot:
        return False
    return asks_to_be_forgotten(_words(message), direct=message.surface is Surface.DM)


def says_stop(message: Message) -> bool:
    """Whether the follower wants no more messages: nothing waits for that, and nothing that waits goes out."""
    return not message.author.is_bot and opts_out(_words(message), direct=message.surface is Surface.DM)


def _words(message: Message) -> str:
    return fold(without_links(clean(message.text[:WISH_LENGTH])))


def storable(message: Message) -> Message:
    """Without what no database keeps: NUL characters, halves of surrogate pairs."""
    author = replace(message.author, name=_clean(message.author.name))
    post_text = None if message.post_text is None else _clean(message.post_text)
    return replace(message, text=_clean(message.text), author=author, post_text=post_text)


def _clean(text: str) -> str:
    return text.replace("\x00", "").encode("utf-8", "replace").decode()


def echo_of(account_id: str, message: Message) -> Echo:
    """A post of the account's own."""
    receipt = Receipt(message.id, message.sent_at)
    return Echo(account_id, message.surface, message.conversation_id, message.text, message.reply_to_id, receipt)


class OneByOne:
    """Applies the events of one delivery, each with statements of its own: every kind, in any state of the ledger."""

    def __init__(
        self, tx: Connection, account: Row[Any], delivery_id: str, policy: IntakePolicy, now: datetime
    ) -> None:
        self.tx = tx
        self.account = account
        self.delivery_id = delivery_id
        self.policy = policy
        self.now = now
        self.lanes: set[Surface] = set()

    def apply(self, event: Event) -> None:
        if event.kind is EventKind.REVOKED:
            lose_access(self.tx, self.account.id, event.reason or "the platform withdrew the access")
            return
        if event.kind is EventKind.REMOVED:
            disconnect_account(self.tx, self.account.id, event.reason)
            outbox.recall_unposted(self.tx, "disconnected", account_id=self.account.id)
            return
        if event.message is None:
            return
        message = storable(event.message)
        steps: dict[EventKind, Callable[[Message], None]] = {
            EventKind.MESSAGE: self.written,
            EventKind.EDITED: self.edited,
            EventKind.DELETED: self.deleted,
            EventKind.ECHO: self.echoed,
            EventKind.TAKEOVER: self.taken_over,
        }
        if event.kind in steps:
            steps[event.kind](message)

    def written(self, message: Message) -> None:
        if message.author.is_self:
            self.taken_over(message)
            return
        if echoes.posted(self.tx, [self.account.id], [message.id]):
            return  # a reply of ours, which the platform tells under another name of ours
        conversation = talk.get_conversation(self.tx, self.account, message, self.now)
        follower = talk.get_follower(self.tx, self.account, message.author, self.now)
        mode = get_mode(self.tx, self.account.id, message.surface).mode
        kept = kept_because(message, mode, conversation.human_until, self.policy, self.now)
        added = talk.add_message(
            self.tx, conversation, follower, message, self.delivery_id, self.now, kept_because=kept
        )
        stop = says_stop(message)
        if added and stop:
            people.stop_writing(self.tx, follower.id, unheard=bool(kept), now=self.now)
        if added and not kept:
            self._into_turn(conversation, follower.id, added, now=stop)
        elif added and is_unheard_wish(message, kept):
            facts.forget(self.tx, [follower.id], self.now)

    def _into_turn(self, conversation: Row[Any], follower_id: str, message_id: str, *, now: bool) -> None:
        self.lanes.add(Surface(conversation.surface))
        turn = talk.open_turn_of(self.tx, conversation.id, follower_id)
        due_at = self.now if now else self.now + self.policy.debounce
        count = len(talk.living_messages(self.tx, turn.id)) if turn is not None else 0
        if turn is None or count >= self.policy.turn_messages or not self._still_open(turn):
            turn_id = turns.open_turn(self.tx, conversation, follower_id, due_at, self.now)
        else:
            turn_id = turn.id
            full = count + 1 >= self.policy.turn_messages
            turns.touch(self.tx, turn_id, self.now if full else due_at)
        talk.set_turn(self.tx, [message_id], turn_id)

    def _still_open(self, turn: Row[Any]) -> bool:
        # A draft that was restarted often enough is finished; what comes now waits for the next turn.
        return bool(turn.state == "collecting" or turn.rewrites < self.policy.turn_rewrites)

    def edited(self, message: Message) -> None:
        known = talk.find_message(self.tx, self.account.id, message.id)
        if known is None:
            self.written(message)
            return
        if known.deleted_at is not None or known.text == message.text:
            return
        talk.edit_message(self.tx, known.id, message.text, self.now)
        if known.turn_id is not None:
            taught.forget_asked(self.tx, [known.turn_id])
            self._changed(known.turn_id, "edited")

    def deleted(self, message: Message) -> None:
        if not message.id:
            self.cleared(message)
            return
        known = talk.find_message(self.tx, self.account.id, message.id)
        if known is None and not (message.conversation_id and message.author.id):
            return  # never heard of, and the platform tells no more than its id
        if known is None:
            # Deleted before we heard of it: remembered, so that a late "created" does not bring it back.
            conversation = talk.get_conversation(self.tx, self.account, message, self.now)
            theirs = not message.author.is_self
            follower = talk.get_follower(self.tx, self.account, message.author, self.now) if theirs else None
            talk.add_message(
                self.tx,
                conversation,
                follower,
                message,
                self.delivery_id,
                self.now,
                kept_because="deleted",
                deleted=True,
            )
            return
        if known.deleted_at is None:
            talk.delete_message(self.tx, known.id, self.now)
            if known.turn_id is not None:
                taught.forget_asked(self.tx, [known.turn_id])
                self._changed(known.turn_id, "deleted")

    def cleared(self, message: Message) -> None:
        """All that one person wrote in a conversation of late was taken away, or all that anybody did."""
        since = self.now - CLEARED
        place, author = message.conversation_id, message.author.id
        cleared = talk.clear(self.tx, self.account.id, place, author, since, self.now)
        taught.forget_asked(self.tx, cleared)
        for turn_id in turns.unfinished(self.tx, cleared):
            self._changed(turn_id, "deleted")

    def _changed(self, turn_id: str, reason: str) -> None:
        """Messages of a turn were edited or deleted: stop an answer that is not posted yet."""
        turn = turns.get(self.tx, turn_id)
        left = talk.living_messages(self.tx, turn.id)
        if turn.state == "collecting" and not left:
            turns.skip_open(self.tx, turn, reason, self.now)
        elif turn.state in ("collecting", "answering"):
            turns.touch(self.tx, turn.id)  # the draft is stale; `conclude` sees where nothing is left
            self.lanes.add(Surface(turn.surface))
        elif self._answer_recalled(turn, reason) or self._left_unanswered(turn):
            by_hand.dismiss(self.tx, turn.id)
            self._ask_again(turn, left)

    def _answer_recalled(self, turn: Row[Any], reason: str) -> bool:
        """A private reply beside an answer that is out is withdrawn too, and nothing is answered twice for it."""
        recalled = outbox.recall_unposted(self.tx, reason, turn_id=turn.id)
        return any(row.surface == turn.surface for row in recalled)

    def _left_unanswered(self, turn: Row[Any]) -> bool:
        return turn.state in ("skipped", "escalated") and not outbox.has_reply(self.tx, turn.id)

    def _ask_again(self, turn: Row[Any], left: list[Row[Any]]) -> None:
        surface = Surface(turn.surface)
        if not left or self.now - left[-1].sent_at > self.policy.max_age[surface]:
            return
        conversation = talk.conversation_of(self.tx, turn.conversation_id)
        new_turn = turns.open_turn(self.tx, conversation, turn.follower_id, self.now + self.policy.debounce, self.now)
        talk.set_turn(self.tx, [row.id for row in left], new_turn)
        self.lanes.add(surface)

    def echoed(self, message: Message) -> None:
        talk.get_conversation(self.tx, self.account, message, self.now)
        self._is_ours(message)

    def _is_ours(self, message: Message) -> bool:
        matched = echoes.match(self.tx, [echo_of(self.account.id, message)])
        echoes.settle(self.tx, matched)
        return bool(matched)

    def taken_over(self, message: Message) -> None:
        if not message.conversation_id:
            place = echoes.place_of(self.tx, self.account.id, message.reply_to_id or "")
            if place is None:
                return  # it answers nothing of ours, so no conversation is theirs by it
            message = replace(message, conversation_id=place)
        conversation = talk.get_conversation(self.tx, self.account, message, self.now)
        if self._is_ours(message):
            return  # a platform that does not say which app wrote it: it was ours
        if talk.add_message(self.tx, conversation, None, message, self.delivery_id, self.now) is None:
            return
        if message.surface is Surface.LIVE:
            # The creator talks all the time in their own live room: only the line they replied to is theirs now.
            if message.reply_to_id:
                turns.silence_conversation(self.tx, conversation.id, self.now, message.reply_to_id)
            return
        talk.take_over(self.tx, conversation.id, self.now, self.policy.human_pause)
        turns.silence_conversation(self.tx, conversation.id, self.now)
