"""What Bluesky lets one account write, as the core paces it. Pure."""

from datetime import timedelta

from engage.models import Surface
from engage.platform import Limit, Quota

# Points of an account: a new record costs 3. https://docs.bsky.app/docs/advanced-guides/rate-limits
HOUR_POINTS, DAY_POINTS, CREATE = 5_000, 35_000, 3
_POSTS = frozenset({Surface.COMMENT})

LIMITS = (Limit(HOUR_POINTS // CREATE, timedelta(hours=1), burst=60, surfaces=_POSTS),)
# Bluesky's day begins when an account's first point of it is spent; what differs from ours its headers tell.
QUOTAS = (Quota(DAY_POINTS, CREATE, surfaces=_POSTS),)
