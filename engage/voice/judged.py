"""What a creator's voice says of a draft."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Judged:
    """score: how much it sounds like them, 0..1. border: from where on it sounds enough like them.

    differences: what is measurably unlike them, in words that both the creator and a model read.
    """

    score: float
    border: float
    differences: tuple[str, ...] = ()

    @property
    def enough(self) -> bool:
        """Sounds enough like them."""
        return self.score >= self.border
