"""Character cards: as JSON and inside pictures, and what in them is for other programs."""

import base64
import json
import struct
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import tavern_png
from engage.memory.importers.character_files import INSTRUCTIONS
from engage.memory.importers.content import Unreadable
from engage.memory.importers.eliza_character import FORMAT as ELIZA
from engage.memory.importers.files import HEAD, Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import NO_WORDS, BadRow, Character, Dropped, Pair, Rejected, Said
from engage.memory.importers.tavern_card import FORMAT
from engage.memory.importers.tavern_talk import SWITCHED_OFF

V1 = {
    "name": "Tilly",
    "description": "{{char}} builds wheels.\nShe likes {{user}}.",
    "personality": "dry",
    "scenario": "A cellar in Leeds",
    "first_mes": "Come in, {{user}}!",
    "mes_example": "<START>\n{{user}}: Which oil?\n{{char}}: Wax.\nAlways wax.\n<START>\n<USER>: Tea?\n<BOT>: Yes.",
}
V2 = {
    "spec": "chara_card_v2",
    "spec_version": "2.0",
    "data": {
        **V1,
        "creator_notes": "For my friends",
        "system_prompt": "Always stay in character",
        "post_history_instructions": "",
        "alternate_greetings": ["Hello.", "  "],
        "tags": ["wheels", "tea"],
        "extensions": {"depth_prompt": {"prompt": "Speak in riddles", "depth": 4}},
        "character_book": {
            "entries": [
                {
                    "keys": ["spoke"],
                    "content": "@@depth 2\nA front wheel has 32 spokes.",
                    "enabled": True,
                    "name": "Spokes",
                },
                {"keys": ["hub"], "content": "Hubs are greased.", "enabled": False},
            ]
        },
    },
}
V3 = {**V2, "spec": "chara_card_v3", "spec_version": "3.0"}


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def text(keyword: bytes, card: Any) -> bytes:
    return chunk(b"tEXt", keyword + b"\0" + base64.b64encode(json.dumps(card).encode()))


def png(*texts: bytes, pixels: int = 100, end: bool = True) -> bytes:
    """A picture with its texts before the end, as SillyTavern writes them."""
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0))
    return b"".join(
        (tavern_png.SIGNATURE, head, chunk(b"IDAT", bytes(pixels)), *texts, chunk(b"IEND", b"") if end else b"")
    )


def read(content: Any, *others: str) -> list[Any]:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    file = in_memory("x/tilly.png", "tilly.png", data)
    return list(FORMAT.read(Source(file, Export([file, *(in_memory(name, name, b"x") for name in others)]))))


def claimed(content: Any) -> bool:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return FORMAT.sniff(sample_of(in_memory("x", "x", data)))


def said(rows: list[Any]) -> list[str]:
    return [row.text for row in rows if isinstance(row, Said)]


def test_the_first_cards_have_a_bio_greetings_and_answers() -> None:
    character, greeting, first, second = read(V1)
    assert character == Character(
        "tavern:Tilly", "Tilly", ("Tilly builds wheels.", "She likes the follower.", "dry", "A cellar in Leeds")
    )
    assert greeting.text == "Come in, you!"
    assert [(row.question, row.reply) for row in (first, second)] == [
        ("Which oil?", "Wax.\nAlways wax."),
        ("Tea?", "Yes."),
    ]


@pytest.mark.parametrize("card", [V2, V3])
def test_later_cards_have_more_greetings_topics_and_a_book_without_what_is_switched_off(card: dict[str, Any]) -> None:
    rows = read(card)
    assert rows[0].topics == ("wheels", "tea")
    assert said(rows) == ["Come in, you!", "Hello.", "A front wheel has 32 spokes."]
    assert [row.title for row in rows if isinstance(row, Said)][-1] == "Spokes"
    assert Dropped("x/tilly.png", SWITCHED_OFF, 1) in rows


def test_instructions_to_other_programs_are_left_out_and_counted() -> None:
    rows = read(V2)
    assert Dropped("x/tilly.png", INSTRUCTIONS, 3) in rows
    assert not any(words in repr(rows) for words in ("riddles", "stay in character", "For my friends"))


def test_words_that_an_entry_is_found_by_are_no_keys() -> None:
    assert not any(isinstance(row, Dropped) and "key" in row.reason for row in read(V2))


@pytest.mark.parametrize("keyword", [b"chara", b"ccv3", b"Chara"])
def test_a_card_in_a_picture_is_read_wherever_it_stands(keyword: bytes) -> None:
    assert read(png(text(keyword, V2), pixels=2 * HEAD)) == read(V2)
    assert read(png(text(keyword, V2), end=False)) == read(V2)


