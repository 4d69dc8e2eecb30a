"""Payloads that others recorded, and posts in all their forms."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from connectors.x import posts
from connectors.x.parse import parse
from engage.errors import Malformed
from engage.models import EventKind
from tests.connectors.x.kit import FOLLOWER, OTHER, OWN, THREAD, dm, event

DATA = Path(os.environ.get("ENGAGE_TEST_DATA") or Path(__file__).parents[4] / "shared" / "data")
FILE = DATA / "webhooks" / "payloads.jsonl"


def rows() -> Iterator[dict[str, Any]]:
    if not FILE.exists():
        pytest.skip("the collected payloads are not at hand")
    for line in FILE.read_text("utf-8").splitlines():
        row = json.loads(line)
        if row["platform"] == "x":
            yield row


def test_answers_of_the_api_are_no_events() -> None:
    seen = 0
    for row in rows():
        with pytest.raises(Malformed, match="event_type"):
            parse(row["payload"], "")
        seen += 1
    assert seen == 13


def test_the_posts_in_them_are_understood_once_they_come_as_events() -> None:
    seen = 0
    for row in rows():
        data = row["payload"].get("data")
        found = data if isinstance(data, list) else [data]
        for post in found:
            if not isinstance(post, dict) or not {"text", "author_id", "created_at"} <= post.keys():
                continue
            for kind in ("post.mention.create", "post.reply.create", "post.create"):
                told = event(kind, post)
                told["data"]["includes"] = row["payload"].get("includes", {})
                for own in (OWN, post["author_id"]):
                    told["data"]["filter"] = {"user_id": own}
                    for one in parse(told, own):
                        assert one.reason or one.message
                        assert one.kind is not EventKind.MESSAGE or (one.message and one.message.author.id != own)
                        seen += 1
    assert seen >= 6


def test_none_is_a_message_of_the_account_itself() -> None:
    for row in rows():
        for own in ("", OWN):
            with pytest.raises(Malformed):
                parse(row["payload"], own)


def post(text: str, **more: Any) -> dict[str, Any]:
    said = {"id": "9", "text": text, "author_id": FOLLOWER, "created_at": "2026-11-22T07:58:00Z"}
    return {**said, "conversation_id": THREAD, **more}


def mention(name: str, user_id: str, start: int) -> dict[str, Any]:
    return {"start": start, "end": start + len(name) + 1, "username": name, "id": user_id}


ANSWER = {"in_reply_to_tweet_id": "8", "in_reply_to_user_id": OWN}


@pytest.mark.parametrize(
    ("text", "more", "summoned"),
    [
        ("nothing", {}, False),
        ("@Creator hi", {"entities": {"mentions": [mention("Creator", OWN, 0)]}}, True),
        ("@Creator hi", {"entities": {"mentions": [mention("Creator", OWN, 0)]}, **ANSWER}, False),
        ("@Third @Creator hi", {"entities": {"mentions": [mention("Creator", OWN, 7)]}, **ANSWER}, False),
        ("@Third hi @Creator", {"entities": {"mentions": [mention("Creator", OWN, 10)]}, **ANSWER}, True),
        ("@Creator hi", {"display_text_range": [0, 11], "entities": {"mentions": [mention("Creator", OWN, 0)]}}, True),
        (
            "@Creator hi",
            {"display_text_range": [0, 11], "entities": {"mentions": [mention("Creator", OWN, 0)]}, **ANSWER},
            True,  # X says itself that the name belongs to the text
        ),
        ("hi @Third", {"entities": {"mentions": [mention("Third", OTHER, 3)]}}, False),
        ("hi @creator", {"entities": {"mentions": [{"start": 3, "end": 11, "username": "CREATOR"}]}}, True),
        ("hi", {"referenced_tweets": [{"type": "quoted", "id": "7"}]}, True),
        ("hi", {"referenced_posts": [{"type": "quoted", "id": "7"}]}, True),
        ("hi", {"referenced_tweets": [{"type": "quoted", "id": "6"}]}, False),
        ("hi", {"referenced_tweets": [{"type": "replied_to", "id": "7"}]}, False),
    ],
)
def test_who_has_asked_the_account(text: str, more: dict[str, Any], summoned: bool) -> None:
    includes = {
        "users": [{"data": {"id": OWN, "username": "Creator"}}],
        "posts": [{"id": "7", "author_id": OWN}, {"id": "6", "author_id": OTHER}],
    }
    assert posts.is_summons(post(text, **more), OWN, includes) is summoned


@pytest.mark.parametrize("key", ["note_tweet", "note_post"])
def test_who_names_the_account_late_in_a_long_post_has_asked_it(key: str) -> None:
    """What stands behind the first 280 characters has entities of its own."""
    start = "word " * 60
    link = {"start": 309, "url": "https://t.co/1", "expanded_url": "https://a.example"}
    entities = {"mentions": [mention("Creator", OWN, 300)], "urls": [link]}
    whole = {"text": f"{start}@Creator https://t.co/1", "entities": entities}
    long = post(start[:280], display_text_range=[0, 280], **{key: whole})
    assert posts.is_summons(long, OWN, {})
    assert posts.words_of(long) == f"{start}@Creator https://a.example"
    answer = post(f"@Creator {start}"[:280], display_text_range=[9, 280], **ANSWER)
    whole = {"text": f"@Creator {start}", "entities": {"mentions": [mention("Creator", OWN, 0)]}}
    assert not posts.is_summons({**answer, key: whole}, OWN, {}), "the name before a reply is none of its author's"


def asked(said: dict[str, Any], author: dict[str, Any], kind: str = "post.mention.create", **includes: Any) -> Any:
    entities = {"mentions": [mention("Creator", OWN, 0)]}
    told = event(kind, {**said, "entities": entities})
    told["data"]["includes"] = {"users": [{"id": FOLLOWER, "username": "OtherUser", **author}], **includes}
    [one] = parse(told, OWN)
    return one


def test_words_that_were_not_said_in_public_are_not_answered_in_public() -> None:
    assert asked(post("@Creator psst"), {"protected": False}).kind is EventKind.MESSAGE
    told = asked(post("@Creator psst"), {"protected": True})
    assert (told.kind, "protected" in told.reason) == (EventKind.IGNORED, True)


def test_who_quotes_speaks_of_the_quoted_post() -> None:
    quote = {**post("What does it weigh?"), "conversation_id": "9"}
    quote["referenced_tweets"] = [{"type": "quoted", "id": "7"}]
    own = {"id": "7", "author_id": OWN, "text": "My new lens"}
    told = asked(quote, {}, "post.quote.create", tweets=[own])
    assert (told.message.post_id, told.message.post_text) == ("9", "My new lens")


def test_an_own_message_has_the_words_that_were_sent() -> None:
    """By them intake knows it for ours: X adds a scheme to a name that had none."""
    shown = {"url": "https://t.co/1", "expanded_url": "http://shop.com", "display_url": "shop.com"}
    payload = dm("look at https://t.co/1", sender=OWN)
    payload["direct_message_events"][0]["message_create"]["message_data"]["entities"] = {"urls": [shown]}
    [told] = parse(event("dm.sent", payload), OWN)
    assert told.message is not None
    assert (told.kind, told.message.text) == (EventKind.TAKEOVER, "look at shop.com")


def test_a_picture_in_a_message_is_no_word_of_it() -> None:
    shown = {"url": "https://t.co/pic", "expanded_url": "https://twitter.com/messages/media/5"}
    payload = dm("look https://t.co/pic")
    said = payload["direct_message_events"][0]["message_create"]["message_data"]
    said |= {"entities": {"urls": [shown]}, "attachment": {"type": "media", "media": {"id": "5", **shown}}}
    [told] = parse(event("dm.received", payload), OWN)
    assert told.message is not None
    assert told.message.text == "look"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (post("a &lt;b&gt; &amp;amp; c"), "a <b> &amp; c"),
        (post("@one @two  three", **ANSWER), "three"),
        (post("@one", **ANSWER), "@one"),
        (post("@one two"), "@one two"),
        (post("", note_tweet={"text": "long"}), "long"),
        (post("short", note_post={"text": ""}), "short"),
        (
            post(
                "see t.co/1 t.co/2",
                display_text_range=[0, 10],
                entities={
                    "urls": [
                        {"start": 4, "url": "t.co/1", "expanded_url": "https://a.example"},
                        {"start": 11, "url": "t.co/2", "expanded_url": "https://pic.example"},
                    ]
                },
            ),
            "see https://a.example",
        ),
    ],
)
def test_what_an_author_wrote(said: dict[str, Any], words: str) -> None:
    assert posts.words_of(said) == words
