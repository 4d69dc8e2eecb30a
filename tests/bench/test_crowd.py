"""A crowd that writes as fast as replies come notices when none will come."""

import random
from typing import Any, cast

import pytest

from workers.bench import crowd as module
from workers.bench.crowd import Crowd
from workers.bench.stage import BenchFailed
from workers.demo import stage
from workers.demo.network import Network

WINDOW = 4


class Silent:
    """A network that takes messages and shows replies to the first few alone."""

    def __init__(self, replies: int) -> None:
        self.written = 0
        self.replies = replies

    async def stats(self) -> dict[str, int]:
        return {"answered": min(self.written, self.replies)}

    async def write_many(self, messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
        self.written += len(messages)
        return [{"id": message["follower"]} for message in messages]


def among(net: Silent) -> Crowd:
    return Crowd(cast("stage.Stage", None), cast("Network", net), {"ann": "post"}, ["Hello?"], random.Random(1))


async def test_messages_that_are_turned_away_end_a_measurement_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "STILL_S", 0.15)
    net = Silent(replies=3)
    with pytest.raises(BenchFailed, match=f"{WINDOW} of {net.replies + WINDOW} messages got no reply"):
        await among(net).write_within(100, WINDOW)


async def test_as_many_are_written_as_were_asked_for_where_all_are_answered() -> None:
    assert len(await among(Silent(replies=100)).write_within(10, WINDOW)) == 10
