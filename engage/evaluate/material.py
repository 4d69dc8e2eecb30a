"""The texts that are compared: the drafts, the creator's own held-back replies, and other people's. Pure."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from engage.evaluate.backtest import Trial
from engage.models import Passage, PassageKind
from engage.voice.spread import spread_over

T = TypeVar("T")
REPLIES = (PassageKind.PAIR, PassageKind.FAQ, PassageKind.PRIVATE)
CREATORS, FOLLOWERS = "creators", "followers"


@dataclass(frozen=True, slots=True)
class Known:
    """What the ledger holds. others: replies of other creators of the installation, a list for each."""

    passages: Sequence[Passage]
    others: Sequence[Sequence[str]] = ()

    @property
    def replies(self) -> list[str]:
        """What the creator replied, as imported."""
        return [one.text for one in self.passages if one.kind in REPLIES]

    @property
    def rivals(self) -> list[list[str]]:
        """Of each other creator every second reply: what a judge may learn from."""
        return [list(some[::2]) for some in self.others]

    @property
    def strangers(self) -> list[str]:
        """The other half: no judge has seen it, so that it can be the floor."""
        return [text for some in self.others for text in some[1::2]]


@dataclass(frozen=True, slots=True)
class Texts(Generic[T]):
    """Something of the drafts, of the real replies (a trial each), and of other people's texts."""

    drafts: T
    ceiling: T
    floor: T

    def each(self: "Texts[list[str]]", measure: Callable[[str], float]) -> "Texts[list[float]]":
        """The same with a measure of each text."""
        return Texts(*([measure(text) for text in some] for some in (self.drafts, self.ceiling, self.floor)))

    def each_of(self: "Texts[list[float]]", of: Callable[[float], float]) -> "Texts[list[float]]":
        """The same on another scale."""
        return Texts(*([of(one) for one in some] for some in (self.drafts, self.ceiling, self.floor)))


def gather(trials: Sequence[Trial], known: Known) -> tuple[Texts[list[str]], str]:
    """The texts, and whose the floor is: other creators' replies, else what followers asked here."""
    drafts = [one.draft for one in trials if one.draft]
    real = [one.pair.reply for one in trials]
    strangers = known.strangers
    floor = strangers or [one.pair.question for one in trials]
    return Texts(drafts, real, spread_over(floor, len(trials))), CREATORS if strangers else FOLLOWERS


def beside(floor: Sequence[str], at: int) -> str:
    """The floor text that is held against the trial at a place: never the follower's own question."""
    return floor[(at + 1) % len(floor)]
