"""What the guard takes out of a draft, what it rejects, and what passes."""

from dataclasses import replace

import pytest

from engage.compose.guard import Rejected, guard
from engage.compose.lengths import measure
from engage.models import (
    Capabilities,
    Disclosure,
    Draft,
    Evidence,
    LengthUnit,
    Line,
    Recall,
    Reply,
    Role,
    Surface,
    Turn,
)
from engage.triage.verdict import Policy
from tests.engage.compose.guarding import (
    ASKED,
    CARE,
    NOW,
    PRICE,
    RECALL,
    THANKED,
    TILLY,
    checked,
    left_out,
    said,
    turn,
)

# What passes


def test_what_the_creator_said_passes_with_its_evidence() -> None:
    reply = checked(f"{PRICE} {CARE}")
    assert isinstance(reply, Reply)
    assert reply.text == f"{PRICE} {CARE}"
    assert [one.passage_id for one in reply.evidence] == ["scarf", "scarf"]
    assert reply.disclosure is Disclosure.EARLIER


def test_blanks_emoji_and_full_width_marks_are_posted_as_written() -> None:
    text = "谢谢你的支持！👩‍👧 ❤️\n\nThe wool scarf costs €35."
    assert said(text) == text


@pytest.mark.parametrize(
    "courtesy",
    ["Hey ana!", "Thanks so much!", "¡Gracias!", "Merci beaucoup !", "Vielen Dank!", "Which colour do you like best?"],
)
def test_kind_words_and_questions_back_need_no_passage(courtesy: str) -> None:
    assert said(f"{courtesy} {PRICE}") == f"{courtesy} {PRICE}"


# Grounding


@pytest.mark.parametrize(
    "invented", ["It was knitted by my aunt in Peru.", "Shipping takes 3 days.", "Yes, totally free!"]
)
def test_a_factual_sentence_without_a_passage_is_taken_out(invented: str) -> None:
    assert left_out(invented)


def test_nothing_left_is_ungrounded() -> None:
    assert checked("It was knitted by my aunt in Peru.") == Rejected(("ungrounded",))


def test_a_question_is_not_answered_with_kind_words_alone() -> None:
    assert checked("Thanks so much!") == Rejected(("ungrounded",))
    assert said("Thanks so much!", verdict=THANKED) == "Thanks so much!"


@pytest.mark.parametrize("answer", ["Yes!", "No.", "Absolutely!"])
def test_yes_is_a_fact_to_whoever_asked(answer: str) -> None:
    assert left_out(answer)


def test_claimed_evidence_that_does_not_hold_is_no_evidence() -> None:
    lie = "The wool scarf heals all wounds at once."
    made_up = Draft(lie, (Evidence(lie, "scarf", 1.0),), model="some:model")
    assert guard(made_up, turn(), TILLY, ASKED, RECALL, Policy(), NOW) == Rejected(("ungrounded",))


def test_evidence_from_a_passage_that_was_not_recalled_is_no_evidence() -> None:
    text = "The wool scarf costs €35."
    elsewhere = Draft(text, (Evidence(text, "other", 1.0),), model="some:model")
    assert guard(elsewhere, turn(), TILLY, ASKED, RECALL, Policy(), NOW) == Rejected(("ungrounded",))


def test_the_extractive_composers_courtesies_need_no_recall() -> None:
    text = "The birds and I are touched."
    own = Draft(text, (Evidence(text, "an old reply", 1.0),))
    reply = guard(own, turn("thank you!"), TILLY, THANKED, Recall((), supported=False), Policy(), NOW)
    assert isinstance(reply, Reply)
    assert reply.text == text
    assert guard(own, turn(), TILLY, ASKED, RECALL, Policy(), NOW) == Rejected(("ungrounded",))


# Repetition


def answered(earlier: str) -> Turn:
    return turn(history=(Line(Role.AVATAR, earlier), Line(Role.FOLLOWER, "and?")))


@pytest.mark.parametrize(
    "earlier",
    [
        PRICE,
        PRICE.upper(),
        f"🤖 Automated reply from Tilly Hart's AI avatar:\n{PRICE}",
        f"{PRICE} 🤖 automated reply",
        "The wool scarf costs just €35!",
    ],
)
def test_the_avatar_does_not_repeat_itself(earlier: str) -> None:
    assert checked(PRICE, answered(earlier)) == Rejected(("repeats_itself",))


@pytest.mark.parametrize("earlier", ["The wool scarf costs €30.", CARE, ""])
def test_news_is_no_repetition(earlier: str) -> None:
    assert said(PRICE, answered(earlier)) == PRICE


def test_what_the_follower_said_may_be_said_again() -> None:
    assert said(PRICE, turn(history=(Line(Role.FOLLOWER, PRICE),))) == PRICE


# Length and disclosure


def narrow(limit: int, unit: LengthUnit = LengthUnit.CHARACTERS, **fields: object) -> Turn:
    return turn(capabilities=Capabilities(True, max_length=limit, unit=unit), **fields)


def test_a_long_reply_is_cut_at_a_sentence_with_its_evidence() -> None:
    reply = checked(f"{PRICE} {CARE}", narrow(40))
    assert isinstance(reply, Reply)
    assert reply.text == PRICE
    assert [one.sentence for one in reply.evidence] == [PRICE]


def test_a_long_sentence_is_cut_at_a_word() -> None:
    assert said(PRICE, narrow(20)) == "The wool scarf…"


@pytest.mark.parametrize("unit", LengthUnit)
@pytest.mark.parametrize("limit", range(70, 130, 6))
def test_the_marker_is_never_cut(unit: LengthUnit, limit: int) -> None:
    where = replace(narrow(limit, unit, last_avatar_at=None), surface=Surface.COMMENT)
    reply = checked(f"{PRICE} {CARE} 👩‍👧", where)
    assert isinstance(reply, Reply)
    assert reply.text.endswith(" 🤖 automated reply")
    assert measure(reply.text, unit) <= limit
    assert reply.disclosure is Disclosure.TEXT


@pytest.mark.parametrize("limit", [0, 3, 6])
def test_without_room_for_marker_and_words_nothing_is_posted(limit: int) -> None:
    assert checked(PRICE, narrow(limit, last_avatar_at=None)) == Rejected(("no_room",))


def test_a_link_is_not_cut_into_another() -> None:
    text = "https://tilly.shop.example/scarf"
    given = Draft(text, (Evidence(text, "scarf", 1.0),))
    assert guard(given, narrow(14), TILLY, ASKED, RECALL, Policy(), NOW) == Rejected(("no_room",))


@pytest.mark.parametrize("text", ["", "  ", "…", "👍"])
def test_a_draft_without_words_is_empty(text: str) -> None:
    assert checked(text) == Rejected(("empty",))


@pytest.mark.parametrize("language", ["fr", "ja"])
def test_the_marker_speaks_the_followers_language(language: str) -> None:
    marked = said(PRICE, turn(surface=Surface.COMMENT, last_avatar_at=None), verdict=replace(ASKED, language=language))
    assert marked.endswith({"fr": "réponse automatisée", "ja": "自動返信"}[language])


def test_nothing_stands_on_what_something_newer_contradicts() -> None:
    old = Recall((replace(RECALL.passages[0], superseded_by="newer"),), supported=True)
    assert checked(PRICE, recall=old) == Rejected(("ungrounded",))
