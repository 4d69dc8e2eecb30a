"""How much of marked personal data is found, and how much of ordinary talk is taken for some."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engage.personal import Kind, find

DATA = Path(os.environ.get("ENGAGE_TEST_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))
MARKED = {
    "EMAIL_ADDRESS": Kind.MAIL,
    "PHONE_NUMBER": Kind.PHONE,
    "CREDIT_CARD": Kind.CARD,
    "IBAN_CODE": Kind.IBAN,
    "US_SSN": Kind.SSN,
}
AIM = 0.97

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="the sets of real words are not at hand")


def rows(name: str) -> Iterator[dict[str, Any]]:
    with (DATA / name).open(encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def test_marked_personal_data_is_found_whole() -> None:
    there: Counter[Kind] = Counter()
    found: Counter[Kind] = Counter()
    for row in rows("pii/messages.jsonl"):
        spans = find(row["text"])
        for marked in row["spans"]:
            if kind := MARKED.get(marked["type"]):
                inside = (
                    one.start <= marked["start"] and one.end >= marked["end"] for one in spans if one.kind is kind
                )
                there[kind] += 1
                found[kind] += any(inside)
    assert there.keys() >= {Kind.MAIL, Kind.PHONE, Kind.CARD, Kind.SSN}
    assert {kind: found[kind] / count for kind, count in there.items() if found[kind] / count < AIM} == {}


def test_texts_without_marks_and_ordinary_talk_lose_nothing() -> None:
    plain = [row["text"] for row in rows("pii/messages.jsonl") if not row["spans"]]
    talk = [row["text"] for row in rows("livechat_twitch/northernlion_fallguys.jsonl")]
    wares = [row[part] for row in rows("product_qa/answers.jsonl") for part in ("question", "evidence", "answer")]
    assert [text for text in (*plain, *talk, *wares) if find(text)] == []
