"""WhatsApp's exported chats in the forms in which phones of many languages write them."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import OTHERS_PRIVATE, BadRow, Dropped, Private, Rejected
from engage.memory.importers.whatsapp_export import FORMAT

IPHONE = (
    "[05.01.24, 10:13:45] Bo: \u200eMessages and calls are end-to-end encrypted.\n"
    "[05.01.24, 10:13:45] Bo: Which mic?\n"
    "[05.01.24, 10:14:02] Tilly: An old one.\n"
    "It hums: always.\n"
    "\u200e[13.01.24, 10:15:00] Tilly: \u200eimage omitted\n"
)
ANDROID = (
    "1/5/24, 10:13\u202fAM - Messages and calls are end-to-end encrypted.\n"
    "1/5/24, 10:13\u202fAM - Bo: Which mic?\n"
    "1/5/24, 10:14\u202fPM - Tilly: An old one.\n"
    "1/13/24, 12:15\u202fAM - Tilly: <Media omitted>\n"
)


def source(content: str | bytes, *me: str, path: str = "w/chat.txt") -> Source:
    data = content.encode() if isinstance(content, str) else content
    file = in_memory(path, path.rpartition("/")[2], data)
    return Source(file, Export([file]), Me.of(*me))


def rows(content: str | bytes, *me: str, path: str = "w/chat.txt") -> list[Any]:
    return list(FORMAT.read(source(content, *(me or ("tilly",)), path=path)))


def texts(content: str) -> list[str]:
    return [row.text for row in rows(content) if isinstance(row, Private)]


def moment(line: str) -> datetime | None:
    found = next(row for row in rows(line) if isinstance(row, Private))
    assert isinstance(found, Private)
    return found.said_at


def test_the_creators_side_of_an_iphones_chat_is_kept_with_all_its_lines() -> None:
    private, dropped = rows(IPHONE)
    assert private.text == "An old one.\nIt hums: always."
    assert private.said_at == datetime(2024, 1, 5, 10, 14, 2, tzinfo=UTC)
    assert dropped == Dropped("w/chat.txt", OTHERS_PRIVATE, 1)


def test_the_creators_side_of_an_androids_chat_is_kept() -> None:
    private, dropped = rows(ANDROID)
    assert (private.text, private.said_at) == ("An old one.", datetime(2024, 1, 5, 22, 14, tzinfo=UTC))
    assert dropped.count == 1


@pytest.mark.parametrize(
    ("line", "when"),
    [
        ("[1/5/24, 10:13:45\u202fPM] Tilly: x", (22, 13, 45)),
        ("[05/01/2024, 10:13:45] Tilly: x", (10, 13, 45)),
        ("\u200e[2024/01/05 10:13:45] Tilly: x", (10, 13, 45)),
        ("[2024-01-05, 10:13:45] Tilly: x", (10, 13, 45)),
        ("[2024. 1. 5. 오후 10:13:45] Tilly: x", (22, 13, 45)),
        ("\u200f[\u200f5\u200f/1\u200f/2024, 10:13:45 م] Tilly: x", (22, 13, 45)),
        ("05/01/24 10.13 - Tilly: x", (10, 13, 0)),
        ("05/01/2024 à 10:13 - Tilly : x", (10, 13, 0)),
        ("05.01.24, 10:13 - Tilly: x", (10, 13, 0)),
        ("5-1-2024 10:13 - Tilly: x", (10, 13, 0)),
        ("2024-01-05 10:13 - Tilly: x", (10, 13, 0)),
        ("2024/1/5 下午10:13 - Tilly: x", (22, 13, 0)),
        ("5/1/2024, 12:13 a.\u00a0m. - Tilly: x", (0, 13, 0)),
        ("5/1/2024, 12:13 p. m. - ~\u202fTilly: x", (12, 13, 0)),
        ("٥\u200f/١\u200f/٢٠٢٤، ١٠:١٣ م - Tilly: x", (22, 13, 0)),
    ],
)
def test_dates_of_many_languages_are_understood(line: str, when: tuple[int, int, int]) -> None:
    other = line.replace("Tilly", "Bo").replace("1/5/24", "1/25/24") if line.startswith("[1/5/24") else ""
    assert moment(f"{line}\n{other}") == datetime(2024, 1, 5, *when, tzinfo=UTC)


@pytest.mark.parametrize(
    ("dates", "first"),
    [
        (["3/4/24", "3/13/24"], (3, 4)),  # a thirteenth is a day
        (["3/4/24", "13/4/24"], (4, 3)),
        (["1/30/24", "2/1/24"], (1, 30)),
        (["3/9/24", "4/1/24", "4/2/24"], (3, 9)),  # as days first, the second were before the first
        (["3/4/24", "3/4/24"], (4, 3)),  # nothing tells: the day first
    ],
)
def test_the_whole_file_tells_in_which_order_its_dates_are(dates: list[str], first: tuple[int, int]) -> None:
    assert moment("\n".join(f"{date}, 10:13 - Tilly: x" for date in dates)) == datetime(
        2024, *first, 10, 13, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "text",
    [
        "<Media omitted>",
        "<Medien ausgeschlossen>",
        "<Médias omis>",
        "<تم استبعاد الوسائط>",
        "IMG-20240105-WA0001.jpg (file attached)",
        "Urlaub 2024.pdf (Datei angehängt)",
        "\u200e<attached: 00000003-PHOTO-2024-01-05.jpg>",
        "\u200efilm.pdf • \u200e3 pages \u200e<attached: film.pdf>",
        "\u200eBild weggelassen",
        "image omitted",
        "This message was deleted",
        "You deleted this message.",
        "Diese Nachricht wurde gelöscht.",
        "\u200eMissed voice call",
        "null",
        "",
    ],
)
def test_pictures_calls_and_deleted_messages_are_no_words(text: str) -> None:
    assert texts(f"05.01.24, 10:13 - Tilly: {text}\n05.01.24, 10:14 - Tilly: Ha!\n") == ["Ha!"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("IMG-20240105-WA0001.jpg (file attached)\nMy cat", "My cat"),
        ("My cat \u200e<attached: 00000003-PHOTO.jpg>", "My cat"),
        ("My cat \u200e<This message was edited>", "My cat"),
        ("My cat <This message was edited>", "My cat"),
        ("Hi @\u2068Bo\u2069!", "Hi @Bo!"),
        ("I <3 tea: really", "I <3 tea: really"),
        ("😀", "😀"),
        ("10:30 - Bo: at my place", "10:30 - Bo: at my place"),
    ],
)
def test_what_stands_beside_the_words_is_left_out_and_the_words_are_kept(text: str, kept: str) -> None:
    assert texts(f"[05.01.24, 10:13:45] Tilly: {text}\n") == [kept]


def test_notices_are_nobodys_words_and_an_unknown_creator_is_refused_with_the_names() -> None:
    chat = "05.01.24, 10:13 - You added Cy\n05.01.24, 10:13 - Bo: Hi\n05.01.24, 10:14 - +49 170 12: Ha\n"
    with pytest.raises(Unreadable, match=r"--me NAME; there are Bo, \+49 170 12$"):
        rows(chat)


@pytest.mark.parametrize(
    "path",
    [
        "w/WhatsApp Chat with Bo.txt",
        "w/WhatsApp-Chat mit Bo.txt",
        "WhatsApp Chat - Bo.zip/_chat.txt",
        "w/WhatsApp Chat with Dr. Bo (1).txt",
    ],
)
def test_of_two_speakers_the_creator_is_the_one_after_whom_the_file_is_not_called(path: str) -> None:
    private, dropped = rows(IPHONE, "somebody", path=path)
    assert private.text.startswith("An old one.")
    assert dropped.count == 1


@pytest.mark.parametrize(
    "path", ["w/WhatsApp Chat with Bobo.txt", "w/chat with Bo.txt", "w/WhatsApp Chat with Bo/x/y.txt"]
)
def test_a_file_that_is_called_after_nobody_in_it_tells_nothing(path: str) -> None:
    with pytest.raises(Unreadable):
        rows(IPHONE, "somebody", path=path)


def test_a_name_that_was_given_counts_more_than_the_files() -> None:
    private, _ = rows(IPHONE, "bo", path="w/WhatsApp Chat with Bo.txt")
    assert private.text == "Which mic?"


def test_the_same_message_has_the_same_id_in_every_export_of_the_chat() -> None:
    later = IPHONE + "[14.01.24, 10:15:00] Tilly: More.\n"
    first, again = rows(IPHONE)[0], rows(later, path="w/other.txt")[0]
    assert first == again
    assert len({row.id for row in rows(later) if isinstance(row, Private)}) == 2


def test_a_date_that_is_none_costs_only_its_message() -> None:
    private, rejected, last = rows(
        "05.01.24, 10:13 - Tilly: a\n99.99.24, 10:13 - Tilly: b\n06.01.24, 10:13 - Tilly: c\n"
    )
    assert isinstance(rejected, Rejected)
    assert (rejected.line, private.text, last.text) == (2, "a", "c")


def test_only_exported_chats_are_known() -> None:
    def known(content: str) -> bool:
        return FORMAT.sniff(sample_of(in_memory("x", "x", content.encode())))

    assert known(IPHONE)
    assert known(ANDROID)
    assert known("\ufeff" + IPHONE.replace("\n", "\r\n"))
    assert not known("Dear diary,\n" + IPHONE)
    assert not known("05.01.24, 10:13 - nobody speaks\n")
    assert not known('{"id": "1", "text": "Hello"}\n')
    assert not known("id,text\n1,Hello\n")
    assert not known("# Title\n\nSome words: many.\n")
    assert not known("2024-01-05: today I made tea\n")
    assert not known("<html><body>Hi</body></html>")


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


@given(st.sampled_from([IPHONE, ANDROID]), st.integers(0, 200), st.text(max_size=12), st.integers(0, 60))
def test_a_damaged_chat_never_breaks_the_import(chat: str, place: int, put: str, cut: int) -> None:
    content = (chat[:place] + put + chat[place + cut :]).encode("utf-8", "replace")
    FORMAT.sniff(sample_of(in_memory("x", "x", content)))
    for row in _until_broken(FORMAT.read(source(content, "tilly"))):
        assert isinstance(row, (Private, Rejected, Dropped))
