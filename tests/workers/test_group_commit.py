"""Everybody who adds something waits for exactly the transaction that holds it."""

import asyncio

import pytest

from engage.errors import Unavailable
from workers.group_commit import MAX_BATCH, GroupCommit


class Ledger:
    """Keeps the batches it was given; a batch that holds a bad item fails."""

    def __init__(self, *bad: int) -> None:
        self.batches: list[list[int]] = []
        self.begun = asyncio.Event()
        self.opened = asyncio.Event()
        self._bad = set(bad)

    async def write(self, batch: list[int]) -> list[None]:
        self.batches.append(batch)
        self.begun.set()
        await self.opened.wait()
        if self._bad & set(batch):
            raise Unavailable("the ledger is away")
        return [None] * len(batch)


async def add_all(commits: GroupCommit[int, None], items: range) -> list[BaseException | None]:
    return await asyncio.gather(*(commits.add(item) for item in items), return_exceptions=True)


async def test_everybody_is_told_when_their_row_is_committed() -> None:
    ledger = Ledger()
    ledger.opened.set()
    async with GroupCommit(ledger.write) as commits:
        assert await add_all(commits, range(1000)) == [None] * 1000
    assert [item for batch in ledger.batches for item in batch] == list(range(1000))
    assert max(len(batch) for batch in ledger.batches) <= MAX_BATCH


async def test_what_comes_during_a_write_goes_into_the_next_one() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.write) as commits:
        first = asyncio.create_task(commits.add(0))
        await ledger.begun.wait()
        rest = asyncio.create_task(add_all(commits, range(1, 50)))
        await asyncio.sleep(0)
        assert not first.done()
        ledger.opened.set()
        await first
        await rest
    assert ledger.batches == [[0], list(range(1, 50))]


async def test_a_failure_reaches_exactly_the_batch_it_happened_to() -> None:
    ledger = Ledger(0)
    async with GroupCommit(ledger.write) as commits:
        first = asyncio.create_task(add_all(commits, range(3)))
        await ledger.begun.wait()
        second = asyncio.create_task(add_all(commits, range(10, 13)))
        await asyncio.sleep(0)
        ledger.opened.set()
        assert [type(one) for one in await first] == [Unavailable] * 3
        assert await second == [None] * 3


async def test_a_caller_that_went_away_costs_the_others_nothing() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.write) as commits:
        gone, stays = (asyncio.create_task(commits.add(item)) for item in (1, 2))
        await ledger.begun.wait()
        gone.cancel()
        with pytest.raises(asyncio.CancelledError):
            await gone
        ledger.opened.set()
        await stays
    assert ledger.batches == [[1, 2]]


async def test_a_stop_commits_what_was_added() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.write) as commits:
        waiting = asyncio.create_task(add_all(commits, range(5)))
        await ledger.begun.wait()
        asyncio.get_running_loop().call_soon(ledger.opened.set)
    assert await waiting == [None] * 5


async def test_a_stop_leaves_nobody_waiting_where_the_write_fails() -> None:
    ledger = Ledger(3)
    async with GroupCommit(ledger.write) as commits:
        waiting = asyncio.create_task(add_all(commits, range(5)))
        await ledger.begun.wait()
        asyncio.get_running_loop().call_soon(ledger.opened.set)
    assert [type(one) for one in await waiting] == [Unavailable] * 5


async def test_after_the_end_nothing_is_taken() -> None:
    ledger = Ledger()
    async with GroupCommit(ledger.write) as commits:
        pass
    with pytest.raises(Unavailable, match="stopping"):
        await commits.add(1)
