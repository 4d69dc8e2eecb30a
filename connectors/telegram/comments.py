"""Messages of a group: comments under the posts of its channel, and what is addressed to the bot. Pure.

A channel's post is forwarded into the channel's discussion group by Telegram itself (`is_automatic_forward`); its
comments are the messages that reply to that copy. A reply to another comment carries only the id of its thread, so it
counts where it is addressed: to the bot, to the creator, or by a mention. A conversation is what one follower has in a
thread: the creator who answers one of them in person leaves the others to the bot. In groups that are not the
channel's, to which anybody may have added the bot, only what is addressed to the bot itself counts.
"""

import re
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from connectors.fields import MISSING, get, id_of, id_or_none, yes
from connectors.telegram.messages import author_of, ignored, message_of, told, words_of
from connectors.telegram.own import Own
from connectors.telegram.places import Kind, Place
from engage.models import Event, Surface


def group_event(message: Any, own: Own) -> Event:
    """What a group's message is to us. Raises Malformed."""
    if yes(message, "is_automatic_forward"):
        return ignored("it is a post of the channel")
    group = id_of(message, "chat", "id")
    on_post = _is_under_post(message, own)
    ours = own.creator | {own.id}
    author = author_of(message, ours)
    follower = _answered(message) if author.is_self else author.id
    if author.id in own.creator and follower == own.id:  # only the ledger knows whom the bot had answered
        corrected = message_of(message, _place(message, group, ""), Surface.COMMENT, author)
        return told(replace(corrected, conversation_id=""), message, own.id)
    if follower in ours or not follower:
        return ignored("the creator wrote to everybody there")
    spoken_to = ours if group == own.group_id else {own.id}
    if not author.is_self and not on_post and not _is_addressed(message, own, spoken_to):
        return ignored("it is between members: no comment on a post, no mention of the bot and no reply to it")
    heard = message_of(message, _place(message, group, follower), Surface.COMMENT, author)
    if on_post:
        post = get(message, "reply_to_message")
        heard = replace(heard, post_id=f"{group}:{id_of(post, 'message_id')}", post_text=words_of(post) or None)
    return told(heard, message, own.id)


def _is_under_post(message: Any, own: Own) -> bool:
    """Whether it comments on a post of the creator's own channel."""
    if not (own.channel_id and yes(message, "reply_to_message", "is_automatic_forward")):
        return False
    return id_or_none(message, "reply_to_message", "sender_chat", "id") == own.channel_id


def _place(message: Any, group: str, follower: str) -> Place:
    """The thread that it belongs to, as one follower has it; a message that is in none begins one."""
    thread = id_or_none(message, "message_thread_id")
    if thread and yes(message, "is_topic_message"):
        return Place(Kind.TOPIC, group, f"{thread}:{follower}")
    if not thread and _is_reply(message):
        parent = get(message, "reply_to_message")
        thread = id_or_none(parent, "message_thread_id") or id_of(parent, "message_id")
    return Place(Kind.THREAD, group, f"{thread or id_of(message, 'message_id')}:{follower}")


def _answered(message: Any) -> str:
    """Whose message it replies to; '' where it is no reply."""
    parent = get(message, "reply_to_message") if _is_reply(message) else None
    return id_or_none(parent, "sender_chat", "id") or id_or_none(parent, "from", "id") or ""


def _is_reply(message: Any) -> bool:
    """(In a forum whatever answers nothing seems to reply to the message that opened the topic.)"""
    parent = get(message, "reply_to_message")
    return isinstance(parent, dict) and get(parent, "forum_topic_created") is MISSING


def _is_addressed(message: Any, own: Own, spoken_to: Collection[str]) -> bool:
    """Whether it replies to one of these, or mentions the bot."""
    if _answered(message) in spoken_to:
        return True
    return bool(own.username) and bool(
        re.search(rf"(?<!\w)@{re.escape(own.username)}(?!\w)", words_of(message), re.IGNORECASE)
    )
