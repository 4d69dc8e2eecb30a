"""What a worker has counted since it last told the ledger."""

from collections import defaultdict
from datetime import timedelta

from engage.ledger.tallies import Key

BOUNDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)  # seconds; upper bounds of the histogram's buckets
TURNS, REPLIES, DECISION = "turns", "replies", "decision_seconds"
SUM = "sum"  # the label under which a histogram's sum stands beside its buckets


class Tally:
    """Counts in memory; whoever takes the counts adds them up in the ledger, or gives them back."""

    def __init__(self) -> None:
        self._counts: defaultdict[Key, float] = defaultdict(float)

    def count(self, name: str, label: str) -> None:
        self._counts[name, label] += 1

    def observe(self, name: str, span: timedelta) -> None:
        """One observation of a histogram."""
        seconds = span.total_seconds()
        bucket = next((f"{bound:g}" for bound in BOUNDS if seconds <= bound), "+Inf")
        self._counts[name, bucket] += 1
        self._counts[name, SUM] += seconds

    def take(self) -> dict[Key, float]:
        taken, self._counts = self._counts, defaultdict(float)
        return dict(taken)

    def give_back(self, taken: dict[Key, float]) -> None:
        for key, amount in taken.items():
            self._counts[key] += amount
