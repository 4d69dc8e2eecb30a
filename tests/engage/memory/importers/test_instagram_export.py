"""Instagram's captions and comments, and Threads, in every form an export has them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import (
    comma_separated,
    facebook_export,
    instagram_comments,
    instagram_export,
    meta_messages,
    threads_export,
)
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Format, Source, sample_of
from engage.memory.importers.rows import DELETED, NO_WORDS, BadRow, Dropped, Private, Rejected, Said
from engage.models import Surface

AT = datetime(2024, 1, 5, 10, 13, tzinfo=UTC)
TIME = int(AT.timestamp())
POSTS, COMMENTS, THREADS = instagram_export.FORMAT, instagram_comments.FORMAT, threads_export.FORMAT
FORMATS = (POSTS, COMMENTS, THREADS, facebook_export.FORMAT, meta_messages.FORMAT)
LIST = "text_post_app_text_posts"


def read(form: Format, name: str, content: Any) -> list[Any]:
    data = content if isinstance(content, str) else json.dumps(content)
    file = in_memory(f"a.zip/{name}", f"your_instagram_activity/{name}", data.encode("utf-8", "surrogatepass"))
    return list(form.read(Source(file, Export([file]))))


def picture(title: Any = "", folder: str = "posts", **more: Any) -> dict[str, Any]:
    return {"uri": f"media/{folder}/202401/1_n.jpg", "creation_timestamp": TIME, "title": title, **more}


def comment(words: Any = "Lovely wheels", owner: str = "bo.wood", labels: str = "Comment|Media Owner|Time") -> Any:
    label, whose, when = labels.split("|")
    told = {} if words is None else {label: {"href": "", "value": words, "timestamp": 0}}
    return {
        "media_list_data": [{"uri": ""}],
        "string_map_data": {**told, whose: {"value": owner}, when: {"href": "", "value": "", "timestamp": TIME}},
    }


def box(inside: str, heading: str = "", shown: str = "Jan 05, 2024 10:13 am") -> str:
    title = f'<h2 class="_3-95 _2pim _a6-h _a6-i">{heading}</h2>' if heading else ""
    date = f'<div class="_3-94 _a6-o">{shown}</div>' if shown else ""
    return (
        f'<div class="pam _3-95 _2ph- _a6-g uiBoxWhite noborder">{title}<div class="_a6-p">{inside}</div>{date}</div>'
    )


def cells(*pairs: tuple[str, str], when: str = "Jan 05, 2024 10:13 am") -> str:
    told = "".join(
        f'<tr><td colspan="2" class="_2pin _a6_q">{label}<div><div>{value}</div></div></td></tr>'
        for label, value in pairs
    )
    date = f'<tr><td class="_2pin _a6_q">Time</td><td class="_2pin _2piu _a6_r">{when}</td></tr>'
    return f'<table style="table-layout: fixed;">{told}{date}</table>'


def page(*boxes: str) -> str:
    told = "".join(boxes)
    return f'<html><head><title>x</title></head><body><main class="_a706" role="main">{told}</main></body></html>'


def test_captions_are_said_with_whole_letters() -> None:
    written = "Spokes & café ☕".encode().decode("latin-1")
    first, second, without = read(
        POSTS,
        "media/posts_1.json",
        [
            {"media": [picture(written)]},
            {"media": [picture(), picture()], "title": written, "creation_timestamp": TIME + 1},
            {"media": [picture()]},
        ],
    )
    assert first == Said(first.id, "Spokes & café ☕", AT)
    assert second.text == first.text
    assert second.id != first.id
    assert without == Dropped("a.zip/media/posts_1.json", NO_WORDS, 1)


@pytest.mark.parametrize(
    ("key", "entry"),
    [
        ("ig_stories", picture("At the lathe", "stories")),
        ("ig_reels_media", {"media": [picture("At the lathe", "reels")]}),
        ("ig_igtv_media", {"media": [picture("At the lathe", "igtv")]}),
    ],
)
def test_reels_and_stories_are_said(key: str, entry: Any) -> None:
    (said,) = read(POSTS, "media/x.json", {key: [entry]})
    assert said == Said(said.id, "At the lathe", AT)


def test_what_was_archived_is_not_said_again_and_what_was_deleted_is_left_out() -> None:
    posts = [{"media": [picture("Old stand")]}]
    (row,) = read(POSTS, "media/archived_posts.json", {"ig_archived_post_media": posts})
    assert row == Private(row.id, "Old stand", AT)
    (from_page,) = read(POSTS, "media/archived_posts.html", page(box("", "Old stand")))
    assert from_page == row
    (dropped,) = read(POSTS, "media/recently_deleted_content.json", {"ig_recently_deleted_media": posts})
    assert (dropped.reason, dropped.count) == (DELETED, 1)
    (same,) = read(POSTS, "media/recently_deleted_content.html", page(box("", "Oops")))
    assert same.reason == DELETED


def test_a_page_of_posts_brings_the_same_rows_as_its_json() -> None:
    told = page(box('<img src="a.jpg">', "Loose &amp; lovely<br>second"), box('<img src="b.jpg">'))
    said, dropped = read(POSTS, "media/posts_1.html", told)
    (from_json,) = read(POSTS, "media/posts_1.json", [{"media": [picture("Loose & lovely\nsecond")]}])
    assert said == from_json
    assert dropped.reason == NO_WORDS


def test_a_post_keeps_its_words_where_its_date_is_not_understood() -> None:
    (said,) = read(POSTS, "media/posts_1.html", page(box("", "Hei", "tammi 05, 2024 10:13 ap")))
    assert (said.text, said.said_at) == ("Hei", None)


@pytest.mark.parametrize(
    "wrapped", [None, "comments_media_comments", "comments_reels_comments", "comments_story_comments"]
)
def test_comments_are_said_wrapped_or_not(wrapped: str | None) -> None:
    told = [comment("Schöne Räder".encode().decode("latin-1"))]
    (said,) = read(COMMENTS, "comments/post_comments_1.json", {wrapped: told} if wrapped else told)
    assert said == Said(said.id, "Schöne Räder", AT, surface=Surface.COMMENT)


def test_labels_may_be_in_any_language_and_a_picture_is_not_taken_for_words() -> None:
    labels = "Kommentar|Medieninhaber|Uhrzeit"
    told = [comment(labels=labels), comment(None, labels=labels), comment("super", owner="", labels=labels)]
    said, word, dropped = read(COMMENTS, "comments/post_comments_1.json", told)
    assert (said.text, said.said_at, word.text) == ("Lovely wheels", AT, "super")
    assert dropped == Dropped("a.zip/comments/post_comments_1.json", NO_WORDS, 1)
    assert read(COMMENTS, "comments/post_comments_1.json", [comment(None, labels=labels)])[0].reason == NO_WORDS


def test_comments_of_older_exports_are_said_even_of_one_word() -> None:
    old = {"title": "bo.wood", "string_list_data": [{"href": "", "value": "lovely", "timestamp": TIME}]}
    (said,) = read(COMMENTS, "comments/post_comments.json", {"comments_media_comments": [old]})
    assert (said.text, said.said_at) == ("lovely", AT)


@pytest.mark.parametrize("labels", [("Comment", "Media Owner"), ("Opmerking", "Media-eigenaar")])
def test_a_page_of_comments_brings_the_same_rows_as_its_json(labels: tuple[str, str]) -> None:
    told = page(
        box(cells((labels[0], "Lovely wheels"), (labels[1], "bo.wood")), shown=""),
        box(cells((labels[1], "bo.wood")), shown=""),
    )
    said, dropped = read(COMMENTS, "comments/post_comments_1.html", told)
    assert [said] == read(COMMENTS, "comments/post_comments_1.json", [comment()])
    assert dropped.reason == NO_WORDS


def test_threads_are_posts_and_replies_are_comments() -> None:
    told = [
        {"media": [picture("agreed", text_app_post={"is_reply": True})]},
        {"title": "New stand", "creation_timestamp": TIME, "media": [picture(text_app_post={"is_reply": False})]},
        {"media": [picture("")]},
    ]
    reply, post, without = read(THREADS, "threads/threads_and_replies.json", {LIST: told})
    assert reply == Said(reply.id, "agreed", AT, surface=Surface.COMMENT)
    assert post == Said(post.id, "New stand", AT)
    assert without.reason == NO_WORDS
    assert post.id.startswith("threads:")
    (from_page,) = read(THREADS, "threads/threads_and_replies.html", page(box("", "New stand")))
    assert from_page == post


@pytest.mark.parametrize(
    ("form", "name", "bad", "good", "reason"),
    [
        (POSTS, "posts_1.json", 5, {"media": [picture("fine")]}, "not an entry"),
        (POSTS, "posts_1.json", {"media": [picture(5)]}, {"media": [picture("fine")]}, "title must be a text"),
        (POSTS, "posts_1.json", {"media": 5}, {"media": [picture("fine")]}, "media must be a list"),
        (POSTS, "posts_1.json", picture("x", creation_timestamp="May"), picture("fine"), "is not understood"),
        (COMMENTS, "post_comments_1.json", comment(5), comment("fine"), "Comment must be a text"),
        (COMMENTS, "post_comments_1.json", {"string_map_data": 5}, comment("fine"), "not an entry"),
    ],
)
def test_a_bad_entry_costs_only_itself(form: Format, name: str, bad: Any, good: Any, reason: str) -> None:
    rejected, row = read(form, name, [bad, good])
    assert isinstance(rejected, Rejected)
    assert (rejected.line, row.text) == (1, "fine")
    assert reason in rejected.reason


@pytest.mark.parametrize("form", [POSTS, COMMENTS, THREADS])
@pytest.mark.parametrize("content", ["5", '{"a": 5}', "[{"])
def test_a_file_that_is_no_export_is_refused(form: Format, content: str) -> None:
    with pytest.raises(Unreadable):
        read(form, "x.json", content)


OWN: list[tuple[Format, str, str]] = [
    (POSTS, "media/posts_1.json", json.dumps([{"media": [picture("x")]}], indent=2)),
    (POSTS, "media/stories.json", json.dumps({"ig_stories": [picture("x", "stories")]}, indent=2)),
    (POSTS, "media/posts_1.html", page(box("", "x"))),
    (COMMENTS, "comments/post_comments_1.json", json.dumps([comment()], indent=2)),
    (COMMENTS, "x.json", json.dumps([comment()])),
    (COMMENTS, "comments/post_comments_2.json", json.dumps([comment(labels="Kommentar|Inhaber|Uhrzeit")])),
    (COMMENTS, "comments/reels_comments.json", json.dumps({"comments_reels_comments": [comment()]}, indent=2)),
    (COMMENTS, "comments/post_comments_1.html", page(box(cells(("Comment", "x"))))),
    (THREADS, "threads/threads_and_replies.json", json.dumps({LIST: [{"media": [picture("x")]}]}, indent=2)),
    (THREADS, "threads/threads_and_replies.html", page(box("", "x"))),
]


@pytest.mark.parametrize(("form", "name", "content"), OWN)
def test_each_file_is_known_to_one_format_alone(form: Format, name: str, content: str) -> None:
    sample = sample_of(in_memory(name, name, content.encode()))
    assert [one.name for one in FORMATS if one.sniff(sample)] == [form.name]
    assert not comma_separated.FORMAT.sniff(sample)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("x", '{"id": "1", "text": "x"}\n'),
        ("posts_1.json", '[{"title": "x", "text": "y"}]'),
        ("likes/liked_comments.json", json.dumps({"likes_comment_likes": [{"string_list_data": [{"value": "👍"}]}]})),
        ("reposts.json", json.dumps([{"media": [picture("of another")]}])),
        ("profile_photos.json", json.dumps({"ig_profile_picture": [picture("", "profile")]})),
        ("personal_information.json", json.dumps({"profile_user": [{"string_map_data": {"Name": {"value": "x"}}}]})),
        ("saved_threads.json", json.dumps({"text_post_app_text_post_app_saved_posts": []})),
        ("liked_posts.html", page(box("", "bo"))),
        ("posts_1.html", "<html><body><p>Hello</p></body></html>"),
        ("x.csv", "id,text\n1,x\n"),
        ("x.md", "# comments_media_comments\n"),
    ],
)
def test_other_files_are_not_claimed(name: str, other: str) -> None:
    sample = sample_of(in_memory(name, name, other.encode()))
    assert [one.name for one in FORMATS if one.sniff(sample)] == []


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([5]), st.just({"a": 1})
)
WHOLES: list[tuple[Format, Any]] = [
    (POSTS, [{"media": [picture("x")], "title": "y", "creation_timestamp": TIME}]),
    (COMMENTS, [comment(), {"string_list_data": [{"value": "x", "timestamp": TIME}]}]),
    (THREADS, {LIST: [{"media": [picture("x", text_app_post={"is_reply": True})]}]}),
]
KEYS = (
    "media",
    "title",
    "creation_timestamp",
    "string_map_data",
    "Comment",
    "value",
    "timestamp",
    "text_app_post",
    LIST,
)


@given(whole=st.sampled_from(WHOLES), key=st.sampled_from(KEYS), value=JUNK, cut=st.integers(0, 60), drop=st.booleans())
def test_no_field_of_another_type_breaks_the_reading(
    whole: tuple[Format, Any], key: str, value: Any, cut: int, *, drop: bool
) -> None:
    def spoilt(node: Any) -> Any:
        if isinstance(node, dict):
            kept = {one: held for one, held in node.items() if not (drop and one == key)}
            return {one: value if one == key else spoilt(held) for one, held in kept.items()}
        return [spoilt(one) for one in node] if isinstance(node, list) else node

    text = json.dumps(spoilt(whole[1]))
    try:
        found = read(whole[0], "x.json", text[: len(text) - (cut if cut % 3 == 0 else 0)])
    except Unreadable:
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)


@given(own=st.sampled_from(OWN), at=st.integers(0, 500), junk=st.text(max_size=9), cut=st.integers(0, 200))
def test_no_text_breaks_the_reading(own: tuple[Format, str, str], at: int, junk: str, cut: int) -> None:
    form, name, content = own
    try:
        found = read(form, name, (content[:at] + junk + content[at:])[: len(content) - cut])
    except (Unreadable, BadRow):
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)
