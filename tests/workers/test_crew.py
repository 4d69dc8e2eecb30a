"""How many places one creator may hold: all alone, a part beside others, less while the machine cannot keep up."""

import asyncio
import time
from datetime import timedelta

import pytest

from workers.crew import ADJUST_EVERY, FEWEST, FIRST, LATE, LESS, Crew, Room
from workers.engine import INTAKE_ROWS, INTAKE_SPAN
from workers.lateness import EVERY, Lateness
from workers.pace import Portion


class Told(Lateness):
    """A loop that is as late as it is told to be."""

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds

    def look(self) -> float:
        return self.seconds


def _crew_with(creators: int) -> Crew:
    crew = Crew(places=64)
    for number in range(creators):
        crew.start(asyncio.sleep(0), "comment", f"c_{number}", lambda: None)
    return crew


async def test_a_creator_alone_may_hold_everything() -> None:
    assert _crew_with(1).share == 64


@pytest.mark.parametrize(("creators", "places"), [(2, 32), (3, 22), (4, 16), (40, 16)])
async def test_beside_others_a_creator_may_hold_an_equal_part_and_up_to_a_fourth(creators: int, places: int) -> None:
    assert _crew_with(creators).share == places


async def test_while_the_loop_is_late_the_room_shrinks_but_never_below_an_equal_part() -> None:
    crew = _crew_with(8)
    crew._room = Room(16, Told(LATE * 2))
    for _ in range(20):
        crew._room._adjusted_at = 0.0
        last = crew.share
    assert last == 64 // 8


def test_room_is_given_back_when_the_loop_is_in_time() -> None:
    lateness = Told(LATE * 2)
    room = Room(100, lateness)
    moments = (number * ADJUST_EVERY for number in range(1, 1000))
    shrunk = [room.places(next(moments), 100) for _ in range(30)]
    assert shrunk == sorted(shrunk, reverse=True)
    assert shrunk[-1] == FEWEST
    lateness.seconds = 0.0
    grown = [room.places(next(moments), 100) for _ in range(100)]
    assert grown == sorted(grown)
    assert grown[-1] == 100


def test_room_that_nobody_uses_does_not_grow() -> None:
    room = Room(100, Told(0.0))
    assert {room.places(number * ADJUST_EVERY, FIRST - 1) for number in range(1, 50)} == {FIRST}


def test_it_is_adjusted_once_in_a_while_not_at_every_question() -> None:
    room = Room(100, Told(LATE * 2))
    assert {room.places(1.0, 100) for _ in range(50)} == {int(FIRST * LESS)}


async def test_lateness_is_what_a_busy_loop_makes_others_wait() -> None:
    lateness = Lateness()
    lateness.look()
    await asyncio.sleep(EVERY / 10)
    time.sleep(EVERY * 4)  # noqa: ASYNC251 - that is what makes it late
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert lateness.look() >= EVERY


@pytest.mark.parametrize(("seconds", "rows"), [(0.05, 200), (0.1, 150), (10.0, 100), (0.0, 200)])
def test_a_round_that_took_too_long_is_followed_by_a_smaller_one(seconds: float, rows: int) -> None:
    portion = Portion(200, 20, timedelta(milliseconds=50))
    portion.took(seconds)
    assert portion.rows == rows


def test_a_round_never_takes_fewer_than_its_fewest() -> None:
    portion = Portion(200, 20, timedelta(milliseconds=50))
    for _ in range(50):
        portion.took(10.0)
    assert portion.rows == 20


def test_a_round_of_intake_never_gets_so_small_that_rounds_cost_more_than_rows() -> None:
    portion = Portion(*INTAKE_ROWS, INTAKE_SPAN)
    for _ in range(20):
        portion.took(5.0)
    assert portion.rows >= 100
