"""A TikTok export in both its forms: comments, captions, lives and chats, of several years."""

import json
import zipfile
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory import importers
from engage.memory.importers import comma_separated, json_lines, tiktok_export, tiktok_text
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Format, Me, Source, sample_of
from engage.memory.importers.rows import (
    DELETED,
    NO_WORDS,
    OTHER_PARTS,
    OTHERS_PRIVATE,
    Dropped,
    Private,
    Rejected,
    Said,
)
from engage.models import Surface

PATH = "a.zip/user_data_tiktok.json"
AT = datetime(2024, 1, 5, 10, 13, tzinfo=UTC)
DATE = "2024-01-05 10:13:00"
VIDEO = "https://www.tiktokv.com/share/video/7290000000000000001/"
PROFILE = {"Profile": {"Profile Information": {"ProfileMap": {"userName": "tilly.wheels", "displayName": "Tilly"}}}}


def read(data: Any, me: Me | None = None) -> list[Any]:
    file = in_memory(PATH, "user_data_tiktok.json", json.dumps(data).encode())
    return list(tiktok_export.FORMAT.read(Source(file, Export([file]), me or Me())))


def read_text(name: str, content: str, beside: dict[str, str] | None = None, me: Me | None = None) -> list[Any]:
    held = {**(beside or {}), name: content}
    files = {one: in_memory(f"a.zip/{one}", f"TikTok/{one}", text.encode()) for one, text in held.items()}
    return list(tiktok_text.FORMAT.read(Source(files[name], Export([*files.values()]), me or Me())))


def comments(*entries: Any) -> dict[str, Any]:
    return {"Comment": {"Comments": {"CommentsList": [*entries]}}}


def posts(*entries: Any) -> dict[str, Any]:
    return {"Post": {"Posts": {"VideoList": [*entries]}}}


def chat(*entries: Any, name: str = "ann_b") -> dict[str, Any]:
    return {"Direct Messages": {"Chat History": {"ChatHistory": {f"Chat History with {name}:": [*entries]}}}}


def message(sender: str, content: Any, date: Any = DATE) -> dict[str, Any]:
    return {"Date": date, "From": sender, "Content": content}


@pytest.mark.parametrize(
    "entry",
    [
        {"Date": DATE, "Comment": "Loose &amp; lovely", "Photo": "N/A", "Url": "https://c.example/1"},
        {"date": f"{DATE} UTC", "comment": "Loose & lovely", "photo": "", "original post link": "https://c.example/1"},
    ],
)
def test_a_comment_of_old_and_new_exports_is_the_same_one(entry: dict[str, Any]) -> None:
    (said,) = read(comments(entry))
    assert said == Said(said.id, "Loose & lovely", AT, None, "https://c.example/1", Surface.COMMENT)
    (plain,) = read(comments({"date": DATE, "comment": "Loose & lovely"}))
    assert said.id == plain.id
    assert len(said.id) == len("tiktok:") + 20


def test_a_comment_of_a_picture_only_is_counted_and_an_empty_list_is_none() -> None:
    (dropped,) = read(comments({"Date": DATE, "Comment": "", "Photo": "https://p.example/1.jpg"}))
    assert dropped == Dropped(PATH, NO_WORDS)
    assert read({"Comment": {"Comments": {"CommentsList": None}}}) == []


@pytest.mark.parametrize("sections", [("Post", "Posts"), ("Video", "Videos"), ("Your Activity", "Posts")])
def test_captions_are_said_wherever_the_year_put_them(sections: tuple[str, str]) -> None:
    top, inner = sections
    (said,) = read({top: {inner: {"VideoList": [{"Date": DATE, "Link": VIDEO, "Title": "My stand"}]}}})
    assert said == Said("tiktok:7290000000000000001", "My stand", AT, None, VIDEO.rstrip("/"))


