"""The demo's content is whole: sample creators, their posts on the sandbox network, and what the followers do."""

import json
import re
import tomllib
from collections import Counter, defaultdict
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

CONFIG = Path(__file__).parents[2] / "config"
DEMO = CONFIG / "demo"
CREATORS = ("capucine", "tilly")
LANGUAGES = {"tilly": "en", "capucine": "fr"}
LEAST_ROWS = {"posts": 40, "pairs": 60, "faq": 12, "products": 10}
FIELDS = {
    "posts": {"id", "text", "date"},
    "pairs": {"id", "question", "reply", "date", "asker"},
    "faq": {"id", "question", "answer"},
    "products": {"id", "name", "text", "price", "url"},
}
OPTIONAL = {"posts": {"title", "source"}}
OUTCOMES = {"answer", "skip", "escalate", "none"}
REASONS = {
    "answered", "unsupported", "no_content", "nothing_asked", "abuse", "spam", "injection", "asked_if_bot", "opt_out",
    "opted_out", "bot", "repeated", "asked_for_human", "crisis", "restricted", "deleted", "praise", "thanks",
    "greeting", "wrong_language",
}  # fmt: skip
SURFACES = {"comment", "dm", "live"}
STEP_FIELDS = {"step", "at_s", "creator", "surface", "follower", "follower_name", "action", "ref", "expect", "why"}
QUICK_S = 1.0  # edits, deletions and second thoughts follow within this

Row = Mapping[str, Any]


