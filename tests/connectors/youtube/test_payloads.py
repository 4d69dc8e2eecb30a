"""What public clients of YouTube have recorded or written down goes through `parse`, and nothing surprises it."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.youtube.parse import parse
from engage.errors import Malformed
from engage.models import EventKind

DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")


def rows() -> list[dict[str, Any]]:
    file = DATA / "webhooks" / "payloads.jsonl"
    if not file.exists():
        pytest.skip("the payloads are not at hand")
    found = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    return [row for row in found if row["platform"] in ("youtube", "youtube_live")]


def resources(payload: Any) -> list[Any]:
    """A payload, and what it is a list of."""
    items = payload.get("items") if isinstance(payload, dict) else None
    return [payload, *(items if isinstance(items, list) else [])]


def channel_of(payload: Any) -> str:
    found = (payload.get("snippet") or {}).get("channelId") if isinstance(payload, dict) else None
    return found or "UCnobody"


def test_each_is_understood_ignored_or_malformed() -> None:
    kinds: set[EventKind | str] = set()
    for row in rows():
        for payload in resources(row["payload"]):
            own = channel_of(payload)
            try:
                events = parse(payload, own)
            except Malformed:
                kinds.add("malformed")
                continue
            assert events, row["id"]
            for event in events:
                kinds.add(event.kind)
                assert event.reason or event.kind is not EventKind.IGNORED, row["id"]
                if event.kind is EventKind.MESSAGE:
                    assert event.message is not None
                    assert event.message.author.id != own, row["id"]
    assert {EventKind.MESSAGE, EventKind.TAKEOVER, EventKind.IGNORED, "malformed"} <= kinds


def test_recorded_comments_are_messages_of_their_authors() -> None:
    """Threads and replies by other people, each with its author, its thread and its words."""
    count = 0
    for row in rows():
        for payload in resources(row["payload"]):
            if isinstance(payload, dict) and payload.get("kind") in ("youtube#comment", "youtube#commentThread"):
                for event in parse(payload, "UCnobody") if channel_of(payload) == "UCnobody" else []:
                    assert event.message is not None
                    assert event.message.conversation_id.startswith("thread:")
                    assert event.message.text
                    count += 1
    assert count >= 5
