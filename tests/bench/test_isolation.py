"""Secrets of creators and followers before a model that gives back its whole prompt."""

import random
from typing import Any

import pytest

from engage.ledger import assemble
from engage.models import Surface
from workers.bench import isolation
from workers.bench.planted import Asked, Plan, World

SMALL = Plan(creators=6, followers=10, probes=100)


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    return isolation.measure(SMALL)


def test_no_foreign_secret_reaches_a_prompt_or_a_reply(found: dict[str, Any]) -> None:
    assert found["foreign_in_prompts"] == found["foreign_in_texts"] == 0


def test_the_secrets_were_there_to_be_told(found: dict[str, Any]) -> None:
    """Else nothing would be proved: facts are kept, prompts hold their own secrets, replies tell some of them."""
    assert found["facts_planted"] >= found["followers"]
    assert found["prompts_of_probes"] > SMALL.probes / 5  # many of the others are told what is known of themselves
    assert found["own_secrets_in_prompts"] > found["prompts"]
    assert found["replies"] > 0
    assert found["own_secrets_in_texts"] > 0


def world() -> World:
    made, dice = World(SMALL), random.Random(1)
    for creator in range(2):
        made.secret(dice, creator)
        for follower in range(2):
            made.secret(dice, creator, follower)
    return made


def word(made: World, creator: int, follower: int | None) -> str:
    return next(one for one, whose in made.whose.items() if whose == (creator, follower))


@pytest.mark.parametrize(
    ("whose", "surface", "is_foreign"),
    [
        ((0, None), Surface.COMMENT, False),
        ((0, 0), Surface.DM, False),
        ((0, 0), Surface.COMMENT, True),  # told in private, said in public
        ((0, 1), Surface.DM, True),
        ((1, None), Surface.DM, True),
        ((1, 0), Surface.DM, True),
    ],
)
def test_whose_a_secret_is_and_where_it_stands_decide(
    whose: tuple[int, int | None], surface: Surface, is_foreign: bool
) -> None:
    made = world()
    secret = word(made, *whose)
    told = f"It is called {secret.upper()}, they say"
    assert made.foreign(told, Asked(0, 0, surface, "")) == ([secret] if is_foreign else [])


def test_a_memory_that_mixes_followers_up_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The guard of the guard: facts that are read for everybody are found in prompts."""
    whole = assemble.facts.told_by

    def of_everybody(tx: Any, follower_ids: Any, now: Any) -> Any:
        from sqlalchemy import select

        from engage.ledger.tables import followers

        known = whole(tx, list(tx.execute(select(followers.c.id)).scalars()), now)
        together = tuple(fact for facts in known.values() for fact in facts)
        return dict.fromkeys(follower_ids, together)

    monkeypatch.setattr(assemble.facts, "told_by", of_everybody)
    assert isolation.measure(Plan(creators=2, followers=2, probes=8))["foreign_in_prompts"] > 0
