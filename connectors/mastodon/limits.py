"""What Mastodon allows, and what it leaves for a reply's own words. Pure."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from engage.limits import Limit

# 300 requests in 5 minutes (https://docs.joinmastodon.org/api/rate-limits/). A reply takes two, a look of the poll two
# every POLL_WAIT: 2 * 100 + 60 leaves 40 for examining, catching up and taking back.
REPLIES = Limit(100, timedelta(minutes=5), burst=4)
POLL_WAIT = timedelta(seconds=10)

LENGTH, LINK = 500, 23  # of a server that has not said otherwise
MENTION = 32  # "@", a name of up to 30 letters and a blank: of a name on another server only the local part counts
SHORTEST_LINK = len("https://a.b")
SHORTEST_REPLY = 100


def longest_reply(config: Mapping[str, Any]) -> int:
    """How long the words of a reply may be: what the server allows, less the mention and what one link counts more
    than it is long. The account's config has the server's numbers since it was connected."""
    allowed = _number(config.get("max_characters"), LENGTH)
    link = _number(config.get("characters_reserved_per_url"), LINK)
    return max(SHORTEST_REPLY, allowed - MENTION - max(0, link - SHORTEST_LINK))


def warning_within(warning: str, reply_length: int, config: Mapping[str, Any]) -> str:
    """A content warning counts too: it is cut to what a long reply leaves of the server's limit."""
    room = _number(config.get("max_characters"), LENGTH) - reply_length
    return warning if len(warning) <= room else f"{warning[: max(0, room - 1)]}…"


def _number(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else otherwise
