"""Payloads that others collected: each is understood, left alone with a reason, or said to be none."""

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from connectors.facebook.parse import parse
from engage.errors import Malformed
from engage.models import Event, EventKind

ROOT = Path(__file__).parents[3]
FILE = Path(os.environ.get("ENGAGE_TEST_DATA") or ROOT.parent / "shared" / "data") / "webhooks" / "payloads.jsonl"
PAGE = "137542570280222"


def rows() -> dict[str, dict[str, Any]]:
    if not FILE.exists():
        pytest.skip(f"no collected payloads: {FILE.name}")
    read = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    return {row["id"]: row for row in read if row["platform"] in ("facebook", "messenger")}


def written_by_facebook(value: Any) -> Any:
    """The SDK that these are from renames every field to camelCase; Facebook has underscores."""
    if isinstance(value, list):
        return [written_by_facebook(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        re.sub(r"(?<=[a-z])[A-Z]", lambda m: f"_{m[0].lower()}", k): written_by_facebook(v) for k, v in value.items()
    }


def delivered(payload: Any) -> Any:
    """A delivery around what was collected without it."""
    payload = written_by_facebook(payload)
    if "object" in payload:
        return payload
    kind = "changes" if "field" in payload else "messaging"
    own = PAGE if kind == "changes" else payload.get("recipient", {}).get("id")
    return {"object": "page", "entry": [{"id": own, "time": 1512121727, kind: [payload]}]}


def checked(events: list[Event]) -> list[Event]:
    for event in events:
        assert event.kind is not EventKind.IGNORED or event.reason
        if event.kind is EventKind.MESSAGE:
            assert event.message is not None
            assert not event.message.author.is_self
    return events


def test_as_they_stand_they_are_understood_or_refused() -> None:
    for row in rows().values():
        try:
            checked(parse(row["payload"], ""))
        except Malformed:
            assert (
                row["kind"] != "webhook"
                or written_by_facebook(row["payload"]) != row["payload"]
                or ("object" not in row["payload"])
            ), row["id"]


def test_webhooks_are_understood_once_they_are_delivered() -> None:
    for row in rows().values():
        if row["kind"] == "webhook":
            assert checked(parse(delivered(row["payload"]), "")), row["id"]


@pytest.mark.parametrize(
    ("event", "found"),
    [
        ("commentAdd", [EventKind.MESSAGE]),
        ("videoCommentAdd", [EventKind.MESSAGE]),
        ("commentAddRequest", [EventKind.MESSAGE, EventKind.MESSAGE]),
        ("commentRemove", [EventKind.DELETED]),
        ("statusAdd", [EventKind.IGNORED]),
        ("postRemove", [EventKind.IGNORED]),
        ("pageLikeAdd", [EventKind.IGNORED]),
        ("reactionAdd", [EventKind.IGNORED]),
        ("samePageBatchRequest", [EventKind.MESSAGE, EventKind.MESSAGE]),
        ("standbyRequest", [EventKind.IGNORED]),
        ("webhookTestRequest", [EventKind.IGNORED]),
        ("textMessage", [EventKind.MESSAGE]),
        ("imageMessage", [EventKind.IGNORED]),
        ("quickReplyMessage", [EventKind.MESSAGE]),
        ("postbackReferral", [EventKind.MESSAGE]),
        ("payment", [EventKind.IGNORED]),
        ("passThreadControl", [EventKind.IGNORED]),
        ("policyEnforcement", [EventKind.IGNORED]),
        ("accountLinkingUnlinked", [EventKind.IGNORED]),
    ],
)
def test_what_the_webhooks_among_them_mean(event: str, found: list[EventKind]) -> None:
    matching = [row for row in rows().values() if row["kind"] == "webhook" and row["event"] == event]
    assert matching
    for row in matching:
        assert [one.kind for one in parse(delivered(row["payload"]), "")] == found


def test_the_pages_own_reply_is_never_answered() -> None:
    (row,) = [row for row in rows().values() if row["event"] == "sentByPage"]
    payload = delivered(row["payload"])
    payload["entry"][0]["id"] = row["payload"]["value"]["from"]["id"]
    assert [one.kind for one in parse(payload, "")] == [EventKind.TAKEOVER]
