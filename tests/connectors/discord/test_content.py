"""What a payload may hold, beyond the fixtures."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.discord.parse import parse
from connectors.discord.places import Places
from connectors.discord.snowflakes import first_of, join, split, time_of
from engage.errors import Malformed, Refused
from engage.models import EventKind
from tests.connectors.discord import kit

PAYLOADS = (
    Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")
    / "webhooks"
    / "payloads.jsonl"
)
PLACES = Places.of(kit.account("http://127.0.0.1:9"))


def test_payloads_of_public_sdks_are_understood() -> None:
    if not PAYLOADS.exists():
        pytest.skip("the collected payloads are not at hand")
    rows = [json.loads(line) for line in PAYLOADS.read_text("utf-8").splitlines()]
    ours = [row["payload"] for row in rows if row["platform"] == "discord"]
    if not ours:
        pytest.skip("none of the collected payloads is Discord's")
    for payload in ours:
        assert_understood(payload)


def assert_understood(payload: Any) -> None:
    """Events with reasons, or Malformed; never a message by the bot."""
    try:
        events = parse(payload, kit.BOT)
    except Malformed:
        return
    assert events
    for event in events:
        assert event.reason or event.kind is not EventKind.IGNORED
        if event.kind is EventKind.MESSAGE:
            assert event.message is not None
            assert event.message.author.id != kit.BOT


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | st.sampled_from([kit.BOT, kit.MESSAGE, "2026-11-22"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KINDS = st.sampled_from(["MESSAGE_CREATE", "MESSAGE_UPDATE", "MESSAGE_DELETE", "MESSAGE_DELETE_BULK", "READY"])
NAMES = st.sampled_from(
    ["id", "ids", "channel_id", "guild_id", "author", "content", "timestamp", "edited_timestamp", "mentions", "type"]
)


@settings(max_examples=60, deadline=None)
@given(KINDS, st.dictionaries(NAMES, ANYTHING, max_size=10))
def test_nothing_breaks_it(kind: str, d: dict[str, Any]) -> None:
    payload = PLACES.stamped(kind, d)
    assert_understood(payload)
    PLACES.kept(payload)


def test_without_the_account_nothing_is_guessed() -> None:
    with pytest.raises(Malformed, match="account"):
        parse({"t": "MESSAGE_CREATE", "d": {}}, "")


def test_the_stamp_names_the_account() -> None:
    user = {"id": kit.BOT, "username": "ada-avatar", "bot": True}
    d = {"id": kit.MESSAGE, "channel_id": kit.CHANNEL, "author": user, "content": "hi", "type": 0}
    [event] = parse(PLACES.stamped("MESSAGE_CREATE", {**d, "timestamp": "2026-11-22T08:00:00+00:00"}), "")
    assert event.kind is EventKind.ECHO


def test_what_is_broken_is_kept_for_intake_to_name() -> None:
    assert PLACES.kept(PLACES.stamped("MESSAGE_CREATE", {"id": kit.MESSAGE})) is not None


def test_an_id_holds_its_time() -> None:
    assert time_of(kit.MESSAGE).isoformat() == "2026-11-22T08:00:00+00:00"
    assert first_of(time_of(kit.MESSAGE)) == kit.MESSAGE
    for wrong in ("", "x", "-5", "\u0665", str(1 << 64)):
        with pytest.raises(Malformed):
            time_of(wrong)


def test_a_message_is_named_by_its_channel_and_itself() -> None:
    assert split(join(kit.CHANNEL, kit.MESSAGE)) == (kit.CHANNEL, kit.MESSAGE)
    for wrong in ("", ":", kit.MESSAGE, f"{kit.CHANNEL}:x"):
        with pytest.raises(Refused):
            split(wrong)
