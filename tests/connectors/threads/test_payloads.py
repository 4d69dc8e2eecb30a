"""Payloads that others collected: of Threads there are answers to questions about tokens, and no webhooks."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.threads.parse import parse
from engage.errors import Malformed

ROOT = Path(__file__).parents[3]
FILE = Path(os.environ.get("ENGAGE_TEST_DATA") or ROOT.parent / "shared" / "data") / "webhooks" / "payloads.jsonl"


def rows() -> list[dict[str, Any]]:
    if not FILE.exists():
        pytest.skip(f"no collected payloads: {FILE.name}")
    read = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    return [row for row in read if row["platform"] == "threads"]


def test_every_payload_is_said_to_be_none_of_a_webhook() -> None:
    assert rows()
    for row in rows():
        assert row["kind"] == "api_response", row["id"]
        with pytest.raises(Malformed, match="topic"):
            parse(row["payload"], "")
