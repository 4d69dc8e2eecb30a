"""The posts of an X archive, with the long ones made whole."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import File
from engage.memory.importers.format import Source
from engage.memory.importers.rows import OTHERS, BadRow, Dropped, Private, Rejected, Said, clean
from engage.memory.importers.x_files import Account, account_of, expanded, items, links, mapping, moment, parts, word
from engage.memory.importers.x_notes import Note, Notes, note_of, notes_of, without_names
from engage.models import Surface

UNLISTED = "long posts that no list of posts has: they were deleted or edited"

_POSTS = ("tweets?", "community-tweet", "twitter-circle-tweet")
_REPEATED = re.compile(r"(?:^|(?<=\s))RT @\w+:?\s.*", re.DOTALL)


def read_posts(source: Source) -> Iterator[Said | Private | Rejected | Dropped]:
    """What the account posted; what it repeated of others is counted."""
    yield from _read(source, closed=False)


def read_circle(source: Source) -> Iterator[Said | Private | Rejected | Dropped]:
    """What the account posted to people it chose."""
    yield from _read(source, closed=True)


def read_notes(source: Source) -> Iterator[Said | Rejected | Dropped]:
    """Long posts where their lists of posts are not there, which else hold them."""
    lists, unlisted = parts(source, *_POSTS), 0
    listed = _listed(lists, notes_of(source)) if lists else set()
    for number, entry in enumerate(items(source.file), start=1):
        try:
            note = note_of(entry)
            words = clean(expanded(note.text, note.links))
            unlisted += bool(lists) and note.id not in listed
            if words and not lists:
                yield Said(f"x:note:{note.id}", words, note.at)
        except BadRow as error:
            yield Rejected(source.path, number, str(error))
    if unlisted:
        yield Dropped(source.path, UNLISTED, unlisted)


def _read(source: Source, *, closed: bool) -> Iterator[Said | Private | Rejected | Dropped]:
    account, notes, others = account_of(source), notes_of(source), 0
    for number, entry in enumerate(items(source.file), start=1):
        try:
            tweet = _tweet(entry)
            text, at = _text(tweet), moment(tweet.get("created_at"))
            whole = notes.of(text, at)
            others += _REPEATED.search(text) is not None
            if words := _words(tweet, whole[0] if whole else None):
                row_id = f"x:{word(tweet.get('id_str'))}"
                surface = Surface.COMMENT if _answers(tweet) and not _own(tweet, account, source) else None
                url = f"https://x.com/{account.name or 'i'}/status/{row_id[2:]}"
                yield Private(row_id, words, at) if closed else Said(row_id, words, at, None, url, surface)
        except BadRow as error:
            yield Rejected(source.path, number, str(error))
    if others:
        yield Dropped(source.path, OTHERS, others)


def _tweet(entry: Any) -> Mapping[str, Any]:
    """One post with its id under id_str. Raises BadRow."""
    tweet = mapping(mapping(entry).get("tweet", entry))
    post = word(tweet.get("id_str")) or word(tweet.get("id"))
    if not post.isdecimal() or len(post) > 30:
        raise BadRow("a post without its id: download the archive again")
    return {**tweet, "id_str": post}


def _text(tweet: Mapping[str, Any]) -> str:
    text = tweet.get("full_text", tweet.get("text"))
    if not isinstance(text, str):
        raise BadRow("full_text must be a text")
    return text


def _words(tweet: Mapping[str, Any], note: Note | None) -> str:
    """What the creator wrote themselves, "" where there is none: without pictures' addresses and repeated posts."""
    entities, more = mapping(tweet.get("entities")), mapping(tweet.get("extended_entities"))
    pictures = links(entities.get("media"), more.get("media"))
    whole = {**links(entities.get("urls")), **(note.links if note else {}), **dict.fromkeys(pictures, "")}
    itself = f"/i/web/status/{tweet['id_str']}"
    whole = {short: "" if address.endswith(itself) else address for short, address in whole.items()}
    words = _REPEATED.sub("", clean(expanded(note.text if note else _text(tweet), whole)))
    return (without_names(words) if _answers(tweet) else words).strip()


def _answers(tweet: Mapping[str, Any]) -> bool:
    keys = ("in_reply_to_status_id_str", "in_reply_to_status_id", "in_reply_to_user_id_str", "in_reply_to_screen_name")
    return any(word(tweet.get(key)) for key in keys)


def _own(tweet: Mapping[str, Any], account: Account, source: Source) -> bool:
    """Whether it goes on from the account's own post."""
    name = word(tweet.get("in_reply_to_screen_name"))
    user = word(tweet.get("in_reply_to_user_id_str")) or word(tweet.get("in_reply_to_user_id"))
    if user and account.id:
        return user == account.id
    return bool(name) and (name.casefold() == account.name.casefold() or name in source.me)


def _listed(files: list[File], notes: Notes) -> set[str]:
    """The long posts that a list of posts has the beginning of."""
    found: set[str] = set()
    for file in files:
        try:
            for entry in items(file):
                try:
                    tweet = _tweet(entry)
                    found.update(one.id for one in notes.of(_text(tweet), moment(tweet.get("created_at"))))
                except BadRow:
                    continue
        except Unreadable:
            continue
    return found
