"""An account is taken away from here: silence at once, its access given back, nothing of it kept."""

from collections.abc import Callable
from pathlib import Path

import pytest

from engage.errors import EngageError, Refused, Unauthorized, Unavailable
from engage.ledger import apps, audit, creators
from engage.ledger.creators import UnknownAccount
from engage.models import Mode, Surface
from engage.secrets import Vault
from tests.fakes.paper import connector
from tests.fakes.paper_platform import NOW, TOKEN, grant, paper, vault, world
from tests.studio.builders import World
from workers.disconnecting import disconnect
from workers.studio import actions
from workers.studio.actions import NotNow

__all__ = ["paper", "vault", "world"]
pytestmark = pytest.mark.usefixtures("paper")


def state(world: World) -> tuple[str, str]:
    with world.db.reading() as tx:
        account = creators.get_account(tx, world.account_id)
    return account.state, account.reason


def kept(world: World, vault: Vault) -> dict[str, str]:
    with world.db.reading() as tx:
        return vault.open(creators.get_account(tx, world.account_id).credentials)


async def test_its_access_is_given_back_and_forgotten_and_unsent_replies_are_taken_back(
    world: World, vault: Vault
) -> None:
    turn = world.answered("Which camera?", "A small Sony.")
    assert await disconnect(world.db, vault, "owner", world.account_id) == ""
    assert connector.REVOKED == [TOKEN]
    assert kept(world, vault) == {}
    assert state(world) == ("disconnected", "disconnected by owner")
    assert world.reply_of(turn).state == "recalled"
    with world.db.reading() as tx:
        account = creators.get_account(tx, world.account_id)
        assert (account.renew_at, account.subscribe_at, account.expires_at) == (None, None, None)
        assert apps.addressed(tx, "paper", ["ada"]) == {}, "its webhooks are for nobody"
        entry = audit.entries(tx)[0]
    assert (entry.actor, entry.action, entry.subject) == ("owner", "disconnect", world.account_id)


@pytest.mark.parametrize(
    ("error", "left"),
    [
        (Unavailable("paper.example could not be reached"), "paper.example could not be reached"),
        (Refused("not from here"), "not from here"),
        (Unauthorized(), ""),  # there is no access any more
    ],
)
async def test_where_the_platform_does_not_take_it_back_its_owner_is_told(
    world: World, vault: Vault, error: EngageError, left: str
) -> None:
    connector.WORDS.append(error)
    assert await disconnect(world.db, vault, "owner", world.account_id) == left
    assert kept(world, vault) == {}
    assert state(world)[0] == "disconnected"


async def test_what_was_interrupted_is_finished_by_doing_it_again(world: World, vault: Vault) -> None:
    connector.WORDS.append(RuntimeError("killed"))
    with pytest.raises(RuntimeError):
        await disconnect(world.db, vault, "owner", world.account_id)
    assert state(world)[0] == "disconnected"
    assert await disconnect(world.db, vault, "owner", world.account_id) == ""
    assert connector.REVOKED == [TOKEN]
    with world.db.reading() as tx:
        assert [entry.action for entry in audit.entries(tx)].count("disconnect") == 1


async def test_a_late_refusal_or_a_pause_changes_nothing(world: World, vault: Vault) -> None:
    await disconnect(world.db, vault, "owner", world.account_id)
    with world.db.transaction() as tx:
        creators.lose_access(tx, world.account_id, "401")
    by_hand: list[Callable[[], None]] = [
        lambda: _tx(world, creators.pause_account, world.account_id, "x"),
        lambda: _tx(world, creators.resume_account, world.account_id),
        lambda: _tx(world, actions.pause_account, "owner", world.account_id, NOW, on=True),
    ]
    for act in by_hand:
        with pytest.raises(EngageError, match=r"[Cc]onnect it again"):
            act()
    assert state(world) == ("disconnected", "disconnected by owner")


async def test_a_person_cannot_answer_there(world: World, vault: Vault) -> None:
    turn = world.escalated("Can we meet?", "personal")
    await disconnect(world.db, vault, "owner", world.account_id)
    with pytest.raises(NotNow, match="disconnected"):
        _tx(world, actions.answer, "owner", turn, "Yes.", actions.STILL_USEFUL, NOW)


async def test_connecting_it_again_goes_on_where_it_was(world: World, vault: Vault) -> None:
    await disconnect(world.db, vault, "owner", world.account_id)
    assert grant(world.db, vault, world.creator.id) == world.account_id
    assert state(world) == ("active", "")
    assert kept(world, vault) == {"token": TOKEN}
    with world.db.reading() as tx:
        assert creators.get_mode(tx, world.account_id, Surface.COMMENT).mode is Mode.AUTO


async def test_credentials_that_no_key_opens_are_forgotten_all_the_same(world: World, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = Vault.at(tmp_path / "other")
    assert "no key that opens" in await disconnect(world.db, other, "owner", world.account_id)
    assert kept(world, other) == {}
    assert connector.REVOKED == []


async def test_an_unknown_account_is_named(world: World, vault: Vault) -> None:
    with pytest.raises(UnknownAccount, match="'nobody'"):
        await disconnect(world.db, vault, "owner", "nobody")


def _tx(world: World, act: Callable[..., object], *args: object, **options: object) -> None:
    with world.db.transaction() as tx:
        act(tx, *args, **options)
