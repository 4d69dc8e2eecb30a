"""Character files of ElizaOS: who the creator is, how they write, and what must stay in the file."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.character_files import INSTRUCTIONS
from engage.memory.importers.character_words import CLAIMED
from engage.memory.importers.content import Unreadable
from engage.memory.importers.eliza_character import FORMAT, NAMED_FILES
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import CONFIDENTIAL, BadRow, Character, Dropped, Pair, Rejected, Said

KEY = "sk-" + "a1B2" * 8

FIRST = {
    "name": "Tilly",
    "clients": ["discord"],
    "modelProvider": "openai",
    "settings": {"secrets": {"OPENAI_API_KEY": KEY, "OTHER": "x"}, "voice": {"model": "en"}},
    "plugins": [],
    "bio": ["{{agentName}} builds wheels in Leeds.", "She is kind to {{user1}}."],
    "lore": ["Once rode to Hull and back in a night"],
    "knowledge": ["A front wheel has 32 spokes.", "docs/wheels.md", "./shop"],
    "messageExamples": [
        [
            {"user": "{{user1}}", "content": {"text": "Hello {{agentName}}"}},
            {"user": "{{user1}}", "content": {"text": "can you true my wheel?"}},
            {"user": "Tilly", "content": {"text": "Bring {{user1}}'s wheel, {{user1}}!", "action": "CONTINUE"}},
            {"user": "Tilly", "content": {"text": "On Tuesday."}},
            {"user": "{{user1}}", "content": {"text": "thanks"}},
            {"user": "Tilly", "content": {"text": "Any time."}},
        ]
    ],
    "postExamples": ["True & tight today."],
    "adjectives": ["dry", "warm"],
    "topics": ["wheels", "tea"],
    "style": {"all": ["short sentences"], "chat": ["answer first"], "post": ["one emoji at most"]},
}
SECOND = {
    "name": "Tilly",
    "bio": "Builds wheels.\nDrinks tea.",
    "system": "You are Tilly. Never use emojis.",
    "messageExamples": [
        [
            {"name": "{{name1}}", "content": {"text": "Which oil?"}},
            {"name": "Tilly", "content": {"text": "Wax.", "actions": ["REPLY"]}},
        ]
    ],
    "knowledge": [{"path": "/etc/passwd", "shared": True}, {"directory": "secret/things"}],
    "secrets": {"TOKEN": "abc"},
    "style": {"all": ["plain words"]},
}
THIRD = {
    "name": "Tilly",
    "bio": ["Builds wheels."],
    "message_examples": [
        {
            "examples": [
                {"name": "{{name1}}", "content": {"text": "Which oil?"}},
                {"name": "{{agentName}}", "content": {"text": "Wax."}},
            ]
        }
    ],
    "post_examples": ["True today."],
    "knowledge": [{"item": {"case": "path", "value": "a.md"}}],
}


def file_of(content: Any) -> bytes:
    return content if isinstance(content, bytes) else json.dumps(content).encode()


def read(content: Any) -> list[Any]:
    file = in_memory("x/tilly.json", "tilly.json", file_of(content))
    return list(FORMAT.read(Source(file, Export([file]))))


def claimed(content: Any) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x", "x.json", file_of(content))))


def test_the_character_has_its_bio_its_style_for_each_surface_and_what_is_only_claimed_is_marked() -> None:
    assert read(FIRST)[0] == Character(
        "eliza:Tilly",
        "Tilly",
        (
            "Tilly builds wheels in Leeds.",
            "She is kind to the follower.",
            f"{CLAIMED} Once rode to Hull and back in a night",
        ),
        (
            "short sentences",
            "In private messages and live chat: answer first",
            "In posts and comments: one emoji at most",
            "Tone: dry, warm",
        ),
        ("wheels", "tea"),
    )


def test_examples_are_answers_to_what_was_asked_with_placeholders_as_words() -> None:
    pairs = [(row.question, row.reply) for row in read(FIRST) if isinstance(row, Pair)]
    assert pairs == [
        ("Hello Tilly\ncan you true my wheel?", "Bring your wheel, you!\nOn Tuesday."),
        ("thanks", "Any time."),
    ]


def test_posts_and_facts_are_the_creators_words_and_lore_is_not() -> None:
    said = [row.text for row in read(FIRST) if isinstance(row, Said)]
    assert said == ["True & tight today.", "A front wheel has 32 spokes."]


def test_no_key_leaves_the_file_and_each_is_counted() -> None:
    rows = read({**FIRST, "bio": [*FIRST["bio"], f"api_key: {KEY}"], "postExamples": [f"my token: {KEY}"]})  # type: ignore[misc]
    assert KEY not in repr(rows)
    assert Dropped("x/tilly.json", CONFIDENTIAL, 4) in rows
    assert Dropped("x/tilly.json", CONFIDENTIAL, 1) in read(SECOND)


def test_files_that_it_names_are_not_read_and_counted() -> None:
    assert Dropped("x/tilly.json", NAMED_FILES, 2) in read(FIRST)
    assert Dropped("x/tilly.json", NAMED_FILES, 2) in read(SECOND)
    assert Dropped("x/tilly.json", NAMED_FILES, 1) in read(THIRD)
    assert "passwd" not in repr([row for row in read(SECOND) if not isinstance(row, Dropped)])


def test_instructions_to_other_programs_are_left_out_and_counted() -> None:
    assert Dropped("x/tilly.json", INSTRUCTIONS, 3) in read(FIRST)
    rows = read(SECOND)
    assert Dropped("x/tilly.json", INSTRUCTIONS, 1) in rows
    assert "emojis" not in repr(rows)


def test_all_three_dialects_give_the_same_pair() -> None:
    (second,), (third,) = ([row for row in read(one) if isinstance(row, Pair)] for one in (SECOND, THIRD))
    assert second == third
    assert (second.question, second.reply) == ("Which oil?", "Wax.")


def test_a_bio_may_be_one_text_and_commas_may_be_left_behind() -> None:
    assert read(SECOND)[0].bio == ("Builds wheels.", "Drinks tea.")
    content = b'{"name": "Tilly", "bio": ["A, ]b",], "style": {"all": ["plain",],},}'
    assert read(content)[0].bio == ("A, ]b",)


def test_where_nobody_has_its_name_whoever_is_no_placeholder_is_the_character() -> None:
    lines = [{"user": "{{user1}}", "content": {"text": "Hi"}}, {"user": "tilly_bot", "content": "Hello."}]
    (pair,) = [row for row in read({**FIRST, "messageExamples": [lines]}) if isinstance(row, Pair)]
    assert pair.reply == "Hello."


def test_a_bad_example_costs_only_itself_and_is_named() -> None:
    rows = read({**FIRST, "postExamples": ["\ud83d", "Good."], "messageExamples": ["x"], "bio": ["\udc00", "Fine."]})
    rejected = [row for row in rows if isinstance(row, Rejected)]
    assert [row.line for row in rejected] == [1, 1, 0]
    assert "Good." in [row.text for row in rows if isinstance(row, Said)]
    assert rows[0].bio[0] == "Fine."


def test_a_file_without_a_name_and_one_that_breaks_off_are_refused_with_what_to_do() -> None:
    for content in ({**FIRST, "name": ""}, file_of(FIRST)[:-30], b'["name", "bio"]'):
        with pytest.raises(Unreadable, match="export it again"):
            read(content)


def test_only_character_files_are_claimed() -> None:
    assert all(map(claimed, (FIRST, SECOND, THIRD)))
    others: list[Any] = [
        {"id": "1", "text": "My bio and style"},
        {"name": "Tilly", "bio": "Builds wheels."},
        {"name": "pkg", "version": "1", "plugins": ["x"], "description": "x"},
        {"spec": "chara_card_v2", "data": {"name": "Tilly", "first_mes": "Hi", "personality": "dry"}},
        b"id,text\n1,x\n",
        b'# "name" and "bio"\n',
        b"<!doctype html><html></html>",
        [FIRST],
    ]
    assert not any(map(claimed, others))


JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=5),
    st.lists(st.integers(), max_size=2),
    st.just({"a": {}}),
)


@given(
    whole=st.sampled_from([FIRST, SECOND, THIRD]),
    changes=st.dictionaries(st.sampled_from(sorted({*FIRST, *SECOND, *THIRD})), JUNK, max_size=4),
    lines=st.lists(st.dictionaries(st.sampled_from(["user", "name", "content"]), JUNK), max_size=3),
    cut=st.integers(0, 40),
)
def test_no_field_of_another_type_breaks_the_reading(
    whole: dict[str, Any], changes: dict[str, Any], lines: list[Any], cut: int
) -> None:
    content = file_of({**whole, "messageExamples": [lines], **changes})
    for one in (content, content[: len(content) - cut]):
        try:
            found = read(one)
        except (Unreadable, BadRow):
            continue
        assert all(isinstance(row, (Character, Said, Pair, Rejected, Dropped)) for row in found)
