"""The archive of an X (Twitter) account: data/tweets.js, note-tweet.js, direct-messages.js and the others.

Layout and sources: engage/memory/importers/x_files.py. The posts that were answered are not in it.
"""

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.content import Unreadable, head_text
from engage.memory.importers.files import File
from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.rows import (
    DELETED,
    OTHER_PARTS,
    OTHERS_PRIVATE,
    BadRow,
    Dropped,
    Private,
    Rejected,
    Said,
    clean,
)
from engage.memory.importers.speakers import Speakers
from engage.memory.importers.x_files import account_of, expanded, items, links, mapping, moment, part_of, parts, word
from engage.memory.importers.x_posts import read_circle, read_notes, read_posts

HELP = "X (Twitter) archive (data/*.js): posts, long posts and replies; own direct messages teach the voice only"

_MEDIA = "/messages/media/"


def sniff(sample: Sample) -> bool:
    """Any file of the archive: those without words would else be taken for prose."""
    return part_of(sample.text) is not None


def read(source: Source) -> Iterator[Said | Private | Rejected | Dropped]:
    """The words of one file of the archive. Raises Unreadable where it breaks off, or nobody knows whose it is."""
    part = part_of(head_text(source.file.head()))
    if part in ("tweets", "tweet", "community_tweet"):
        return read_posts(source)
    if part == "twitter_circle_tweet":
        return read_circle(source)
    if part == "note_tweet":
        return read_notes(source)
    if part in ("direct_messages", "direct_message", "direct_messages_group", "direct_message_group"):
        return _messages(source)
    if part in ("deleted_tweets", "deleted_tweet", "deleted_note_tweet"):
        return _deleted(source)
    return iter((Dropped(source.path, OTHER_PARTS),))


def _deleted(source: Source) -> Iterator[Dropped]:
    if count := sum(1 for _ in items(source.file)):
        yield Dropped(source.path, DELETED, count)


def _messages(source: Source) -> Iterator[Private | Rejected | Dropped]:
    owner, others = _owner(source), 0
    for number, (conversation, event) in enumerate(_events(source.file), start=1):
        try:
            if not isinstance(event, dict):
                raise BadRow("not a conversation with messages: download the archive again")
            if not isinstance(message := event.get("messageCreate"), dict):
                continue  # somebody joined, left, or named the group
            if word(message.get("senderId")) != owner:
                others += 1
            elif row := _message(conversation, message):
                yield row
        except BadRow as error:
            yield Rejected(source.path, number, str(error))
    if others:
        yield Dropped(source.path, OTHERS_PRIVATE, others)


def _events(file: File) -> Iterator[tuple[str, Any]]:
    """Every event with its conversation's id; None stands for a conversation that is none."""
    for entry in items(file):
        conversation = mapping(mapping(entry).get("dmConversation"))
        messages = conversation.get("messages")
        for event in messages if isinstance(messages, list) else [None]:
            yield word(conversation.get("conversationId")), event


def _message(conversation: str, message: Mapping[str, Any]) -> Private | None:
    """Raises BadRow."""
    text = message.get("text")
    if not isinstance(text, str):
        raise BadRow("text must be a text")
    whole = {short: "" if _MEDIA in to else to for short, to in links(message.get("urls")).items()}
    if not (words := clean(expanded(text, whole))):
        return None
    created, own = moment(message.get("createdAt")), word(message.get("id"))
    if not own.isdecimal() or len(own) > 30:
        told = "\x1f".join((conversation, created.isoformat() if created else "", words))
        own = hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:20]
    return Private(f"x:{own}", words, created)


def _owner(source: Source) -> str:
    """The account's id: of account.js, as --me says, or who is in every conversation. Raises Unreadable."""
    if owner := account_of(source).id or next((name for name in sorted(source.me.names) if name.isdecimal()), ""):
        return owner
    common: set[str] | None = None
    for file in parts(source, "direct-messages?"):
        for entry in items(file):
            pair = word(mapping(mapping(entry).get("dmConversation")).get("conversationId")).split("-")
            if len(pair) == 2:
                common = set(pair) if common is None else common & set(pair)
    if common and len(common) == 1:
        return common.pop()
    speakers = Speakers()
    for _, event in _events(source.file):
        speakers.hear(word(mapping(mapping(event).get("messageCreate")).get("senderId")), mine=False)
    if refusal := speakers.refusal():
        raise Unreadable(source.path, f"{refusal}. Or keep account.js beside it")
    return ""


FORMAT = Format("x", HELP, sniff, read, export=True)
