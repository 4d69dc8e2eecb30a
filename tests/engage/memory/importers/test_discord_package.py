"""Discord's own data package: what the account wrote, in public and to friends."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.discord_package import FORMAT
from engage.memory.importers.files import Export, File, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import BadRow, Dropped, Private, Rejected, Said
from engage.models import Surface

WHEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
SERVER = {"id": "123", "type": "GUILD_TEXT", "name": "films", "guild": {"id": "9", "name": "Tea"}}
USER = {
    "id": "11",
    "username": "tilly",
    "relationships": [{"id": "22", "user": {"id": "22", "username": "bo", "global_name": "Bo"}}, None],
}


def message(number: Any, contents: Any, **more: Any) -> dict[str, Any]:
    return {"ID": number, "Timestamp": "2026-03-01 10:00:00", "Contents": contents, "Attachments": "", **more}


def file_of(name: str, content: Any) -> File:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return in_memory(f"p.zip/{name}", name, data)


def source(content: Any, channel: Any = None, name: str = "messages.json") -> Source:
    file = file_of(f"messages/c123/{name}", content)
    beside = [file_of("messages/c123/channel.json", SERVER if channel is None else channel)]
    other = [file_of("messages/c9/channel.json", {"id": "9", "type": "DM"}), file_of("account/user.json", USER)]
    return Source(file, Export([*other, file, *beside]), Me())


def rows(*messages: Any, channel: Any = None) -> list[Any]:
    return list(FORMAT.read(source(list(messages), channel)))


def test_what_was_written_on_servers_is_said() -> None:
    assert rows(message(1234567890123456789, "New film!"), message(2, "")) == [
        Said("discord:1234567890123456789", "New film!", WHEN, surface=Surface.COMMENT)
    ]


@pytest.mark.parametrize(
    "channel",
    [
        {"id": "1", "type": "DM", "recipients": ["11", "22"]},
        {"id": "1", "type": "GROUP_DM"},
        {"id": "1", "type": "PRIVATE_THREAD"},
        {"id": "1", "type": 1},
        {"id": "1", "type": 3},
        {"id": "1", "type": 0, "recipients": ["22"]},
        {"id": "1"},
        [],
        b"{broken",
    ],
)
def test_direct_messages_and_what_nothing_is_told_of_are_private(channel: Any) -> None:
    assert rows(message(1, "Ha!"), channel=channel) == [Private("discord:1", "Ha!", WHEN)]


def test_older_packages_are_tables() -> None:
    table = 'ID,Timestamp,Contents,Attachments\n1,2026-03-01 10:00:00.000000+00:00,"Two\nlines",\nx,,Bad,\n3,,Ha!,\n'
    said, rejected, last = FORMAT.read(source(table.encode(), {"id": "1", "type": 0}, "messages.csv"))
    assert said == Said("discord:1", "Two\nlines", WHEN, surface=Surface.COMMENT)
    assert isinstance(rejected, Rejected)
    assert (rejected.line, rejected.path) == (4, "p.zip/messages/c123/messages.csv")
    assert isinstance(last, Said)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<@22> thanks!", "@Bo thanks!"),
        ("Ask <@!11> or <@33> today", "Ask @tilly or today"),
        ("See <#123>, not <#4>", "See #films, not"),
        ("Yes <:tea:55><a:cup:56>", "Yes :tea::cup:"),
        ("Use </play song:7>", "Use /play song"),
        ("On <t:1772323200:D>", "On 2026-03-01"),
        ("I <3 a  b", "I <3 a  b"),
        ("<@33>", None),
    ],
)
def test_marks_are_read_as_people_see_them(written: str, read: str | None) -> None:
    assert [row.text for row in rows(message(1, written))] == ([read] if read else [])


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (message(None, "x"), "without its ID"),
        (message(True, "x"), "without its ID"),
        (message(2, ["x"]), "must be a text"),
        (message(2, "x", Timestamp="soon"), "not understood"),
        (message(2, "x", Timestamp=[1]), "not understood"),
        ("x", "not a message"),
        ([], "not a message"),
    ],
)
def test_a_bad_message_is_named_and_costs_no_other(bad: Any, reason: str) -> None:
    first, rejected, last = rows(message(1, "Ha!"), bad, message(3, "Ho!"))
    assert isinstance(rejected, Rejected)
    assert rejected.line == 2
    assert reason in rejected.reason
    assert (first.text, last.text) == ("Ha!", "Ho!")


def test_a_file_that_breaks_off_keeps_what_came_before() -> None:
    content = json.dumps([message(1, "Ha!"), message(2, "Ho!")]).encode()[:-9]
    with pytest.raises(Unreadable, match="export it again"):
        list(FORMAT.read(source(content)))
    assert [row.text for row in _until_broken(FORMAT.read(source(content)))] == ["Ha!"]


def test_only_the_packages_own_files_are_known() -> None:
    def known(content: Any) -> bool:
        return FORMAT.sniff(sample_of(file_of("x", content)))

    assert known([message(1, "x")])
    assert known(json.dumps([message(1, "x")], indent=2).encode())
    assert known(b"ID,Timestamp,Contents,Attachments\r\n1,,x,\r\n")
    assert not known([{"id": 1, "text": "x"}])
    assert not known(SERVER)
    assert not known(b"id,text\n1,Hello\n")
    assert not known(b"# Title\n\nWords.\n")


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


VALUE = st.none() | st.booleans() | st.integers() | st.text(max_size=30) | st.lists(st.integers(), max_size=2)


@given(st.sampled_from(["ID", "Timestamp", "Contents", "Attachments"]), VALUE, VALUE, st.integers(0, 400))
def test_a_damaged_package_never_breaks_the_import(key: str, value: Any, kind: Any, cut: int) -> None:
    content = json.dumps([message(1, "Ha <@22>"), message(2, "<@1>") | {key: value}, message(3, "Ho!")]).encode()
    table = f"ID,Timestamp,Contents\n1,,Ha!\n{value},{kind},{value}\n".encode("utf-8", "replace")
    for data in (content, content[: len(content) - cut], table):
        for row in _until_broken(FORMAT.read(source(data, {"type": kind}))):
            assert isinstance(row, (Said, Private, Rejected, Dropped))
