"""What Meta's documentation says of lengths, windows and rates. Pure; sources are in README.md."""

from datetime import timedelta

from connectors.meta_messages import DIRECT
from engage.limits import Limit
from engage.models import Surface

MAX_LENGTH = {Surface.COMMENT: 2200, Surface.DM: 1000, Surface.LIVE: 1000}  # messages in bytes
WINDOW = timedelta(hours=24)  # since the follower's last message
PRIVATE_REPLY_WINDOW = timedelta(days=7)  # since the comment, and once
SECOND = timedelta(seconds=1)
LIMITS = (
    Limit(300, SECOND, surfaces=frozenset({Surface.DM})),
    Limit(100, SECOND, surfaces=frozenset({Surface.LIVE})),  # private replies to live comments
)


def is_private(surface: Surface, conversation_id: str) -> bool:
    """Whether a direct message is the private reply to a comment: its conversation is the comment's."""
    return surface is Surface.DM and not conversation_id.startswith(DIRECT)
