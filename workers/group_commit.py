"""Many small writes in one transaction: each caller waits until the batch that holds its row is committed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Generic, Self, TypeVar

from engage.errors import Unavailable

T = TypeVar("T")
R = TypeVar("R")

MAX_BATCH = 512


class GroupCommit(Generic[T, R]):
    """While one batch is being written the next one gathers.

    write: takes a batch, returns what each of its callers gets; an exception among them is raised to that caller.
    gap: between the beginnings of two batches. A lone caller does not wait for it; under load it makes few, large
    batches, and statements cost more than rows.
    """

    def __init__(
        self, write: Callable[[list[T]], Awaitable[Sequence[R | Exception]]], gap: timedelta = timedelta(0)
    ) -> None:
        self._write = write
        self._gap = gap.total_seconds()
        self._queue: asyncio.Queue[tuple[T, asyncio.Future[R]]] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._closed = False

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        """Write what was added, then stop: nobody is left waiting."""
        self._closed = True
        await self._queue.join()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def add(self, item: T) -> R:
        """Returns when `item` is committed; raises what the write of its batch raised, Unavailable after the end."""
        if self._closed:
            raise Unavailable("this process is stopping")
        done: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((item, done))
        return await done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        next_at = loop.time()
        while True:
            batch = [await self._queue.get()]
            if not self._closed and (wait := next_at - loop.time()) > 0:
                await asyncio.sleep(wait)
            next_at = loop.time() + self._gap
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._commit(batch)
            for _ in batch:
                self._queue.task_done()

    async def _commit(self, batch: list[tuple[T, asyncio.Future[R]]]) -> None:
        try:
            results = await self._write([item for item, _ in batch])
        except Exception as error:
            results = [error] * len(batch)
        for (_, done), result in zip(batch, results, strict=True):
            if done.done():
                continue
            if isinstance(result, Exception):
                done.set_exception(result)
            else:
                done.set_result(result)
