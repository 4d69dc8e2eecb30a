"""Written transcripts: who asked what, and what the creator answered."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import plain_text, whatsapp_export
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import OTHERS, BadRow, Dropped, Pair, Rejected, Said
from engage.memory.importers.transcripts import FORMAT

SHOW = "Bo: Welcome!\nWhich mic is that?\nTilly: An old one.\n\nBo: Nice.\nTilly: It hums.\n"
LONG = " ".join(["I brew tea in the morning."] * 15)


def source(content: str, *me: str) -> Source:
    one = in_memory("talks/Tea_show.txt", "Tea_show.txt", content.encode())
    return Source(one, Export([one]), Me.of(*(me or ("tilly",))))


def rows(content: str, *me: str) -> list[Any]:
    return list(FORMAT.read(source(content, *me)))


def pairs(content: str, *me: str) -> list[tuple[str, str]]:
    return [(row.question, row.reply) for row in rows(content, *me) if isinstance(row, Pair)]


def knows(content: str) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x", "x", content.encode())))


def test_what_another_speaker_says_before_the_creator_is_what_they_answer() -> None:
    assert knows(SHOW)
    assert pairs(SHOW) == [("Welcome!\nWhich mic is that?", "An old one."), ("Nice.", "It hums.")]
    assert all(not isinstance(row, Dropped) for row in rows(SHOW))


@pytest.mark.parametrize(
    "form",
    [
        "{name}: {words}",
        "**{name}:** {words}",
        "[00:01:02] {name}: {words}",
        "00:01 {name}: {words}",
        "(1:02) {name}: {words}",
        "[00:00:01.000 --> 00:00:02.500] {name}: {words}",
        "{name} [00:01:02]: {words}",
        "{name} (00:01): {words}",
        "{name} (00:01):\n{words}\n",
        "{name}  0:03\n{words}\n",
        "{name}：{words}",
    ],
)
def test_the_forms_of_many_tools_are_understood(form: str) -> None:
    said = [("Bo Lee", "Which mic?"), ("Tilly", "An old one."), ("Bo Lee", "And the lamp?"), ("Tilly", "None.")]
    content = "\n".join(form.format(name=name, words=words) for name, words in said)
    assert knows(content)
    assert pairs(content) == [("Which mic?", "An old one."), ("And the lamp?", "None.")]


def test_long_talk_also_stands_for_itself_under_the_files_name() -> None:
    pair, said = rows(f"Bo: How do you brew?\nTilly: {LONG}\n")
    assert isinstance(pair, Pair)
    assert isinstance(said, Said)
    assert (said.text, said.title, said.id) == (LONG, "Tea show", pair.id)


def test_what_nobody_asked_is_said_and_what_nobody_answered_is_counted() -> None:
    said, pair, dropped = rows("Tilly: Hello all.\nBo: Tea?\nTilly: Yes.\nBo: And cake.\nCy: Bye.\n")
    assert isinstance(said, Said)
    assert said.text == "Hello all."
    assert (pair.question, pair.reply) == ("Tea?", "Yes.")
    assert dropped == Dropped("talks/Tea_show.txt", OTHERS, 2)


def test_a_creator_who_interviews_answers_nothing() -> None:
    said, dropped = rows("Bo: I climb mountains all year.\nTilly: Which one was the highest?\nBo: The last.\n")
    assert (said.text, dropped.count) == ("Which one was the highest?", 2)
    assert pairs("Bo: Which one?\nTilly: Which what?\n") == [("Which one?", "Which what?")]


def test_a_word_while_somebody_talks_on_is_no_answer() -> None:
    assert pairs("Bo: I climbed.\nTilly: Mhm.\nBo: And fell. Do you climb?\nTilly: Never.\n") == [
        ("I climbed. And fell. Do you climb?", "Never.")
    ]
    assert pairs("Bo: Tea?\nTilly: Yes.\nBo: Cake?\nTilly: No.\n") == [("Tea?", "Yes."), ("Cake?", "No.")]


def test_several_who_ask_before_one_answer_are_one_question() -> None:
    assert pairs("Bo: Tea?\nCy: Or coffee?\nTilly: Tea.\n") == [("Tea?\nOr coffee?", "Tea.")]


def test_ids_are_the_same_every_time() -> None:
    assert [row.id for row in rows(SHOW)] == [row.id for row in rows(SHOW)]
    assert len({row.id for row in rows(SHOW)}) == 2


def test_a_title_above_the_first_words_is_nobodys() -> None:
    content = f"# Tea show, episode 3\n\nA talk about tea.\n\n{SHOW}"
    assert knows(content)
    assert pairs(content) == pairs(SHOW)


def test_speakers_of_whom_none_is_the_creator_are_refused_by_name() -> None:
    with pytest.raises(Unreadable, match=r"--me NAME; there are Bo, Tilly$"):
        rows(SHOW, "Ada")


def test_a_text_without_speakers_is_refused() -> None:
    with pytest.raises(Unreadable, match="NAME: Hello"):
        rows("no one speaks here\n")


@pytest.mark.parametrize(
    "content",
    [
        "Q: Which camera?\nA: An old one.\n\nQ: Which lamp?\nA: None.\nReally.\n",
        "Frage 1: Welche?\nAntwort 1: Keine.\nFrage 2: Welche?\nAntwort 2: Eine.\n",
        "Title: Tea\nAuthor: Tilly\nDate: Monday\nTopic: tea\n",
        "Dear diary,\nToday: tea.\nI liked it.\nTomorrow: cake.\nI will see.\n",
        "05.01.24, 10:13 - Bo: Which mic?\n05.01.24, 10:14 - Tilly: An old one.\n05.01.24, 10:14 - Tilly: Ha.\n",
        "[05.01.24, 10:13:45] Bo: a\n[05.01.24, 10:13:46] Tilly: b\n[05.01.24, 10:13:47] Bo: c\n",
        '{"id": "1", "text": "Hello"}\n',
        "id,text\n1,Hello\n2,Note: x\n3,Note: y\n",
        "name: tea\nprice: 3\nname: cake\nprice: 4\n",
        "Date: 2024-01-05 10:13:45 UTC\nComment: Tea!\n\nDate: 2024-01-06 10:13:45 UTC\nComment: Cake!\n",
        "Film: My kettle\nLink: https://example.com/a\nFilm: My pot\nLink: https://example.com/b\n",
        "# Gear\n\n- **Camera:** old\n- **Lamp:** none\n- **Camera:** new\n",
        "<html><body>Hi</body></html>",
        "https://example.com/a\nhttps://example.com/b\nhttps://example.com/c\n",
        "",
    ],
)
def test_other_texts_are_no_transcripts(content: str) -> None:
    assert not knows(content)


def test_those_others_have_formats_of_their_own() -> None:
    faq = in_memory("x", "x", b"Q: Which camera?\nA: An old one.\nQ: Which lamp?\nA: None.\n")
    assert len(list(plain_text.FORMAT.read(Source(faq, Export([faq]))))) == 2
    assert not whatsapp_export.FORMAT.sniff(sample_of(in_memory("x", "x", SHOW.encode())))


def test_a_transcript_longer_than_its_beginning_is_known_by_that() -> None:
    content = SHOW * 2000
    assert len(content) > 64 * 1024
    assert knows(content)
    assert knows(content[: 64 * 1024])


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


@given(st.integers(0, 100), st.text(max_size=30), st.integers(0, 40))
def test_a_damaged_transcript_never_breaks_the_import(place: int, put: str, cut: int) -> None:
    broken = (SHOW[:place] + put + SHOW[place + cut :]).encode("utf-8", "replace").decode()
    knows(broken)
    for row in _until_broken(FORMAT.read(source(broken))):
        assert isinstance(row, (Said, Pair, Rejected, Dropped))
