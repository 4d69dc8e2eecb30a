"""A creator, her words, and drafts that the guard looks at."""

from dataclasses import replace
from datetime import UTC, datetime

from engage.compose.grounding import ground
from engage.compose.guard import Rejected, guard
from engage.models import (
    Author,
    Draft,
    Follower,
    Message,
    Passage,
    PassageKind,
    Persona,
    Recall,
    Reply,
    Scored,
    Surface,
    Turn,
)
from engage.triage.verdict import Decision, Intent, Policy, Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
TILLY = Persona(
    "c1",
    "tilly",
    "Tilly Hart",
    bio="Paints birds. Ask studio@tilly.example or +44 20 7946 0958.",
    allowed_links=("tilly.shop.example", "https://video.example/@tilly"),
)
PRICE = "The wool scarf costs €35."
CARE = "Wash it by hand in cold water."
SCARF = Passage("scarf", "shop", PassageKind.PRODUCT, f"{PRICE} {CARE}", url="https://tilly.shop.example/scarf")
RECALL = Recall((Scored(SCARF, 0.9),), supported=True)
ASKED = Verdict(Decision.ANSWER, ("question",), language="en", intent=Intent.QUESTION)
THANKED = Verdict(Decision.ANSWER, ("thanks",), language="en", intent=Intent.THANKS)


def turn(text: str = "How much is the scarf?", surface: Surface = Surface.DM, **fields: object) -> Turn:
    message = Message("m1", "v1", surface, Author("f1", "ana"), text, NOW)
    plain = Turn("t1", "c1", surface, (message,), Follower("f1", "ana"), last_avatar_at=NOW)
    return replace(plain, **fields)  # type: ignore[arg-type]


def draft(text: str, *, model: str = "some:model") -> Draft:
    """As a model's composer makes it: with evidence for what the passages bear."""
    return Draft(text, ground(text, RECALL.passages), model=model)


def checked(
    text: str,
    where: Turn | None = None,
    *,
    persona: Persona = TILLY,
    verdict: Verdict = ASKED,
    recall: Recall = RECALL,
    private: str = "",
) -> Reply | Rejected:
    return guard(draft(text), where or turn(), persona, verdict, recall, Policy(), NOW, private=private)


def said(text: str, where: Turn | None = None, **also: object) -> str:
    reply = checked(text, where, **also)  # type: ignore[arg-type]
    assert isinstance(reply, Reply), reply
    return reply.text


def left_out(sentence: str, where: Turn | None = None) -> bool:
    """Whether the guard takes a sentence out from between two that may stay."""
    return said(f"{PRICE} {sentence} {CARE}", where) == f"{PRICE} {CARE}"
