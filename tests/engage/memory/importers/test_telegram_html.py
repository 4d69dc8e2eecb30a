"""Telegram's pages: the creator's channel, or their side of a chat."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import OTHERS, OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected, Said
from engage.memory.importers.telegram_html import FORMAT


def message(
    number: int, text: str, name: str = "", *, more: str = "", date: str = "01.03.2026 12:00:00 UTC+02:00"
) -> str:
    """name: "" for a message that is joined to the one before."""
    wrap = f'<div class="from_name">\n{name}\n</div>' if name else ""
    words = f'<div class="text">\n{text}\n</div>' if text else ""
    return (
        f'<div class="message default clearfix{"" if name else " joined"}" id="message{number}"><div class="body">'
        f'<div class="pull_right date details" title="{date}">12:00</div>{wrap}{more}{words}</div></div>'
    )


def forwarded(text: str) -> str:
    return (
        '<div class="pull_left forwarded userpic_wrap"></div><div class="forwarded body">'
        '<div class="from_name">Cy<span class="date details"> 01.02.2026</span></div>'
        f'<div class="text">{text}</div></div>'
    )


def page(*messages: str, title: str = "Bo") -> str:
    service = '<div class="message service" id="message-1"><div class="body details">1 March 2026</div></div>'
    return (
        '<!DOCTYPE html><html><head><meta charset="utf-8"/><title>Exported Data</title></head><body>'
        f'<div class="page_wrap"><div class="page_header"><div class="content"><div class="text bold">\n{title}\n</div>'
        f'</div></div><div class="page_body chat_page"><div class="history">{service}{"".join(messages)}'
        "</div></div></div></body></html>"
    )


def source(content: str, *me: str) -> Source:
    file = in_memory("t/messages.html", "messages.html", content.encode("utf-8", "surrogatepass"))
    return Source(file, Export([file]), Me.of(*me))


def rows(*messages: str, title: str = "Bo", me: str = "Tilly") -> list[Any]:
    return list(FORMAT.read(source(page(*messages, title=title), me)))


def test_of_a_chat_the_creators_side_is_kept() -> None:
    answer = message(2, 'Tea &amp; <a href="https://example.com/x">cake</a><br>at six', "Tilly")
    private, joined, dropped = rows(message(1, "My secret", "Bo"), answer, message(3, "Ok?"))
    assert isinstance(private, Private)
    assert (private.text, private.said_at) == ("Tea & cake\nat six", datetime(2026, 3, 1, 10, tzinfo=UTC))
    assert joined.text == "Ok?"
    assert dropped == Dropped("t/messages.html", OTHERS_PRIVATE, 1)


def test_posts_of_a_channel_of_the_creators_name_are_said() -> None:
    said, dropped = rows(message(1, "New film!", "Tilly"), message(2, "Buy!", "Cy"), title="Tilly")
    assert isinstance(said, Said)
    assert dropped == Dropped("t/messages.html", OTHERS, 1)


def test_what_was_forwarded_or_made_by_a_bot_is_nobodys_own_word() -> None:
    via, sent = message(1, "Gif!", "Tilly via @gif"), message(2, "", "Tilly", more=forwarded("Not mine"))
    private, dropped = rows(via, sent, message(3, "Ha!", "Tilly"))
    assert (private.text, dropped.count) == ("Ha!", 2)


def test_who_wrote_a_forwarded_message_wrote_nothing_after_it() -> None:
    found = rows(message(1, "Ha!", "Tilly"), message(2, "", more=forwarded("Not mine")), message(3, "Ho!"))
    assert [row.text for row in found if isinstance(row, Private)] == ["Ha!", "Ho!"]


def test_a_page_in_which_nobody_is_known_is_refused_with_the_names() -> None:
    with pytest.raises(Unreadable, match=r"--me NAME; there are Bo, Tilly$"):
        rows(message(1, "Hi", "Bo"), message(2, "Ha!", "Tilly"), me="Cy")


def test_older_pages_without_a_zone_are_read_and_a_bad_date_costs_only_its_message() -> None:
    first = message(1, "Ha!", "Tilly", date="01.03.2026 12:00:00")
    private, no_date, no_day, last = rows(
        first, message(2, "x", date="soon"), message(3, "x", date="41.03.2026 12:00:00"), message(4, "Ho!")
    )
    assert private.said_at == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert isinstance(no_date, Rejected)
    assert isinstance(no_day, Rejected)
    assert last.text == "Ho!"


def test_a_message_has_the_same_id_in_a_later_export() -> None:
    first, second = rows(message(1, "Ha!", "Tilly"), message(2, "Ha!"))
    assert first.id != second.id
    assert rows(message(1, "Ha!", "Tilly"))[0] == first


def test_only_telegrams_pages_are_known() -> None:
    def known(content: str) -> bool:
        return FORMAT.sniff(sample_of(in_memory("x", "x", content.encode())))

    assert known(page(message(1, "Hi", "Bo")))
    assert not known("<html><body><div class='page_wrap'><p>Words.</p></div></body></html>")
    assert not known("<html><body><p>Some words.</p></body></html>")
    assert not known("# Title\n\nWords.\n")
    assert not known('{"id": "1", "text": "Hello"}')


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


@given(st.integers(0, 1500), st.text(max_size=12), st.integers(0, 300))
def test_a_damaged_page_never_breaks_the_import(place: int, put: str, cut: int) -> None:
    whole = page(message(1, "Hi", "Bo"), message(2, "Ha!", "Tilly"), message(3, "", more=forwarded("x")))
    for content in (whole[:place] + put + whole[place + cut :], whole[:place]):
        for row in _until_broken(FORMAT.read(source(content, "Tilly"))):
            assert isinstance(row, (Said, Private, Rejected, Dropped))
