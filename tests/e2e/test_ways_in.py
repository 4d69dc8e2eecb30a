"""Messages that are fetched and not brought, and a stack whose ledger is PostgreSQL."""

from collections.abc import Callable
from typing import Any

import pytest

from engage.ledger.tables import messages
from tests.conftest import Postgres
from tests.e2e.conftest import family, until, up
from workers.demo import stage

pytestmark = [pytest.mark.timeout(200), pytest.mark.xdist_group("stack")]


async def test_an_account_without_webhooks_is_answered_and_two_listeners_double_nothing(
    come: Callable[..., Any],
) -> None:
    with stage.running(debounce=0.2) as on:
        tilly = await come(on, webhook=False, ingest="poll")
        await _answered_all(tilly, "one")
        with up(on, "listener") as second:
            await until(lambda: any("workers.listen" in one.cmdline() for one in family(second.pid)), "its listener")
            await _answered_all(tilly, "two")
        assert (await tilly.net.stats())["webhooks"]["sent"] == 0


async def _answered_all(tilly: Any, who: str) -> None:
    asked = await tilly.asked(6, who=f"{who}_c") + await tilly.asked(4, "dm", who=f"{who}_d")
    await until(lambda: _has(tilly, asked), "the messages to be fetched")
    await tilly.answered(asked)
    rows = await tilly.rows(messages, messages.c.platform_id.in_(asked))
    assert sorted(row.platform_id for row in rows) == sorted(asked)


async def _has(tilly: Any, ids: list[str]) -> bool:
    return all(fate.outcome != "unknown" for fate in await tilly.fates(ids))


@pytest.mark.postgres
async def test_over_postgresql_two_workers_answer_all_though_the_network_duplicates_and_shuffles(
    postgres: Postgres, come: Callable[..., Any]
) -> None:
    with stage.running(database_url=postgres.create("stack"), debounce=0.2) as on:
        assert not on.db.is_sqlite
        tilly = await come(on)
        await tilly.net.faults(webhook_duplicates=0.3, webhook_shuffle_s=0.5)
        with up(on, "worker"):
            await tilly.answered(await tilly.asked(24) + await tilly.asked(6, "dm"))
    postgres.drop("stack")
