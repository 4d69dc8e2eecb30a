"""Of what followers are told only two rules can be loosened, by a record that names who answers for it and why."""

import pytest

from engage.compose.policies import LOOSENABLE
from engage.ledger import audit, overrides
from engage.ledger.assemble import assemble
from engage.ledger.overrides import NotLoosened
from engage.models import Surface
from tests.ledger.house import House


def loosened(house: House) -> frozenset[str]:
    house.tell(surface=Surface.DM)
    return house.do(assemble, house.claim_one(Surface.DM).id, house.now).turn.loosened


@pytest.mark.parametrize("rule", LOOSENABLE)
def test_an_override_says_who_when_and_why_and_counts_for_its_creator(house: House, rule: str) -> None:
    house.do(overrides.loosen, house.creator.id, rule, "Dana, operator", "the profile says it", house.now)
    entry = house.do(audit.entries, house.creator.id)[0]
    assert (entry.actor, entry.action, entry.subject, entry.details, entry.at) == (
        "Dana, operator",
        "loosen",
        rule,
        {"why": "the profile says it"},
        house.now,
    )
    assert loosened(house) == {rule}


def test_without_an_override_nothing_is_loosened(house: House) -> None:
    other, _ = house.add_creator("olga", "me-too")
    house.do(overrides.loosen, other.id, LOOSENABLE[0], "Dana", "because", house.now)
    assert loosened(house) == frozenset()


@pytest.mark.parametrize("rule", ["first_reply", "asked_if_bot", "handed_back", "minors", "crisis", "everything"])
def test_the_other_rules_cannot_be_loosened(house: House, rule: str) -> None:
    with pytest.raises(NotLoosened):
        house.do(overrides.loosen, house.creator.id, rule, "Dana", "because", house.now)


@pytest.mark.parametrize(("who", "why"), [("", "because"), ("Dana", " ")])
def test_nobody_loosens_without_a_name_and_a_reason(house: House, who: str, why: str) -> None:
    with pytest.raises(NotLoosened):
        house.do(overrides.loosen, house.creator.id, LOOSENABLE[0], who, why, house.now)


def test_an_override_ends(house: House) -> None:
    house.do(overrides.loosen, house.creator.id, LOOSENABLE[0], "Dana", "because", house.now)
    assert house.do(overrides.tighten, house.creator.id, LOOSENABLE[0], "Dana", house.now)
    assert not house.do(overrides.tighten, house.creator.id, LOOSENABLE[0], "Dana", house.now)
    assert [entry.action for entry in house.do(audit.entries, house.creator.id)] == ["tighten", "loosen"]
    assert loosened(house) == frozenset()
