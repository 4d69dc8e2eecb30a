"""What a worker may send while Redis cannot be asked: its share of every limit. Pure but for what it remembers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from engage.pacing.buckets import HORIZON, LEAD, RETRY, Bucket, share
from engage.pacing.permit import Permit, Said, Wait


@dataclass(slots=True)
class OwnShare:
    """A worker's own buckets since `since`: empty then, for what all of them sent before is nobody's here."""

    since: float
    index: int  # the worker's place among `workers`
    workers: int
    _next: dict[str, float] = field(default_factory=dict)

    def take(self, wants: Sequence[Sequence[Bucket]], now: float) -> Said:
        """A word for each of `wants`, the buckets that one send needs."""
        words = [self._word(needed, now) for needed in wants]
        buckets = {bucket for needed in wants for bucket in needed}
        return Said(words, {bucket: self._place(bucket, now) - now for bucket in buckets}, common=False)

    def owed(self) -> Mapping[str, int]:
        """How far the shared buckets are behind: by one place for each worker, for their shares begin anywhere."""
        return dict.fromkeys(self._next, self.workers)

    def _word(self, needed: Sequence[Bucket], now: float) -> Permit | Wait:
        if without := [bucket for bucket in needed if not self._share(bucket)]:
            return Wait(RETRY, without[0])
        latest = max(needed, key=lambda bucket: self._place(bucket, now))
        at = self._place(latest, now)
        if at > now + HORIZON:
            return Wait(at - HORIZON - now, latest)
        for bucket in needed:
            self._next[bucket.key] = at + bucket.span / self._share(bucket)
        return Permit(at, at + min(bucket.grace for bucket in needed))

    def _place(self, bucket: Bucket, now: float) -> float:
        mine = self._share(bucket)
        if not mine:
            return now + RETRY
        return max(now, self._next.get(bucket.key, self.since + LEAD + bucket.interval + bucket.span / mine))

    def _share(self, bucket: Bucket) -> int:
        return share(bucket.steady, self.index, self.workers)
