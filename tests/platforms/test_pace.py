"""The measurement of the pace, in small: that it measures, not how much."""

from dataclasses import replace
from datetime import timedelta

import pytest

from connectors.discord.connector import DiscordConnector
from engage.limits import Each, Limit
from tests.connectors.discord import kit
from tests.platforms import pace
from tests.platforms.discord import Discord
from tests.platforms.pace_cases import DISCORD

A_SECOND, A_MINUTE, AN_HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def strict() -> Discord:
    """Five posts in any second of a channel."""
    discord = Discord(kit.TOKEN)
    discord.channel_limit, discord.channel_seconds = 5, 1.0
    return discord


async def test_a_strict_platform_refuses_nothing(valkey_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DiscordConnector, "limits", (Limit(5, A_SECOND, each=Each.CONVERSATION),))
    found = await pace.measure(replace(DISCORD, start=strict), 2, valkey_url)
    assert (found["rate_limited"], found["refused"], found["slowed"]) == (0, 0, False)
    assert (found["surface"], found["allowed"], found["seconds"]) == ("comment", 10.0, 2)
    assert found["limit"] == "5 in 1 s of each conversation, 1 at once"
    assert 0 < found["sends"] <= 10
    assert found["share"] == found["sends"] / 10
    assert 0 < found["busiest_window"] <= 5
    assert found["replies"]["due"] > 0, "more was due than the limit allows"
    assert found["enforced"] == "yes", "what goes past the pacing is refused"


@pytest.mark.parametrize(
    ("limit", "places", "seconds", "allowed"),
    [
        (Limit(5, A_SECOND, burst=2), 1, 60, 300),
        (Limit(5, A_SECOND, each=Each.CONVERSATION), 4, 60, 1200),
        (Limit(20, A_MINUTE, burst=5), 1, 30, 10 + 4),  # what went at once is no part of the stream
        (Limit(60, AN_HOUR, burst=30), 1, 60, 1),  # it is not waited for
    ],
)
def test_what_a_limit_allows(limit: Limit, places: int, seconds: float, allowed: float) -> None:
    assert pace.allowed_by(limit, places, seconds) == allowed


def test_the_busiest_window_is_open_at_its_end() -> None:
    assert pace.busiest([0.0, 0.5, 1.0, 1.2, 1.4], 1.0) == 4
    assert pace.busiest([], 1.0) == 0
