"""Public conversations: what the creator answered, and to whom."""

from datetime import UTC, datetime, timedelta

import pytest

from engage.memory.importers import conversation
from engage.memory.importers.conversation import Conversation, Line
from engage.memory.importers.rows import Pair, Said
from engage.models import Surface

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def other(number: int, text: str, minute: float, author: str = "bo") -> Line:
    return Line(f"m{number}", author, text, NOON + timedelta(minutes=minute))


def own(number: int, text: str, minute: float, reply_to: str | None = None) -> Line:
    return Line(f"m{number}", "me", text, NOON + timedelta(minutes=minute), True, reply_to)


def rows(*lines: Line) -> list[Said | Pair]:
    talk = Conversation()
    return [row for line in lines if (row := talk.add(line))]


def test_a_marked_reply_answers_what_it_points_to_and_not_what_stands_before_it() -> None:
    (row,) = rows(other(1, "Which mic?", 0), other(2, "Nice weather.", 1, "cy"), own(3, "An old one.", 300, "m1"))
    assert row == Pair("m3", "Which mic?", "An old one.", NOON + timedelta(minutes=300), Surface.COMMENT)


def test_what_the_asker_wrote_right_before_belongs_to_the_question() -> None:
    lines = [other(n, f"part {n}", n) for n in range(1, 7)]
    (row,) = rows(*lines, own(9, "All of it!", 8))
    assert isinstance(row, Pair)
    assert row.question == "part 3\npart 4\npart 5\npart 6"


def test_words_long_before_are_no_part_of_the_question() -> None:
    (marked,) = rows(other(1, "Morning!", 0), other(2, "Which mic?", 13 * 60), own(3, "Old.", 13 * 60 + 1, "m2"))
    (unmarked,) = rows(other(1, "Morning!", 0), other(2, "Which mic?", 11), own(3, "Old.", 12))
    assert isinstance(marked, Pair)
    assert isinstance(unmarked, Pair)
    assert (marked.question, unmarked.question) == ("Which mic?", "Which mic?")


@pytest.mark.parametrize(
    "lines",
    [
        [own(2, "Hello all!", 1)],
        [other(1, "Which mic?", 0), own(2, "Hello all!", 11)],  # too late to be an answer
        [other(1, "Which mic?", 5), own(2, "Hello all!", 1)],  # the clock went back
        [other(1, "", 0), own(2, "Hello all!", 1)],  # a picture asks nothing
        [Line("m1", "", "", NOON), own(2, "Hello all!", 1)],  # a program
        [Line("m1", "", "Forwarded words", NOON), own(2, "Hello all!", 1, "m1")],  # nobody's own words
        [other(1, "Which mic?", 0), Line("m5", "", "", NOON), own(2, "Hello all!", 1)],  # not directly
        [Line("m1", "bo", "Which mic?"), own(2, "Hello all!", 1)],  # nobody knows when
        [other(1, "Which mic?", 0), own(2, "Hello all!", 1, "gone")],  # answers what is not in the file
    ],
)
def test_what_answers_nobody_is_said_to_all(lines: list[Line]) -> None:
    (row,) = rows(*lines)
    assert row == Said("m2", "Hello all!", row.said_at, surface=Surface.COMMENT)


def test_a_reply_to_oneself_is_said_and_a_question_is_answered_once() -> None:
    first, second, third = rows(
        other(1, "Which mic?", 0), own(2, "An old one.", 1), own(3, "Or none.", 1), own(4, "So.", 1, "m2")
    )
    assert isinstance(first, Pair)
    assert isinstance(second, Said)
    assert isinstance(third, Said)


def test_others_that_were_not_answered_are_counted_and_questions_are_not() -> None:
    talk = Conversation()
    for line in (other(1, "Which mic?", 0), own(2, "Old.", 1), own(3, "Really.", 2, "m1"), other(4, "Ok", 3)):
        talk.add(line)
    talk.add(other(5, "", 4))
    assert talk.left_out == 1


def test_a_picture_of_the_creators_is_no_row_but_ends_the_question() -> None:
    (row,) = rows(other(1, "Which mic?", 0), own(2, "", 1), own(3, "Hello all!", 2))
    assert isinstance(row, Said)


def test_a_conversation_without_end_needs_no_memory_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "_REMEMBERED", 2)
    talk = Conversation()
    for number in range(5):
        talk.add(other(number, "Hm?", number, f"p{number}"))
    assert isinstance(talk.add(own(8, "Yes.", 6, "m1")), Said)
    assert isinstance(talk.add(own(9, "Yes.", 6, "m3")), Pair)