def test_a_video_without_a_caption_has_no_words_and_a_film_link_that_expires_is_no_address() -> None:
    said, dropped = read(
        posts(
            {"Date": DATE, "Link": "https://v16.cdn.example/a?expire=1", "Title": "Dish", "WhoCanView": "Public"},
            {"Date": DATE, "Link": VIDEO, "Title": "N/A"},
            {"Date": DATE, "Link": VIDEO, "Likes": "3"},
        )
    )
    assert (said.text, said.url) == ("Dish", None)
    assert dropped == Dropped(PATH, NO_WORDS, 2)


def test_a_video_whose_number_is_too_long_for_an_id_is_named_by_its_words() -> None:
    (said,) = read(posts({"Date": DATE, "Link": f"https://www.tiktok.com/@tilly/video/{'7' * 200}", "Title": "Dish"}))
    assert len(said.id) == len("tiktok:") + 20


@pytest.mark.parametrize("who", ["Friends", "Only me", "Followers", "Nur ich"])
def test_a_caption_that_not_everybody_may_see_is_private(who: str) -> None:
    (row,) = read(posts({"Date": DATE, "Link": VIDEO, "Title": "For us", "WhoCanView": who}))
    assert isinstance(row, Private)


def test_what_was_watched_or_liked_is_nothing_said() -> None:
    watched = {"Video Browsing History": {"VideoList": [{"Date": DATE, "Link": VIDEO, "Title": "of another"}]}}
    assert read({"Activity": watched}) == []


def test_an_archive_of_the_text_form_brings_its_words_and_counts_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importers, "_FORMATS", (tiktok_export.FORMAT, tiktok_text.FORMAT, *importers._FORMATS))
    with zipfile.ZipFile(tmp_path / "TikTok.zip", "w") as made:
        made.writestr("TikTok/Comments/Comments.txt", COMMENTS_TXT)
        made.writestr("TikTok/Direct Messages/Direct Messages.txt", CHATS_TXT)
        made.writestr("TikTok/Profile and Settings/Profile Info.txt", "Username: tilly.wheels\nNickname: Tilly\n")
        made.writestr("TikTok/Your Activity/Hashtag.txt", "You have no data in this section\n")
    found = list(importers.read_paths([tmp_path / "TikTok.zip"]))
    assert [type(row) for row in found if not isinstance(row, Dropped)] == [Said, Private]
    assert Counter(row.reason for row in found if isinstance(row, Dropped))[OTHER_PARTS] == 2


def test_deleted_posts_are_left_out() -> None:
    assert read({"Post": {"Recently Deleted Posts": {"PostList": [{"Title": "Oops"}]}}}) == [Dropped(PATH, DELETED)]


@pytest.mark.parametrize("name", ["Tiktok Live", "TikTok Live"])
def test_what_was_written_in_lives_and_the_titles_of_ones_own_are_said(name: str) -> None:
    written = {
        "Comments": [{"CommentTime": DATE, "CommentContent": "hello chat", "RawTime": 1}],
        "Questions": [{"QuestionTime": DATE, "QuestionContent": "Which glue?"}],
    }
    lives = {
        "Watch Live History": {"WatchLiveMap": {"123": written, "124": {"Comments": None}}},
        "Go Live History": {"GoLiveList": [{"LiveStartTime": DATE, "RoomId": "77", "RoomTitle": "Wheels at nine"}]},
    }
    first, second, title = read({name: lives})
    assert [(one.text, one.surface) for one in (first, second)] == [
        ("hello chat", Surface.LIVE),
        ("Which glue?", Surface.LIVE),
    ]
    assert title == Said("tiktok:live:77", "Wheels at nine", AT)


@pytest.mark.parametrize("sections", [("Direct Messages", "Chat History"), ("Direct Message", "Direct Messages")])
def test_only_the_creators_side_of_chats_comes_in_and_it_is_private(sections: tuple[str, str]) -> None:
    top, inner = sections
    told = [message("Tilly.Wheels", "see you"), message("ann_b", "a secret"), message("tilly.wheels", VIDEO)]
    private, others, shared = read({**PROFILE, top: {inner: {"ChatHistory": {"Chat History with ann_b:": told}}}})
    assert private == Private(private.id, "see you", AT)
    assert others == Dropped(PATH, OTHERS_PRIVATE, 1)
    assert shared == Dropped(PATH, NO_WORDS, 1)


