"""What Douyin sends, whatever it is: right events, or a named refusal."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from connectors.douyin.parse import accounts_of, parse
from connectors.douyin.webhooks import DouyinWebhooks
from engage.errors import Malformed
from engage.models import EventKind
from tests.connectors.douyin import kit

ROOT = Path(__file__).parents[3]
DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or ROOT.parent / "shared" / "data") / "webhooks" / "payloads.jsonl"
NOW = datetime(2026, 11, 22, 8, tzinfo=UTC)


def rows() -> Iterator[dict[str, Any]]:
    if not DATA.exists():
        pytest.skip(f"the payloads are not at hand: {DATA}")
    for line in DATA.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["platform"] == "douyin":
            yield row


def strings(value: Any) -> set[str]:
    """Every text in a payload: whoever the account may be, they are among these."""
    if isinstance(value, str):
        return {value}
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return {one for part in inner for one in strings(part)}


def test_all_are_understood_ignored_with_a_reason_or_named_as_broken() -> None:
    kinds: Counter[str] = Counter()
    for row in rows():
        try:
            events = parse(row["payload"], "")
        except Malformed:
            assert row["kind"] == "api_sample" or "" in strings(row["payload"]) or "event" not in row["payload"]
            kinds["malformed"] += 1
            continue
        assert row["kind"] == "webhook", row["id"]
        for event in events:
            assert event.reason or event.message, row["id"]
            kinds[event.kind] += 1
    assert sum(kinds.values()) == 50
    # The documentation's samples of a comment and of both grants name nobody, and one is of another product.
    assert kinds == {EventKind.MESSAGE: 1, EventKind.IGNORED: 10, "malformed": 39}


def test_none_is_a_message_by_the_account_itself() -> None:
    for row in rows():
        for own in strings(row["payload"]) | {kit.OWN, ""}:
            try:
                events = parse(row["payload"], own)
            except Malformed:
                continue
            for event in events:
                if event.kind is EventKind.MESSAGE:
                    assert event.message is not None
                    assert event.message.author.id != own
                    assert not event.message.author.is_self


def test_all_that_are_calls_are_taken_signed_with_their_content_either_way() -> None:
    receiver, taken = DouyinWebhooks(kit.app()), 0
    for row in rows():
        payload = row["payload"]
        content = payload.get("content") if isinstance(payload, dict) else None
        other = json.loads(content) if isinstance(content, str) else json.dumps(content)
        for said in (payload, {**payload, "content": other} if content else payload):
            body = json.dumps(said, ensure_ascii=False).encode()
            try:
                delivery = receiver.receive(kit.sign(kit.SECRETS[1], row["id"], NOW, body), body, NOW)
            except Malformed:
                assert row["kind"] == "api_sample" or row["event"] == "TextMessageEvent"
                continue
            taken += 1
            for account, event in delivery.events:
                assert account in strings(payload)
                assert all(one.reason or one.message for one in parse(json.loads(event.body), account))
    assert taken == 2 * 14


@pytest.mark.parametrize("content", ["", "{", "[]", '"x"', "5", None, 5, []])
def test_an_inner_payload_that_is_none(content: Any) -> None:
    said = {"event": "im_receive_msg", "from_user_id": kit.FAN, "to_user_id": kit.OWN, "content": content}
    with pytest.raises(Malformed, match="content"):
        parse(said, kit.OWN)
    assert accounts_of(said) == [kit.OWN], "it is kept, and named as broken where it is processed"


def test_without_a_known_account_the_payload_names_it() -> None:
    (event,) = parse(json.loads(kit.body("d1")), "")
    assert event.kind is EventKind.MESSAGE


@pytest.mark.parametrize("at", [1795334390, 1795334390000, "1795334390"])
def test_seconds_and_milliseconds_are_told_apart(at: Any) -> None:
    said = json.loads(kit.body("d1"))
    said["content"] = {**json.loads(said["content"]), "create_time": at}
    (event,) = parse(said, kit.OWN)
    assert event.message is not None
    assert event.message.sent_at == datetime(2026, 11, 22, 7, 59, 50, tzinfo=UTC)


@pytest.mark.parametrize("at", [None, "x", -1e30, 10**400, True, [], "9" * 400])
def test_a_time_that_is_none(at: Any) -> None:
    said = json.loads(kit.body("d1"))
    said["content"] = {**json.loads(said["content"]), "create_time": at}
    with pytest.raises(Malformed, match="create_time"):
        parse(said, kit.OWN)
