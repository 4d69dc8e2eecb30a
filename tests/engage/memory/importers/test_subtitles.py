"""Subtitles and captions: what of them the creator said, once and without the marks."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers.caption_speakers import title_of
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Me, Source, sample_of
from engage.memory.importers.rows import OTHERS, BadRow, Dropped, Said
from engage.memory.importers.subtitles import FORMAT

# As YouTube's automatic captions are saved: each line comes with the times of its words, alone, and above the next.
ROLLING = (
    "WEBVTT\n"
    "Kind: captions\n"
    "Language: en\n"
    "\n"
    "00:00:00.160 --> 00:00:02.000 align:start position:0%\n"
    " \n"
    "so<00:00:00.500><c> today</c><00:00:01.000><c> we</c>\n"
    "\n"
    "00:00:02.000 --> 00:00:02.010 align:start position:0%\n"
    "so today we\n"
    " \n"
    "\n"
    "00:00:02.010 --> 00:00:04.000 align:start position:0%\n"
    "so today we\n"
    "brew<00:00:02.500><c> tea</c><00:00:03.000><c> [Music]</c>\n"
    "\n"
    "00:00:04.000 --> 00:00:04.010 align:start position:0%\n"
    "brew tea [Music]\n"
    " \n"
    "\n"
    "00:00:04.010 --> 00:00:06.000 align:start position:0%\n"
    "brew tea [Music]\n"
    "in<00:00:04.500><c> a</c><00:00:05.000><c> kettle</c><00:00:05.300><c> &amp;</c><00:00:05.600><c> pot</c>\n"
)
NAMED_SRT = (
    "1\n00:00:01,000 --> 00:00:02,000\nBO: Which mic\nis that?\n\n"
    "2\n00:00:02,000 --> 00:00:04,000\nTILLY: An old one.\n\n"
    "3\n00:00:04,000 --> 00:00:05,000\nIt hums.\n\n"
    "4\n00:00:05,000 --> 00:00:06,000\nBO: Ha!\n"
)
VOICES = (
    "WEBVTT\n\nintro\n00:01.000 --> 00:02.000\n<v.loud Tilly Tea>Hello <i>all</i></v>\n<v Bo>Hi</v>\n\n"
    "NOTE one more\nand more\n\n00:02.000 --> 00:03.000\n<v Tilly Tea>Tea?\n"
)


def srt(*captions: str, step: int = 1) -> str:
    return "\n".join(
        f"{n + 1}\n00:00:{n * step:02},000 --> 00:00:{n * step + 1:02},000\n{caption}\n"
        for n, caption in enumerate(captions)
    )


def source(content: str, *me: str, name: str = "My tea [tea0Kettle1].en.vtt") -> Source:
    one = in_memory(f"talks/{name}", name, content.encode())
    return Source(one, Export([one]), Me.of(*me))


def rows(content: str, *me: str) -> list[Any]:
    return list(FORMAT.read(source(content, *me)))


def text(content: str, *me: str) -> str:
    said = rows(content, *me)[0]
    assert isinstance(said, Said)
    return said.text


def knows(content: str) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x", "x", content.encode())))


def test_rolling_captions_say_everything_once() -> None:
    (said,) = rows(ROLLING)
    assert said.text == "so today we brew tea in a kettle & pot"
    assert (said.id, said.title) == ("My tea [tea0Kettle1].en.vtt", "My tea")
    assert said.url == "https://www.youtube.com/watch?v=tea0Kettle1"


def test_the_times_of_two_words_in_a_line_are_no_times_of_a_caption() -> None:
    content = "WEBVTT\n\n00:01.000 --> 00:02.000\nTea<00:00:01.300><c> sings</c><00:00:01.600><c> now</c>\n"
    assert text(content) == "Tea sings now"


def test_a_time_that_is_broken_is_refused_with_the_form_it_should_have() -> None:
    with pytest.raises(Unreadable, match=r"write it as 00:00:01\.000"):
        rows("WEBVTT\n\n:00:01.000 --> 00:02.000\nTea\n")


def test_a_caption_that_grows_word_by_word_is_said_once() -> None:
    assert text(srt("I", "I like", "I like tea", "and cake")) == "I like tea and cake"


def test_what_is_said_again_later_is_said_again() -> None:
    assert text(srt("Tea!", "Cake!", "Tea!")) == "Tea! Cake! Tea!"
    assert text(srt("No", "No way", step=2)) == "No No way"


def test_marks_and_sounds_are_no_words() -> None:
    shown = [
        "{\\an8}<b>Hello</b>",
        "[Music]",
        "(door shuts)",
        "♪ la la la ♪",
        "I (really) [sighs] like <font color='#f'>it</font>",
    ]
    assert text(srt(*shown)) == "Hello\nI (really) like it"


def test_a_pause_begins_a_paragraph_and_scripts_without_spaces_get_none() -> None:
    assert text(srt("One.", "Two.", step=5)) == "One.\nTwo."
    assert text(srt("お茶を", "飲みます。")) == "お茶を飲みます。"


def test_names_and_notes_of_captions_are_no_words() -> None:
    content = "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nNOTE\nnot this\n\nintro\n00:01.000 --> 00:02.000\nOne.\n\n"
    content += "NOTE nor this\n\nsecond part\n00:02.000 --> 00:03.000\nTwo.\n"
    assert text(content) == "One. Two."
    assert text(content.replace("\n", "\r\n")) == "One. Two."


def test_of_named_speakers_only_the_creator_is_kept() -> None:
    said, dropped = rows(NAMED_SRT, "tilly")
    assert said.text == "An old one. It hums."
    assert dropped == Dropped("talks/My tea [tea0Kettle1].en.vtt", OTHERS, 3)


def test_of_voices_only_the_creators_is_kept() -> None:
    said, dropped = rows(VOICES, "Tilly Tea")
    assert said.text == "Hello all Tea?"
    assert dropped.count == 1


@pytest.mark.parametrize(
    ("content", "names"),
    [(NAMED_SRT, "BO, TILLY"), (VOICES, "Tilly Tea, Bo"), (srt(">> BO: Hi.", ">> CY: Hello.", "Well."), "BO, CY")],
)
def test_speakers_of_whom_none_is_the_creator_are_refused_by_name(content: str, names: str) -> None:
    with pytest.raises(Unreadable, match=f"--me NAME; there are {names}$"):
        rows(content, "Ada")


@pytest.mark.parametrize(
    "content", [srt(">> Hi there.", "&gt;&gt; Hello.", "How are you?"), srt("- Hi there.\n- Hello.", "Tea?")]
)
def test_speakers_that_change_without_names_are_refused(content: str) -> None:
    with pytest.raises(Unreadable, match="have no names: write NAME: before what each says"):
        rows(content, "Tilly")


def test_words_before_a_colon_are_not_always_a_speaker() -> None:
    assert text(srt("Here is the thing: I like tea.", "Step one: boil.", "Step two: pour.")) == (
        "Here is the thing: I like tea. Step one: boil. Step two: pour."
    )
    assert text(srt("Hi.", "Note: it is hot.", "Note: it is tea.")) == "Hi. Note: it is hot. Note: it is tea."
    assert text(srt(">> Hi.", "see https://example.com")) == "Hi. see https://example.com"


def test_a_word_before_a_colon_takes_nothing_from_the_creator() -> None:
    said, _ = rows(srt("TILLY: Hi.", "Careful: it is hot.", "BO: Oh!"), "tilly")
    assert said.text == "Hi. Careful: it is hot."


def test_two_who_say_the_same_are_two() -> None:
    said, dropped = rows("WEBVTT\n\n00:01.000 --> 00:02.000\n<v Bo>Tea\n\n00:02.000 --> 00:03.000\n<v Ada>Tea\n", "ada")
    assert (said.text, dropped.count) == ("Tea", 1)


def test_subtitles_without_words_are_refused() -> None:
    with pytest.raises(Unreadable, match="nobody says anything"):
        rows(srt("[Music]"))


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("talks/My_tea.de-DE.srt", "My tea"),
        ("Tea 2.json3", "Tea 2"),
        ("tea-tip.vtt", "tea-tip"),
        ("Ep. 3 - tea.txt", "Ep. 3 - tea"),
        (".vtt", None),
    ],
)
def test_the_title_is_the_files_name(name: str, title: str | None) -> None:
    assert title_of(name) == (title, None)


def test_only_subtitles_are_known() -> None:
    assert all(map(knows, (ROLLING, NAMED_SRT, VOICES, "\ufeff" + NAMED_SRT.replace("\n", "\r\n"), "WEBVTT")))
    assert not knows('{"id": "1", "text": "WEBVTT"}\n')
    assert not knows("id,text\n1,Hello\n")
    assert not knows("# Title\n\n00:00:01,000 --> 00:00:02,000\n")
    assert not knows("[00:01] Tilly: Hello\n")
    assert not knows("<html><body>Hi</body></html>")
    assert not knows("WEBVTTX is a word\n")


def _until_broken(read: Iterator[Any]) -> Iterator[Any]:
    try:
        yield from read
    except (Unreadable, BadRow):
        return


@given(st.sampled_from([ROLLING, NAMED_SRT, VOICES]), st.integers(0, 400), st.text(max_size=12), st.integers(0, 80))
def test_damaged_subtitles_never_break_the_import(content: str, place: int, put: str, cut: int) -> None:
    broken = (content[:place] + put + content[place + cut :]).encode("utf-8", "replace").decode()
    knows(broken)
    for row in _until_broken(FORMAT.read(source(broken, "tilly"))):
        assert isinstance(row, (Said, Dropped))
