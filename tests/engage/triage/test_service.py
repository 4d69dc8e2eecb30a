"""Somebody's own order is for a person; in public a short fixed line says so, and nothing about the order."""

from datetime import UTC, datetime

import pytest

from engage.models import Age, Author, Capabilities, Follower, Message, Persona, Surface, Turn
from engage.triage import Decision, FixedText, Policy, Verdict, triage

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
OWN = [
    "Where is my order? It's been three weeks", "My package never arrived!",
    "I ordered the kit 2 weeks ago and nothing",
    "I want my money back",
    "order #48213 is missing a pin", "I'd like to order two of those", "You charged me twice",
    "¿Dónde está mi pedido?", "Ma commande n'est jamais arrivée", "Wo bleibt meine Bestellung?", "Cadê o meu pedido?",
    "Dov'è il mio pacco?", "我的快递还没到", "注文したものが届いていない。注文が届かない",
]  # fmt: skip
GENERAL = [
    "How do I order the kit?", "How long does shipping take?", "Can I return it?", "What is in the package?",
    "I need a replacement bolt, where?", "In which order do I tighten them?", "I'll take two minutes for that",
]  # fmt: skip


def judged(text: str, surface: Surface, *, private: bool = False, age: Age = Age.UNKNOWN) -> Verdict:
    message = Message("m1", "v1", surface, Author("f1", "ana"), text, NOW)
    able = Capabilities(may_reply=True, private_reply=private)
    turn = Turn("t1", "c1", surface, (message,), Follower("f1", "ana", age=age), capabilities=able)
    return triage(turn, Persona("c1", "tilly", "Tilly"), Policy(), NOW)


@pytest.mark.parametrize("text", OWN)
def test_an_order_of_ones_own_in_public_gets_a_fixed_line_and_a_person(text: str) -> None:
    verdict = judged(text, Surface.COMMENT)
    assert (verdict.decision, verdict.reasons) == (Decision.ESCALATE, ("service",))
    assert verdict.fixed_text is FixedText.SERVICE


@pytest.mark.parametrize("text", OWN)
def test_a_private_reply_goes_beside_the_line_where_the_platform_permits_one(text: str) -> None:
    assert judged(text, Surface.COMMENT, private=True).private_text is FixedText.SERVICE_PRIVATE
    assert judged(text, Surface.COMMENT, private=True).fixed_text is FixedText.SERVICE
    assert judged(text, Surface.COMMENT).private_text is None


def test_with_who_is_under_age_no_private_talk_is_begun() -> None:
    known = judged(OWN[0], Surface.COMMENT, private=True, age=Age.MINOR)
    said = judged(f"I'm 15. {OWN[0]}", Surface.COMMENT, private=True)
    for verdict in (known, said):
        assert (verdict.fixed_text, verdict.private_text) == (FixedText.SERVICE, None)


@pytest.mark.parametrize(
    "text", [*GENERAL, "I love this!", "I ordered it and I want to kill myself", "stop replying to me"]
)
def test_nothing_else_is_answered_in_private(text: str) -> None:
    assert judged(text, Surface.COMMENT, private=True).private_text is None


def test_a_live_room_gets_no_line() -> None:
    verdict = judged(OWN[0], Surface.LIVE, private=True)
    assert (verdict.decision, verdict.reasons, verdict.fixed_text) == (Decision.ESCALATE, ("service",), None)
    assert verdict.private_text is None


def test_in_private_it_is_a_message_as_any() -> None:
    assert "service" not in judged(OWN[0], Surface.DM).reasons


@pytest.mark.parametrize("text", GENERAL)
def test_how_something_is_ordered_sent_or_returned_is_a_question(text: str) -> None:
    assert "service" not in judged(text, Surface.COMMENT).reasons
