"""Values that are dear to make, kept by key: made by one thread, however many ask at once."""

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(slots=True, eq=False)
class _Place(Generic[T]):
    value: T | None = None
    making: Lock = field(default_factory=Lock)


class Kept(Generic[T]):
    """The values used last, up to `most` together by what `weigh` says of each; the newest stays in any case."""

    def __init__(self, most: int, weigh: Callable[[T], int] = lambda _: 1) -> None:
        self._most = most
        self._weigh = weigh
        self._places: OrderedDict[str, _Place[T]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: str, fresh: Callable[[T], bool], make: Callable[[T | None], T]) -> T:
        """The value of `key`. Where it is not `fresh` one caller makes it, from the one before where there was one.

        Callers that come meanwhile wait: an old value may be an hour old. What `make` raises is raised to the caller
        that made; the next one tries again.
        """
        place = self._place(key)
        value = place.value
        if value is not None and fresh(value):
            return value
        with place.making:
            if place.value is None or not fresh(place.value):
                place.value = make(place.value)
                self._drop_oldest()
            return place.value

    def has(self, key: str, fresh: Callable[[T], bool]) -> bool:
        """Whether `get` would answer at once."""
        place = self._places.get(key)
        return place is not None and place.value is not None and fresh(place.value)

    def last(self, key: str) -> T | None:
        """What `get` answered last, fresh or not; None where it was never asked or is kept no more."""
        place = self._places.get(key)
        return place.value if place else None

    def drop(self, keys: Collection[str]) -> None:
        """Keep these no more: what they were made of was erased."""
        with self._lock:
            for key in keys:
                self._places.pop(key, None)

    def clear(self) -> None:
        """Keep nothing."""
        with self._lock:
            self._places.clear()

    def snapshot(self) -> dict[str, T]:
        """All that is kept now, without using any of it."""
        with self._lock:
            return {key: place.value for key, place in self._places.items() if place.value is not None}

    def _place(self, key: str) -> _Place[T]:
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            return place

    def _drop_oldest(self) -> None:
        with self._lock:
            weights = {key: self._weigh(place.value) for key, place in self._places.items() if place.value is not None}
            total = sum(weights.values())
            for key in list(weights)[:-1]:
                if total <= self._most:
                    return
                del self._places[key]
                total -= weights[key]
