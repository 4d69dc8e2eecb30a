"""The overlay of a broadcast shows what was answered in the live room, to whoever knows its address."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select, update

from engage.ledger import creators
from engage.ledger.database import Database
from engage.ledger.tables import creators as creators_table
from engage.ledger.tables import replies
from engage.models import Mode, Surface
from engage.settings import Settings, load
from tests.serving import receiver
from tests.studio.builders import World, make_world
from workers.runtime import utc_now
from workers.space import overlay


@pytest.fixture
def settings(db_url: str, tmp_path: Path) -> Settings:
    return load({}, home=tmp_path / "home", database_url=db_url, redis_url="redis://127.0.0.1:1/0")


@pytest.fixture
def world(db: Database) -> World:
    return make_world(db)


@pytest.fixture
def viewer(settings: Settings, world: World) -> Iterator[httpx.Client]:
    with receiver(settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield client


def answered(world: World, surface: Surface) -> None:
    with world.db.transaction() as tx:
        creators.set_mode(tx, world.account_id, surface, Mode.AUTO)
    world.answered(f"How heavy is it? ({surface})", f"Nine kilos. ({surface})", "Ana", surface)
    world.send()


def test_what_was_answered_live_is_shown_and_nothing_else(
    viewer: httpx.Client, world: World, settings: Settings
) -> None:
    for surface in Surface:
        answered(world, surface)
    path = overlay.path_of(settings, world.account_id)
    assert viewer.get(path).status_code == 200
    [shown] = viewer.get(f"{path}/answers").json()["answers"]
    assert (shown["to"], shown["question"], shown["text"]) == ("Ana", "How heavy is it? (live)", "Nine kilos. (live)")


@pytest.mark.parametrize(
    ("language", "mark"), [("en", "🤖 automated reply"), ("zh-CN", "🤖 自动回复"), ("xx", "🤖 automated reply")]
)
def test_that_it_is_automated_is_said_in_the_creators_language(
    viewer: httpx.Client, world: World, settings: Settings, language: str, mark: str
) -> None:
    with world.db.transaction() as tx:
        persona = tx.execute(select(creators_table.c.persona)).scalar_one()
        tx.execute(update(creators_table).values(persona={**persona, "language": language}))
    answered(world, Surface.LIVE)
    [shown] = viewer.get(f"{overlay.path_of(settings, world.account_id)}/answers").json()["answers"]
    assert shown["mark"] == mark


def test_what_was_approved_late_is_shown_when_it_is_sent(
    viewer: httpx.Client, world: World, settings: Settings
) -> None:
    answered(world, Surface.LIVE)
    with world.db.transaction() as tx:
        tx.execute(update(replies).values(created_at=utc_now() - timedelta(minutes=5)))
    assert len(viewer.get(f"{overlay.path_of(settings, world.account_id)}/answers").json()["answers"]) == 1


def test_what_the_creator_wrote_by_hand_is_not_called_automated(
    viewer: httpx.Client, world: World, settings: Settings
) -> None:
    answered(world, Surface.LIVE)
    with world.db.transaction() as tx:
        tx.execute(update(replies).values(disclosure="person"))
    [shown] = viewer.get(f"{overlay.path_of(settings, world.account_id)}/answers").json()["answers"]
    assert shown["mark"] == ""


def test_what_is_old_is_not_shown(viewer: httpx.Client, world: World, settings: Settings) -> None:
    answered(world, Surface.LIVE)
    with world.db.transaction() as tx:
        tx.execute(update(replies).values(sent_at=utc_now() - timedelta(minutes=5)))
    assert viewer.get(f"{overlay.path_of(settings, world.account_id)}/answers").json() == {"answers": []}


@pytest.mark.parametrize("rest", ["", "/answers"])
def test_who_does_not_know_the_address_sees_nothing(viewer: httpx.Client, world: World, rest: str) -> None:
    assert viewer.get(f"/overlay/{world.account_id}/{'0' * 32}{rest}").status_code == 404
    assert viewer.get(f"/overlay/nobody/{'0' * 32}{rest}").status_code == 404
