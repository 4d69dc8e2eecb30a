"""What stands in a line of chat beside its words: the marks of `/me`, and mentions. Pure."""

from typing import Any

from connectors.fields import text, text_or_none
from engage.errors import Refused
from engage.models import Outgoing

_ME, _ME_ENDS = "\x01ACTION ", "\x01"
# A line that begins so is a command: to Twitch, which drops it or posts it without its first word
# (https://github.com/twitchdev/issues/issues/1019, open since 2024-11-25), or with "!" to other chatbots, which obey a
# moderator and the broadcaster: a follower may have asked for it.
_COMMANDS = ("/", ".", "!")


def said(event: Any) -> str:
    """The words of a line; a `/me` comes in the frame of IRC. Raises Malformed."""
    words = text(event, "message", "text", empty=True)
    return words.removeprefix(_ME).removesuffix(_ME_ENDS) if words.startswith(_ME) else words


def own_words(event: Any) -> str:
    """What we wrote: without the mention that Twitch puts before a reply, and without that of `line_of`."""
    names = [text_or_none(event, "reply", key) or "" for key in ("parent_user_name", "parent_user_login")]
    words = _without_mention(said(event), names)
    bare = _without_mention(words, names)
    return bare if bare.startswith(_COMMANDS) else words


def line_of(reply: Outgoing) -> str:
    """What is written for a reply: where it looks like a command, the follower's name comes first. Raises Refused."""
    # Twitch has no line breaks, and takes them out: words would grow together.
    words = " ".join(filter(None, map(str.strip, reply.text.splitlines())))
    if not words.startswith(_COMMANDS):
        return words
    if not reply.follower_name:
        raise Refused("its first word would be taken for a command")
    return f"@{reply.follower_name} {words}"


def _without_mention(words: str, names: list[str]) -> str:
    for name in filter(None, names):
        mention = f"@{name} "
        if words.lower().startswith(mention.lower()):
            return words[len(mention) :]
    return words
