"""What TikTok sends, whatever it is: right events, or a named refusal."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

from connectors.tiktok.parse import parse
from engage.errors import Malformed
from engage.models import EventKind
from tests.connectors.tiktok import kit

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or ROOT.parent / "shared" / "data") / "webhooks" / "payloads.jsonl"


def comment(**changes: Any) -> dict[str, Any]:
    row = {
        "comment_id": kit.COMMENT,
        "video_id": kit.VIDEO,
        "unique_identifier": "+ABc1",
        "username": "fan_1",
        "text": "where is this?",
        "create_time": "1795334390",
        "owner": False,
        "status": "PUBLIC",
    }
    content = {"comment": {**row, **changes}, "root": kit.COMMENT, "caption": "Above Lisbon"}
    return {"event": "engage.comment", "user_openid": kit.OWN, "content": content}


@pytest.mark.parametrize("owner", [None, "false", 0, "unknown"])
def test_a_comment_of_which_nobody_says_whose_it_is_is_never_answered(owner: Any) -> None:
    with pytest.raises(Malformed, match=r"comment\.owner"):
        parse(comment(owner=owner), kit.OWN)


def test_a_new_comment_of_a_webhook_is_never_a_message_as_it_may_be_our_own() -> None:
    content = {"comment_id": 7300000000000000001, "video_id": 7200000000000000001, "comment_action": "insert"}
    content |= {"timestamp": 1795334390, "unique_identifier": "+Creator", "text": "In Sintra."}
    raw = {"event": "comment.update", "user_openid": kit.OWN, "content": json.dumps(content)}
    assert [event.kind for event in parse(raw, kit.OWN)] == [EventKind.STATUS]


def test_nineteen_digits_stay_nineteen_digits() -> None:
    content = (
        '{"comment_id":9007199254740993001,"video_id":9007199254740993003,"comment_action":"delete","timestamp":1}'
    )
    (event,) = parse({"event": "comment.update", "user_openid": "1", "content": content}, "1")
    assert event.message is not None
    assert event.message.id == "9007199254740993003:9007199254740993001"


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "5", None, 5, []])
def test_an_inner_payload_that_is_none(content: Any) -> None:
    with pytest.raises(Malformed, match="content"):
        parse({"event": "im_receive_msg", "user_openid": kit.OWN, "content": content}, kit.OWN)


def test_without_a_known_account_the_payload_names_it() -> None:
    (event,) = parse(comment(), "")
    assert event.kind is EventKind.MESSAGE


def test_payloads_of_every_platform_are_refused_or_ignored() -> None:
    """There are none of TikTok's business API; what comes from elsewhere (Douyin looks alike) must be nothing to us."""
    if not DATA.exists():
        pytest.skip(f"the payloads are not at hand: {DATA}")
    for line in DATA.read_text("utf-8").splitlines():
        row = json.loads(line)
        try:
            events = parse(row["payload"], kit.OWN)
        except Malformed:
            continue
        assert [event.kind for event in events] == [EventKind.IGNORED], row["id"]
        assert events[0].reason
