"""What every process does first."""

import gc
from collections.abc import Iterator

import pytest

from workers import process


@pytest.fixture
def collector() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


@pytest.mark.usefixtures("collector")
def test_the_collector_leaves_alone_what_was_loaded() -> None:
    loaded = [[number] for number in range(1000)]
    process.keep_what_is_loaded()
    assert gc.get_freeze_count() > len(loaded)
    assert gc.get_threshold()[0] >= 10_000
