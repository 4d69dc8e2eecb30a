"""Many small writes in one transaction: each caller waits until the batch that holds its row is committed."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Generic, Self, TypeVar

from engage.errors import Unavailable

T = TypeVar("T")

MAX_BATCH = 512


class GroupCommit(Generic[T]):
    """While one batch is being written the next one gathers; there is no timer to wait for."""

    def __init__(self, write: Callable[[list[T]], Awaitable[None]]) -> None:
        self._write = write
        self._queue: asyncio.Queue[tuple[T, asyncio.Future[None]]] = asyncio.Queue()
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

    async def add(self, item: T) -> None:
        """Returns when `item` is committed; raises what the write of its batch raised, Unavailable after the end."""
        if self._closed:
            raise Unavailable("this process is stopping")
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((item, done))
        await done

    async def _run(self) -> None:
        while True:
            batch = [await self._queue.get()]
            while len(batch) < MAX_BATCH and not self._queue.empty():
                batch.append(self._queue.get_nowait())
            await self._commit(batch)
            for _ in batch:
                self._queue.task_done()

    async def _commit(self, batch: list[tuple[T, asyncio.Future[None]]]) -> None:
        try:
            await self._write([item for item, _ in batch])
        except Exception as error:
            for _, done in batch:
                if not done.done():
                    done.set_exception(error)
            return
        for _, done in batch:
            if not done.done():
                done.set_result(None)
