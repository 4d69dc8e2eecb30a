"""Whether a corpus in memory is still what the ledger holds.

For a moment it is taken to be, after it was read. Who has just read in the ledger how often the creator's words have
changed says so: where that number is the corpus's own, it need not be looked at again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from engage.memory.corpora import Corpus

# How long words that another process stored may go unnoticed. Less than the debounce of 1.5 s: what the creator has
# just corrected is known to the very next message.
FRESH_SECONDS = 1.0
NOTED = 10_000  # creators; beyond that all are looked at again, which costs a statement each


@dataclass(frozen=True, slots=True)
class _Note:
    changes: int
    at: float  # monotonic seconds


class Freshness:
    """What was last heard of the creators' words. Thread-safe: each note is put in its place at once."""

    def __init__(self) -> None:
        self._notes: dict[str, _Note] = {}

    def hear(self, creator_id: str, changes: int) -> None:
        """The ledger has just counted so many changes of the creator's words."""
        if len(self._notes) >= NOTED:
            self._notes.clear()
        self._notes[creator_id] = _Note(changes, time.monotonic())

    def of(self, creator_id: str) -> Callable[[Corpus], bool]:
        """Tells of a corpus of the creator's whether it may be used as it is."""
        note = self._notes.get(creator_id)

        def is_fresh(corpus: Corpus) -> bool:
            seen_at = corpus.checked_at
            if note is not None and note.at > seen_at:
                if note.changes != corpus.changes:
                    return False
                seen_at = note.at
            return time.monotonic() - seen_at < FRESH_SECONDS

        return is_fresh
