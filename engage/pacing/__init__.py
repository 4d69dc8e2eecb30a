"""Shared budgets of what platforms allow: how often an account may post, counted over all workers.

`buckets` decides, pure; `shared` keeps the count in Redis; `alone` is what a worker may do without it; `pacer` chooses.
Quotas of a day or a month are rows of the ledger: `engage.ledger.quotas`.
"""

from engage.pacing.buckets import Bucket, buckets_of
from engage.pacing.pacer import Pacer
from engage.pacing.permit import FREE, Permit, Said, Wait

__all__ = ["FREE", "Bucket", "Pacer", "Permit", "Said", "Wait", "buckets_of"]
