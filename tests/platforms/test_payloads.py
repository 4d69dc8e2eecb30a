"""Payloads of public SDKs, none of which we wrote, through the route of their platform."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors import parser, platforms
from engage.errors import Malformed
from engage.models import EventKind
from tests.platforms.routes import Routes, called, routes

FILE = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[3] / "shared" / "data") / "webhooks"
OURS = {"messenger": "facebook", "youtube_live": "youtube"}  # the platform a row belongs to, where the names differ


def rows() -> list[dict[str, Any]]:
    file = FILE / "payloads.jsonl"
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


ROWS = rows()
pytestmark = pytest.mark.skipif(not ROWS, reason="the collection of payloads is not at hand")


def platform_of(row: dict[str, Any]) -> str:
    return OURS.get(row["platform"], row["platform"])


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Routes]:
    with routes(tmp_path_factory.mktemp("routes")) as found:
        yield found


def body_of(row: dict[str, Any]) -> bytes:
    """The body of a call. Of Messenger the collection has single events, which come in an envelope."""
    payload = row["payload"]
    if row["platform"] == "messenger" and "object" not in payload:
        page = (payload.get("recipient") or {}).get("id", "1")
        payload = {"object": "page", "entry": [{"id": page, "time": 1, "messaging": [payload]}]}
    return json.dumps(payload, ensure_ascii=False).encode()


def test_what_a_platform_calls_with_is_taken_once_and_understood_or_ignored_with_a_reason(house: Routes) -> None:
    mine = [row for row in ROWS if row["kind"] == "webhook" and platform_of(row) in called()]
    statuses: Counter[tuple[str, int]] = Counter()
    for row in mine:
        platform, key, body = platform_of(row), str(row["id"]), body_of(row)
        try:
            for user_id in house.whom(platform, key, body):
                house.connect(platform, user_id)
        except Malformed:
            pass
    for _ in range(2):
        for row in mine:
            answer = house.send(platform_of(row), str(row["id"]), body_of(row))
            statuses[platform_of(row), answer.status_code] += 1
            assert answer.status_code in (200, 202, 400), (row["id"], answer.status_code, answer.text)
        assert house.take_in() == {}
    first = (len(house.deliveries()), house.written())
    for row in mine:
        house.send(platform_of(row), str(row["id"]), body_of(row))
    assert house.take_in() == {}
    assert (len(house.deliveries()), house.written()) == first, "nothing is taken twice"
    unexplained = [one for one in house.deliveries() if one.state in ("ignored", "malformed") and not one.reason]
    assert unexplained == []
    assert house.by_themselves() == [], "nobody is answered who is the account itself"


def test_what_a_platform_answers_is_understood_ignored_with_a_reason_or_named_as_broken() -> None:
    for row in ROWS:
        platform = platform_of(row)
        if platform not in platforms():
            continue
        try:
            events = parser(platform)(row["payload"], "")
        except Malformed:
            continue  # it names the field: the contract tests see to that
        for event in events:
            assert event.kind is not EventKind.IGNORED or event.reason, row["id"]
            if event.kind is EventKind.MESSAGE:
                assert event.message is not None
                assert not event.message.author.is_self, row["id"]


def test_platforms_that_are_not_built_have_no_route(house: Routes) -> None:
    strangers = {platform_of(row) for row in ROWS} - set(platforms())
    for platform in sorted(strangers):
        assert house.client.post(f"/hooks/{platform}", content=b"{}").status_code == 404
        assert house.client.post(f"/hooks/{platform}/somebody", content=b"{}").status_code == 404


def test_a_signature_of_another_platform_opens_no_door(house: Routes) -> None:
    before = len(house.deliveries())
    for platform in called():
        for other in called():
            if other == platform:
                continue
            body = b'{"object": "page", "entry": []}'
            answer = house.client.post(house.path(platform), content=body, headers=house.headers(other, "d1", body))
            assert answer.status_code in (400, 401), (platform, other, answer.status_code)
    assert len(house.deliveries()) == before
