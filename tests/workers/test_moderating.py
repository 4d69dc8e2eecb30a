"""A person takes a follower's message out of sight on its platform."""

import pytest
from sqlalchemy import select

from engage.errors import EngageError, RateLimited, Refused
from engage.ledger import audit
from engage.ledger.tables import decisions, messages
from engage.limits import BY_HAND, Quota
from engage.models import Mode, Surface
from engage.secrets import Vault
from tests.fakes.paper import connector
from tests.fakes.paper_platform import paper, vault, world
from tests.studio.builders import World
from workers import moderating

__all__ = ["paper", "vault", "world"]
pytestmark = pytest.mark.usefixtures("paper")


def id_of(world: World, turn_id: str) -> str:
    with world.db.reading() as tx:
        return str(tx.execute(select(messages.c.platform_id).where(messages.c.turn_id == turn_id)).scalar_one())


async def test_what_was_escalated_is_hidden_and_leaves_the_inbox(world: World, vault: Vault) -> None:
    turn = world.escalated("You fraud!", "abuse")
    assert await moderating.hide_turn(world.db, vault, "owner", turn) == 1
    assert [(id_of(world, turn), True)] == connector.HIDDEN
    with world.db.reading() as tx:
        assert not tx.execute(select(decisions.c.open)).scalar_one()
        entry = audit.entries(tx)[0]
    assert (entry.actor, entry.action, entry.subject) == ("owner", "hide", id_of(world, turn))


async def test_it_is_shown_again(world: World, vault: Vault) -> None:
    turn = world.escalated("You fraud!", "abuse")
    await moderating.hide(world.db, vault, "cli", world.account_id, id_of(world, turn), hidden=False)
    assert [(id_of(world, turn), False)] == connector.HIDDEN


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
async def test_dry_means_dry(world: World, vault: Vault, mode: Mode) -> None:
    turn = world.escalated("You fraud!", "abuse")
    world.mode(Surface.COMMENT, mode)
    with pytest.raises(Refused, match=mode.value):
        await moderating.hide_turn(world.db, vault, "owner", turn)
    assert connector.HIDDEN == []


async def test_what_the_platform_refuses_stays_in_the_inbox(world: World, vault: Vault) -> None:
    turn = world.escalated("You fraud!", "abuse")
    connector.WORDS.append(Refused("it is gone"))
    with pytest.raises(Refused, match="gone"):
        await moderating.hide_turn(world.db, vault, "owner", turn)
    with world.db.reading() as tx:
        assert tx.execute(select(decisions.c.open)).scalar_one()


async def test_a_surface_where_nothing_can_be_hidden_says_so(world: World, vault: Vault) -> None:
    world.mode(Surface.DM, Mode.AUTO)
    turn = world.escalated("You fraud!", "abuse", surface=Surface.DM)
    with pytest.raises(Refused, match="lets nobody hide"):
        await moderating.hide_turn(world.db, vault, "owner", turn)


async def test_where_a_platform_counts_what_is_done_by_hand_the_days_share_is_not_exceeded(
    world: World, vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connector.PaperConnector, "quotas", (Quota(100, 50, endpoint=BY_HAND),))
    for _ in range(2):
        await moderating.hide_turn(world.db, vault, "owner", world.escalated("You fraud!", "abuse"))
    with pytest.raises(RateLimited, match="quota used up"):
        await moderating.hide_turn(world.db, vault, "owner", world.escalated("You fraud!", "abuse"))
    assert len(connector.HIDDEN) == 2


async def test_what_nobody_wrote_is_named(world: World, vault: Vault) -> None:
    with pytest.raises(EngageError, match="no such message"):
        await moderating.hide(world.db, vault, "cli", world.account_id, "m-404", hidden=True)


def test_where_hiding_is_offered() -> None:
    assert moderating.can_hide("paper", "comment")
    assert not moderating.can_hide("paper", "dm")
    assert not moderating.can_hide("sandbox", "comment")
    assert not moderating.can_hide("papyrus", "comment")
