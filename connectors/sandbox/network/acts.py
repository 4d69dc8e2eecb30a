"""What people do here: followers write, edit, delete; creators publish and write in person. Rules on `Network`."""

from datetime import datetime

from connectors.sandbox.network.forms import Writing
from connectors.sandbox.network.state import FOLLOWER_LIMIT, Account, Network, Note, Post, Refusal, Thread


def write(network: Network, form: Writing, now: datetime) -> Note:
    """A follower's message. Raises Refusal where the place does not exist or the text is too long."""
    creator = network.account(form.creator)
    _check_length(form.text)
    if form.follower == creator.user_id:
        raise Refusal(422, "malformed", "follower: a creator writes with /api/creator/write.")
    note_id = network.next_id("m")
    thread = _PLACES[form.surface](network, creator, form, note_id)
    sent_at = min(form.sent_at or now, now)
    note = Note(
        note_id,
        form.surface,
        thread.id,
        creator.user_id,
        form.follower,
        form.follower_name,
        form.text,
        sent_at,
        now,
        is_bot=form.is_bot,
        reply_to=form.reply_to or None,
        post_id=thread.post_id,
    )
    return network.commit(note)


def _in_comments(network: Network, creator: Account, form: Writing, note_id: str) -> Thread:
    if form.reply_to:
        return _thread_of(network, form.reply_to, creator, "comment")
    post = network.post(form.post_id)
    if post.creator_id != creator.user_id:
        raise Refusal(422, "malformed", "post_id: this post is another creator's.")
    return _open(network, Thread(f"{post.id}:{note_id}", "comment", creator.user_id, post_id=post.id))


def _in_messages(network: Network, creator: Account, form: Writing, note_id: str) -> Thread:
    if form.reply_to:
        _thread_of(network, form.reply_to, creator, "dm")
    return messages_with(network, creator, form.follower)


def _in_live_room(network: Network, creator: Account, form: Writing, note_id: str) -> Thread:
    if form.reply_to:
        _thread_of(network, form.reply_to, creator, "live")
    return _open(network, Thread(f"live:{creator.user_id}", "live", creator.user_id))


_PLACES = {"comment": _in_comments, "dm": _in_messages, "live": _in_live_room}


def messages_with(network: Network, creator: Account, follower_id: str) -> Thread:
    """The direct messages of a creator and one follower."""
    thread_id = f"dm:{creator.user_id}:{follower_id}"
    return _open(network, Thread(thread_id, "dm", creator.user_id, follower_id=follower_id))


def _thread_of(network: Network, note_id: str, creator: Account, surface: str) -> Thread:
    note = network.note(note_id)
    if (note.creator_id, note.surface) != (creator.user_id, surface):
        raise Refusal(422, "malformed", "reply_to: that message stands in another place.")
    return network.thread(note.conversation_id)


def _open(network: Network, thread: Thread) -> Thread:
    return network.threads.setdefault(thread.id, thread)


def _check_length(text: str) -> None:
    if len(text) > FOLLOWER_LIMIT:
        raise Refusal(422, "too_long", f"At most {FOLLOWER_LIMIT} characters.")


def edit(network: Network, note_id: str, text: str) -> Note:
    """A follower changes what they wrote; live messages cannot be changed."""
    note = _own(network, note_id)
    _check_length(text)
    if note.surface == "live":
        raise Refusal(422, "not_editable", "A live message cannot be changed.")
    note.text = text
    note.edited = True
    return note


def delete(network: Network, note_id: str) -> Note:
    """A follower takes back what they wrote."""
    note = _own(network, note_id)
    note.deleted = True
    return note


def _own(network: Network, note_id: str) -> Note:
    note = network.note(note_id)
    if note.by_creator:
        raise Refusal(403, "not_yours", "Only its author can change a message.")
    return note


def publish(network: Network, creator: Account, text: str, now: datetime) -> Post:
    """A creator publishes a post."""
    post = Post(network.next_id("p"), creator.user_id, text, now)
    network.posts[post.id] = post
    return post


def write_in_person(
    network: Network, creator: Account, thread: Thread, text: str, reply_to: str, now: datetime
) -> Note:
    """A creator writes with their own hands: no app, no label."""
    _check_length(text)
    if thread.creator_id != creator.user_id:
        raise Refusal(422, "malformed", "conversation_id: it is another creator's.")
    if reply_to and network.note(reply_to).conversation_id != thread.id:
        raise Refusal(422, "malformed", "reply_to: that message stands in another conversation.")
    note = Note(
        network.next_id("m"),
        thread.surface,
        thread.id,
        creator.user_id,
        creator.user_id,
        creator.display_name,
        text,
        now,
        now,
        reply_to=reply_to or None,
        post_id=thread.post_id,
    )
    return network.commit(note)
