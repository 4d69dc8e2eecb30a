"""Telegram's result.json: posts, answers, and the creator's side of private chats."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import OTHERS, OTHERS_PRIVATE, BadRow, Dropped, Pair, Private, Rejected, Said
from engage.memory.importers.telegram_export import FORMAT
from engage.models import Surface

ME, BO = "user11", "user22"


def message(number: int, text: Any, who: str = ME, **more: Any) -> dict[str, Any]:
    """A message as Telegram Desktop writes it: one a minute."""
    moment = datetime(2026, 3, 1, 12, number, tzinfo=UTC)
    told = {"id": number, "type": "message", "date": moment.isoformat()[:19], "from": who.title(), "from_id": who}
    return {**told, "date_unixtime": str(int(moment.timestamp())), "text": text, **more}


def chat(kind: str, *messages: Any, number: int = 5, name: str = "Tea Club") -> dict[str, Any]:
    return {"name": name, "type": kind, "id": number, "messages": list(messages)}


def account(*chats: Any, **more: Any) -> dict[str, Any]:
    person = {"user_id": 11, "first_name": "Tilly", "last_name": ""}
    about = {"about": "Here is the data you requested.", "personal_information": person}
    return {
        **about,
        "contacts": {"list": [{"user_id": 22, "name": "x"}]},
        "chats": {"about": "", "list": [*chats]},
        **more,
    }


def source(content: Any, *me: str) -> Source:
    data = content if isinstance(content, bytes) else json.dumps(content, ensure_ascii=False).encode()
    file = in_memory("t/result.json", "result.json", data)
    return Source(file, Export([file]), Me.of(*me))


def rows(content: Any, *me: str) -> list[Any]:
    return list(FORMAT.read(source(content, *me)))


def test_answers_in_a_public_group_are_pairs_and_other_words_of_the_creator_are_said() -> None:
    asked, told = message(1, "Which mic?", BO), message(2, "An old one.", reply_to_message_id=1)
    pair, said, dropped = rows(chat("public_supergroup", asked, told, message(3, "Hello!"), message(4, "Ok", BO)), "11")
    assert pair == Pair(
        "telegram:5:2", "Which mic?", "An old one.", datetime(2026, 3, 1, 12, 2, tzinfo=UTC), Surface.COMMENT
    )
    assert said == Said("telegram:5:3", "Hello!", datetime(2026, 3, 1, 12, 3, tzinfo=UTC), surface=Surface.COMMENT)
    assert dropped == Dropped("t/result.json", OTHERS, 1)


def test_a_reply_to_a_message_of_another_chat_answers_nothing_here() -> None:
    answer = message(2, "Yes.", reply_to_message_id=1, reply_to_peer_id="channel9")
    said, _ = rows(chat("public_supergroup", message(1, "Which mic?", BO), answer), "11")
    assert isinstance(said, Said)


@pytest.mark.parametrize("kind", ["private_group", "private_supergroup", "personal_chat", "something_new"])
def test_of_private_chats_only_the_creators_side_is_kept(kind: str) -> None:
    private, dropped = rows(chat(kind, message(1, "My secret", BO), message(2, "Ha!"), number=22), "User11")
    assert private == Private("telegram:22:2", "Ha!", datetime(2026, 3, 1, 12, 2, tzinfo=UTC))
    assert dropped == Dropped("t/result.json", OTHERS_PRIVATE, 1)


def test_in_a_chat_of_two_the_creator_is_the_one_whose_chat_it_is_not() -> None:
    private, _ = rows(chat("personal_chat", message(1, "My secret", BO), message(2, "Ha!"), number=22))
    assert private.text == "Ha!"


def test_a_group_in_which_nobody_is_known_is_refused_with_the_names() -> None:
    (rejected,) = rows(chat("private_group", message(1, "Hi", BO), message(2, "Ha!")))[:1]
    assert isinstance(rejected, Rejected)
    assert "--me NAME" in rejected.reason
    assert "User22" in rejected.reason
    assert "User11" in rejected.reason


def test_a_channel_that_was_chosen_is_the_creators_and_its_posts_are_said() -> None:
    post = message(1, ["New ", {"type": "bold", "text": "film"}, "!"], "channel5")
    (said,) = rows(chat("public_channel", post))
    assert said == Said("telegram:5:1", "New film!", datetime(2026, 3, 1, 12, 1, tzinfo=UTC))


def test_of_an_account_only_channels_that_were_named_are_the_creators() -> None:
    mine = chat("public_channel", message(1, "New film!", "channel5"), name="Tilly films")
    read = chat("public_channel", message(1, "Buy gold!", "channel6"), number=6, name="Gold")
    assert [row for row in rows(account(mine, read), "Tilly films") if isinstance(row, Said)] == [
        Said("telegram:5:1", "New film!", datetime(2026, 3, 1, 12, 1, tzinfo=UTC))
    ]
    assert rows(account(mine, read)) == [Dropped("t/result.json", OTHERS, 2)]


def test_an_account_says_itself_who_the_creator_is() -> None:
    group = chat("private_group", message(1, "Hi", BO), message(2, "Ha!"))
    silent = chat("private_group", message(1, "Hi", BO), number=7)
    left = {"left_chats": {"about": "", "list": [chat("public_supergroup", message(3, "Bye!"), number=8)]}}
    private, said, dropped = rows(account(group, silent, **left), "User22")
    assert (private.id, said.id) == ("telegram:5:2", "telegram:8:3")
    assert dropped == Dropped("t/result.json", OTHERS_PRIVATE, 2)


def test_who_writes_in_the_name_of_a_channel_is_known_by_its_number() -> None:
    group = chat("public_supergroup", message(1, "Which mic?", BO), message(2, "Old.", "channel9"))
    assert [type(row) for row in rows(account(group), "9")] == [Pair]
    assert rows(account(group), "Channel9 films") == [Dropped("t/result.json", OTHERS, 2)]


@pytest.mark.parametrize(
    "more",
    [
        {"forwarded_from": "Bo"},
        {"forwarded_from": None},
        {"forwarded_from_id": BO},
        {"saved_from": "Bo"},
        {"via_bot": "@gif"},
        {"type": "service"},
    ],
)
def test_what_was_forwarded_or_made_by_a_bot_is_nobodys_own_word(more: dict[str, Any]) -> None:
    found = rows(chat("private_group", message(1, "Ha!"), message(2, "Not mine", **more)), "11")
    assert [row.text for row in found if isinstance(row, Private)] == ["Ha!"]


def test_saved_messages_are_the_creators_and_commands_to_bots_are_no_words() -> None:
    saved = {"type": "saved_messages", "id": 11, "messages": [message(1, "Buy tea")]}
    bot = chat("bot_chat", message(1, "/start"), message(2, "Hello", BO), message(3, "Thank you"), number=22)
    assert [row.text for row in rows(account(saved, bot))] == ["Buy tea", "Thank you"]


def test_older_exports_have_bare_numbers_and_the_local_time() -> None:
    old = message(1, "Ha!") | {"from_id": 11}
    del old["date_unixtime"]
    assert rows(chat("private_group", old), "11") == [
        Private("telegram:5:1", "Ha!", datetime(2026, 3, 1, 12, 1, tzinfo=UTC))
    ]


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (message(1, 5), "text must be"),
        (message(1, [{"type": "bold"}]), "text must be"),
        (message(1, "x", id="7"), "without its id"),
        (message(1, "x", id=10**30), "without its id"),
        (message(1, "x", date_unixtime=None, date="soon"), "not understood"),
        ("no message", "not a message"),
        ([1], "not a message"),
    ],
)
def test_a_bad_message_is_named_and_costs_no_other(bad: Any, reason: str) -> None:
    found = rows(chat("private_group", message(1, "Ha!"), bad, message(3, "Ho!")), "11")
    (rejected,) = [row for row in found if isinstance(row, Rejected)]
    assert (rejected.path, rejected.line) == ("t/result.json", 2)
    assert reason in rejected.reason
    assert [row.text for row in found if isinstance(row, Private)] == ["Ha!", "Ho!"]


def test_half_a_character_costs_only_its_message() -> None:
    text = json.dumps(chat("private_group", message(1, "\ud83d"), message(2, "Ho!"))).encode()
    assert [row.text for row in rows(text, "11") if isinstance(row, Private)][-1] == "Ho!"


def test_a_file_that_breaks_off_keeps_what_came_before_and_what_was_left_out_is_told() -> None:
    content = json.dumps(chat("private_group", message(1, "Hi", BO), message(2, "Ha!"), message(3, "Ho!"))).encode()
    with pytest.raises(Unreadable, match="export it again"):
        rows(content[:-60], "11")
    found = list(_until_broken(FORMAT.read(source(content[:-60], "11"))))
    assert [type(row) for row in found] == [Private, Dropped]


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


def test_a_byte_order_mark_is_no_obstacle() -> None:
    content = b"\xef\xbb\xbf" + json.dumps(chat("private_group", message(1, "Ha!"))).encode()
    assert len(rows(content, "11")) == 1


def test_a_chat_is_read_as_it_comes_and_not_at_once() -> None:
    many = chat("public_channel", *(message(n % 60, "New film!", "channel5", id=n) for n in range(2000)))
    content = json.dumps(many).encode()
    first = list(islice(FORMAT.read(source(content[: len(content) // 2])), 3))
    assert [row.id for row in first] == ["telegram:5:0", "telegram:5:1", "telegram:5:2"]


def test_only_telegrams_own_files_are_known() -> None:
    def known(content: Any) -> bool:
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        return FORMAT.sniff(sample_of(in_memory("x", "x", data)))

    assert known(chat("private_group"))
    assert known(json.dumps(account(), indent=1).encode())
    assert known({"type": "saved_messages", "id": 1, "messages": []})
    assert not known({"id": "1", "text": "Hi", "type": "message"})
    assert not known([chat("private_group")])
    assert not known({"name": "x", "type": "channel", "messages": []})
    assert not known(b"id,text\n1,Hello\n")
    assert not known(b"# Title\n\nWords.\n")
    assert not known({"guild": {"id": "1"}, "channel": {"id": "2", "type": "GuildTextChat"}, "messages": []})


VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["id", "text", "type"]), inner),
    max_leaves=4,
)
KEYS = ["id", "type", "date", "date_unixtime", "from", "from_id", "text", "reply_to_message_id", "via_bot"]


@given(st.sampled_from(KEYS), VALUE, st.sampled_from(["name", "type", "id", ""]), VALUE, st.integers(0, 900))
def test_a_damaged_export_never_breaks_the_import(key: str, value: Any, of: str, told: Any, cut: int) -> None:
    made = chat("public_supergroup", message(1, "Which mic?", BO), message(2, "Old.") | {key: value}, message(3, "Ha!"))
    if of:
        made = {of: told} | {name: field for name, field in made.items() if name != of}
    data = json.dumps(account(made)).encode()
    for content in (data, data[: len(data) - cut]):
        for row in _until_broken(FORMAT.read(source(content, "11"))):
            assert isinstance(row, (Said, Pair, Private, Rejected, Dropped))
