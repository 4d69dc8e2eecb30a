"""Payloads of other platforms, none of which we wrote: Bluesky's parser refuses or ignores them, and answers none."""

import json
import os
from pathlib import Path

import pytest

from connectors.bluesky.parse import parse
from engage.errors import Malformed
from engage.models import EventKind
from tests.connectors.bluesky import kit

FILE = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")
FILE = FILE / "webhooks" / "payloads.jsonl"


def test_nothing_of_them_is_answered() -> None:
    if not FILE.exists():
        pytest.skip("the collection of payloads is not at hand")
    kinds: list[EventKind] = []
    for line in FILE.read_text("utf-8").splitlines():
        try:
            kinds += [event.kind for event in parse(json.loads(line)["payload"], kit.ME)]
        except Malformed:
            kinds.append(EventKind.IGNORED)
    assert set(kinds) <= {EventKind.IGNORED}
