"""What the avatar is told about a turn, and what it never is."""

from datetime import timedelta

from engage.ledger import conversations, people
from engage.ledger.assemble import Assembled, assemble, assemble_all, depth
from engage.ledger.tables import conversations as conversations_table
from engage.ledger.tables import followers
from engage.models import Mode, Role, Surface
from tests.ledger.house import NOON, OWN_ID, House, answer


def see(house: House, surface: Surface = Surface.COMMENT) -> Assembled:
    """The turn that is due now, as the avatar gets it."""
    claimed = house.claim_one(surface)
    return house.do(assemble, claimed.id, house.now)


def exchange(house: House, question: str, reply: str, *, who: str = "ann", surface: Surface = Surface.COMMENT) -> None:
    """A question that was answered and posted."""
    house.tell("message", question, who=who, surface=surface)
    house.conclude(house.claim_one(surface), answer(reply))
    house.post(house.claim_reply(), f"receipt of {question}")


def test_a_first_message(house: House) -> None:
    house.tell("message", "Hi", id="m", who="ann", where="thread-1")
    seen = see(house)
    assert (seen.turn.text, seen.turn.creator_id, seen.conversation_id) == ("Hi", house.creator.id, "thread-1")
    follower = seen.turn.follower
    assert (follower.id, follower.name, follower.first_contact, follower.replies_last_hour) == ("ann", "Ann", True, 0)
    assert (seen.turn.history, seen.turn.last_avatar_at, seen.turn.handed_back) == ((), None, False)
    assert seen.persona == house.creator
    assert seen.mode.mode is Mode.AUTO


def test_messages_stand_in_the_order_they_were_written(house: House) -> None:
    house.tell("message", "second", at=NOON)
    house.tell("message", "first", at=NOON - timedelta(minutes=1))
    assert see(house).turn.text == "first\nsecond"


def test_a_message_that_was_taken_back_is_not_shown(house: House) -> None:
    house.tell("message", "keep", id="keep")
    house.tell("message", "oops", id="oops")
    house.tell("deleted", id="oops")
    assert see(house).turn.text == "keep"


def test_the_history_is_the_conversation_so_far_oldest_first(house: House) -> None:
    exchange(house, "How long?", "An hour")
    house.later(minutes=1)
    house.tell("message", "How hot?")
    seen = see(house)
    assert [(line.role, line.text) for line in seen.turn.history] == [
        (Role.FOLLOWER, "How long?"),
        (Role.AVATAR, "An hour"),
    ]
    assert seen.turn.last_avatar_at is not None
    assert not seen.turn.follower.first_contact


def test_another_followers_lines_are_never_shown(house: House) -> None:
    exchange(house, "My secret", "Only for Ben", who="ben")
    house.tell("message", "What did Ben say?", who="ann")
    seen = see(house)
    assert seen.turn.history == ()
    assert seen.turn.follower.first_contact


def test_a_direct_message_is_never_shown_in_a_comment_thread(house: House) -> None:
    exchange(house, "My secret", "Safe with me", surface=Surface.DM)
    house.tell("message", "Hello", where="public")
    assert see(house).turn.history == ()


def test_what_the_creator_wrote_in_person_is_theirs(house: House) -> None:
    exchange(house, "How long?", "An hour")
    house.later(minutes=1)
    house.tell("takeover", "I do 70 minutes", id="own", who=OWN_ID)
    house.do(conversations.hand_back, house.row(conversations_table).id)
    house.later(minutes=1)
    house.tell("message", "Thanks, and how hot?")
    seen = see(house)
    assert (Role.CREATOR, "I do 70 minutes") in [(line.role, line.text) for line in seen.turn.history]
    assert seen.turn.handed_back


def test_in_a_live_room_the_creators_talk_is_not_this_followers_history(house: House) -> None:
    house.tell("takeover", "Welcome everybody", who=OWN_ID, surface=Surface.LIVE)
    house.tell("message", "Hello", surface=Surface.LIVE)
    assert see(house, Surface.LIVE).turn.history == ()


def test_the_history_ends_where_the_turn_begins(house: House) -> None:
    for number in range(11):  # the eleventh belongs to the next turn
        house.tell("message", f"line {number}")
    (first,) = house.claim()
    seen = house.do(assemble, first.id, house.now)
    assert len(seen.turn.messages) == 10
    assert seen.turn.history == ()


def test_the_history_has_twenty_lines_at_most(house: House) -> None:
    for number in range(12):
        exchange(house, f"question {number}", f"answer {number}")
        house.later(minutes=1)
    house.tell("message", "the last")
    history = see(house).turn.history
    assert len(history) == 20
    assert (history[0].text, history[-1].text) == ("question 2", "answer 11")


def test_a_creators_replies_are_counted_as_far_as_their_budget_goes(house: House) -> None:
    for number in range(3):
        exchange(house, f"question {number}", f"answer {number}", who=f"f{number}")
    for number in range(2):
        house.tell("message", "how long?", who=f"g{number}", where=f"elsewhere-{number}")
    house.later(seconds=2)
    claimed = [one.id for one in house.claim()]
    assert counted(house, claimed, 9) == [3, 4]  # the second of a batch counts the first
    assert counted(house, claimed, 2) == [2, 3]
    assert counted(house, claimed, 0) == [0, 0]
    house.later(hours=1)
    assert counted(house, claimed, 9) == [0, 1]


def counted(house: House, turn_ids: list[str], budget: int) -> list[int]:
    seen = house.do(assemble_all, turn_ids, house.now, budget)
    return sorted(one.turn.creator_replies_last_hour for one in seen.values())


def test_replies_of_the_last_hour_are_counted_for_each_follower(house: House) -> None:
    exchange(house, "one", "1")
    house.later(minutes=50)
    exchange(house, "two", "2")
    exchange(house, "other", "3", who="ben")
    house.later(minutes=9)
    house.tell("message", "three")
    assert see(house).turn.follower.replies_last_hour == 2
    house.later(minutes=10)
    house.tell("message", "four", where="elsewhere")
    assert see(house).turn.follower.replies_last_hour == 1


def test_replies_in_a_row_are_counted_until_there_is_a_break(house: House) -> None:
    for number in range(3):
        exchange(house, f"q{number}", f"a{number}")
    house.tell("message", "again")
    assert see(house).turn.avatar_depth == 3
    assert depth([NOON, NOON - timedelta(minutes=11)], NOON) == 1
    assert depth([NOON - timedelta(minutes=11)], NOON) == 0
    assert depth([], NOON) == 0


def test_a_follower_who_opted_out_or_is_blocked_is_told_apart(house: House) -> None:
    house.tell()
    follower = house.row(followers).id
    house.do(people.opt_out, follower, house.now)
    house.do(people.block, follower, house.now)
    claimed = house.claim_one()
    assert (flags := house.do(assemble, claimed.id, house.now).turn.follower).opted_out
    assert flags.blocked
    house.do(people.opt_out, follower, None)
    house.do(people.block, follower, None)
    flags = house.do(assemble, claimed.id, house.now).turn.follower
    assert not flags.opted_out
    assert not flags.blocked


def test_a_turn_whose_messages_were_all_taken_back_is_empty(house: House) -> None:
    house.tell(id="m")
    claimed = house.claim_one()
    house.tell("deleted", id="m")
    assert house.do(assemble, claimed.id, house.now).turn.messages == ()
