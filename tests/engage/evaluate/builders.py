"""Trials without an avatar, and a creator small enough to be counted by hand."""

from engage.evaluate import HeldBack, Known, Trial
from engage.models import Card, Evidence, Passage, PassageKind, Persona, Scored

TILLY = Persona(id="c1", name="tilly", display_name="Tilly")
OIL = Passage(
    "p1", "q1", PassageKind.PAIR, "Every 200 kilometres, and after rain.", question="how often oil the chain?"
)
GREASE = Passage("p2", "s1", PassageKind.POST, "Marine grease keeps the water out of a bottom bracket for years.")
PRIVATE = Passage("p3", "d1", PassageKind.PRIVATE, "See you at the shed at nine.")
BOTH = (OIL, GREASE)


def card(*reasons: str, draft: str = "") -> Card:
    return Card(reasons=reasons, language="en", draft=draft)


def drafted(
    question: str, reply: str, draft: str, *cited: Passage, found: tuple[Passage, ...] = (OIL, GREASE)
) -> Trial:
    """A question that got a draft."""
    evidence = tuple(Evidence(draft, passage.id, 1.0) for passage in cited)
    recalled = tuple(Scored(passage, 0.9) for passage in found)
    return Trial(HeldBack("1", question, reply), recalled, "answer", card(draft=draft), draft, evidence)


def declined(question: str, reply: str, *reasons: str, found: tuple[Passage, ...] = ()) -> Trial:
    """A question that got none."""
    return Trial(HeldBack("2", question, reply), tuple(Scored(one, 0.1) for one in found), "skip", card(*reasons))


def known(*passages: Passage, others: list[list[str]] | None = None) -> Known:
    return Known(passages or (OIL, GREASE), others or [])
