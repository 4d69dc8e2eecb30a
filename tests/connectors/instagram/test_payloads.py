"""Payloads that others collected: each is understood, left alone with a reason, or said to be none."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.instagram.parse import parse
from engage.errors import Malformed
from engage.models import Event, EventKind

ROOT = Path(__file__).parents[3]
FILE = Path(os.environ.get("ENGAGE_TEST_DATA") or ROOT.parent / "shared" / "data") / "webhooks" / "payloads.jsonl"


def rows() -> dict[str, dict[str, Any]]:
    if not FILE.exists():
        pytest.skip(f"no collected payloads: {FILE.name}")
    read = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    return {row["id"]: row for row in read if row["platform"] == "instagram"}


def events_of(payload: Any) -> list[Event] | None:
    """None where it is no payload of a webhook."""
    try:
        return parse(payload, "")
    except Malformed:
        return None


def test_every_payload_is_understood_or_refused() -> None:
    for row in rows().values():
        events = events_of(row["payload"])
        assert (events is not None) == (row["kind"] == "webhook"), row["id"]
        for event in events or []:
            assert event.kind is not EventKind.IGNORED or event.reason
            if event.kind is EventKind.MESSAGE:
                assert event.message is not None
                assert not event.message.author.is_self


@pytest.mark.parametrize(
    ("event", "kind"),
    [
        ("message_create", EventKind.MESSAGE),
        ("test_text", EventKind.MESSAGE),
        ("standby", EventKind.IGNORED),
        ("unsend", EventKind.DELETED),
        ("share_attachment", EventKind.IGNORED),
    ],
)
def test_what_the_webhooks_among_them_mean(event: str, kind: EventKind) -> None:
    found = [row for row in rows().values() if row["kind"] == "webhook" and row["event"] == event]
    assert found
    for row in found:
        assert [one.kind for one in parse(row["payload"], "")] == [kind]
