"""What Meta's documentation says of lengths, windows and rates. Pure; sources are in README.md."""

from datetime import timedelta

from connectors.meta_messages import DIRECT
from engage.limits import Limit
from engage.models import Surface

MAX_LENGTH = {Surface.COMMENT: 8000, Surface.DM: 2000}  # characters
WINDOW = timedelta(hours=24)  # since the follower's last message
PRIVATE_REPLY_WINDOW = timedelta(days=7)  # since the comment, and once
LIMITS = (Limit(300, timedelta(seconds=1), surfaces=frozenset({Surface.DM})),)


def is_private(surface: Surface, conversation_id: str) -> bool:
    """Whether a direct message is the private reply to a comment: its conversation is the comment's."""
    return surface is Surface.DM and not conversation_id.startswith(DIRECT)
