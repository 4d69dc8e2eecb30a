"""What Bluesky lets one account write, as the core paces it. Pure."""

from datetime import timedelta

from engage.limits import Limit, Quota
from engage.models import Surface

# Points of an account: a new record costs 3. https://docs.bsky.app/docs/advanced-guides/rate-limits
HOUR_POINTS, DAY_POINTS, CREATE = 5_000, 35_000, 3
# What a text may weigh in UTF-8, beside the graphemes that are counted before (lexicons app.bsky.feed.post and
# chat.bsky.convo.defs#messageInput).
POST_BYTES, MESSAGE_BYTES = 3_000, 10_000
_POSTS = frozenset({Surface.COMMENT})

LIMITS = (Limit(HOUR_POINTS // CREATE, timedelta(hours=1), burst=60, surfaces=_POSTS),)
# Bluesky's day begins when an account's first point of it is spent; what differs from ours its headers tell.
QUOTAS = (Quota(DAY_POINTS, CREATE, surfaces=_POSTS),)
