"""Turns: who is answered next, and that a turn ends exactly once."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from engage.errors import EngageError, IllegalTransition
from engage.ledger import by_hand, creators, turns
from engage.ledger.database import Database
from engage.ledger.tables import decisions, drafts, followers, replies
from engage.ledger.tables import turns as turns_table
from engage.models import Card, Disclosure, Escalate, Mode, Reply, Skip, Surface
from tests.ledger.house import POLICY, House, answer

LEFT = Escalate(Card(reasons=("crisis",)), Reply("Please call somebody you trust.", Disclosure.TEXT))


# who is answered next


def test_a_turn_is_claimed_when_it_is_due_and_not_before(house: House) -> None:
    house.tell()
    assert house.claim() == []
    house.later(seconds=2)
    assert len(house.claim()) == 1
    assert house.claim() == []


def test_a_worker_without_room_claims_nothing(house: House) -> None:
    house.tell()
    house.later(seconds=2)
    assert house.claim(limit=0) == []


def test_each_lane_has_its_own_turns(house: House) -> None:
    house.tell(surface=Surface.DM)
    house.later(seconds=2)
    assert house.claim(Surface.COMMENT) == []
    assert len(house.claim(Surface.DM)) == 1


def test_the_oldest_comes_first(house: House) -> None:
    for who in ("ann", "ben", "cleo"):
        house.tell(who=who, where=f"thread-of-{who}")
        house.later(seconds=1)
    house.later(seconds=2)
    first = house.claim(limit=1)[0]
    assert first.id == house.rows(turns_table)[0].id


def test_a_busy_creator_does_not_keep_another_ones_follower_waiting(house: House) -> None:
    house.keep(*(house.event(who=f"fan{n}", where=f"thread-{n}") for n in range(50)))
    house.take_in()
    house.later(seconds=1)
    quiet, account = house.add_creator("noa", "other")
    house.tell(account=account)
    house.later(seconds=2)
    assert quiet.id in [claimed.creator_id for claimed in house.claim(limit=2)]


def test_in_a_comment_thread_the_second_follower_waits_for_the_answer_to_the_first(house: House) -> None:
    house.tell(who="ann")
    house.tell(who="ben")
    first = house.claim_one()
    house.later(seconds=60)
    assert house.claim() == []
    house.conclude(first)
    assert len(house.claim()) == 1


def test_in_a_live_room_nobody_waits_for_another(house: House) -> None:
    house.tell(who="ann", surface=Surface.LIVE)
    house.tell(who="ben", surface=Surface.LIVE)
    house.later(seconds=2)
    assert len(house.claim(Surface.LIVE)) == 2


def test_a_turn_that_waits_to_be_tried_again_keeps_its_place(house: House) -> None:
    house.tell(who="ann")
    house.tell(who="ben")
    first = house.claim_one()
    house.do(turns.retry_later, first, house.now + timedelta(seconds=30), "the model is busy", house.now)
    assert house.claim() == []
    house.later(seconds=30)
    assert [claimed.id for claimed in house.claim()] == [first.id]


def test_workers_that_claim_at_once_never_get_the_same_turn(house: House, open_db: Callable[[], Database]) -> None:
    house.keep(*(house.event(who=f"fan{n}", where=f"thread-{n}") for n in range(40)))
    house.take_in()
    house.later(seconds=2)
    processes = [House.join(house, open_db()) for _ in range(4)]

    def claims(one: tuple[int, House]) -> list[str]:
        name, process = one
        got: list[str] = []
        while process.rows(turns_table, state="collecting"):
            got += [claimed.id for claimed in process.claim(limit=3, owner=f"w{name}")]
        return got

    with ThreadPoolExecutor(4) as threads:
        got = Counter(turn_id for ids in threads.map(claims, enumerate(processes)) for turn_id in ids)
    assert len(got) == 40
    assert set(got.values()) == {1}


def test_the_next_due_time_is_known(house: House) -> None:
    assert house.do(turns.next_due, list(Surface)) is None
    house.tell(surface=Surface.DM)
    assert house.do(turns.next_due, [Surface.DM]) == house.now + timedelta(seconds=2)
    assert house.do(turns.next_due, [Surface.LIVE]) is None


# pauses


@pytest.mark.parametrize("switch", ["everything", "creator", "account"])
def test_a_pause_stops_the_next_claim_and_resuming_frees_it(house: House, switch: str) -> None:
    house.answered()
    house.tell(where="thread-2")
    house.later(seconds=2)
    pause(house, switch)
    assert house.claim() == []
    assert house.claim_replies() == []
    resume(house, switch)
    assert len(house.claim()) == 1
    assert len(house.claim_replies()) == 1


def pause(house: House, switch: str) -> None:
    if switch == "everything":
        house.do(creators.pause_everything, house.now)
    elif switch == "creator":
        house.do(creators.pause_creator, house.creator.id, house.now)
    else:
        house.do(creators.pause_account, house.account, "holidays")


def resume(house: House, switch: str) -> None:
    if switch == "everything":
        house.do(creators.pause_everything, None)
    elif switch == "creator":
        house.do(creators.pause_creator, house.creator.id, None)
    else:
        house.do(creators.resume_account, house.account)


def test_the_kill_switch_may_be_pressed_twice(house: House) -> None:
    house.do(creators.pause_everything, house.now)
    first = house.now
    house.later(seconds=1)
    house.do(creators.pause_everything, house.now)
    assert house.do(creators.everything_paused_at) == first
    house.do(creators.pause_everything, None)
    assert house.do(creators.everything_paused_at) is None


def test_a_pause_of_one_creator_leaves_the_other_at_work(house: House) -> None:
    other, account = house.add_creator("noa", "other")
    house.tell()
    house.tell(account=account)
    house.do(creators.pause_creator, house.creator.id, house.now)
    assert house.claim_one().creator_id == other.id


def test_new_credentials_do_not_end_a_pause(house: House) -> None:
    identity = (house.creator.id, "paper", "me", "@tilly")
    house.do(creators.pause_account, house.account, "holidays")
    assert house.do(creators.connect_account, *identity, {}, b"new", house.now) == house.account
    account = house.do(creators.get_account, house.account)
    assert (account.state, account.reason, bytes(account.credentials)) == ("paused", "holidays", b"new")


def test_new_credentials_end_a_lost_access(house: House) -> None:
    house.do(creators.lose_access, house.account, "token expired")
    house.do(creators.connect_account, house.creator.id, "paper", "me", "@tilly", {}, b"new", house.now)
    assert house.do(creators.get_account, house.account).state == "active"


# how a turn ends


@pytest.mark.parametrize(
    ("outcome", "state", "card", "is_open"),
    [
        (answer(), "answered", "answer", False),
        (Skip(Card(reasons=("spam",))), "skipped", "skip", False),
        (LEFT, "escalated", "escalate", True),
    ],
)
def test_every_outcome_ends_the_turn_with_its_card(
    house: House, outcome: Skip | Escalate, state: str, card: str, is_open: bool
) -> None:
    house.tell()
    assert house.conclude(house.claim_one(), outcome) == "done"
    turn, decision = house.row(turns_table), house.row(decisions)
    assert (turn.state, turn.ended_at, turn.lease_owner) == (state, house.now, None)
    assert (decision.outcome, decision.open, decision.mode) == (card, is_open, "auto")
    assert tuple(decision.card["reasons"]) == outcome.card.reasons


@pytest.mark.parametrize(
    ("mode", "undo", "states"),
    [
        (Mode.OFF, 0, []),
        (Mode.SHADOW, 0, []),
        (Mode.REVIEW, 0, ["held"]),
        (Mode.AUTO, 0, ["due"]),
        (Mode.AUTO, 30, ["held"]),
    ],
)
def test_what_each_mode_does_with_an_answer(house: House, mode: Mode, undo: int, states: list[str]) -> None:
    house.tell()
    house.set_mode(mode, timedelta(seconds=undo))
    house.conclude(house.claim_one(), answer())
    assert [reply.state for reply in house.rows(replies)] == states
    assert house.row(drafts).text == "About an hour."
    assert house.row(decisions).mode == mode.value


@pytest.mark.parametrize("mode", [Mode.OFF, Mode.SHADOW])
def test_what_posts_nothing_posts_no_safe_text_either(house: House, mode: Mode) -> None:
    house.tell()
    house.set_mode(mode)
    house.conclude(house.claim_one(), LEFT)
    assert house.rows(replies) == []


def test_an_escalation_may_say_something_meanwhile(house: House) -> None:
    house.tell()
    house.conclude(house.claim_one(), LEFT)
    assert house.row(replies).text == "Please call somebody you trust."


def test_a_reply_answers_the_last_message(house: House) -> None:
    house.tell(id="one")
    house.later(seconds=1)
    house.tell(id="two")
    house.conclude(house.claim_one())
    assert house.row(replies).in_reply_to == "two"


def test_a_follower_who_asked_for_no_more_answers_is_remembered(house: House) -> None:
    house.tell()
    house.conclude(house.claim_one(), Skip(Card(reasons=("opt_out",))))
    assert house.row(followers).opted_out_at == house.now


def test_a_turn_is_concluded_once(house: House) -> None:
    house.tell()
    claimed = house.claim_one()
    assert house.conclude(claimed) == "done"
    assert house.conclude(claimed) == "lost"
    assert len(house.rows(replies)) == 1


# workers that die


def test_a_turn_whose_worker_died_goes_to_another_and_the_dead_ones_answer_is_lost(house: House) -> None:
    house.tell()
    dead = house.claim_one(owner="dead")
    house.later(minutes=3)
    assert house.do(turns.sweep, {}, house.now) == 1
    alive = house.claim(owner="alive")[0]
    assert (alive.id, alive.attempts) == (dead.id, 1)
    assert house.conclude(dead) == "lost"
    assert house.conclude(alive) == "done"
    assert len(house.rows(replies)) == 1


def test_a_worker_that_is_alive_keeps_its_turn(house: House) -> None:
    house.tell()
    claimed = house.claim_one(owner="w1")
    house.later(minutes=1)
    house.do(turns.extend_leases, "w1", timedelta(minutes=2), house.now)
    house.later(minutes=1, seconds=30)
    assert house.do(turns.sweep, {}, house.now) == 0
    assert house.conclude(claimed) == "done"


def test_a_turn_that_kills_every_worker_is_given_to_a_person(house: House) -> None:
    house.tell()
    house.later(seconds=2)
    for attempt in range(turns.MAX_ATTEMPTS):
        assert [claimed.attempts for claimed in house.claim()] == [attempt]
        house.later(minutes=3)
        house.do(turns.sweep, {}, house.now)
    assert house.claim() == []
    assert house.row(turns_table).state == "dead"
    assert (house.row(decisions).outcome, house.row(decisions).open) == ("escalate", True)


def test_a_model_that_stays_away_hands_the_turn_to_a_person(house: House) -> None:
    house.tell()
    house.later(seconds=2)
    for _ in range(turns.MAX_ATTEMPTS):
        (claimed,) = house.claim()
        house.do(turns.retry_later, claimed, house.now, "the model is busy", house.now)
    assert house.row(turns_table).state == "escalated"
    assert house.row(decisions).card["reasons"] == ["unavailable", "the model is busy"]
    assert house.rows(replies) == []


def test_what_trying_again_cannot_mend_goes_to_a_person_at_once(house: House) -> None:
    house.tell()
    house.do(turns.give_up, house.claim_one(), "ValueError", house.now)
    assert house.row(turns_table).state == "dead"
    assert (house.row(decisions).card["reasons"], house.row(decisions).open) == (["failed", "ValueError"], True)


def test_a_worker_that_lost_its_turn_cannot_put_it_back_or_give_it_up(house: House) -> None:
    house.tell()
    dead = house.claim_one(owner="dead")
    house.later(minutes=3)
    house.do(turns.sweep, {}, house.now)
    alive = house.claim(owner="alive")[0]
    house.do(turns.retry_later, dead, house.now, "late", house.now)
    house.do(turns.give_up, dead, "late", house.now)
    assert house.conclude(alive) == "done"


@pytest.mark.parametrize("surface", list(Surface))
def test_a_turn_nobody_answered_in_time_expires(house: House, surface: Surface) -> None:
    house.tell(surface=surface)
    house.now += POLICY.max_age[surface]
    assert house.do(turns.sweep, POLICY.max_age, house.now) == 0
    house.later(seconds=1)
    assert house.do(turns.sweep, POLICY.max_age, house.now) == 1
    assert house.row(turns_table).state == "expired"
    assert (house.row(decisions).outcome, house.row(decisions).card["reasons"]) == ("skip", ["expired"])


def test_two_sweepers_do_not_wait_for_each_other(house: House, open_db: Callable[[], Database]) -> None:
    house.keep(*(house.event(who=f"fan{n}", where=f"thread-{n}") for n in range(40)))
    house.take_in()
    house.later(seconds=2)
    house.claim()
    house.later(minutes=3)
    processes = [House.join(house, open_db()) for _ in range(3)]
    with ThreadPoolExecutor(3) as threads:
        touched = list(threads.map(lambda one: one.do(turns.sweep, POLICY.max_age, house.now), processes))
    assert sum(touched) == 40
    assert {turn.attempts for turn in house.rows(turns_table)} == {1}


# by hand


@pytest.mark.parametrize("left", ["escalated", "skipped", "dead", "expired"])
def test_the_creator_answers_by_hand_what_the_avatar_left(house: House, left: str) -> None:
    house.tell(id="m")
    leave(house, left)
    assert house.row(turns_table).state == left
    expires_at = house.now + timedelta(hours=1)
    turn_id = house.row(turns_table).id
    house.do(by_hand.answer_by_hand, turn_id, "I bake it for an hour.", expires_at, house.now)
    reply = house.row(replies)
    assert (reply.state, reply.disclosure, reply.in_reply_to) == ("due", "person", "m")
    assert (house.row(turns_table).state, house.row(decisions).open) == ("answered", False)
    assert not house.claim_reply().outgoing.automated


def leave(house: House, state: str) -> None:
    if state == "expired":
        house.later(hours=49)
        house.do(turns.sweep, POLICY.max_age, house.now)
        return
    claimed = house.claim_one()
    if state == "dead":
        house.do(turns.give_up, claimed, "bug", house.now)
    else:
        card = Card(reasons=("unsure",))
        house.conclude(claimed, Escalate(card) if state == "escalated" else Skip(card))


def test_a_turn_that_has_a_reply_is_not_answered_by_hand_too(house: House) -> None:
    reply = house.answered()
    with pytest.raises(EngageError, match="has a reply already"):
        house.do(by_hand.answer_by_hand, reply.turn_id, "Mine", house.now, house.now)


@pytest.mark.parametrize("left_to_it", ["collecting", "answering"])
def test_the_creator_cannot_answer_by_hand_what_the_avatar_still_has(house: House, left_to_it: str) -> None:
    house.tell()
    if left_to_it == "answering":
        house.claim_one()
    with pytest.raises(IllegalTransition):
        house.do(by_hand.answer_by_hand, house.row(turns_table).id, "Mine", house.now, house.now)
    assert house.row(turns_table).state == left_to_it


def test_messages_that_were_taken_back_are_not_answered_by_hand(house: House) -> None:
    house.tell(id="m")
    house.conclude(house.claim_one(), Skip(Card(reasons=("unsure",))))
    house.tell("deleted", id="m")
    with pytest.raises(EngageError, match="took these messages back"):
        house.do(by_hand.answer_by_hand, house.rows(turns_table)[0].id, "Mine", house.now, house.now)
    assert house.row(turns_table).state == "skipped"
    assert house.rows(replies) == []


def test_an_unknown_turn_is_not_answered_by_hand(house: House) -> None:
    with pytest.raises(EngageError, match="there is no turn"):
        house.do(by_hand.answer_by_hand, "nothing", "Mine", house.now, house.now)