def read(path: Path) -> list[Row]:
    """The rows of a JSON Lines file."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert all(isinstance(row, dict) for row in rows), path
    return rows


def accepted(value: str | list[str]) -> list[str]:
    """An expectation as a list: one value, or any of several."""
    return [value] if isinstance(value, str) else value


def reason_of(row: Row) -> str:
    """The one reason a step expects, or nothing where several are fine."""
    reason = row["expect"]["reason"]
    return reason if isinstance(reason, str) else ""


SCRIPT = read(DEMO / "script.jsonl")
POSTS = {row["ref"]: row for row in read(DEMO / "posts.jsonl")}
WRITES = {row["ref"]: row for row in SCRIPT if row["action"] == "write"}
FINAL = {row["ref"]: row for row in SCRIPT}  # the last step of each message


@pytest.mark.parametrize("creator", CREATORS)
def test_creator_describes_itself(creator: str) -> None:
    persona = tomllib.loads((CONFIG / "creators" / creator / "creator.toml").read_text(encoding="utf-8"))
    assert set(persona) == {
        "name", "display_name", "language", "bio", "allowed_links", "avoid_topics", "style_rules",
    }  # fmt: skip
    assert persona["name"] == creator
    assert persona["language"] == LANGUAGES[creator]
    assert persona["allowed_links"]
    assert persona["style_rules"]
    assert all(host.endswith(".example") for host in persona["allowed_links"])


@pytest.mark.parametrize("kind", sorted(LEAST_ROWS))
@pytest.mark.parametrize("creator", CREATORS)
def test_rows_are_whole(creator: str, kind: str) -> None:
    rows = read(CONFIG / "creators" / creator / f"{kind}.jsonl")
    assert len(rows) >= LEAST_ROWS[kind]
    for row in rows:
        assert set(row) >= FIELDS[kind], row
        assert set(row) <= FIELDS[kind] | OPTIONAL.get(kind, set()), row
        assert all(isinstance(value, str) and value == value.strip() != "" for value in row.values()), row


@pytest.mark.parametrize("creator", CREATORS)
def test_rows_of_a_creator_are_told_apart(creator: str) -> None:
    rows = [row for kind in FIELDS for row in read(CONFIG / "creators" / creator / f"{kind}.jsonl")]
    assert len({row["id"] for row in rows}) == len(rows)
    said = [row.get("reply") or row.get("answer") or row["text"] for row in rows]
    assert [text for text, times in Counter(said).items() if times > 1] == []


@pytest.mark.parametrize("creator", CREATORS)
def test_dates_are_aware_and_in_range(creator: str) -> None:
    for kind in ("posts", "pairs"):
        for row in read(CONFIG / "creators" / creator / f"{kind}.jsonl"):
            at = datetime.fromisoformat(row["date"])
            assert at.tzinfo is not None, row
            assert datetime(2025, 1, 1, tzinfo=UTC) <= at < datetime(2027, 1, 1, tzinfo=UTC), row


@pytest.mark.parametrize("creator", CREATORS)
def test_links_are_allowed(creator: str) -> None:
    folder = CONFIG / "creators" / creator
    allowed = tomllib.loads((folder / "creator.toml").read_text(encoding="utf-8"))["allowed_links"]
    text = "".join(path.read_text(encoding="utf-8") for path in folder.glob("*.jsonl"))
    links = re.findall(r"https?://[^\s\"]+", text)
    assert links
    assert {urlsplit(link).hostname for link in links} <= set(allowed)


@pytest.mark.parametrize(
    ("creator", "emoji", "never"),
    [("tilly", "🔧", r"[A-Z!]"), ("capucine", "🌱", r"\b(?:vous|votre|vos)\b")],
)
def test_voice_is_marked(creator: str, emoji: str, never: str) -> None:
    folder = CONFIG / "creators" / creator
    replies = [row["reply"] for row in read(folder / "pairs.jsonl")]
    answers = [row["answer"] for row in read(folder / "faq.jsonl")]
    others = [row["text"] for kind in ("posts", "products") for row in read(folder / f"{kind}.jsonl")]
    assert [text for text in replies + answers + others if re.search(never, text)] == []
    assert sum(emoji in reply for reply in replies) > len(replies) / 2


def test_posts_stand_under_known_creators() -> None:
    assert len(POSTS) == len(read(DEMO / "posts.jsonl"))
    under = Counter(post["creator"] for post in POSTS.values())
    assert set(under) == set(CREATORS)
    assert all(3 <= count <= 4 for count in under.values())


def test_script_is_in_order_and_short() -> None:
    assert [row["step"] for row in SCRIPT] == list(range(1, len(SCRIPT) + 1))
    times = [row["at_s"] for row in SCRIPT]
    assert times == sorted(times)
    assert times[0] >= 0
    assert times[-1] <= 20


def test_script_covers_everything() -> None:
    assert len(WRITES) >= 64
    assert {(row["creator"], row["surface"]) for row in SCRIPT} == {(c, s) for c in CREATORS for s in SURFACES}
    certain = {reason_of(row) for row in FINAL.values()}
    assert certain >= REASONS - {"greeting", "wrong_language"}  # these two only among several
    answered = sum(reason_of(row) == "answered" for row in FINAL.values())
    assert 0.35 <= answered / len(FINAL) <= 0.65


@pytest.mark.parametrize("row", SCRIPT, ids=lambda row: f"{row['step']}-{row['ref']}")
def test_step_is_valid(row: Row) -> None:
    assert set(row) >= STEP_FIELDS
    assert set(row) <= STEP_FIELDS | {"post", "reply_to", "is_bot", "text"}
    assert row["creator"] in CREATORS
    assert row["surface"] in SURFACES
    assert row["why"].endswith(".")
    assert ("text" in row) == (row["action"] != "delete")
    assert ("post" in row) == (row["surface"] == "comment")
    if "post" in row:
        assert POSTS[row["post"]]["creator"] == row["creator"]
    if "reply_to" in row:
        parent = WRITES[row["reply_to"]]
        assert (parent["post"], parent["step"] < row["step"]) == (row["post"], True)


@pytest.mark.parametrize("row", SCRIPT, ids=lambda row: f"{row['step']}-{row['ref']}")
def test_expectation_is_valid(row: Row) -> None:
    expect = row["expect"]
    assert set(expect) >= {"outcome", "reason"}
    assert set(expect) <= {"outcome", "reason", "contains_any", "with"}
    assert set(accepted(expect["outcome"])) <= OUTCOMES
    assert set(accepted(expect["reason"])) <= REASONS
    if expect["outcome"] == "answer" and reason_of(row) in {"answered", "asked_if_bot"}:
        assert expect["contains_any"]
    if reason_of(row) == "unsupported":
        assert expect["outcome"] == ("escalate" if row["surface"] == "dm" else "skip")


def test_each_message_is_written_once_then_changed_quickly() -> None:
    steps: dict[str, list[Row]] = defaultdict(list)
    for row in SCRIPT:
        steps[row["ref"]].append(row)
    for ref, rows in steps.items():
        first, *later = rows
        assert first["action"] == "write", ref
        for row in later:
            assert row["action"] in {"edit", "delete"}, ref
            assert row["at_s"] - first["at_s"] < QUICK_S, ref
            same = ("creator", "surface", "follower", "post", "expect")
            assert [row.get(key) for key in same] == [first.get(key) for key in same], ref
    assert {rows[-1]["action"] for rows in steps.values()} == {"write", "edit", "delete"}


def test_joined_messages_are_close_and_expect_the_same() -> None:
    joined = [row for row in FINAL.values() if "with" in row["expect"]]
    assert {row["creator"] for row in joined} == set(CREATORS)
    for row in joined:
        other = FINAL[row["expect"]["with"]]
        assert 0 < row["at_s"] - other["at_s"] < QUICK_S, row["ref"]
        same = ("creator", "surface", "follower", "post")
        assert [row.get(key) for key in same] == [other.get(key) for key in same], row["ref"]
        assert row["expect"] == other["expect"] | {"with": other["ref"]}, row["ref"]


def test_followers_write_again_only_where_the_script_means_it() -> None:
    """One voice each, so that no answer hangs on another message by accident."""
    by_follower: dict[str, list[Row]] = defaultdict(list)
    for row in WRITES.values():
        by_follower[row["follower"]].append(row)
    for rows in by_follower.values():
        assert len({row["follower_name"] for row in rows}) == 1
        for row in rows[1:]:
            meant = reason_of(row) in {"repeated", "opted_out"} or "with" in row["expect"]
            assert meant, row["ref"]


def test_repetition_and_opting_out_come_after_their_cause() -> None:
    for row in FINAL.values():
        reason = reason_of(row)
        if reason not in {"repeated", "opted_out"}:
            continue
        same = ("creator", "surface", "follower", "post")
        earlier = [e for e in FINAL.values() if e["at_s"] < row["at_s"] and all(e.get(k) == row.get(k) for k in same)]
        assert earlier
        if reason == "repeated":
            assert row["text"] in {e["text"] for e in earlier}
        else:
            assert "opt_out" in {reason_of(e) for e in earlier}


def test_bots_are_marked() -> None:
    for row in WRITES.values():
        assert row.get("is_bot", False) == (reason_of(row) == "bot"), row["ref"]


def test_live_burst_is_a_burst() -> None:
    live = [row for row in WRITES.values() if row["surface"] == "live" and row["creator"] == "tilly"]
    bursts = ([row for row in live if 0 <= row["at_s"] - start["at_s"] <= 2] for start in live)
    burst = max(bursts, key=len)
    assert len(burst) >= 14
    assert len({row["follower"] for row in burst}) == len(burst)
    assert sum(reason_of(row) == "answered" for row in burst) in {4, 5}
    assert sum(reason_of(row) == "nothing_asked" for row in burst) >= 8


@pytest.mark.parametrize("creator", CREATORS)
def test_expected_answers_stand_in_the_creators_words(creator: str) -> None:
    folder = CONFIG / "creators" / creator
    rows = [row for kind in FIELDS for row in read(folder / f"{kind}.jsonl")]
    words = "\n".join(value for row in rows for key, value in row.items() if key != "id").casefold()
    for row in FINAL.values():
        if row["creator"] == creator and reason_of(row) == "answered":
            missing = [word for word in row["expect"]["contains_any"] if word.casefold() not in words]
            assert missing == [], row["ref"]


def test_no_question_is_copied_from_a_past_one() -> None:
    for creator in CREATORS:
        folder = CONFIG / "creators" / creator
        asked = {row["question"].casefold() for kind in ("pairs", "faq") for row in read(folder / f"{kind}.jsonl")}
        copied = [r["ref"] for r in FINAL.values() if r["creator"] == creator and r.get("text", "").casefold() in asked]
        assert copied == []
