"""Feeds of blogs, newsletters and podcasts: each entry in full, with its title, link and date."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.feed import FORMAT
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import OTHERS, Dropped, Rejected, Said

SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:podcast="https://podcastindex.org/namespace/1.0" xmlns:wp="http://wordpress.org/export/1.2/"'
)


def rss(*items: str, before: str = '<?xml version="1.0" encoding="UTF-8"?>\n') -> str:
    channel = "<title>Wheels</title><link>https://blog.example/</link>"
    entries = "".join(f"<item>{item}</item>" for item in items)
    return f'{before}<rss version="2.0" {SPACES}><channel>{channel}{entries}</channel></rss>'


def atom(*entries: str) -> str:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return f'<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><id>tag:x</id>{inside}</feed>'


def read(content: str | bytes) -> list[Any]:
    file = in_memory("feed.xml", "feed.xml", content.encode() if isinstance(content, str) else content)
    return list(FORMAT.read(Source(file, Export([file]))))


def claimed(content: str | bytes) -> bool:
    data = content.encode() if isinstance(content, str) else content
    return FORMAT.sniff(sample_of(in_memory("x", "x", data)))


def test_a_blogs_entry_is_read_in_full_and_not_as_its_summary() -> None:
    (said,) = read(
        rss(
            "<title>True &amp;amp; tight</title><link>/true</link><guid isPermaLink='false'>12</guid>"
            "<pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate><description>Spokes…</description>"
            "<content:encoded><![CDATA[<p>Spokes first.</p><p>Then <a href='https://x.example/'>the rim</a>.</p>]]>"
            "</content:encoded>"
        )
    )
    assert said == Said(
        "feed:blog.example:12",
        "Spokes first.\n\nThen the rim.",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        "True & tight",
        "https://blog.example/true",
    )


def test_a_podcasts_show_notes_keep_their_lines_and_its_transcript_is_not_fetched() -> None:
    (said,) = read(
        rss(
            "<title>Episode 1</title><guid>https://pod.example/1</guid><description>Today:\ngrease\nspokes</description>"
            "<itunes:summary>Today</itunes:summary>"
            "<enclosure url='https://pod.example/1.mp3' type='audio/mpeg' length='1'/>"
            "<podcast:transcript url='http://127.0.0.1:9/1.vtt' type='text/vtt'/>"
        )
    )
    assert (said.id, said.text) == ("feed:https://pod.example/1", "Today:\ngrease\nspokes")


def test_atom_and_json_feeds_give_the_same_row() -> None:
    of_atom = read(
        atom(
            "<id>tag:blog.example,2026:1</id><title type='html'>Tea &amp;amp; oil</title>"
            "<link rel='alternate' href='https://blog.example/1'/><published>2026-03-01T12:00:00+02:00</published>"
            "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>One.</p><p>Two.</p></div></content>"
        )
    )
    item = {
        "id": "tag:blog.example,2026:1",
        "url": "https://blog.example/1",
        "title": "Tea & oil",
        "content_html": "<p>One.</p><p>Two.</p>",
        "date_published": "2026-03-01T10:00:00Z",
    }
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Wheels", "items": [item]}
    of_json = read(json.dumps(feed))
    assert of_atom == of_json
    assert of_atom[0].text == "One.\n\nTwo."


def test_an_entry_without_an_id_gets_the_same_one_every_time() -> None:
    feed = rss("<description>Grease it.</description>", "<description>Oil it.</description>")
    first, second = read(feed)
    assert [first.id, second.id] == [row.id for row in read(feed)]
    assert first.id != second.id


def test_a_link_without_text_is_known_by_its_title_and_an_empty_entry_is_nothing() -> None:
    (said,) = read(rss("<title>Look at this rim</title><link>https://blog.example/rim</link>", "<guid>3</guid>"))
    assert (said.text, said.title) == ("Look at this rim", None)


def test_drafts_attachments_and_closed_pages_of_a_wordpress_export_stay_out() -> None:
    def page(number: int, text: str, more: str) -> str:
        return f"<guid>https://b.example/?p={number}</guid><content:encoded><![CDATA[{text}]]></content:encoded>{more}"

    found = read(
        rss(
            page(
                1,
                "Out.",
                "<wp:status>publish</wp:status><wp:post_type>post</wp:post_type><wp:post_password></wp:post_password>",
            ),
            page(2, "Draft.", "<wp:status>draft</wp:status><wp:post_type>post</wp:post_type>"),
            page(3, "File.", "<wp:status>publish</wp:status><wp:post_type>attachment</wp:post_type>"),
            page(4, "Closed.", "<wp:status>publish</wp:status><wp:post_password>x</wp:post_password>"),
        )
    )
    assert [row.text for row in found] == ["Out."]


def test_readers_comments_in_a_blogger_export_are_counted_and_left_out() -> None:
    kind = "<category scheme='http://schemas.google.com/g/2005#kind' term='http://schemas.google.com/blogger/2008/kind#{}'/>"
    made = [
        f"<id>tag:b,1:{name}</id><content type='html'>{name}</content>{kind.format(name)}"
        for name in ("post", "comment", "settings")
    ]
    said, dropped = read(atom(*made))
    assert said.text == "post"
    assert dropped == Dropped("feed.xml", OTHERS, 1)


def test_a_feed_that_declares_entities_is_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("swordfish")
    for entity in (f'<!ENTITY a SYSTEM "{secret.as_uri()}">', '<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">'):
        feed = rss("<title>&a;</title>", before=f'<?xml version="1.0"?><!DOCTYPE rss [{entity}]>')
        assert claimed(feed)
        with pytest.raises(Unreadable, match="entities"):
            read(feed)


def test_a_feed_that_breaks_off_keeps_its_whole_entries_and_says_so() -> None:
    whole = rss("<description>One.</description>", "<description>Two.</description>")
    said, rejected = read(whole[: whole.index("Two.") + 2])
    assert said.text == "One."
    assert isinstance(rejected, Rejected)
    assert "breaks off" in rejected.reason


def test_small_faults_and_old_encodings_are_forgiven() -> None:
    assert [row.text for row in read(rss("<description>Oil & grease&nbsp;here</description>"))] == [
        "Oil & grease\xa0here"
    ]
    latin = rss("<description>café</description>", before='<?xml version="1.0" encoding="ISO-8859-1"?>').encode(
        "latin-1"
    )
    assert [row.text for row in read(latin)] == ["café"]


@pytest.mark.parametrize(
    "content", ["<rss><channel>", "<rss", '{"version": "https://jsonfeed.org/version/1", "items": 5}']
)
def test_what_has_no_entries_is_refused_where_it_is_broken(content: str) -> None:
    with pytest.raises(Unreadable, match="download it again"):
        read(content)


def test_a_bad_entry_costs_only_itself() -> None:
    bad = {"id": "1", "content_text": "\ud83d"}
    feed = {"version": "https://jsonfeed.org/version/1", "items": [bad, 5, {"id": 3, "content_text": "Good."}]}
    first, second, said = read(json.dumps(feed))
    assert [first.line, second.line, said.text] == [1, 2, "Good."]


def test_only_feeds_are_claimed() -> None:
    comment = "<?xml version='1.0'?>\n<!-- made by <rss> --><!DOCTYPE rss>\n"
    assert all(map(claimed, [rss(), atom(), rss(before=comment), rss().encode("utf-16")]))
    others = [
        "<!doctype html><html><body><rss></body></html>",
        '<?xml version="1.0"?><smses count="1"></smses>',
        "<feed><entry/></feed>",
        "# About <rss>\n",
        '{"id": "1", "text": "jsonfeed.org/version/1"}\n',
        "id,text\n1,<rss>\n",
        "",
    ]
    assert not any(map(claimed, others))


WHOLE = rss(
    "<title>a</title><description>b</description><pubDate>Sun, 01 Mar 2026 10:00:00 GMT</pubDate>", "<guid>1</guid>"
)
JUNK = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=5), st.lists(st.integers(), max_size=2), st.just({})
)


@given(at=st.integers(0, len(WHOLE) - 1), to=st.integers(0, 255), cut=st.integers(0, 100))
def test_no_damage_to_xml_breaks_the_reading(at: int, to: int, cut: int) -> None:
    content = bytearray(WHOLE.encode())
    content[at] = to
    with suppress(Unreadable):
        assert all(isinstance(row, (Said, Rejected)) for row in read(bytes(content[: len(content) - cut])))


@given(
    key=st.sampled_from(["id", "url", "title", "content_html", "content_text", "summary", "date_published"]), value=JUNK
)
def test_no_field_of_another_type_breaks_the_reading(key: str, value: Any) -> None:
    feed = {
        "version": "https://jsonfeed.org/version/1",
        "home_page_url": value,
        "items": [{"id": "1", "content_text": "x", key: value}, value],
    }
    assert all(isinstance(row, (Said, Rejected)) for row in read(json.dumps(feed)))
