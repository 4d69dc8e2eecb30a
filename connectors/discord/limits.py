"""What Discord allows. Pure.

Discord wants its limits read from the answers' headers, and 429 says the rest; only the global one is documented. That
of a channel is what its headers are known to show.
"""

from datetime import timedelta

from engage.limits import Each, Limit

MAX_LENGTH = 2000
LIMITS = (
    Limit(5, timedelta(seconds=5), each=Each.CONVERSATION),
    Limit(50, timedelta(seconds=1)),
)
