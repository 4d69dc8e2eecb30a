"""What the judge of a chaos run sees: a lost message, a doubled reply, an open fate."""

from typing import Any

import pytest

from workers.chaos.judge import verdict
from workers.demo.account import Fate

SENT = Fate("answer", reply_state="sent")


def shown(replies: int, message_id: str = "m1", *, deleted: bool = False) -> dict[str, Any]:
    return {"id": message_id, "replies": [{"deleted": deleted}] * replies}


def judged(fate: Fate | None, replies: int = 1, **about: Any) -> dict[str, Any]:
    known = {"m1": fate} if fate else {}
    return verdict(["m1"], [shown(replies, **about)], known, 0, 0)


def test_a_message_with_its_reply_is_in_order() -> None:
    found = judged(SENT)
    assert (found["lost"], found["duplicates"], found["answered"]) == (0, 0, 1)


@pytest.mark.parametrize(
    "fate",
    [None, Fate("open"), Fate("answer", reply_state="due"), Fate("answer", reply_state="sending")],
)
def test_a_message_without_an_end_is_lost(fate: Fate | None) -> None:
    assert judged(fate, replies=0)["lost"] == 1


def test_a_second_visible_reply_is_a_duplicate() -> None:
    assert judged(SENT, replies=2)["duplicates"] == 1


def test_a_reply_that_was_taken_back_is_none() -> None:
    assert judged(SENT, replies=2, deleted=True)["duplicates"] == 0


def test_a_text_that_was_written_again_counts_as_a_duplicate() -> None:
    assert verdict(["m1"], [shown(1)], {"m1": SENT}, 0, 1)["duplicates"] == 1


def test_what_got_no_reply_is_listed_with_its_reason() -> None:
    found = judged(Fate("skip", ("old",)), replies=0)
    assert (found["lost"], found["unanswered"]) == (0, {"skip: old": 1})


def test_a_reply_that_the_ledger_calls_sent_and_nobody_sees_is_lost() -> None:
    found = judged(SENT, replies=0)
    assert (found["lost"], found["sent_but_unseen"], found["lost_ids"]) == (1, 1, ["m1"])


def test_a_reply_that_was_given_up_and_is_seen_all_the_same_is_named() -> None:
    found = judged(Fate("answer", reply_state="expired"))
    assert (found["lost"], found["seen_but_given_up"]) == (0, ["m1"])
