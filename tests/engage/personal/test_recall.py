"""How much of marked personal data is found, and how much of ordinary talk is taken for some."""

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engage.compose.contacts import names_a_contact
from engage.compose.grounding import ground
from engage.compose.guard import guard
from engage.confidential import is_confidential
from engage.models import Draft, Passage, PassageKind, Recall, Reply, Scored, Surface
from engage.personal import Kind, find
from engage.triage.verdict import Policy
from tests.engage.compose.guarding import ASKED, NOW, TILLY, turn

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


def posted(text: str) -> str:
    """What the guard lets a public reply say of a creator's passage with that text; '' where it says nothing."""
    recall = Recall((Scored(Passage("p", "s", PassageKind.PAIR, text), 0.9),), supported=True)
    draft = Draft(text, ground(text, recall.passages))
    reply = guard(draft, turn(surface=Surface.COMMENT), TILLY, ASKED, recall, Policy(), NOW)
    return reply.text if isinstance(reply, Reply) else ""


def test_no_public_reply_shows_marked_personal_data_even_where_the_creator_once_wrote_it() -> None:
    there: Counter[Kind] = Counter()
    shown: list[str] = []
    for row in rows("pii/messages.jsonl"):
        marked = [(MARKED[one["type"]], one["value"]) for one in row["spans"] if one["type"] in MARKED]
        if marked:
            reply = posted(row["text"])
            there.update(kind for kind, _ in marked)
            shown += [value for _, value in marked if value in reply]
    assert sum(there.values()) > 100
    assert posted("We ship on Mondays.").startswith("We ship on Mondays."), "other things are still said"
    assert len(shown) / sum(there.values()) < 1 - AIM, shown


def test_ordinary_answers_of_a_creator_are_still_posted() -> None:
    wares = [row["answer"] for row in rows("product_qa/answers.jsonl")][:300]
    assert not any(names_a_contact(text, TILLY) or is_confidential(text) for text in wares)