def test_groups_are_private_too() -> None:
    told = {"Group Chat": {"GroupChat": {"The shed": [message("tilly.wheels", "hi all"), message("bo", "hi")]}}}
    private, others = read({"Direct Message": told, **PROFILE})
    assert isinstance(private, Private)
    assert others.count == 1


def test_chats_in_which_nobody_is_known_are_refused_with_the_names_and_a_name_given_settles_it() -> None:
    data = {
        **comments({"Date": DATE, "Comment": "x"}),
        **chat(message("tilly.wheels", "mine"), message("ann_b", "hers")),
    }
    said, refused = read(data)
    assert isinstance(said, Said)
    assert isinstance(refused, Rejected)
    assert "--me NAME; there are tilly.wheels, ann_b" in refused.reason
    assert [row.text for row in read(data, Me.of("@Tilly.Wheels")) if isinstance(row, Private)] == ["mine"]


def test_a_creator_who_never_wrote_in_a_chat_is_no_reason_to_refuse_it() -> None:
    assert read({**PROFILE, **chat(message("ann_b", "hers"))}) == [Dropped(PATH, OTHERS_PRIVATE, 1)]


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (comments(5, {"Date": DATE, "Comment": "fine"}), "not an entry with names"),
        (comments({"Date": DATE, "Comment": 5}, {"Date": DATE, "Comment": "fine"}), "Comment must be a text"),
        (comments({"Date": "May", "Comment": "x"}, {"Date": DATE, "Comment": "fine"}), "is not understood"),
        (posts({"Title": ["x"]}, {"Date": DATE, "Title": "fine"}), "Title must be a text"),
        ({**PROFILE, **chat({"Date": DATE}, message("tilly.wheels", "fine"))}, "not a message"),
        ({**PROFILE, **chat(message("tilly.wheels", 5), message("tilly.wheels", "fine"))}, "Content must be a text"),
    ],
)
def test_a_bad_entry_costs_only_itself(data: Any, reason: str) -> None:
    bad, good = read(data)
    assert isinstance(bad, Rejected)
    assert (bad.path, bad.line) == (PATH, 1)
    assert reason in bad.reason
    assert good.text == "fine"


def test_a_chat_that_is_no_list_is_told() -> None:
    assert isinstance(read({**PROFILE, "Direct Messages": {"Chat History": {"ChatHistory": {"x": 5}}}})[0], Rejected)


@pytest.mark.parametrize("content", [b"[1]", b'{"Comment": {', b""])
def test_a_file_that_is_no_export_is_refused(content: bytes) -> None:
    file = in_memory(PATH, "user_data.json", content)
    with pytest.raises(Unreadable):
        list(tiktok_export.FORMAT.read(Source(file, Export([file]))))


COMMENTS_TXT = (
    f"Date: {DATE} UTC\r\nComment: Loose & lovely\r\nsecond line: yes\r\n\r\nthird\r\nPhoto: N/A\r\nUrl: https://c.example/1\r\n"
    f"\r\nDate: 2024-01-05 10:14:00 UTC\r\nComment: \r\nPhoto: https://p.example/1.jpg\r\nUrl: N/A\r\n"
)
POSTS_TXT = (
    f"Date: {DATE} UTC\nLink: {VIDEO}\nLike(s): 3\nWho can view: Everyone\nSound: N/A\nTitle: My stand\n\n"
    f"Date: {DATE} UTC\nLink: {VIDEO}\nLike(s): 1\nWho can view: Only me\nTitle: Not yet\n\n"
    f"Date: {DATE} UTC\nLink: {VIDEO}\nLike(s): 0\nTitle: N/A\n\n"
)
CHATS_TXT = (
    f">>> Chat History with ann_b::\n\n{DATE} UTC tilly.wheels: see you\nat nine\n{DATE} UTC ann_b: a secret\n\n"
    f">>> Chat History with bo::\n{DATE} UTC bo: hi\n{DATE} UTC tilly.wheels: {VIDEO}\n"
)


