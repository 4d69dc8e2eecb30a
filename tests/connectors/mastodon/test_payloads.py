"""Payloads of other platforms, as public SDKs keep them: none of them is one of ours."""

import json
import os
from pathlib import Path

import pytest

from connectors.mastodon.parse import parse
from engage.errors import Malformed
from engage.models import EventKind

DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")


def test_what_other_platforms_send_is_refused_or_ignored() -> None:
    """None of the rows is Mastodon's own (the fixtures are)."""
    file = DATA / "webhooks" / "payloads.jsonl"
    if not file.exists():
        pytest.skip("the payloads of other platforms are not at hand")
    rows = [json.loads(line) for line in file.read_text("utf-8").splitlines()]
    assert not [row for row in rows if row["platform"] == "mastodon"]
    for row in rows:
        try:
            events = parse(row["payload"], "14715@social.example")
        except Malformed:
            continue
        assert [event.kind for event in events] == [EventKind.IGNORED], row["id"]
        assert events[0].reason
