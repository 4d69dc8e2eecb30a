"""YouTube's pages in older Google Takeouts: lists of comments and of live chats."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import web_page
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import BadRow, Rejected, Said
from engage.memory.importers.takeout_pages import FORMAT
from engage.models import Surface

WATCH = "http://www.youtube.com/watch?v=tea0Kettle1"
PAGE = (
    "<html><head><title>YouTube Comments</title></head><body><h1>Comments</h1><ul>"
    f'<li>You added a <a href="{WATCH}&amp;lc=UgxAAAA4AaABAg">comment</a> on a <a href="{WATCH}">video</a> '
    "at 2020-05-24 20:10:05 UTC.<br/>Tea &amp; cake,<br>always. <b>Really</b></li>"
    f'<li>You replied to a <a href="{WATCH}&amp;lc=UgxAAAA4AaABAg.9zzz">comment</a> '
    "at 2016-06-15T08:50:49Z.<br/>No.</li>"
    f'<li>You added a <a href="{WATCH}&amp;lc=UgxB">comment</a> at 2020-05-24 20:10:06 UTC.<br/></li>'
    "</ul></body></html>"
)
CHAT = f'<ul><li>Sent at 2020-04-27 23:18:23 UTC while watching <a href="{WATCH}">a video</a>.<br/>hello</li></ul>'


def rows(content: str) -> list[Any]:
    one = in_memory("t/my-comments.html", "my-comments.html", content.encode())
    return list(FORMAT.read(Source(one, Export([one]))))


def knows(content: str) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x.html", "x.html", content.encode())))


def test_comments_are_read_with_the_ids_in_their_links() -> None:
    first, second = rows(PAGE)
    assert (first.id, first.text) == ("youtube:UgxAAAA4AaABAg", "Tea & cake,\nalways. Really")
    assert (first.said_at, first.surface) == (datetime(2020, 5, 24, 20, 10, 5, tzinfo=UTC), Surface.COMMENT)
    assert first.url == f"{WATCH}&lc=UgxAAAA4AaABAg"
    assert (second.id, second.said_at) == ("youtube:UgxAAAA4AaABAg.9zzz", datetime(2016, 6, 15, 8, 50, 49, tzinfo=UTC))


def test_a_live_chat_has_no_id_of_its_own_and_gets_the_same_one_every_time() -> None:
    (row,) = rows(CHAT)
    assert (row.text, row.surface, row.url) == ("hello", Surface.LIVE, WATCH)
    assert rows(CHAT) == [row]
    assert len(row.id) == len("youtube:") + 20


def test_an_item_of_another_form_costs_only_itself() -> None:
    found = rows(PAGE.replace("</ul>", "<li>no time here</li><li>2020-01-01 10:00:00 UTC</li></ul>"))
    assert [row.line for row in found if isinstance(row, Rejected)] == [4, 5]
    assert len([row for row in found if isinstance(row, Said)]) == 2


def test_an_id_that_is_too_long_to_be_one_costs_only_its_item() -> None:
    rejected, kept = rows(PAGE.replace('lc=UgxAAAA4AaABAg"', f'lc={"U" * 200}"', 1))
    assert "too long to be one" in rejected.reason
    assert isinstance(kept, Said)


def test_only_such_pages_are_known() -> None:
    assert knows(PAGE)
    assert knows(CHAT)
    assert not knows(f'<ul><li>Watch <a href="{WATCH}">my film</a><br>It is new.</li></ul>')
    assert not knows("<html><body><ul><li>at 2020-04-27 23:18:23 UTC<br>x</li></ul></body></html>")
    assert not knows('{"id": "1", "text": "Hello"}\n')
    assert not knows("id,text\n1,Hello\n")
    assert not knows("# Title\n\n- words\n")
    assert web_page.FORMAT.sniff(sample_of(in_memory("x.html", "x.html", PAGE.encode()))), "so it has to come before"


def test_a_page_with_nothing_in_it_is_refused() -> None:
    with pytest.raises(Unreadable, match="request the export again"):
        rows("<!-- nothing -->")


def test_a_link_that_is_none_costs_no_comment() -> None:
    (row,) = rows("<li><a href='http://www.youtube.com/watch?v=[&lc=//[x'>a</a> 2020-01-01 10:00:00 UTC<br>x")
    assert row.text == "x"


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


@given(st.integers(0, 600), st.text(max_size=12), st.integers(0, 80))
def test_a_damaged_page_never_breaks_the_import(place: int, put: str, cut: int) -> None:
    data = (PAGE[:place] + put + PAGE[place + cut :]).encode("utf-8", "replace")
    one = in_memory("x.html", "x.html", data)
    FORMAT.sniff(sample_of(one))
    for row in _until_broken(FORMAT.read(Source(one, Export([one])))):
        assert isinstance(row, (Said, Rejected))
