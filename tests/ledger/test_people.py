"""What followers ask for is done at once, to work that waits too, and is still so after a restart."""

from collections.abc import Callable
from datetime import timedelta

from engage.ledger.assemble import assemble
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.database import Database
from engage.ledger.people import AGE_KEPT
from engage.ledger.tables import followers, replies, turns
from engage.models import Age, Card, Disclosure, Escalate, Mode, Outcome, Reply, Skip, Surface
from engage.triage import TOLD_AGE
from tests.ledger.house import House

STOP = "please stop messaging me"
DAY = timedelta(days=1)


def opted_out() -> Outcome:
    return Skip(Card(reasons=("opt_out",)))


def told(age: Age) -> Outcome:
    return Skip(Card(reasons=("praise", f"{TOLD_AGE}{age}")))


def test_a_reply_that_waits_is_withdrawn_the_moment_its_follower_says_stop(house: House) -> None:
    waiting = house.answered(surface=Surface.DM)
    other = house.answered(surface=Surface.DM, who="bob", where="thread-2")
    house.tell(text=STOP, surface=Surface.DM)
    assert house.row(replies, id=waiting.id).state == "recalled"
    assert house.row(replies, id=other.id).state == "due"


def test_stop_is_not_debounced(house: House) -> None:
    house.tell(text=STOP, surface=Surface.DM)
    assert len(house.claim(Surface.DM)) == 1


def test_stop_with_a_question_before_it_takes_both(house: House) -> None:
    house.tell(surface=Surface.DM)
    house.tell(text=STOP, surface=Surface.DM)
    assert len(house.claim(Surface.DM)) == 1


def test_what_is_concluded_after_the_stop_is_not_sent(house: House) -> None:
    house.tell(surface=Surface.DM, where="thread-1")
    asked = house.claim_one(Surface.DM)
    house.tell(text=STOP, where="video-1")
    assert house.conclude(house.claim(Surface.COMMENT)[0], opted_out()) == "done"
    assert house.conclude(asked) == "done"
    assert house.rows(replies) == []
    assert house.row(turns, id=asked.id).state == "skipped"


def test_who_cries_for_help_and_wants_to_be_left_alone_gets_the_help_lines_and_nothing_after_them(house: House) -> None:
    house.tell(text="leave me alone, all of you, I want to end it", surface=Surface.DM, where="thread-1")
    cry = house.claim_one(Surface.DM)
    lines = Reply("Please call somebody you trust.", Disclosure.TEXT)
    assert house.conclude(cry, Escalate(Card(reasons=("crisis", "opt_out")), lines)) == "done"
    assert house.row(replies, turn_id=cry.id).state == "due"
    assert house.row(followers, name="Ann").opted_out_at == house.now


def test_a_stop_concluded_with_the_cry_leaves_the_help_lines_too(house: House) -> None:
    house.tell(text="leave me alone, all of you, I want to end it", surface=Surface.DM, where="thread-1")
    cry = house.claim_one(Surface.DM)
    house.tell(text=STOP, where="video-1")
    stop = house.claim_one()
    lines = Escalate(Card(reasons=("crisis", "opt_out")), Reply("Please call somebody you trust.", Disclosure.TEXT))
    ends = [Conclusion(one, end, house.now + DAY) for one, end in ((cry, lines), (stop, opted_out()))]
    assert house.do(conclude_all, ends, house.policy.turn_rewrites, house.now) == ["done", "done"]
    assert house.row(replies, turn_id=cry.id).state == "due"


def test_a_stop_in_a_thread_the_creator_has_taken_over_is_kept(house: House) -> None:
    house.tell("takeover", "I am here myself", who="me", surface=Surface.DM)
    house.tell(text=STOP, surface=Surface.DM)
    assert house.claim(Surface.DM) == []
    assert house.row(followers, name="Ann").opted_out_at == house.now


def test_a_stop_where_the_avatar_is_off_is_kept(house: House) -> None:
    house.set_mode(Mode.OFF, surface=Surface.DM)
    house.tell(text=STOP, surface=Surface.DM)
    assert house.row(followers, name="Ann").opted_out_at is not None


def test_a_stop_among_other_news_is_done_as_one_alone_is(house: House) -> None:
    waiting = house.answered(surface=Surface.DM)
    house.keep(house.event(text=STOP, surface=Surface.DM))
    house.keep(house.event(text="Hello!", who="bob", where="thread-2", surface=Surface.DM))
    house.take_in()
    assert house.row(replies, id=waiting.id).state == "recalled"
    assert len(house.claim(Surface.DM)) == 1


def test_stop_holds_after_a_restart(house: House, open_db: Callable[[], Database]) -> None:
    house.tell(text=STOP, surface=Surface.DM)
    house.conclude(house.claim(Surface.DM)[0], opted_out())
    again = House.join(house, open_db())
    again.tell(surface=Surface.DM)
    claimed = again.claim_one(Surface.DM)
    assert again.do(assemble, claimed.id, again.now).turn.follower.opted_out


def test_the_creator_can_still_write_to_them(house: House) -> None:
    written = house.answered(surface=Surface.DM)
    house.do(lambda tx: tx.execute(replies.update().values(disclosure="person")))
    house.tell(text=STOP, surface=Surface.DM)
    assert house.row(replies, id=written.id).state == "due"


def test_what_they_said_of_their_age_is_known_in_their_next_turn_and_goes_in_time(house: House) -> None:
    house.tell(surface=Surface.DM)
    house.conclude(house.claim_one(Surface.DM), told(Age.MINOR))
    house.tell(surface=Surface.DM)
    asked = house.claim_one(Surface.DM).id
    house.tell(who="bob", where="thread-2", surface=Surface.DM)
    other = house.claim_one(Surface.DM).id
    assert house.do(assemble, asked, house.now).turn.follower.age is Age.MINOR
    assert house.do(assemble, other, house.now).turn.follower.age is Age.UNKNOWN
    assert house.do(assemble, asked, house.now + AGE_KEPT + timedelta(hours=1)).turn.follower.age is Age.UNKNOWN


def test_a_child_who_then_says_to_be_older_stays_a_child(house: House) -> None:
    for age in (Age.CHILD, Age.MINOR):
        house.tell(surface=Surface.DM)
        house.conclude(house.claim_one(Surface.DM), told(age))
    assert house.row(followers, name="Ann").age == Age.CHILD
