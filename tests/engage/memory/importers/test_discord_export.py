"""A Discord channel with what everybody said there: what the creator answered."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.discord_export import FORMAT
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import OTHERS, OTHERS_PRIVATE, BadRow, Dropped, Pair, Private, Rejected, Said
from engage.models import Surface

TILLY = {"id": "11", "name": "tilly", "nickname": "Tilly T", "isBot": False}
BO = {"id": "22", "name": "bo", "nickname": "Bo", "isBot": False}
BOT = {"id": "33", "name": "helper", "nickname": "Helper", "isBot": True}


def message(number: int, content: Any, author: Any = TILLY, **more: Any) -> dict[str, Any]:
    """One a minute, as the exporter writes it."""
    told = {"id": str(number), "type": "Default", "timestamp": f"2026-03-01T11:{number:02}:00+01:00"}
    return {**told, "timestampEdited": None, "isPinned": False, "content": content, "author": author, **more}


def reply(number: int, content: str, to: int) -> dict[str, Any]:
    return message(number, content, type="Reply", reference={"messageId": str(to), "channelId": "5", "guildId": "9"})


def channel(*messages: Any, kind: Any = "GuildTextChat") -> bytes:
    told = {"guild": {"id": "9", "name": "Tea", "iconUrl": ""}, "channel": {"id": "5", "type": kind, "name": "general"}}
    return json.dumps({**told, "messages": messages, "messageCount": len(messages)}, indent=2).encode()


def source(content: bytes, *me: str) -> Source:
    file = in_memory("d/general.json", "general.json", content)
    return Source(file, Export([file]), Me.of(*me))


def rows(*messages: Any, kind: str = "GuildTextChat", me: str = "11") -> list[Any]:
    return list(FORMAT.read(source(channel(*messages, kind=kind), me)))


def at(minute: int) -> datetime:
    return datetime(2026, 3, 1, 10, minute, tzinfo=UTC)


def test_replies_on_a_server_are_pairs_and_other_words_are_said() -> None:
    talk = [message(1, "Which mic?", BO), message(2, "Hi", BOT), reply(3, "An old one.", 1), message(4, "New film!")]
    pair, said, dropped = rows(*talk, message(5, "Ok", BO))
    assert pair == Pair("discord:3", "Which mic?", "An old one.", at(3), Surface.COMMENT)
    assert said == Said("discord:4", "New film!", at(4), surface=Surface.COMMENT)
    assert dropped == Dropped("d/general.json", OTHERS, 1)


@pytest.mark.parametrize("kind", ["DirectTextChat", "DirectGroupTextChat", "GuildPrivateThread", "17", ""])
def test_of_closed_channels_only_the_creators_side_is_kept(kind: str) -> None:
    private, dropped = rows(message(1, "My secret", BO), message(2, "Beep", BOT), message(3, "Ha!"), kind=kind)
    assert private == Private("discord:3", "Ha!", at(3))
    assert dropped == Dropped("d/general.json", OTHERS_PRIVATE, 1)


@pytest.mark.parametrize("kind", ["GuildNews", "GuildForum", "GuildPublicThread", "GuildVoiceChat"])
def test_open_channels_of_every_kind_are_public(kind: str) -> None:
    assert isinstance(rows(message(1, "New film!"), kind=kind)[0], Said)


@pytest.mark.parametrize("me", ["11", "@Tilly", "tilly t"])
def test_the_creator_is_known_by_id_name_or_nickname(me: str) -> None:
    assert len(rows(message(1, "Ha!"), me=me)) == 1


def test_a_channel_in_which_nobody_is_known_is_refused_with_the_names() -> None:
    with pytest.raises(Unreadable, match=r"--me NAME; there are Bo, Tilly T$"):
        rows(message(1, "Hi", BO), message(2, "Ha!"), message(3, "Beep", BOT), me="cy")


@pytest.mark.parametrize("kind", ["GuildMemberJoin", "ChannelPinnedMessage", "Call", "20", None])
def test_notices_and_bots_of_the_creators_name_say_nothing(kind: Any) -> None:
    assert rows(message(1, "Tilly joined.", type=kind), message(2, "Beep", TILLY | {"isBot": True})) == []


def test_marks_of_mentions_are_read_as_names_where_the_file_has_them() -> None:
    mentioned = message(2, "<@44> and <@22>, <:tea:5>", mentions=[{"id": "44", "name": "cy", "nickname": "Cy"}])
    (row,) = [row for row in rows(message(1, "", BO), mentioned) if isinstance(row, Said)]
    assert row.text == "@Cy and @Bo, :tea:"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (message(2, None), "content must be"),
        (message(2, "x", author="Tilly"), "not a message with an author"),
        (message(2, "x", id=2), "without its id"),
        (message(2, "x", timestamp="soon"), "not understood"),
        (message(2, "x", timestamp={"a": 1}), "not understood"),
        (7, "not a message"),
    ],
)
def test_a_bad_message_is_named_and_costs_no_other(bad: Any, reason: str) -> None:
    first, rejected, last = rows(message(1, "Ha!"), bad, message(3, "Ho!"))
    assert isinstance(rejected, Rejected)
    assert rejected.line == 2
    assert reason in rejected.reason
    assert (first.text, last.text) == ("Ha!", "Ho!")


def test_a_file_that_breaks_off_keeps_what_came_before_and_tells_what_was_left_out() -> None:
    content = channel(message(1, "Ha!"), message(2, "Hi", BO), message(3, "Ho!"))[:-80]
    with pytest.raises(Unreadable, match="export it again"):
        list(FORMAT.read(source(content, "11")))
    assert [type(row) for row in _until_broken(FORMAT.read(source(content, "11")))] == [Said, Dropped]


def test_only_the_exporters_own_files_are_known() -> None:
    def known(content: bytes) -> bool:
        return FORMAT.sniff(sample_of(in_memory("x", "x", content)))

    assert known(channel())
    assert known(channel(message(1, "x")))
    assert not known(b'{"id": "5", "type": "GUILD_TEXT", "guild": {"id": "9"}}')
    assert not known(b'{"name": "x", "type": "private_group", "id": 1, "messages": []}')
    assert not known(b'{"id": "1", "text": "Hello"}')
    assert not known(b"id,text\n1,Hello\n")
    assert not known(b"# Title\n\nWords.\n")


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


VALUE = st.none() | st.booleans() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2)
KEYS = ["id", "type", "timestamp", "content", "author", "reference", "mentions"]


@given(st.sampled_from(KEYS), VALUE, st.sampled_from(["id", "name", "nickname", "isBot"]), VALUE, st.integers(0, 900))
def test_a_damaged_export_never_breaks_the_import(key: str, value: Any, of: str, who: Any, cut: int) -> None:
    asked = message(1, "Which mic?", BO | {of: who})
    content = channel(asked, reply(2, "An <@22> one.", 1) | {key: value}, message(3, "Ho!", TILLY | {of: who}))
    for data in (content, content[: len(content) - cut], channel(asked, kind=value)):
        for row in _until_broken(FORMAT.read(source(data, "11"))):
            assert isinstance(row, (Said, Pair, Private, Rejected, Dropped))
