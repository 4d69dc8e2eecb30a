"""The outbox: order, approval, expiry, and at most one reply a turn."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from engage.errors import IllegalTransition
from engage.ledger import by_hand, creators, duties, outbox, sendings
from engage.ledger.by_hand import UnknownReply
from engage.ledger.creators import SurfaceMode
from engage.ledger.database import Database
from engage.ledger.sendings import NEVER
from engage.ledger.tables import decisions, replies, turns
from engage.models import Disclosure, Mode, Receipt, Reply, Surface
from tests.ledger.house import LEASE, House, answer

UNDO = timedelta(seconds=30)


def held(house: House, undo: timedelta = timedelta(0)) -> str:
    """A reply in review, or inside its undo window."""
    house.set_mode(Mode.AUTO if undo else Mode.REVIEW, undo)
    return str(house.answered("Draft").id)


def queue(house: House, *who: str, surface: Surface = Surface.COMMENT, where: str = "") -> list[str]:
    """One due reply for each follower, oldest first; all in one conversation where `where` is given."""
    made = []
    for name in who:
        house.tell(who=name, where=where or f"thread-of-{name}", surface=surface)
        claimed = house.claim_one(surface)
        house.conclude(claimed, answer(f"Hello {name}"))
        made.append(str(house.reply_of(claimed.id).id))
    return made


def order(house: House, limit: int = 100) -> list[str]:
    return [sending.outgoing.id for sending in house.claim_replies(limit=limit)]


# sending


def test_a_reply_is_taken_with_everything_the_platform_needs(house: House) -> None:
    house.tell(id="m", who="ann", where="thread-1")
    house.conclude(house.claim_one(), answer("An hour"))
    row, out = house.row(replies), house.claim_reply().outgoing
    assert (out.conversation_id, out.in_reply_to, out.follower_id, out.text) == ("thread-1", "m", "ann", "An hour")
    assert (out.idempotency_key, out.automated, out.first_sent_at) == (row.idempotency_key, True, house.now)


def test_a_reply_is_taken_once(house: House) -> None:
    queue(house, "ann")
    assert len(order(house)) == 1
    assert order(house) == []


def test_every_attempt_sends_the_same_bytes_with_the_same_key(house: House) -> None:
    queue(house, "ann")
    first = house.claim_reply()
    house.do(outbox.mark_due, first, house.now, "the answer was lost")
    house.later(minutes=5)
    second = house.claim_reply()
    assert second.outgoing == first.outgoing
    assert (first.attempts, second.attempts) == (1, 2)
    assert (first.fresh, second.fresh) == (True, False)


def test_a_receipt_ends_it(house: House) -> None:
    queue(house, "ann")
    assert house.post(house.claim_reply(), "r1")
    reply = house.row(replies)
    assert (reply.state, reply.receipt_id, reply.sent_at, reply.lease_owner) == ("sent", "r1", house.now, None)
    assert [row.id for row in house.do(outbox.posted_since, house.now)] == [reply.id]


def test_workers_that_take_replies_at_once_never_get_the_same_one(
    house: House, open_db: Callable[[], Database]
) -> None:
    house.keep(*(house.event(who=f"fan{n}", where=f"thread-{n}") for n in range(24)))
    house.take_in()
    house.later(seconds=2)
    for claimed in house.claim():
        house.conclude(claimed)
    processes = [House.join(house, open_db()) for _ in range(4)]

    def takes(one: tuple[int, House]) -> list[str]:
        name, process = one
        got: list[str] = []
        while process.rows(replies, state="due"):
            got += [sending.outgoing.id for sending in process.claim_replies(limit=2, owner=f"w{name}")]
        return got

    with ThreadPoolExecutor(4) as threads:
        got = Counter(reply_id for ids in threads.map(takes, enumerate(processes)) for reply_id in ids)
    assert len(got) == 24
    assert set(got.values()) == {1}


# order


def test_replies_in_one_conversation_go_out_one_after_the_other(house: House) -> None:
    first, second = queue(house, "ann", "ben", where="thread-1")
    assert order(house) == [first]
    assert order(house) == []
    house.do(outbox.mark_sent, sending_of(house, first), Receipt("r1", house.now))
    assert order(house) == [second]


def sending_of(house: House, reply_id: str) -> Any:
    (row,) = house.do(lambda tx: tx.execute(sendings._TO_SEND, {"ids": [reply_id], "state": "sending"}).all())
    return sendings._sending(row, "w1", house.now, house.now + LEASE)


def test_a_reply_that_waits_for_another_try_keeps_its_place(house: House) -> None:
    first, second = queue(house, "ann", "ben", where="thread-1")
    house.do(outbox.mark_due, house.claim_reply(), house.now + timedelta(minutes=15), "not reached", unsent=True)
    assert order(house) == []
    house.later(minutes=15)
    assert order(house) == [first]
    assert second


def test_a_reply_that_only_the_creator_can_settle_holds_nobody_up(house: House) -> None:
    _, second = queue(house, "ann", "ben", where="thread-1")
    house.do(outbox.mark_uncertain, house.claim_reply(), NEVER, "the answer was lost")
    assert order(house) == [second]


def test_a_reply_that_is_being_settled_holds_the_next_one_up(house: House) -> None:
    queue(house, "ann", "ben", where="thread-1")
    house.do(outbox.mark_uncertain, house.claim_reply(), house.now + timedelta(minutes=1), "the answer was lost")
    assert order(house) == []


def test_live_goes_before_direct_messages_before_comments(house: House) -> None:
    comment = queue(house, "ann", surface=Surface.COMMENT)
    dm = queue(house, "ben", surface=Surface.DM, where="dm")
    live = queue(house, "cleo", surface=Surface.LIVE, where="room")
    assert [order(house, limit=1) for _ in range(3)] == [live, dm, comment]


def test_a_busy_account_does_not_keep_another_one_waiting(house: House) -> None:
    queue(house, *(f"fan{n}" for n in range(6)))
    _, account = house.add_creator("noa", "other")
    house.tell(account=account)
    house.conclude(house.claim_one())
    assert account in [sending.account_id for sending in house.claim_replies(limit=2)]


# one reply a turn


def test_a_turn_never_gets_a_second_reply(house: House) -> None:
    house.answered()
    turn, reply = house.row(turns), Reply("Another", Disclosure.TEXT)
    rest = ("m1", reply, SurfaceMode(Mode.AUTO), house.now, house.now)
    with pytest.raises(IntegrityError):
        house.do(lambda tx: tx.execute(replies.insert().values(**outbox.reply_row(turn, *rest))))
    assert len(house.rows(replies)) == 1


# approval


def test_a_held_reply_waits_for_the_creator(house: House) -> None:
    reply_id = held(house)
    house.later(hours=1)
    assert house.do(outbox.release_held, house.now) == 0
    assert order(house) == []
    house.do(by_hand.approve, reply_id, house.now)
    assert order(house) == [reply_id]


def test_the_creators_own_wording_is_theirs(house: House) -> None:
    reply_id = held(house)
    house.do(by_hand.approve, reply_id, house.now, "My own words")
    out = house.claim_reply().outgoing
    assert (out.text, out.automated) == ("My own words", False)


def test_an_approval_without_a_change_stays_automated(house: House) -> None:
    house.do(by_hand.approve, held(house), house.now)
    assert house.claim_reply().outgoing.automated


def test_a_rejected_reply_is_never_sent(house: House) -> None:
    reply_id = held(house)
    house.do(by_hand.reject, reply_id)
    assert (house.row(replies).state, house.row(replies).reason) == ("recalled", "rejected by the creator")
    assert order(house) == []


def test_a_reply_goes_out_when_its_undo_window_is_over(house: House) -> None:
    reply_id = held(house, UNDO)
    assert house.do(outbox.next_due) == house.now + UNDO
    house.later(seconds=29)
    assert house.do(outbox.release_held, house.now) == 0
    house.later(seconds=1)
    assert house.do(outbox.release_held, house.now) == 1
    assert order(house) == [reply_id]


def test_very_many_undo_windows_that_are_over_are_released_by_several_calls(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "SWEPT", 2)
    house.set_mode(Mode.AUTO, UNDO)
    queue(house, "ann", "ben", "cem")
    house.later(minutes=1)
    assert [house.do(outbox.release_held, house.now) for _ in range(3)] == [2, 1, 0]


def test_a_reply_taken_back_inside_its_undo_window_stays_back(house: House) -> None:
    house.do(by_hand.reject, held(house, UNDO))
    house.later(minutes=1)
    assert house.do(outbox.release_held, house.now) == 0


def test_a_reply_may_be_rejected_while_it_waits_to_be_sent(house: House) -> None:
    (reply_id,) = queue(house, "ann")
    house.do(by_hand.reject, reply_id)
    assert order(house) == []


STATES = ["held", "due", "sending", "uncertain", "sent", "refused", "recalled", "expired", "dead"]


def put(house: House, reply_id: str, state: str) -> None:
    house.do(lambda tx: tx.execute(update(replies).where(replies.c.id == reply_id).values(state=state)))


@pytest.mark.parametrize("state", [state for state in STATES if state != "held"])
def test_only_a_held_reply_can_be_approved(house: House, state: str) -> None:
    reply_id = held(house)
    put(house, reply_id, state)
    with pytest.raises(IllegalTransition):
        house.do(by_hand.approve, reply_id, house.now, "changed after the fact")
    assert (house.row(replies).state, house.row(replies).text) == (state, "Draft")


@pytest.mark.parametrize("state", [state for state in STATES if state not in ("held", "due")])
def test_what_is_posted_or_may_be_cannot_be_rejected(house: House, state: str) -> None:
    reply_id = held(house)
    put(house, reply_id, state)
    with pytest.raises(IllegalTransition):
        house.do(by_hand.reject, reply_id)
    assert house.row(replies).state == state


def test_what_waits_to_be_sent_again_with_its_key_cannot_be_rejected(house: House) -> None:
    (reply_id,) = queue(house, "ann")
    house.do(outbox.mark_due, house.claim_reply(), house.now, "the answer was lost")
    with pytest.raises(IllegalTransition):
        house.do(by_hand.reject, reply_id)


def test_an_unknown_reply_is_named(house: House) -> None:
    with pytest.raises(UnknownReply, match="nothing-like-it"):
        house.do(by_hand.approve, "nothing-like-it", house.now)
    with pytest.raises(UnknownReply, match="nothing-like-it"):
        house.do(by_hand.reject, "nothing-like-it")


# expiry


def test_a_reply_that_is_too_old_is_given_up(house: House) -> None:
    queue(house, "ann")
    house.later(hours=24)
    assert house.do(outbox.expire, house.now) == 1
    assert (house.row(replies).state, house.row(replies).reason) == ("expired", "not posted in time")


def test_a_reply_that_is_too_old_is_not_sent_although_nobody_swept_yet(house: House) -> None:
    queue(house, "ann")
    house.later(hours=24)
    assert order(house) == []


def test_a_held_reply_nobody_approved_expires(house: House) -> None:
    held(house)
    house.later(hours=24)
    assert house.do(outbox.expire, house.now) == 1


def test_what_may_be_posted_does_not_expire(house: House) -> None:
    queue(house, "ann", "ben")
    sending = house.claim_replies()
    house.do(outbox.mark_uncertain, sending[0], NEVER, "the answer was lost")
    house.later(hours=25)
    assert house.do(outbox.expire, house.now) == 0
    assert sorted(reply.state for reply in house.rows(replies)) == ["sending", "uncertain"]


def test_what_may_be_posted_and_waits_to_be_sent_again_becomes_uncertain_when_it_is_too_old(house: House) -> None:
    queue(house, "ann")
    house.do(outbox.mark_due, house.claim_reply(), house.now + timedelta(minutes=2), "the answer was lost")
    house.later(hours=25)
    house.do(outbox.expire, house.now)
    assert (house.row(replies).state, house.row(replies).due_at) == ("uncertain", NEVER)
    assert house.claim_uncertain() == []


def test_very_many_that_are_too_old_are_given_up_by_several_sweeps(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "SWEPT", 2)
    queue(house, "ann", "ben", "cem")
    house.later(hours=24)
    assert [house.do(outbox.expire, house.now) for _ in range(3)] == [2, 1, 0]
    assert {reply.state for reply in house.rows(replies)} == {"expired"}


# workers that die


def test_very_many_lost_replies_are_found_by_several_sweeps(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duties, "SWEPT", 2)
    queue(house, "ann", "ben", "cem")
    house.claim_replies(owner="dead")
    house.later(minutes=3)
    assert [house.do(outbox.sweep, house.now) for _ in range(3)] == [2, 1, 0]


def test_a_reply_whose_worker_died_may_be_posted(house: House) -> None:
    queue(house, "ann")
    house.claim_reply(owner="dead")
    house.later(minutes=3)
    assert house.do(outbox.sweep, house.now) == 1
    assert house.row(replies).state == "uncertain"
    assert order(house) == []
    (asked,) = house.claim_uncertain(owner="alive")
    assert asked.lost


def test_a_sweep_waits_for_no_reply_that_is_being_written(house: House) -> None:
    if house.db.is_sqlite:
        pytest.skip("SQLite has one writer at a time")
    queue(house, "ann", "ben")
    ann, _ = house.claim_replies(owner="dead")
    house.later(minutes=3)
    with house.tx() as writer:
        writer.execute(select(replies.c.id).where(replies.c.id == ann.outgoing.id).with_for_update())
        assert house.do(outbox.sweep, house.now) == 1
    assert house.do(outbox.sweep, house.now) == 1


def test_a_worker_that_is_alive_keeps_its_reply(house: House) -> None:
    queue(house, "ann")
    house.claim_reply(owner="w1")
    house.later(minutes=1)
    house.do(outbox.extend_leases, "w1", timedelta(minutes=2), house.now)
    house.later(minutes=1, seconds=30)
    assert house.do(outbox.sweep, house.now) == 0


def test_a_receipt_that_comes_after_the_lease_was_lost_still_counts(house: House) -> None:
    queue(house, "ann")
    slow = house.claim_reply(owner="slow")
    house.later(minutes=3)
    house.do(outbox.sweep, house.now)
    assert house.post(slow, "r1")
    assert (house.row(replies).state, house.row(replies).receipt_id) == ("sent", "r1")


def test_only_the_first_receipt_counts(house: House) -> None:
    queue(house, "ann")
    sending = house.claim_reply()
    assert house.post(sending, "r1")
    assert not house.post(sending, "r2")
    assert house.row(replies).receipt_id == "r1"


def test_a_worker_that_lost_a_reply_cannot_send_it_on_its_way_again(house: House) -> None:
    queue(house, "ann")
    dead = house.claim_reply(owner="dead")
    house.later(minutes=3)
    house.do(outbox.sweep, house.now)
    house.claim_uncertain(owner="alive")
    assert not house.do(outbox.mark_due, dead, house.now, "late")
    assert not house.do(outbox.mark_uncertain, dead, house.now, "late")
    assert not house.do(outbox.mark_over, dead, "dead", "late")
    assert house.row(replies).state == "uncertain"


def test_two_workers_do_not_ask_for_the_same_reply_at_once(house: House) -> None:
    queue(house, "ann")
    house.do(outbox.mark_uncertain, house.claim_reply(), house.now, "the answer was lost")
    assert len(house.claim_uncertain(owner="one")) == 1
    assert house.claim_uncertain(owner="two") == []


@pytest.mark.parametrize("state", ["refused", "dead"])
def test_a_reply_that_failed_for_good_is_shown_to_the_creator(house: House, state: str) -> None:
    queue(house, "ann")
    house.do(outbox.mark_over, house.claim_reply(), state, "the comment is gone")
    assert (house.row(replies).state, house.row(decisions).open) == (state, True)


# what is next


def test_the_outbox_knows_when_it_is_needed_next(house: House) -> None:
    assert house.do(outbox.next_due) is None
    queue(house, "ann")
    assert house.do(outbox.next_due) == house.now
    later = house.now + timedelta(minutes=2)
    house.do(outbox.mark_due, house.claim_reply(), later, "not reached")
    assert house.do(outbox.next_due) == later


def test_an_account_that_was_told_to_slow_down_sends_nothing_until_then(house: House) -> None:
    queue(house, "ann")
    house.do(creators.block_account, house.account, house.now + timedelta(minutes=1))
    house.do(creators.block_account, house.account, house.now + timedelta(seconds=1))
    house.later(seconds=59)
    assert order(house) == []
    house.later(seconds=1)
    assert len(order(house)) == 1
