"""What an app may do for a creator: reply, look, take back. The strict side; rules on `Network`."""

from datetime import datetime, timedelta

from connectors.sandbox.network.acts import messages_with
from connectors.sandbox.network.forms import Answering
from connectors.sandbox.network.state import DM_WINDOW, LIMITS, Account, Network, Note, Refusal, Thread


def reply(network: Network, account: Account, form: Answering, now: datetime, *, keys: bool) -> tuple[Note, bool]:
    """The reply and whether it is new. With `keys`, a known idempotency key gives the reply it made before.

    Raises Refusal.
    """
    if keys and form.key and (known := network.keys.get((account.user_id, form.key))):
        return _same(known, form), False
    if len(form.text) > LIMITS[form.surface]:
        raise Refusal(422, "too_long", f"At most {LIMITS[form.surface]} characters.")
    if form.private_reply_to:
        target, thread = _private(network, account, form)
    else:
        target, thread = _open(network, account, form, now)
    note = _commit(network, account, form, target, thread, now)
    if keys and form.key:
        network.keys[account.user_id, form.key] = note
    return note, True


def _same(known: Note, form: Answering) -> Note:
    if known.text != form.text:
        raise Refusal(409, "key_reused", "This idempotency key was used for another text.")
    return known


def _open(network: Network, account: Account, form: Answering, now: datetime) -> tuple[Note, Thread]:
    target = _target(network, account, form.in_reply_to)
    if (target.conversation_id, target.surface) != (form.conversation_id, form.surface):
        raise Refusal(422, "wrong_conversation", "That message stands in another conversation.")
    thread = network.thread(target.conversation_id)
    if form.surface == "dm" and now - (thread.last_follower_at or target.sent_at) > DM_WINDOW:
        raise Refusal(403, "closed_window", "The follower's last message is more than 24 hours old.")
    return target, thread


def _private(network: Network, account: Account, form: Answering) -> tuple[Note, Thread]:
    """Answering a comment by direct message: once a comment, and it needs no open window."""
    target = _target(network, account, form.private_reply_to)
    if form.surface != "dm" or target.surface != "comment":
        raise Refusal(422, "malformed", "private_reply_to: a direct message that answers a comment.")
    if target.id in network.private_replies:
        raise Refusal(409, "private_reply_used", "This comment already had its private reply.")
    network.private_replies.add(target.id)
    return target, messages_with(network, account, target.author_id)


def _target(network: Network, account: Account, note_id: str) -> Note:
    target = network.note(note_id)
    if target.creator_id != account.user_id:
        raise Refusal(404, "not_found", f"There is no message {note_id!r}.")
    if target.by_creator:
        raise Refusal(422, "own_message", "A reply answers a follower, not the account itself.")
    return target


def _commit(network: Network, account: Account, form: Answering, target: Note, thread: Thread, now: datetime) -> Note:
    if target.id not in network.answers:
        network.waits.append((now - target.committed_at).total_seconds())
    note = Note(
        network.next_id("m"),
        form.surface,
        thread.id,
        account.user_id,
        account.user_id,
        account.display_name,
        form.text,
        now,
        now,
        reply_to=target.id,
        post_id=thread.post_id,
        app_id=account.app_id,
        automated=form.automated,
    )
    return network.commit(note)


def replies(
    network: Network, account: Account, conversation_id: str, in_reply_to: str, lag: timedelta, now: datetime
) -> list[Note]:
    """What the app posted, oldest first, as far as it can be seen yet: reading lags `lag` behind writing."""
    if in_reply_to:
        found = network.answers.get(in_reply_to, [])
    else:
        thread = network.thread(conversation_id)
        found = [network.notes[note_id] for note_id in thread.note_ids]
    return [
        note
        for note in found
        if note.app_id == account.app_id
        and not note.deleted
        and conversation_id in ("", note.conversation_id)
        and now - note.committed_at >= lag
    ]


def remove(network: Network, account: Account, note_id: str) -> tuple[Note, bool]:
    """Take an app's reply back; the second time changes nothing. Raises Refusal."""
    note = network.notes.get(note_id)
    if note is None or note.creator_id != account.user_id or note.app_id != account.app_id:
        raise Refusal(404, "not_found", f"This app posted no reply {note_id!r}.")
    was_there = not note.deleted
    note.deleted = True
    return note, was_there