def test_of_two_cards_in_a_picture_the_newer_form_is_taken() -> None:
    newer = {**V3, "data": {**V3["data"], "name": "Newer"}}  # type: ignore[dict-item]
    assert read(png(text(b"ccv3", newer), text(b"chara", V2)))[0].name == "Newer"
    assert read(png(text(b"chara", V2), text(b"ccv3", newer)))[0].name == "Newer"


def test_a_text_with_a_wrong_checksum_is_refused() -> None:
    whole = text(b"chara", V2)
    with pytest.raises(Unreadable, match="checksum"):
        read(png(whole[:30] + b"Q" + whole[31:]))


def test_a_text_that_breaks_off_and_one_that_is_too_large_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Unreadable, match="breaks off"):
        read(png(text(b"chara", V2)[:-20], end=False))
    monkeypatch.setattr(tavern_png, "LARGEST", 100)
    with pytest.raises(Unreadable, match="larger"):
        read(png(text(b"chara", V2)))


def test_a_picture_of_endless_parts_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tavern_png, "_CHUNKS", 10)
    with pytest.raises(Unreadable, match="too many parts"):
        read(png(*(chunk(b"tIME", b"") for _ in range(20)), text(b"chara", V2)))


@pytest.mark.parametrize("held", [b"\xff\xff", base64.b64encode(b"[1]"), base64.b64encode(b"{half")])
def test_a_card_that_cannot_be_read_is_refused_with_what_to_do(held: bytes) -> None:
    with pytest.raises(Unreadable, match="export it again"):
        read(png(chunk(b"tEXt", b"chara\0" + held)))


def test_a_picture_without_a_card_is_refused_where_it_was_named_and_counted_among_others() -> None:
    with pytest.raises(Unreadable, match="without a character card"):
        read(png(pixels=2 * HEAD))
    assert read(png(pixels=2 * HEAD), "b.txt") == [Dropped("x/tilly.png", NO_WORDS)]


def test_a_bad_entry_costs_only_itself_and_is_named() -> None:
    book = {"entries": {"0": {"content": 5}, "1": {"content": "Good."}, "2": "x"}}
    rows = read(
        {**V1, "character_book": book, "alternate_greetings": ["\ud83d"], "mes_example": "<START>\n{{char}}: \ud83d"}
    )
    assert [row.line for row in rows if isinstance(row, Rejected)] == [2, 1, 1, 3]
    assert "Good." in said(rows)


def test_only_cards_and_pictures_that_may_hold_one_are_claimed() -> None:
    assert all(map(claimed, (V1, V2, V3)))
    assert claimed(png(text(b"chara", V2)))
    assert claimed(png(pixels=2 * HEAD))
    assert not claimed(png())
    assert not claimed(b"\xff\xd8\xff\xe0" + text(b"chara", V2))
    others: list[Any] = [
        {"id": "1", "text": "first_mes"},
        {"name": "Tilly", "bio": ["x"], "style": {"all": []}},
        {"name": "x", "description": "y", "personality": "z"},
        b"id,text\n1,x\n",
        b"# chara_card_v2\n",
        b"<!doctype html><html></html>",
    ]
    assert not any(map(claimed, others))
    assert not any(ELIZA.sniff(sample_of(in_memory("x", "x", json.dumps(one).encode()))) for one in (V1, V2, V3))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.just({"a": {}}),
)
PICTURE = png(text(b"chara", V2))


@given(
    changes=st.dictionaries(st.sampled_from(sorted(V2["data"])), JUNK, max_size=4),  # type: ignore[arg-type]
    data=st.one_of(st.none(), JUNK),
    entry=JUNK,
)
def test_no_field_of_another_type_breaks_the_reading(changes: dict[str, Any], data: Any, entry: Any) -> None:
    inner = {**V2["data"], "character_book": {"entries": [entry]}, **changes}  # type: ignore[dict-item]
    for card in (inner, {**V2, "data": inner}, {**V1, "data": data}):
        try:
            found = read(card)
        except (Unreadable, BadRow):
            continue
        assert all(isinstance(row, (Character, Said, Pair, Rejected, Dropped)) for row in found)


@given(place=st.integers(8, len(PICTURE)), cut=st.integers(8, len(PICTURE)), put=st.binary(max_size=9))
def test_no_damage_of_a_picture_raises_anything_but_unreadable(place: int, cut: int, put: bytes) -> None:
    for content in (PICTURE[:place] + put + PICTURE[place:], PICTURE[:cut] + put):
        try:
            found = read(content)
        except (Unreadable, BadRow):
            continue
        assert all(isinstance(row, (Character, Said, Pair, Rejected, Dropped)) for row in found)
