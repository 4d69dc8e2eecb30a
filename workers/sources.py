"""What a creator names to be imported: files and folders by their path, pages and feeds by their address."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from engage.memory.importers import Me, Read, Rejected, read_export, read_paths
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, File
from workers.fetching import Fetcher


def is_address(source: str) -> bool:
    """Whether it is to be fetched, and is no path."""
    return source.lower().startswith(("http://", "https://"))


def read_sources(sources: Sequence[str], me: Me, permitted: Collection[str] = ()) -> Iterator[Read]:
    """Every row of files, folders and addresses. What cannot be fetched is told as a file that cannot be read."""
    yield from read_paths([Path(one) for one in sources if not is_address(one)], me)
    for found in asyncio.run(_fetched([one for one in sources if is_address(one)], permitted)):
        if isinstance(found, Rejected):
            yield found
        else:
            yield from read_export(Export([found]), me)


async def _fetched(urls: Sequence[str], permitted: Collection[str]) -> list[File | Rejected]:
    found: list[File | Rejected] = []
    async with Fetcher(permitted) as fetcher:
        for url in urls:  # one after the other: they are often of one site
            try:
                found.append(await fetcher.fetch(url))
            except Unreadable as error:
                found.append(error.rejected)
    return found
