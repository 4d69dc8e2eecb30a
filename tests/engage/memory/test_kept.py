"""Dear values are made once, and the oldest make room."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from engage.memory.kept import Kept


def test_many_that_ask_at_once_wait_for_one_maker() -> None:
    kept: Kept[str] = Kept(10)
    together = Barrier(8)
    made: list[int] = []

    def make(_: str | None) -> str:
        made.append(1)
        return "value"

    def ask(_: int) -> str:
        together.wait(10)
        return kept.get("a", lambda _: True, make)

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(ask, range(8))) == {"value"}
    assert len(made) == 1


def test_who_asks_while_a_new_value_is_made_never_gets_the_old_one() -> None:
    kept: Kept[str] = Kept(10)
    kept.get("a", lambda _: True, lambda _: "old")
    begun, go_on = Event(), Event()

    def make(before: str | None) -> str:
        assert before == "old"
        begun.set()
        assert go_on.wait(10)
        return "new"

    def ask() -> str:
        return kept.get("a", lambda value: value == "new", make)

    with ThreadPoolExecutor(2) as pool:
        making = pool.submit(ask)
        assert begun.wait(10)
        waiting = pool.submit(ask)
        go_on.set()
        assert (making.result(10), waiting.result(10)) == ("new", "new")


def test_a_maker_that_fails_tells_its_caller_and_the_next_one_tries_again() -> None:
    kept: Kept[str] = Kept(10)

    def fail(_: str | None) -> str:
        raise OSError("away")

    with pytest.raises(OSError, match="away"):
        kept.get("a", lambda _: True, fail)
    assert kept.get("a", lambda _: True, lambda _: "back") == "back"


def test_what_was_not_used_for_longest_is_dropped_by_weight() -> None:
    kept: Kept[str] = Kept(5, len)
    for key in ("aa", "bb"):
        kept.get(key, lambda _: True, lambda _, key=key: key)  # type: ignore[misc]
    kept.get("aa", lambda _: True, lambda _: pytest.fail("it is there"))
    kept.get("ccc", lambda _: True, lambda _: "ccc")
    assert kept.get("aa", lambda _: True, lambda _: "again") == "aa"
    assert kept.get("bb", lambda _: True, lambda _: "again") == "again"
