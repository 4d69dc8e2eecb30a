"""Facebook's posts and comments in every form an export has them."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import comma_separated, instagram_comments, instagram_export, meta_messages, threads_export
from engage.memory.importers.content import Unreadable
from engage.memory.importers.facebook_export import FORMAT
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import NO_WORDS, BadRow, Dropped, Private, Rejected, Said
from engage.models import Surface

AT = datetime(2024, 1, 5, 10, 13, tzinfo=UTC)
TIME = int(AT.timestamp())
POSTS = "posts/your_posts__check_ins__photos_and_videos_1"
FORMATS = (FORMAT, instagram_export.FORMAT, instagram_comments.FORMAT, threads_export.FORMAT, meta_messages.FORMAT)


def read(name: str, content: Any) -> list[Any]:
    data = content if isinstance(content, str) else json.dumps(content)
    file = in_memory(f"a.zip/{name}", f"your_facebook_activity/{name}", data.encode("utf-8", "surrogatepass"))
    return list(FORMAT.read(Source(file, Export([file]))))


def post(words: Any = "New stand", **more: Any) -> dict[str, Any]:
    return {"timestamp": TIME, "data": [{"update_timestamp": TIME}, {"post": words}], "title": "Ann updated.", **more}


def comment(words: Any = "Lovely wheels", **more: Any) -> dict[str, Any]:
    told = {"timestamp": TIME, "comment": words, "author": "Ann Bee", **more}
    return {"timestamp": TIME, "data": [{"comment": told}], "title": "Ann Bee commented on Bo's post."}


def section(heading: str, *parts: str, shown: str = "Jan 05, 2024 10:13:00 am") -> str:
    told = "".join(f'<div class="_2pin">{part}</div>' for part in parts)
    return (
        f'<section class="_a6-g"><h2 class="_2ph_ _a6-h _a6-i">{heading}</h2>'
        f'<div class="_2ph_ _a6-p"><div>{told}</div></div>'
        f'<footer class="_3-94 _a6-o"><div class="_a72d">{shown}</div></footer></section>'
    )


def page(*sections: str) -> str:
    return f'<html><head><title>x</title></head><body><main role="main">{"".join(sections)}</main></body></html>'


def test_posts_are_said_with_whole_letters_and_people_mentioned_by_name() -> None:
    written = "Café with @[100:2048:Bo Wood] ☕".encode().decode("latin-1")
    said, without = read(f"{POSTS}.json", [post(written), {"timestamp": TIME, "title": "Ann added a photo."}])
    assert said == Said(said.id, "Café with Bo Wood ☕", AT)
    assert said.id.startswith("facebook:")
    assert without == Dropped(f"a.zip/{POSTS}.json", NO_WORDS, 1)


def test_a_picture_without_a_post_is_told_by_what_stands_below_it() -> None:
    shown = [{"data": [{"media": {"uri": "a.jpg", "title": "Album", "description": "At the lathe"}}] * 2}]
    (said,) = read("posts/profile_posts_1.json", [{"timestamp": TIME, "attachments": shown, "data": [{}]}])
    assert said.text == "At the lathe"


@pytest.mark.parametrize("key", ["comments_v2", "comments"])
def test_comments_are_said_without_whose_post_it_was(key: str) -> None:
    (said,) = read("comments_and_reactions/comments.json", {key: [comment()]})
    assert said == Said(said.id, "Lovely wheels", AT, surface=Surface.COMMENT)


def test_what_was_written_in_groups_is_private() -> None:
    (in_list,) = read("groups/group_posts_and_comments.json", {"group_posts_v2": [post("For us")]})
    (below,) = read("groups/your_comments_in_groups.json", {"group_comments_v2": [comment("Hi all")]})
    (among,) = read("comments_and_reactions/comments.json", {"comments_v2": [comment("Psst", group="The shed")]})
    (on_page,) = read("groups/group_posts_and_comments.html", page(section("Ann posted.", "<div>For us</div>")))
    assert [type(one) for one in (in_list, below, among, on_page)] == [Private] * 4
    assert on_page == in_list


def test_pages_bring_the_same_rows_as_their_json() -> None:
    told = page(
        section("Ann updated her status.", "<div>New stand</div>", "<div>Updated Jan 05, 2024 11:00 am</div>"),
        section("Ann added a photo.", '<div><img src="a.jpg"></div>', "<div>Updated Jan 05, 2024 11:00 am</div>"),
    )
    said, dropped = read(f"{POSTS}.html", told)
    assert [said] == read(f"{POSTS}.json", [post()])
    assert dropped.reason == NO_WORDS
    below = page(section("Ann commented on Bo's post.", "<div>Lovely wheels</div>", shown="5 janv. 2024 10:13"))
    assert read("comments.html", below) == read("comments.json", {"comments_v2": [comment()]})


def test_a_date_that_is_not_understood_costs_no_words() -> None:
    (said,) = read(f"{POSTS}.html", page(section("x", "<div>Moi</div>", shown="5. tammikuuta 2024 klo 10.13")))
    assert (said.text, said.said_at) == ("Moi", None)


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (5, "not an entry"),
        (post(5), "post must be a text"),
        ({**post(), "timestamp": "May"}, "is not understood"),
        ({**post(), "timestamp": [5]}, "is not understood"),
        ({"timestamp": TIME, "data": 5}, "data must be a list"),
        ({"data": [{"comment": 5}]}, "not an entry"),
        ({"data": [{}], "attachments": [{"data": [{"media": 5}]}]}, "not an entry"),
    ],
)
def test_a_bad_entry_costs_only_itself(bad: Any, reason: str) -> None:
    rejected, good = read(f"{POSTS}.json", [bad, post("fine")])
    assert (rejected.line, good.text) == (1, "fine")
    assert reason in rejected.reason


@pytest.mark.parametrize("content", ["5", '{"a": 5}', '{"comments_v2": 5}', "[{"])
def test_a_file_that_is_no_export_is_refused(content: str) -> None:
    with pytest.raises(Unreadable):
        read("x.json", content)


OWN = [
    (f"{POSTS}.json", json.dumps([post()], indent=2)),
    ("posts/profile_posts_1.json", json.dumps([{"timestamp": TIME, "data": [{}, {"post": "x"}], "title": "x"}])),
    ("comments.json", json.dumps({"comments_v2": [comment()]}, indent=2)),
    ("group_posts_and_comments.json", json.dumps({"group_posts_v2": [post()]})),
    (f"{POSTS}.html", page(section("x", "<div>y</div>"))),
    ("comments_and_reactions/comments.html", page(section("x", "<div>y</div>"))),
]


@pytest.mark.parametrize(("name", "content"), OWN)
def test_each_file_is_known_to_this_format_alone(name: str, content: str) -> None:
    sample = sample_of(in_memory(name, name, content.encode()))
    assert [one.name for one in FORMATS if one.sniff(sample)] == ["facebook"]
    assert not comma_separated.FORMAT.sniff(sample)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("x", '{"id": "1", "text": "x"}\n'),
        ("x", '{"comments": [{"text": "x", "timestamp": 1700000000}]}'),
        ("x", '[{"timestamp": 1700000000, "data": [1, 2]}]'),
        ("other_people_s_posts_to_your_timeline.json", json.dumps([post("of another")])),
        ("likes_and_reactions_1.json", json.dumps([{"timestamp": TIME, "data": [{"reaction": {"reaction": "LIKE"}}]}])),
        ("comments.html", "<html><body><p>Hello</p></body></html>"),
        ("x.csv", "id,text\n1,x\n"),
        ("x.md", "# comments_v2\n"),
    ],
)
def test_other_files_are_not_claimed(name: str, other: str) -> None:
    assert not FORMAT.sniff(sample_of(in_memory(name, name, other.encode())))


JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8), st.just([5]), st.just({"a": 1})
)
SHOWN = [{"data": [{"media": {"description": "x"}}]}]
WHOLES: list[Any] = [[post(), {"timestamp": TIME, "data": [], "attachments": SHOWN}], {"comments_v2": [comment()]}]
KEYS = ("timestamp", "data", "post", "comment", "group", "attachments", "media", "description", "comments_v2")


@given(whole=st.sampled_from(WHOLES), key=st.sampled_from(KEYS), value=JUNK, cut=st.integers(0, 60), drop=st.booleans())
def test_no_field_of_another_type_breaks_the_reading(whole: Any, key: str, value: Any, cut: int, *, drop: bool) -> None:
    def spoilt(node: Any) -> Any:
        if isinstance(node, dict):
            kept = {one: held for one, held in node.items() if not (drop and one == key)}
            return {one: value if one == key else spoilt(held) for one, held in kept.items()}
        return [spoilt(one) for one in node] if isinstance(node, list) else node

    text = json.dumps(spoilt(whole))
    try:
        found = read("x.json", text[: len(text) - (cut if cut % 3 == 0 else 0)])
    except Unreadable:
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)


@given(own=st.sampled_from(OWN), at=st.integers(0, 500), junk=st.text(max_size=9), cut=st.integers(0, 200))
def test_no_text_breaks_the_reading(own: tuple[str, str], at: int, junk: str, cut: int) -> None:
    name, content = own
    try:
        found = read(name, (content[:at] + junk + content[at:])[: len(content) - cut])
    except (Unreadable, BadRow):
        return
    assert all(isinstance(row, (Said, Private, Rejected, Dropped)) for row in found)
