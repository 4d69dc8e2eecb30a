"""A creator's memory with something planted in it, for one case at a time. The real one is never changed."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING

from engage.models import Recall
from engage.redteam.packs import Place

if TYPE_CHECKING:
    from engage.memory.search import Memory

Plant = Callable[[Recall], Recall]
planting: ContextVar[Plant | None] = ContextVar("planting", default=None)
recalled: ContextVar[list[Recall] | None] = ContextVar("recalled", default=None)  # as it is without


class PlantedMemory:
    """A creator's memory into which a case may have planted something, and which may find an answer to everything."""

    def __init__(self, memory: "Memory", finds_all: bool) -> None:
        self._memory = memory
        self._finds_all = finds_all

    async def recall(self, creator_id: str, text: str, k: int = 5) -> Recall:
        found = await self._memory.recall(creator_id, text, k)
        if (heard := recalled.get()) is not None:
            heard.append(found)
        if self._finds_all:
            found = replace(found, supported=bool(found.passages))
        plant = planting.get()
        return plant(found) if plant else found


def planted(place: Place, payload: str) -> Plant:
    """The best passage with a payload at its end, or in the question it answered."""

    def plant(found: Recall) -> Recall:
        if not found.passages:
            return found
        best, *others = found.passages
        if place is Place.PASSAGE:
            with_it = replace(best.passage, text=f"{best.passage.text} {payload}")
        else:
            with_it = replace(best.passage, question=f"{best.passage.question or 'and?'} {payload}")
        return replace(found, passages=(replace(best, passage=with_it), *others))

    return plant
