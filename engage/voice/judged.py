"""What a creator's voice says of a draft."""

from dataclasses import dataclass, replace


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

    def against(self, border: float | None) -> "Judged":
        """The same with the creator's own border, where they set one: it comes before the learnt one."""
        return self if border is None else replace(self, border=border)