def test_comments_of_the_text_form_keep_their_lines() -> None:
    said, dropped = read_text("Comments.txt", COMMENTS_TXT)
    assert said == Said(
        said.id, "Loose & lovely\nsecond line: yes\n\nthird", AT, None, "https://c.example/1", Surface.COMMENT
    )
    assert dropped == Dropped("a.zip/Comments.txt", NO_WORDS, 1)


def test_the_same_words_have_the_same_id_in_both_forms() -> None:
    (from_text,) = read_text("Comments.txt", f"Date: {DATE} UTC\nComment: hey\nUrl: N/A\n")
    (from_json,) = read(comments({"date": f"{DATE} UTC", "comment": "hey"}))
    assert from_text == from_json
    (wrote, *_) = read_text("Direct Messages.txt", CHATS_TXT, me=Me.of("tilly.wheels"))
    (same, *_) = read({**PROFILE, **chat(message("tilly.wheels", "see you\nat nine"))})
    assert wrote == same


def test_captions_of_the_text_form_are_said_or_private() -> None:
    said, private, dropped = read_text("Posts.txt", POSTS_TXT)
    assert said == Said("tiktok:7290000000000000001", "My stand", AT, None, VIDEO.rstrip("/"))
    assert (type(private), private.text) == (Private, "Not yet")
    assert dropped.count == 1


def test_chats_of_the_text_form_know_the_creator_by_the_profile_beside_them() -> None:
    profile = {"Profile and Settings/Profile Information.txt": "Username: tilly.wheels\nNickname: Tilly\n"}
    private, others, shared = read_text("Direct Messages.txt", CHATS_TXT, profile)
    assert (private.text, others.count, shared.count) == ("see you\nat nine", 2, 1)
    (refused, *rest) = read_text("Direct Messages.txt", CHATS_TXT, {"Profile Info.txt": ""})
    assert "there are tilly.wheels, ann_b, bo" in refused.reason
    assert rest == []


def test_a_bad_record_of_the_text_form_is_named_by_its_line_and_costs_only_itself() -> None:
    broken = f"Date: {DATE} UTC\nComment: fine\n\nDate: 2024-13-45 10:13:00 UTC\nComment: x\n"
    good, bad = read_text("Comments.txt", broken)
    assert good.text == "fine"
    assert (bad.line, "is not understood" in bad.reason) == (4, True)


def test_lists_without_own_words_and_deleted_posts_are_left_out() -> None:
    watched = f"Date: {DATE} UTC\nLink: {VIDEO}\n\nDate: {DATE} UTC\nLink: {VIDEO}\n"
    assert read_text("Watch History.txt", watched) == [Dropped("a.zip/Watch History.txt", OTHER_PARTS)]
    name = "Recently Deleted Posts.txt"
    assert read_text(name, POSTS_TXT) == [Dropped(f"a.zip/{name}", DELETED, 3)]


@pytest.mark.parametrize(
    ("format_", "own"),
    [
        (tiktok_export.FORMAT, json.dumps(comments())),
        (tiktok_export.FORMAT, json.dumps({"Activity": {"Favorite Effects": {"FavoriteEffectsList": []}}}, indent=1)),
        (tiktok_export.FORMAT, json.dumps({"Profile And Settings": {"Profile Info": {"ProfileMap": {}}}})),
        (tiktok_text.FORMAT, COMMENTS_TXT),
        (tiktok_text.FORMAT, POSTS_TXT),
        (tiktok_text.FORMAT, CHATS_TXT),
        (tiktok_text.FORMAT, f"Date: {DATE}\nSearch Term: hubs\n"),
    ],
)
def test_each_form_knows_its_own_files(format_: Format, own: str) -> None:
    sample = sample_of(in_memory("a", "a", own.encode()))
    assert format_.sniff(sample)
    assert {tiktok_export.FORMAT.sniff(sample), tiktok_text.FORMAT.sniff(sample)} == {True, False}
    assert not comma_separated.FORMAT.sniff(sample)


