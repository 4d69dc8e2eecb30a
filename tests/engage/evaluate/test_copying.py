"""Runs of twelve words."""

import pytest

from engage.evaluate.copying import copies, runs, same_reply, sources
from engage.models import Passage, PassageKind

LINE = "one two three four five six seven eight nine ten eleven twelve"
THANKS = Passage("d", "d", PassageKind.PAIR, "Thanks!")
CORPUS = [
    Passage("a", "a", PassageKind.POST, f"He said: {LINE}, and went."),
    Passage("b", "b", PassageKind.POST, "Nothing of the kind."),
]


@pytest.mark.parametrize(
    ("text", "count"), [("one two three", 0), (LINE.removesuffix(" twelve"), 0), (LINE, 1), (f"{LINE} thirteen", 2)]
)
def test_a_run_begins_at_every_word_that_eleven_more_follow(text: str, count: int) -> None:
    assert len(runs(text)) == count


def test_case_accents_and_marks_do_not_hide_a_run() -> None:
    assert runs(LINE.upper().replace(" ", ", ")) == runs(LINE)
    assert runs(LINE.replace("one", "óne")) == runs(LINE)


def test_where_words_are_not_spaced_characters_are_counted_in_english_measure() -> None:
    """12 words are 20.4 characters of Chinese: 21."""
    assert len(runs("春眠不觉晓处处闻啼鸟夜来风雨声花落知多少")) == 0
    assert len(runs("春眠不觉晓处处闻啼鸟夜来风雨声花落知多少啊")) == 1


def test_a_run_that_the_cited_passage_has_is_marked() -> None:
    draft = f"Well, {LINE}!"
    found = sources([draft], CORPUS)
    assert copies(draft, found)
    assert copies(draft, found, {"b"})
    assert not copies(draft, found, {"a"})


def test_own_words_are_no_copy() -> None:
    text = "these are a dozen words of somebody who has never read that corpus at all"
    assert not copies(text, sources([text], CORPUS))


def test_a_reply_that_is_imported_was_not_held_back() -> None:
    corpus = [*CORPUS, Passage("c", "c", PassageKind.PAIR, "Every week, and after rain."), THANKS]
    assert same_reply(["every WEEK, and after rain.", "Every week, and after snow."], corpus) == [True, False]
    assert same_reply(["Thanks!"], corpus) == [False]
