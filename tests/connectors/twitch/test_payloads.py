"""Payloads that others recorded or wrote: EventSub is understood, lines of IRC are not our input."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.twitch.parse import account_of, parse
from engage.errors import Malformed
from engage.models import EventKind

DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")
FILE = DATA / "webhooks" / "payloads.jsonl"


def rows(platform: str) -> Iterator[dict[str, Any]]:
    if not FILE.exists():
        pytest.skip("the collected payloads are not at hand")
    for line in FILE.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["platform"] == platform:
            yield row


def test_all_of_eventsub_are_understood_or_ignored_with_a_reason() -> None:
    kinds: dict[str, int] = {}
    for row in rows("twitch"):
        payload = row["payload"]
        try:
            events = parse(payload, "")
        except Malformed:
            assert "subscription" not in json.dumps(payload), row["id"]  # a part of a payload, and no delivery
            events = []
            kinds["malformed"] = kinds.get("malformed", 0) + 1
        for event in events:
            kinds[event.kind] = kinds.get(event.kind, 0) + 1
            assert event.reason or event.message or event.kind is EventKind.CHALLENGE, row["id"]
    assert sum(kinds.values()) == 92
    wanted = {EventKind.MESSAGE: 1, EventKind.CHALLENGE: 2, EventKind.REVOKED: 2}  # one line is of a shared chat
    assert {kind: kinds.get(kind) for kind in wanted} == wanted
    assert set(kinds) == {*wanted, EventKind.IGNORED, EventKind.DELETED, "malformed"}  # chats that were cleared


def test_none_is_a_message_of_the_account_itself() -> None:
    for row in rows("twitch"):
        for own in own_ids(row["payload"]):
            try:
                events = parse(row["payload"], own)
            except Malformed:
                continue
            for event in events:
                if event.kind is EventKind.MESSAGE and event.message is not None:
                    assert event.message.author.id != own
                    assert not event.message.author.is_self


def own_ids(payload: Any) -> set[str]:
    """Every account that a payload could be for, or from."""
    event = payload.get("event", {}) if isinstance(payload, dict) else {}
    named = {value for key, value in event.items() if key.endswith("user_id") and isinstance(value, str)}
    return named | {account_of(payload)}


def test_lines_of_irc_are_no_payloads() -> None:
    seen = 0
    for row in rows("twitch_irc"):
        with pytest.raises(Malformed):
            parse(row["payload"], "")
        seen += 1
    assert seen == 49