@pytest.mark.parametrize(
    "other",
    [
        '{"id": "1", "text": "x"}\n',
        '{"Profile": {"name": "x"}}',
        '{"Comment": {"text": "CommentsList"}}',
        '{"messages": [{"VideoList": 1}]}',
        "id,text\n1,x\n",
        "# Date\n\nComment: x\n",
        f"Date: {DATE}\n\nDear diary\n",
        "<html><p>Date: x</p></html>",
        ">>> Chat History with nobody\n\nprose\n",
    ],
)
def test_neither_form_claims_other_files(other: str) -> None:
    sample = sample_of(in_memory("a", "Comments.txt", other.encode()))
    assert not tiktok_export.FORMAT.sniff(sample)
    assert not tiktok_text.FORMAT.sniff(sample)


def test_the_strict_form_has_to_come_before_json_lines() -> None:
    """Both know a JSON object: order decides."""
    assert json_lines.FORMAT.sniff(sample_of(in_memory("a", "a", json.dumps(comments()).encode())))


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([5]), st.just({"a": 1})
)
WHOLE = {
    **PROFILE,
    **comments({"Date": DATE, "Comment": "x", "Url": "y"}),
    **posts({"Date": DATE, "Link": VIDEO, "Title": "t", "WhoCanView": "Public"}),
    **chat(message("tilly.wheels", "hi")),
    "Tiktok Live": {
        "Watch Live History": {"WatchLiveMap": {"1": {"Comments": [{"CommentTime": DATE, "CommentContent": "c"}]}}},
        "Go Live History": {"GoLiveList": [{"RoomId": 5, "RoomTitle": "r", "LiveStartTime": DATE}]},
    },
}


def keys_of(node: Any) -> set[str]:
    if isinstance(node, dict):
        return {*node, *(key for held in node.values() for key in keys_of(held))}
    return {key for held in node for key in keys_of(held)} if isinstance(node, list) else set()


@given(key=st.sampled_from(sorted(keys_of(WHOLE))), value=JUNK, cut=st.integers(0, 30), drop=st.booleans())
def test_no_field_of_another_type_breaks_the_reading(key: str, value: Any, cut: int, *, drop: bool) -> None:
    def spoilt(node: Any) -> Any:
        if isinstance(node, dict):
            kept = {one: spoilt(held) for one, held in node.items() if not (drop and one == key)}
            return {one: value if one == key else held for one, held in kept.items()}
        return [spoilt(one) for one in node] if isinstance(node, list) else node

    content = json.dumps(spoilt(WHOLE)).encode()
    file = in_memory(PATH, "user_data.json", content[: len(content) - (cut if cut % 3 == 0 else 0)])
    try:
        found = list(tiktok_export.FORMAT.read(Source(file, Export([file]))))
    except Unreadable:
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)


@given(
    content=st.sampled_from([COMMENTS_TXT, POSTS_TXT, CHATS_TXT]),
    at=st.integers(0, 300),
    junk=st.text(max_size=9),
    cut=st.integers(0, 90),
)
def test_no_text_breaks_the_reading(content: str, at: int, junk: str, cut: int) -> None:
    spoilt = (content[:at] + junk + content[at:])[: len(content) - cut].encode("utf-8", "replace")
    file = in_memory("a", "Posts.txt", spoilt)
    try:
        found = list(tiktok_text.FORMAT.read(Source(file, Export([file]), Me.of("tilly.wheels"))))
    except Unreadable:
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)
