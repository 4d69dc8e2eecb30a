"""Discord's ids: numbers that hold a time, and the pair of channel and message that names a message. Pure.

A message can be reached only through its channel, so our id of a message is `CHANNEL:MESSAGE`.
https://docs.discord.com/developers/reference#snowflakes
"""

from datetime import UTC, datetime

from engage.errors import Malformed, Refused

_BEGINNING_MS = 1_420_070_400_000  # the first second of 2015
_TIME_SHIFT = 22
_BITS = 64


def is_snowflake(value: str) -> bool:
    """Whether `value` is written as an id is."""
    return value.isascii() and value.isdecimal() and int(value) < 1 << _BITS


def time_of(snowflake: str) -> datetime:
    """When it was made. Raises Malformed."""
    if not is_snowflake(snowflake):
        raise Malformed("id: expected a snowflake")
    return datetime.fromtimestamp(((int(snowflake) >> _TIME_SHIFT) + _BEGINNING_MS) / 1000, UTC)


def first_of(moment: datetime) -> str:
    """The smallest id of a moment, for asking what came after it."""
    return str(max(0, int(moment.timestamp() * 1000) - _BEGINNING_MS) << _TIME_SHIFT)


def join(channel_id: str, message_id: str) -> str:
    """Our id of a message."""
    return f"{channel_id}:{message_id}"


def split(our_id: str) -> tuple[str, str]:
    """Channel and message of one of our ids. Raises Refused."""
    channel_id, _, message_id = our_id.partition(":")
    if not (is_snowflake(channel_id) and is_snowflake(message_id)):
        raise Refused(f"{our_id!r} names no message of Discord")
    return channel_id, message_id
