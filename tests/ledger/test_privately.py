"""A public line and a private reply beside it: two rows of the outbox, each with all that a reply has."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row

from engage.ledger import by_hand, creators, erasure, exporting, outbox, overview, people, sendings, views
from engage.ledger import conversations as talk
from engage.ledger.assemble import assemble
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.echoes import place_of
from engage.ledger.retention import Keeping, Walk, end_turns
from engage.ledger.tables import conversations, decisions, replies, turns
from engage.models import Card, Disclosure, Escalate, Mode, Receipt, Reply, Surface
from tests.ledger.house import OWN_ID, House

PUBLIC, PRIVATE = "A person is told.", "You can write here, in private."
BOTH = Escalate(
    Card(reasons=("service",)), Reply(PUBLIC, Disclosure.TEXT), private=Reply(PRIVATE, Disclosure.TEXT)
)  # fmt: skip


def complain(house: House, **about: Any) -> str:
    """A comment about an order, concluded. Returns its turn."""
    house.tell(text="Where is my order?", **about)
    claimed = house.claim_one()
    assert house.conclude(claimed, BOTH) == "done"
    return claimed.id


def pair(house: House, turn_id: str) -> tuple[Row[Any], Row[Any]]:
    """Both replies of a turn: the public one, the private one."""
    rows = {row.surface: row for row in house.rows(replies, turn_id=turn_id)}
    assert set(rows) == {"comment", "dm"}
    return rows["comment"], rows["dm"]


def surfaces(house: House) -> list[str]:
    return [row.surface for row in house.rows(replies)]


class TestWritten:
    def test_both_are_stored_with_a_key_each_in_the_comment_s_conversation(self, house: House) -> None:
        public, private = pair(house, complain(house, id="m"))
        assert (public.text, private.text) == (PUBLIC, PRIVATE)
        assert public.idempotency_key != private.idempotency_key
        for row in (public, private):
            assert (row.in_reply_to, row.conversation_id) == ("m", house.row(conversations).id)
            assert (row.state, row.disclosure, row.expires_at) == ("due", "text", house.now + timedelta(hours=24))

    @pytest.mark.parametrize(
        ("comments", "direct", "state"),
        [
            (Mode.AUTO, Mode.AUTO, "due"),
            (Mode.REVIEW, Mode.AUTO, "held"),
            (Mode.AUTO, Mode.REVIEW, "held"),
            (Mode.REVIEW, Mode.REVIEW, "held"),
        ],
    )
    def test_the_more_careful_of_both_modes_holds_the_private_one(
        self, house: House, comments: Mode, direct: Mode, state: str
    ) -> None:
        house.set_mode(comments)
        house.set_mode(direct, surface=Surface.DM)
        public, private = pair(house, complain(house))
        assert (public.state, private.state) == ("held" if comments is Mode.REVIEW else "due", state)
        assert private.release_at is None

    @pytest.mark.parametrize("direct", [Mode.OFF, Mode.SHADOW])
    def test_where_no_direct_messages_are_written_there_is_the_public_line_only(
        self, house: House, direct: Mode
    ) -> None:
        house.set_mode(direct, surface=Surface.DM)
        complain(house)
        assert surfaces(house) == ["comment"]

    @pytest.mark.parametrize("comments", [Mode.OFF, Mode.SHADOW])
    def test_where_no_comments_are_answered_there_is_neither(self, house: House, comments: Mode) -> None:
        house.tell(text="Where is my order?")
        claimed = house.claim_one()
        house.set_mode(comments)
        assert house.conclude(claimed, BOTH) == "done"
        assert surfaces(house) == []

    def test_the_longer_undo_window_counts(self, house: House) -> None:
        house.set_mode(Mode.AUTO, timedelta(seconds=5))
        house.set_mode(Mode.AUTO, timedelta(seconds=30), surface=Surface.DM)
        public, private = pair(house, complain(house))
        assert private.release_at - public.release_at == timedelta(seconds=25)
        house.later(seconds=30)
        assert house.do(outbox.release_held, house.now) == 2

    def test_who_has_stopped_it_meanwhile_gets_neither(self, house: House) -> None:
        house.tell(text="Where is my order?")
        claimed = house.claim_one()
        house.do(people.opt_out, house.row(turns).follower_id, house.now)
        house.conclude(claimed, BOTH)
        assert surfaces(house) == []


class TestToOneFollower:
    def test_it_comes_once_a_day_however_often_they_write(self, house: House) -> None:
        complain(house, where="t1")
        complain(house, where="t2")
        assert surfaces(house) == ["comment", "dm", "comment"]
        house.later(hours=24)
        complain(house, where="t3")
        assert surfaces(house)[3:] == ["comment", "dm"]

    def test_two_of_one_batch_are_no_exception(self, house: House) -> None:
        for where in ("t1", "t2"):
            house.tell(text="Where is my order?", where=where)
        house.later(seconds=2)
        house.conclude_all(house.claim(), BOTH)
        assert surfaces(house).count("dm") == 1

    def test_others_get_theirs(self, house: House) -> None:
        complain(house, who="ann", where="t1")
        complain(house, who="bob", where="t2")
        assert surfaces(house).count("dm") == 2

    def test_one_that_never_went_out_counts_for_nothing(self, house: House) -> None:
        _, private = pair(house, complain(house, where="t1"))
        house.do(by_hand.reject, private.id)
        complain(house, where="t2")
        assert [row.state for row in house.rows(replies, surface="dm")] == ["recalled", "due"]

    def test_who_is_talking_to_the_creator_in_private_is_left_to_them(self, house: House) -> None:
        house.tell(text="hello?", surface=Surface.DM, where="dm:ann")
        house.tell("takeover", "It's me.", who=OWN_ID, surface=Surface.DM, where="dm:ann")
        complain(house)
        assert surfaces(house) == ["comment"]
        house.later(hours=12)
        complain(house, where="t2")
        assert "dm" in surfaces(house)


class TestSent:
    def test_each_goes_once_and_neither_waits_for_the_other(self, house: House) -> None:
        turn_id = complain(house)
        sent = house.claim_replies()
        assert {(one.outgoing.surface, one.outgoing.text) for one in sent} == {
            (Surface.COMMENT, PUBLIC),
            (Surface.DM, PRIVATE),
        }
        assert {one.outgoing.conversation_id for one in sent} == {"thread-1"}
        for one in sent:
            house.post(one, f"r-{one.outgoing.surface}")
        assert [row.receipt_id for row in pair(house, turn_id)] == ["r-comment", "r-dm"]
        assert house.claim_replies() == []

    def test_a_private_one_that_waits_holds_nobody_in_the_thread_back(self, house: House) -> None:
        complain(house, who="ann")
        by_surface = {one.outgoing.surface: one for one in house.claim_replies()}
        house.post(by_surface[Surface.COMMENT])
        private = by_surface[Surface.DM]
        house.do(outbox.mark_due, private, house.now + timedelta(hours=1), "slow down", uncounted=True)
        house.tell(who="bob")
        house.conclude(house.claim_one())
        assert house.claim_reply().outgoing.follower_id == "bob"

    def test_of_a_worker_that_dies_between_the_two_only_the_lost_one_is_asked_for(self, house: House) -> None:
        turn_id = complain(house)
        for one in house.claim_replies():
            if one.outgoing.surface is Surface.COMMENT:
                house.post(one, "r1")
        house.later(minutes=3)
        assert house.do(outbox.sweep, house.now) == 1
        public, private = pair(house, turn_id)
        assert (public.state, private.state) == ("sent", "uncertain")
        assert [one.outgoing.surface for one in house.claim_uncertain()] == [Surface.DM]

    def test_a_refusal_is_shown_and_leaves_the_public_line(self, house: House) -> None:
        turn_id = complain(house)
        house.do(by_hand.dismiss, turn_id)
        for one in house.claim_replies():
            if one.outgoing.surface is Surface.DM:
                house.do(outbox.mark_over, one, "refused", "this comment already had its private reply")
            else:
                house.post(one)
        public, private = pair(house, turn_id)
        assert (public.state, private.state) == ("sent", "refused")
        house.later(hours=1)
        assert house.claim_replies() == []
        with house.db.reading() as tx:
            items = {item.private: item for item in views.inbox(tx)}
        assert (items[True].kind, items[False].kind) == ("refused", "escalated"), "a dismissal did not know of it"
        assert "already had" in items[True].reply_reason

    def test_what_nobody_approves_expires(self, house: House) -> None:
        house.set_mode(Mode.REVIEW)
        turn_id = complain(house)
        house.later(hours=25)
        assert house.do(outbox.expire, house.now) == 2
        assert {row.state for row in pair(house, turn_id)} == {"expired"}

    def test_direct_messages_switched_off_stop_it(self, house: House) -> None:
        complain(house)
        house.set_mode(Mode.OFF, surface=Surface.DM)
        assert [one.outgoing.surface for one in house.claim_replies()] == [Surface.COMMENT]


class TestWithdrawn:
    def test_a_person_who_answers_in_the_thread_stops_both(self, house: House) -> None:
        turn_id = complain(house)
        house.tell("takeover", "I'll look.", who=OWN_ID)
        assert {row.state for row in pair(house, turn_id)} == {"recalled"}

    def test_so_does_a_stop(self, house: House) -> None:
        house.set_mode(Mode.REVIEW)
        turn_id = complain(house)
        house.tell(text="Stop writing to me, no more messages")
        assert {row.state for row in pair(house, turn_id)} == {"recalled"}

    def test_a_complaint_taken_back_is_answered_in_neither_way(self, house: House) -> None:
        house.set_mode(Mode.REVIEW)
        turn_id = complain(house, id="m")
        house.tell("deleted", "", id="m")
        assert {row.state for row in pair(house, turn_id)} == {"recalled"}

    def test_an_edit_after_the_public_line_withdraws_the_private_one_and_answers_nothing_twice(
        self, house: House
    ) -> None:
        house.set_mode(Mode.REVIEW, surface=Surface.DM)
        turn_id = complain(house, id="m")
        house.post(house.claim_reply())
        house.tell("edited", "Where is my order??", id="m")
        public, private = pair(house, turn_id)
        assert (public.state, private.state) == ("sent", "recalled")
        assert len(house.rows(turns)) == 1

    def test_an_edit_before_both_asks_again(self, house: House) -> None:
        house.set_mode(Mode.REVIEW)
        complain(house, id="m")
        house.tell("edited", "Where is my order??", id="m")
        assert [row.state for row in house.rows(turns)] == ["escalated", "collecting"]


class TestEchoes:
    PLACE = {"surface": Surface.DM, "where": "dm:ann"}  # noqa: RUF012

    @pytest.mark.parametrize("kind", ["takeover", "echo"])
    def test_it_comes_back_before_its_receipt_and_is_no_take_over(self, house: House, kind: str) -> None:
        turn_id = complain(house)
        house.claim_replies()
        house.tell(kind, PRIVATE, id="r2", who=OWN_ID, **self.PLACE)
        assert pair(house, turn_id)[1].state == "sending", "its receipt settles it"
        assert {row.human_until for row in house.rows(conversations)} == {None}

    @pytest.mark.parametrize("kind", ["takeover", "echo"])
    def test_nor_after_it(self, house: House, kind: str) -> None:
        complain(house)
        for one in house.claim_replies():
            house.post(one, f"r-{one.outgoing.surface}")
        house.tell(kind, PRIVATE, id="r-dm", who=OWN_ID, **self.PLACE)
        assert {row.human_until for row in house.rows(conversations)} == {None}

    def test_other_words_there_are_the_creator_s(self, house: House) -> None:
        complain(house)
        house.claim_replies()
        house.tell("takeover", "It's me.", id="mine", who=OWN_ID, **self.PLACE)
        (there,) = [row for row in house.rows(conversations) if row.platform_id == "dm:ann"]
        assert there.human_until is not None

    def test_an_answer_to_it_is_no_answer_in_the_thread(self, house: House) -> None:
        complain(house)
        for one in house.claim_replies():
            house.post(one, f"r-{one.outgoing.surface}")
        with house.db.reading() as tx:
            assert place_of(tx, house.account, "r-comment") == "thread-1"
            assert place_of(tx, house.account, "r-dm") is None


class TestCounted:
    def next_turn(self, house: House) -> Any:
        complain(house)
        for one in house.claim_replies():
            house.post(one, f"r-{one.outgoing.surface}")
        house.later(seconds=1)
        house.tell(text="Thank you!")
        return assemble_of(house)

    def test_it_is_no_second_answer_to_the_follower(self, house: House) -> None:
        turn = self.next_turn(house)
        assert (turn.follower.replies_last_hour, turn.avatar_depth) == (1, 1)

    def test_nothing_of_it_is_read_in_public(self, house: House) -> None:
        assert [line.text for line in self.next_turn(house).history] == ["Where is my order?", PUBLIC]

    def test_what_it_told_tells_nothing_in_public(self, house: House) -> None:
        complain(house)
        by_surface = {one.outgoing.surface: one for one in house.claim_replies()}
        house.post(by_surface[Surface.DM], "r-dm")
        house.tell(text="Thank you!")
        assert assemble_of(house).last_avatar_at is None

    def test_a_turn_is_counted_once(self, house: House) -> None:
        complain(house)
        with house.db.reading() as tx:
            counts = overview.counts(tx, house.now - timedelta(hours=1))
            assert overview.pulse(tx, house.now).waiting == 1
        assert counts["escalated"] == 1
        assert sum(counts.values()) == 1

    def test_it_counts_in_the_creator_s_hour(self, house: House) -> None:
        complain(house)
        assert house.do(talk.count_replies, house.creator.id, house.now - timedelta(hours=1), 10) == 2


def assemble_of(house: House) -> Any:
    with house.db.reading() as tx:
        return assemble(tx, house.rows(turns)[-1].id, house.now).turn


class TestKept:
    def test_both_are_exported_and_erased_with_the_follower(self, house: House) -> None:
        complain(house)
        with house.db.reading() as tx:
            told = [row["text"] for row in exporting.rows_about(tx, "paper", "ann") if row["table"] == "replies"]
        assert sorted(told) == sorted([PUBLIC, PRIVATE])
        house.do(erasure.forget_follower, "paper", "ann")
        assert house.rows(replies) == []

    def test_they_go_together_when_their_time_is_over_and_both_are_settled(self, house: House) -> None:
        complain(house)
        by_surface = {one.outgoing.surface: one for one in house.claim_replies()}
        house.post(by_surface[Surface.COMMENT], "r-comment")
        span = timedelta(days=90)
        keeping = Keeping(dict.fromkeys(Surface, span), {})
        walk = Walk(keeping, span, "", datetime.now(UTC) + span + timedelta(days=1))  # ids tell when they were made
        house.do(end_turns, walk)
        assert len(house.rows(replies)) == 2, "nobody knows yet whether the private one is out"
        house.post(by_surface[Surface.DM], "r-dm")
        house.do(end_turns, walk)
        assert house.rows(replies) == []

    def test_the_card_says_what_was_written_and_which_is_the_post(self, house: House) -> None:
        turn_id = complain(house)
        for one in house.claim_replies():
            house.post(one, f"r-{one.outgoing.surface}")
        with house.db.reading() as tx:
            found = views.decision(tx, turn_id)
        assert found is not None
        assert found.receipt_id == "r-comment"
        assert house.row(decisions).open


def test_a_draft_that_is_stale_writes_neither(house: House) -> None:
    house.tell(text="Where is my order?")
    claimed = house.claim_one()
    house.tell(text="It was the blue one.")
    assert house.conclude(claimed, BOTH) == "stale"
    assert surfaces(house) == []


def test_a_turn_that_is_concluded_twice_has_two_replies_and_no_more(house: House) -> None:
    house.tell(text="Where is my order?")
    claimed = house.claim_one()
    written = Conclusion(claimed, BOTH, house.now + timedelta(hours=1))
    assert [house.do(conclude_all, [written], 2, house.now) for _ in range(2)] == [["done"], ["lost"]]
    assert surfaces(house) == ["comment", "dm"]


def test_a_paused_creator_sends_neither(house: House) -> None:
    complain(house)
    house.do(creators.pause_creator, house.creator.id, house.now)
    assert house.do(sendings.claim_due, 10, "w1", timedelta(minutes=1), house.now) == []
    house.do(creators.pause_creator, house.creator.id, None)
    for one in house.claim_replies():
        assert house.do(outbox.mark_sent, one, Receipt(f"r-{one.outgoing.surface}", house.now))
