"""What becomes of each thing a platform tells us."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from engage.ledger import conversations, creators, inbox, outbox
from engage.ledger.sendings import NEVER
from engage.ledger.tables import accounts, decisions, deliveries, drafts, followers, messages, replies, turns
from engage.models import Card, Escalate, Mode, Skip, Surface
from engage.platform import Parser
from tests.ledger.house import NOON, OWN_ID, House, answer


def kept(house: House) -> str:
    """Why the only message opened no turn."""
    message = house.row(messages)
    assert (message.turn_id is None) is bool(message.kept_because)
    return str(message.kept_because)


# messages


def test_a_message_opens_a_turn_that_is_due_after_the_debounce(house: House) -> None:
    house.tell("message", "Hello!", who="ann")
    turn, message = house.row(turns), house.row(messages)
    assert (turn.state, turn.due_at, turn.version) == ("collecting", NOON + timedelta(seconds=2), 1)
    assert (message.turn_id, message.text, message.author) == (turn.id, "Hello!", "follower")
    assert house.row(deliveries).state == "processed"


def test_a_message_that_comes_twice_is_one_message(house: House) -> None:
    house.tell(id="m")
    house.tell(id="m")
    assert len(house.rows(messages)) == 1
    assert house.row(turns).version == 1


def test_the_lane_with_new_work_is_named(house: House) -> None:
    house.keep(house.event(surface=Surface.DM))
    assert house.take_in().lanes == {Surface.DM}


def test_a_bot_is_kept_and_never_answered(house: House) -> None:
    house.tell(bot=True)
    assert kept(house) == "bot"
    assert house.row(messages).author == "bot"


@pytest.mark.parametrize(
    ("surface", "age"),
    [
        (Surface.COMMENT, timedelta(hours=48)),
        (Surface.DM, timedelta(hours=24)),
        (Surface.LIVE, timedelta(seconds=30)),
    ],
)
def test_each_surface_has_its_own_age_after_which_nobody_answers(
    house: House, surface: Surface, age: timedelta
) -> None:
    house.tell(id="just in time", surface=surface, at=NOON - age)
    house.tell(id="too late", surface=surface, at=NOON - age - timedelta(seconds=1))
    assert house.row(messages, platform_id="just in time").turn_id is not None
    late = house.row(messages, platform_id="too late")
    assert (late.turn_id, late.kept_because) == (None, "old")


def test_a_surface_that_is_off_keeps_messages_unanswered(house: House) -> None:
    house.set_mode(Mode.OFF)
    house.tell()
    assert kept(house) == "off"


def test_a_very_long_name_costs_no_message(house: House) -> None:
    house.tell(name="A" * 1000)
    assert len(house.row(followers).name) == 200
    assert kept(house) == ""


def test_a_changed_name_is_taken_over(house: House) -> None:
    house.tell(name="Ann")
    house.tell(name="Ann B.")
    assert house.row(followers).name == "Ann B."


# several messages at once


def test_messages_of_one_follower_are_answered_together(house: House) -> None:
    house.tell("message", "Hi!")
    house.later(seconds=1)
    house.tell("message", "One more thing")
    turn = house.row(turns)
    assert (turn.version, turn.due_at) == (2, house.now + timedelta(seconds=2))
    assert {message.turn_id for message in house.rows(messages)} == {turn.id}


def test_another_follower_or_another_thread_is_another_turn(house: House) -> None:
    house.tell(who="ann")
    house.tell(who="ben")
    house.tell(who="ann", where="thread-2")
    assert len(house.rows(turns)) == 3


def test_the_tenth_message_is_answered_at_once_and_the_eleventh_opens_the_next_turn(house: House) -> None:
    for _ in range(10):
        house.tell()
    assert house.row(turns).due_at == house.now
    house.tell()
    first, second = house.rows(turns)
    assert [len(house.rows(messages, turn_id=turn.id)) for turn in (first, second)] == [10, 1]


def test_a_follower_who_types_on_and_on_is_answered_after_ten_messages(house: House) -> None:
    for _ in range(10):
        house.later(seconds=1)
        house.tell()
    assert [claimed.id for claimed in house.claim()] == [house.row(turns).id]


def test_a_message_during_the_writing_makes_the_draft_stale(house: House) -> None:
    house.tell("message", "Can I use rye?")
    claimed = house.claim_one()
    house.tell("message", "And spelt?")
    assert house.conclude(claimed) == "stale"
    again = house.claim()[0]
    assert (again.id, again.version) == (claimed.id, 2)
    assert house.conclude(again) == "done"
    assert [draft.stale for draft in house.rows(drafts)] == [True, False]


def test_a_draft_is_rewritten_twice_at_most(house: House) -> None:
    house.tell()
    claimed = house.claim_one()
    for _ in range(2):
        house.tell()
        assert house.conclude(claimed) == "stale"
        claimed = house.claim()[0]
    house.tell("message", "the one that waits")
    assert house.conclude(claimed) == "done"
    first, second = house.rows(turns)
    assert (first.state, first.rewrites, second.state) == ("answered", 2, "collecting")
    assert [message.text for message in house.rows(messages, turn_id=second.id)] == ["the one that waits"]


# our own posts, and the creator


def uncertain_reply(house: House, text: str = "About an hour.", **about: Any) -> str:
    """A reply whose receipt never came."""
    reply = house.answered(text, **about)
    house.do(outbox.mark_uncertain, house.claim_reply(), NEVER, "the answer was lost")
    return str(reply.id)


def test_an_echo_settles_a_reply_nobody_was_sure_of(house: House) -> None:
    reply_id = uncertain_reply(house)
    house.tell("echo", "About an hour.", id="r9", who=OWN_ID)
    reply = house.row(replies, id=reply_id)
    assert (reply.state, reply.receipt_id, reply.sent_at) == ("sent", "r9", house.now)


def test_an_echo_of_something_else_settles_nothing(house: House) -> None:
    reply_id = uncertain_reply(house)
    house.tell("echo", "Another text", who=OWN_ID)
    house.tell("echo", "About an hour.", who=OWN_ID, where="thread-2")
    assert house.row(replies, id=reply_id).state == "uncertain"


def test_an_echo_opens_no_turn_and_no_takeover(house: House) -> None:
    house.tell("echo", "About an hour.", who=OWN_ID)
    assert house.rows(turns) == []
    assert house.rows(messages) == []
    house.tell()
    assert kept(house) == ""


def test_our_own_post_is_no_takeover_where_the_platform_does_not_say_which_app_wrote_it(house: House) -> None:
    uncertain_reply(house)
    house.tell("message", "About an hour.", who=OWN_ID)
    assert house.row(replies).state == "sent"
    house.tell(id="next")
    assert house.row(messages, platform_id="next").turn_id is not None


def test_our_own_post_is_no_takeover_before_its_receipt_came(house: House) -> None:
    house.answered("About an hour.")
    sending = house.claim_reply()
    house.tell("message", "About an hour.", id="r1", who=OWN_ID)
    assert (house.row(replies).state, house.row(replies).receipt_id) == ("sent", "r1")
    house.post(sending, "r1")
    house.tell("message", "About an hour.", id="r1", who=OWN_ID)
    house.tell(id="next")
    assert house.row(messages, platform_id="next").turn_id is not None


def test_our_own_post_is_no_takeover_while_it_waits_to_be_sent_again_with_its_key(house: House) -> None:
    house.answered("About an hour.")
    house.do(outbox.mark_due, house.claim_reply(), house.now + timedelta(minutes=2), "the answer was lost")
    house.tell("message", "About an hour.", who=OWN_ID)
    assert house.row(replies).state == "sent"
    house.tell(id="next")
    assert house.row(messages, platform_id="next").turn_id is not None


@pytest.mark.parametrize("kind", ["message", "takeover"])
@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.DM])
def test_the_creator_takes_over(house: House, kind: str, surface: Surface) -> None:
    house.answered("Not posted yet", surface=surface)
    house.tell("message", "collecting", surface=surface)
    house.tell(kind, "I'll take this", who=OWN_ID, surface=surface)
    assert house.row(replies).state == "recalled"
    assert [turn.state for turn in house.rows(turns)] == ["answered", "skipped"]
    assert house.rows(decisions)[1].card["reasons"] == ["human_replied"]
    house.tell("message", "Thanks!", id="later", surface=surface)
    assert house.row(messages, platform_id="later").kept_because == "human"


def test_the_creator_takes_over_while_the_answer_is_written(house: House) -> None:
    house.tell()
    claimed = house.claim_one()
    house.tell("takeover", "I'll take this", who=OWN_ID)
    assert house.conclude(claimed) == "done"
    assert house.row(turns).state == "skipped"
    assert house.rows(replies) == []


def test_a_takeover_stops_a_reply_that_failed_and_waits_to_be_tried_again(house: House) -> None:
    house.answered()
    house.do(outbox.mark_due, house.claim_reply(), house.now + timedelta(minutes=15), "not reached", unsent=True)
    house.tell("takeover", "I'll take this", who=OWN_ID)
    assert house.row(replies).state == "recalled"


def test_a_takeover_leaves_other_threads_alone(house: House) -> None:
    house.tell(where="thread-2")
    house.tell("takeover", "Hello", who=OWN_ID, where="thread-1")
    assert house.row(turns).state == "collecting"


def test_who_answers_one_of_our_replies_takes_over_where_it_stands(house: House) -> None:
    """Some platforms tell of such a message only what it replies to."""
    house.answered("About an hour.", where="thread-1")
    house.post(house.claim_reply(), "r1")
    house.tell("takeover", "An hour and a half!", who=OWN_ID, where="", reply_to="r1")
    house.tell(id="there", where="thread-1")
    house.tell(id="elsewhere", where="thread-2")
    assert house.row(messages, platform_id="there").kept_because == "human"
    assert house.row(messages, platform_id="elsewhere").kept_because == ""


@pytest.mark.parametrize("answered", ["r2", None])
def test_who_answers_nothing_of_ours_takes_nothing_over(house: House, answered: str | None) -> None:
    house.tell("takeover", "Hello", who=OWN_ID, where="", reply_to=answered)
    assert house.rows(messages) == []


def test_the_avatar_answers_again_when_the_pause_is_over(house: House) -> None:
    house.tell("takeover", "Hello", who=OWN_ID)
    house.later(hours=12, seconds=1)
    house.tell(id="later")
    assert house.row(messages, platform_id="later").kept_because == ""


def test_the_avatar_answers_again_when_the_creator_hands_back(house: House) -> None:
    house.tell("takeover", "Hello", id="hello", who=OWN_ID)
    thread = house.row(messages, platform_id="hello").conversation_id
    house.do(conversations.hand_back, thread)
    house.tell(id="later")
    assert house.row(messages, platform_id="later").kept_because == ""


def test_in_a_live_room_the_creator_talks_without_pausing_the_avatar(house: House) -> None:
    house.tell(who="ann", surface=Surface.LIVE)
    house.tell("takeover", "Welcome everybody", who=OWN_ID, surface=Surface.LIVE)
    house.tell(who="ben", surface=Surface.LIVE)
    assert [turn.state for turn in house.rows(turns)] == ["collecting", "collecting"]


def test_in_a_live_room_only_the_line_the_creator_replied_to_is_theirs(house: House) -> None:
    house.tell(who="ann", id="from-ann", surface=Surface.LIVE)
    house.tell(who="ben", surface=Surface.LIVE)
    house.tell("takeover", "Ann, an hour!", who=OWN_ID, surface=Surface.LIVE, reply_to="from-ann")
    assert [turn.state for turn in house.rows(turns)] == ["skipped", "collecting"]


def test_in_a_live_room_an_unposted_reply_to_that_line_is_recalled(house: House) -> None:
    for who in ("ann", "ben"):
        house.tell(who=who, id=f"from-{who}", surface=Surface.LIVE)
    house.later(seconds=2)
    for claimed in house.claim(Surface.LIVE):
        house.conclude(claimed)
    house.tell("takeover", "Ann, an hour!", who=OWN_ID, surface=Surface.LIVE, reply_to="from-ann")
    states = {reply.in_reply_to: reply.state for reply in house.rows(replies)}
    assert states == {"from-ann": "recalled", "from-ben": "due"}


def test_in_a_live_room_an_answer_being_written_to_that_line_is_dropped(house: House) -> None:
    house.tell(who="ann", id="from-ann", surface=Surface.LIVE)
    claimed = house.claim_one(Surface.LIVE)
    house.tell("takeover", "Ann, an hour!", who=OWN_ID, surface=Surface.LIVE, reply_to="from-ann")
    house.conclude(claimed)
    assert house.row(turns).state == "skipped"


# edits


def test_an_edit_before_the_answer_is_what_gets_answered(house: House) -> None:
    house.tell("message", "Can I use ray?", id="m")
    house.tell("edited", "Can I use rye?", id="m")
    assert house.row(messages).text == "Can I use rye?"
    claimed = house.claim_one()
    assert (claimed.version, house.conclude(claimed)) == (2, "done")


def test_an_edit_during_the_writing_makes_the_draft_stale(house: House) -> None:
    house.tell("message", "Can I use ray?", id="m")
    claimed = house.claim_one()
    house.tell("edited", "Can I use rye?", id="m")
    assert house.conclude(claimed) == "stale"


def test_an_edit_takes_a_held_reply_back_and_asks_again(house: House) -> None:
    house.set_mode(Mode.REVIEW)
    house.answered(id="m")
    house.tell("edited", "Can I use rye?", id="m")
    assert house.row(replies).state == "recalled"
    first, second = house.rows(turns)
    assert (first.state, second.state) == ("answered", "collecting")
    assert house.row(messages).turn_id == second.id
    assert house.conclude(house.claim_one()) == "done"
    assert [reply.state for reply in house.rows(replies)] == ["recalled", "held"]


def test_an_edit_after_the_reply_is_posted_changes_only_the_record(house: House) -> None:
    house.answered(id="m")
    house.post(house.claim_reply())
    house.tell("edited", "Can I use rye?", id="m")
    assert len(house.rows(turns)) == 1
    assert (house.row(messages).text, house.row(replies).state) == ("Can I use rye?", "sent")


@pytest.mark.parametrize("left", [Skip(Card(reasons=("unclear",))), Escalate(Card(reasons=("unclear",)))])
def test_an_edit_of_a_message_that_was_left_unanswered_asks_again(house: House, left: Skip | Escalate) -> None:
    house.tell("message", "?", id="m")
    house.conclude(house.claim_one(), left)
    house.tell("edited", "Can I use rye?", id="m")
    assert [turn.state for turn in house.rows(turns)][-1] == "collecting"
    assert not house.row(decisions).open


def test_an_edit_that_comes_first_is_the_message(house: House) -> None:
    house.tell("edited", "Can I use rye?", id="m")
    house.tell("message", "Can I use ray?", id="m")
    assert house.row(messages).text == "Can I use rye?"
    assert len(house.rows(turns)) == 1


# deletions


def test_one_of_two_messages_is_taken_back(house: House) -> None:
    house.tell("message", "Hi", id="one")
    house.tell("message", "oops", id="two")
    claimed = house.claim_one()
    house.tell("deleted", id="two")
    assert house.conclude(claimed) == "stale"
    assert house.conclude(house.claim()[0]) == "done"
    assert house.row(replies).in_reply_to == "one"
    assert house.row(messages, platform_id="two").text == ""


def test_all_messages_are_taken_back_before_anybody_answers(house: House) -> None:
    house.tell(id="m")
    house.tell("deleted", id="m")
    assert house.row(turns).state == "skipped"
    assert house.row(decisions).card["reasons"] == ["deleted"]


def test_all_messages_are_taken_back_during_the_writing(house: House) -> None:
    house.tell(id="m")
    claimed = house.claim_one()
    house.tell("deleted", id="m")
    assert house.conclude(claimed) == "stale"
    assert house.conclude(house.claim()[0]) == "done"
    assert house.row(turns).state == "skipped"
    assert house.rows(replies) == []


def test_a_deletion_recalls_what_was_not_posted(house: House) -> None:
    house.answered(id="m")
    house.tell("deleted", id="m")
    assert house.row(replies).state == "recalled"
    assert len(house.rows(turns)) == 1


def test_a_deletion_does_not_recall_what_may_be_posted(house: House) -> None:
    reply_id = uncertain_reply(house, id="m")
    house.tell("deleted", id="m")
    assert house.row(replies, id=reply_id).state == "uncertain"


def test_a_deletion_that_comes_first_wins(house: House) -> None:
    house.tell("deleted", "", id="m")
    house.tell("message", "never mind", id="m")
    house.tell("edited", "never mind!", id="m")
    message = house.row(messages)
    assert (message.text, message.kept_because) == ("", "deleted")
    assert house.rows(turns) == []


def test_a_deletion_that_tells_no_more_than_an_id_is_enough(house: House) -> None:
    house.answered(id="m")
    house.tell("deleted", "", id="m", who="", where="")
    assert house.row(replies).state == "recalled"
    assert house.row(messages).text == ""
    house.tell("deleted", "", id="never heard of", who="", where="")
    assert (len(house.rows(messages)), len(house.rows(followers))) == (1, 1)


def clear(house: House, who: str, where: str = "thread-1") -> None:
    """The platform takes away what somebody wrote, or '' everybody, and names no message."""
    event = house.event("deleted", "", who=who, where=where)
    event["message"]["id"] = ""
    house.keep(event)
    assert house.take_in().failures == {}


def test_all_of_an_authors_messages_are_taken_away(house: House) -> None:
    house.tell("message", "Wait", id="m1", who="bob")
    house.tell("message", "How long?", id="m2", who="bob")
    house.tell("message", "Elsewhere", id="m3", who="bob", where="thread-2")
    house.tell("message", "How hot?", id="m4", who="ann")
    clear(house, "bob")
    assert sorted((row.platform_id, row.text) for row in house.rows(messages) if row.text) == [
        ("m3", "Elsewhere"),
        ("m4", "How hot?"),
    ]
    house.later(seconds=2)
    assert len(house.claim()) == 2
    assert [row.state for row in house.rows(turns) if row.state != "answering"] == ["skipped"]
    assert len(house.rows(followers)) == 2


def test_what_is_taken_away_is_not_answered_any_more(house: House) -> None:
    house.answered(id="m", who="bob")
    house.tell("message", "And how hot?", id="m2", who="bob")
    claimed = house.claim_one()
    clear(house, "bob")
    assert house.row(replies).state == "recalled"
    assert house.conclude(claimed) == "stale"
    assert house.conclude(house.claim()[0]) == "done"
    assert len(house.rows(replies)) == 1


def test_a_cleared_conversation_is_cleared_of_everybodys(house: House) -> None:
    house.tell("message", id="m1", who="bob")
    house.tell("message", id="m2", who="ann")
    house.tell("message", id="m3", who="ann", where="thread-2")
    clear(house, "")
    assert sorted(row.platform_id for row in house.rows(messages) if row.text) == ["m3"]
    assert sorted(row.state for row in house.rows(turns)) == ["collecting", "skipped", "skipped"]


def test_what_is_long_ago_stays(house: House) -> None:
    house.tell("message", "Long ago", id="m1", who="bob")
    house.later(hours=25)
    clear(house, "bob")
    clear(house, "somebody else")
    clear(house, "bob", where="nowhere")
    assert house.row(messages).text == "Long ago"


def test_a_deletion_of_the_creators_own_post_makes_no_follower_of_them(house: House) -> None:
    house.tell("deleted", "", who=OWN_ID)
    assert house.rows(followers) == []


# the account


def test_withdrawn_access_marks_the_account(house: House) -> None:
    house.keep({"kind": "revoked", "reason": "the app was removed"})
    house.take_in()
    account = house.row(accounts)
    assert (account.state, account.reason) == ("unauthorized", "the app was removed")
    house.keep({"kind": "revoked", "reason": "again"})
    assert house.take_in().failures == {}


def test_an_application_that_was_taken_away_disconnects_the_account_and_stops_what_is_not_sent(house: House) -> None:
    house.answered()
    house.keep({"kind": "removed", "reason": "the creator removed the app"})
    house.take_in()
    assert (house.row(accounts).state, house.row(accounts).reason) == ("disconnected", "the creator removed the app")
    assert (house.row(replies).state, house.row(replies).reason) == ("recalled", "disconnected")
    house.keep({"kind": "removed", "reason": "again"})
    assert house.take_in().failures == {}


def test_what_nobody_needs_is_ignored_with_its_reason(house: House) -> None:
    house.keep({"kind": "ignored", "reason": "a story view"}, {"kind": "status", "reason": "delivered"})
    house.take_in()
    assert (house.row(deliveries).state, house.row(deliveries).reason) == ("ignored", "a story view; delivered")


# what is not as it should be


@pytest.mark.parametrize("body", [b"{", b"\xff\xfe", b""])
def test_a_body_that_is_not_json_is_kept_with_the_reason(house: House, body: bytes) -> None:
    house.keep(body=body)
    house.take_in()
    delivery = house.row(deliveries)
    assert (delivery.state, bytes(delivery.body)) == ("malformed", body)
    assert delivery.reason.startswith("the body is not JSON")


def test_a_body_of_another_form_is_kept_with_the_parsers_reason(house: House) -> None:
    house.keep(body=b"{}")
    house.take_in()
    assert (house.row(deliveries).state, house.row(deliveries).reason) == ("malformed", "a paper payload is a list")


def test_a_bug_in_a_parser_costs_no_other_delivery(house: House) -> None:
    house.keep(house.event(id="before"))
    house.keep(house.event(id="half"), {"kind": "bug", "reason": ""})
    house.keep(house.event(id="after"))
    done = house.take_in()
    assert [type(error) for error in done.failures.values()] == [KeyError]
    assert sorted(message.platform_id for message in house.rows(messages)) == ["after", "before"]
    assert house.do(inbox.waiting) == 1


def test_a_delivery_that_fails_five_times_is_set_aside(house: House) -> None:
    house.keep({"kind": "bug", "reason": ""})
    for _ in range(4):
        house.take_in()
        assert house.row(deliveries).state == "received"
    house.take_in()
    delivery = house.row(deliveries)
    assert (delivery.state, delivery.reason) == ("malformed", "failed 5 times: KeyError")
    assert house.take_in().deliveries == 0


def poisons() -> dict[str, Parser]:
    def too_deep(payload: Any, me: str) -> Any:
        return too_deep(payload, me)

    def forgotten(payload: Any, me: str) -> Any:
        raise AssertionError

    return {"recursion": too_deep, "assertion": forgotten}


@pytest.mark.parametrize("name", list(poisons()))
def test_no_bug_whatsoever_stops_the_intake(house: House, name: str) -> None:
    house.keep(house.event())
    house.parser_of = lambda _: poisons()[name]
    for _ in range(5):
        house.take_in()
    assert house.row(deliveries).state == "malformed"


def test_the_missing_connector_of_one_account_stops_no_other(house: House) -> None:
    from engage.errors import ConfigError

    def gone(platform: str) -> Parser:
        raise ConfigError("is not installed", key=platform, place="accounts", fix="Install its package")

    house.keep(house.event())
    house.parser_of = gone
    assert list(house.take_in().failures) == [house.row(deliveries).id]


@pytest.mark.parametrize("text", ["zero \0 byte", "half a \ud83d pair"])
def test_text_that_a_database_refuses_costs_no_other_message(house: House, text: str) -> None:
    house.keep(house.event(text=text))
    house.keep(house.event(id="next", who="ben"))
    for _ in range(5):
        house.take_in()
    assert house.row(messages, platform_id="next").turn_id is not None
    assert house.do(inbox.waiting) == 0


def test_a_crash_in_the_middle_of_a_round_does_nothing(house: House) -> None:
    house.keep(house.event())

    class Killed(BaseException):
        pass

    def killed(platform: str) -> Parser:
        raise Killed

    broken = replace_parser(house, killed)
    house.keep(house.event())
    with pytest.raises(Killed):
        broken.take_in()
    assert house.rows(messages) == []
    assert house.do(inbox.waiting) == 2


def replace_parser(house: House, parser_of: Any) -> House:
    other = House.join(house, house.db)
    other.parser_of = parser_of
    return other


def test_the_mode_of_the_reply_is_the_one_the_creator_chose(house: House) -> None:
    house.tell()
    house.set_mode(Mode.REVIEW)
    house.conclude(house.claim_one(), answer())
    assert house.row(replies).state == "held"


def test_a_lost_account_keeps_listening_to_its_policy(house: House) -> None:
    house.do(creators.lose_access, house.account, "token expired")
    house.policy = replace(house.policy, debounce=timedelta(0))
    house.tell()
    assert kept(house) == ""
    assert house.claim() == []
