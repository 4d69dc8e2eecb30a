"""A Post as X writes it: its words, whom it answers, and whether its author asked the account. Pure."""

import html
import re
from collections.abc import Iterable
from typing import Any

from connectors.fields import get, id_of, id_or_none, items, number, text, text_or_none

POST = "post:"  # conversations are post:<thread>:<follower>: one person under one post
# X writes the names of those whom a reply answers before its text.
_NAMES = re.compile(r"(?:@\w+\s+)*")
# What X turns into a link, and then charges for: with a scheme, or a name under one of the common top-level domains;
# under a country's only where more stands before or behind it (twitter-text's "invalid short domain").
_LINK = re.compile(
    r"(?:https?://|www\.)\S|(?<![\w@.-])(?:[\w-]+\.)+"
    r"(?:(?:com|net|org|co|tv|dev|app|xyz|shop|store|info|biz|online|site|blog)\b|[a-z]{2}/)|"
    r"(?<![\w@.-])(?:[\w-]+\.){2,}(?:io|me|gg|ai|eu|uk|de|fr|es|it|nl|jp|cn|in|us|ca|au|br|ch|at|pl|se)\b",
    re.IGNORECASE,
)
_LONG = ("note_tweet", "note_post")  # where the whole of a long post stands


def has_link(words: str) -> bool:
    """Whether X would make a link of a part of it."""
    return bool(_LINK.search(words))


def same(one: str, other: str) -> bool:
    """The same words, whatever X did to their blanks and links."""
    return _bare(one).split() == _bare(other).split()


def _bare(words: str) -> str:
    """X puts http:// before a link that was written without a scheme."""
    return words.replace("http://", "")


def plain(words: str, links: Iterable[Any]) -> str:
    """Links as they were written instead of X's own short ones, and no HTML escapes."""
    for link in links:
        short = text_or_none(link, "url")
        if short:
            words = words.replace(short, _bare(text_or_none(link, "expanded_url") or short))
    return html.unescape(words).strip()


def words_of(post: Any) -> str:
    """What its author wrote: without the names before a reply, and without the links that X adds for what is shown."""
    whole = _whole(post)
    raw = text(whole, "text", empty=True)
    links, end = _entities(post, "urls"), _end(post)
    for link in links:
        if end is not None and whole is post and number(link, "start") >= end:
            raw = raw.replace(text_or_none(link, "url") or "\0", "")
    return plain(raw[_start(post) :], links)


def _whole(post: Any) -> Any:
    """Where all its words stand: of a long post beside the first of them."""
    return next((get(post, key) for key in _LONG if text_or_none(post, key, "text")), post)


def _entities(post: Any, kind: str) -> list[Any]:
    """Links or mentions; a long post has them beside its words."""
    whole = _whole(post)
    return items(whole if isinstance(get(whole, "entities"), dict) else post, "entities", kind)


def _start(post: Any) -> int:
    """Where the author's own words begin."""
    span = items(post, "display_text_range")
    if span and type(span[0]) is int and span[0] >= 0:
        return span[0]
    if answered_id(post) is None:
        return 0
    names = _NAMES.match(text(post, "text", empty=True))
    return names.end() if names else 0


def _end(post: Any) -> int | None:
    span = items(post, "display_text_range")
    return span[1] if len(span) > 1 and type(span[1]) is int else None


def is_summons(post: Any, account: str, includes: Any) -> bool:
    """Whether its author asked the account: by its name in their own words, or by quoting it.

    The name that X puts before a reply is no question to the account.
    """
    named = any(_names(mention, account, includes) for mention in _own_mentions(post))
    return named or any(_author_of(quoted, includes) == account for quoted in _referred(post, "quoted"))


def _own_mentions(post: Any) -> list[Any]:
    start = _start(post)
    return [one for one in _entities(post, "mentions") if number(one, "start") >= start]


def named_before(post: Any) -> set[str]:
    """The ids of those whose names X put before it."""
    start = _start(post)
    before = [one for one in _entities(post, "mentions") if number(one, "start") < start]
    return {one for mention in before if (one := id_or_none(mention, "id"))}


def _names(mention: Any, account: str, includes: Any) -> bool:
    known = id_or_none(mention, "id")
    if known:
        return known == account
    name = text_or_none(user_of(account, includes), "username")
    return bool(name) and (text_or_none(mention, "username") or "").lower() == str(name).lower()


def is_repost(post: Any) -> bool:
    """Somebody's post passed on, with no words of its own."""
    return bool(_referred(post, "retweeted") or _referred(post, "reposted"))


def first_id(post: Any) -> str:
    """An edit is a new post on X; here it keeps the id of the first."""
    for key in ("edit_history_tweet_ids", "edit_history_post_ids"):
        if known := items(post, key):
            return id_of({"id": known[0]}, "id")
    return id_of(post, "id")


def is_edit(post: Any) -> bool:
    """Whether it takes the place of an earlier one."""
    return first_id(post) != id_of(post, "id")


def answered_id(post: Any) -> str | None:
    """The post that it answers."""
    told = id_or_none(post, "in_reply_to_tweet_id") or id_or_none(post, "in_reply_to_post_id")
    return told or next(iter(_referred(post, "replied_to")), None)


def answered_user(post: Any, includes: Any) -> str | None:
    """Who wrote the post that it answers."""
    answered = answered_id(post)
    if answered is None:
        return None
    return id_or_none(post, "in_reply_to_user_id") or _author_of(answered, includes)


def thread_of(post: Any) -> str:
    """The post under which everything stands."""
    return id_or_none(post, "conversation_id") or first_id(post)


def quoted_id(post: Any) -> str | None:
    """The post that it quotes."""
    return next(iter(_referred(post, "quoted")), None)


def included(post_id: str | None, includes: Any) -> Any:
    """A post that came along, or None."""
    known = [*items(includes, "tweets"), *items(includes, "posts")]
    return next((one for one in known if post_id and id_or_none(one, "id") == post_id), None)


def user_of(user_id: str, includes: Any) -> Any:
    """A user who came along, or None. X wraps some of them in `data`."""
    for one in items(includes, "users"):
        user = get(one, "data") if isinstance(get(one, "data"), dict) else one
        if id_or_none(user, "id") == user_id:
            return user
    return None


def _referred(post: Any, how: str) -> list[str]:
    rows = [*items(post, "referenced_tweets"), *items(post, "referenced_posts")]
    return [id_of(row, "id") for row in rows if text_or_none(row, "type") == how]


def _author_of(post_id: str, includes: Any) -> str | None:
    return id_or_none(included(post_id, includes), "author_id")
