"""How freely an avatar words what it says: strict, adaptive, creative. What it may say is the same in all."""

from dataclasses import replace

import pytest

from engage.compose.guard import Rejected
from engage.compose.prompt import build
from engage.models import Freedom, Reply, Surface
from engage.triage import Policy, triage
from tests.engage.compose.guarding import CARE, NOW, PRICE, RECALL, THANKED, TILLY, checked, turn

STRICT, CREATIVE = (replace(TILLY, freedom=freedom) for freedom in (Freedom.STRICT, Freedom.CREATIVE))
REWORDED = "It costs €35, the wool scarf."


def test_a_strict_avatar_says_only_what_the_creator_said_word_for_word() -> None:
    found = checked(f"{PRICE} {CARE}", persona=STRICT)
    assert isinstance(found, Reply)
    assert PRICE in found.text
    assert checked(REWORDED, persona=STRICT) == Rejected(("not_verbatim", "ungrounded"))
    assert isinstance(checked(REWORDED), Reply), "an adaptive one may word it anew"


def test_a_strict_avatar_adds_nothing_where_something_was_asked() -> None:
    found = checked(f"So glad you like it! {PRICE}", persona=STRICT)
    assert isinstance(found, Reply)
    assert "glad" not in found.text


def test_a_strict_avatar_still_thanks() -> None:
    assert isinstance(checked("Thank you so much!", turn("love it"), persona=STRICT, verdict=THANKED), Reply)


@pytest.mark.parametrize("freedom", Freedom)
def test_a_number_nobody_said_is_said_by_none(freedom: Freedom) -> None:
    assert isinstance(checked("The wool scarf costs €12.", persona=replace(TILLY, freedom=freedom)), Rejected)


def test_a_creative_avatar_joins_in_where_followers_only_talk() -> None:
    talk = turn("just painted my first bird today, a little robin", Surface.COMMENT)
    assert triage(talk, CREATIVE, Policy(), NOW).decision == "answer"
    assert triage(talk, TILLY, Policy(), NOW).decision == "skip"
    small = turn("ok", Surface.COMMENT)
    assert triage(small, CREATIVE, Policy(), NOW).decision == "skip"


def test_a_model_is_told_how_freely_it_may_write() -> None:
    told = {persona.freedom: build(turn(), persona, RECALL, "n", "c")[0][1] for persona in (STRICT, TILLY, CREATIVE)}
    assert "copied whole from the passages" in told[Freedom.STRICT]
    assert len(set(told.values())) == 3
