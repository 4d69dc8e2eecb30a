"""What Meta's documentation says of Threads' lengths and rates. Pure; sources are in README.md."""

from engage.limits import Quota

# 500 characters, of which an emoji counts as many as it has bytes: what fits as bytes fits in any script.
MAX_BYTES = 500
# Of any 24 hours and profile. The ledger counts days: what a night's burst has too many Threads refuses until later.
REPLIES = 1000
QUOTAS = (Quota(REPLIES),)
