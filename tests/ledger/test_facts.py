"""What a follower told is theirs: who it is given to, where, and how it goes."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest

from engage.facts import MOST, Fact, FactKind
from engage.ledger import facts as memory
from engage.ledger.assemble import assemble, assemble_all
from engage.ledger.conclusions import Conclusion, conclude_all
from engage.ledger.erasure import forget_follower
from engage.ledger.exporting import rows_of
from engage.ledger.tables import facts, followers, replies
from engage.ledger.turns import Claimed
from engage.memory.told import told
from engage.models import Card, Escalate, Mode, Outcome, Skip, Surface, Turn
from tests.ledger.house import House, answer

SPAN = timedelta(days=180)
FORGET = Card(reasons=("forget_me",))


@pytest.fixture(autouse=True)
def automatic(house: House) -> None:
    house.set_mode(Mode.AUTO, surface=Surface.DM)


def say(house: House, text: str, *, who: str = "ann", outcome: Outcome | None = None, **about: object) -> Claimed:
    """A direct message that is answered; what it tells is remembered."""
    claimed = write(house, text, who=who, **about)
    seen = house.do(assemble, claimed.id, house.now).turn
    found = told(seen, outcome or answer(), SPAN)
    assert house.conclude_all([claimed], outcome, found) == ["done"]
    return claimed


def write(house: House, text: str, *, who: str = "ann", surface: Surface = Surface.DM, **about: object) -> Claimed:
    house.later(minutes=1)
    where = str(about.pop("where", f"{surface.value} of {who}"))
    house.tell("message", text, who=who, where=where, surface=surface, **about)
    return house.claim_one(surface)


def next_turn(house: House, *, who: str = "ann", surface: Surface = Surface.DM, **about: object) -> Turn:
    """A follower's next turn, as the avatar gets it."""
    claimed = write(house, "How long do you bake it?", who=who, surface=surface, **about)
    seen = house.do(assemble, claimed.id, house.now).turn
    house.conclude(claimed)
    return seen


def known(house: House, **about: object) -> list[str]:
    return [fact.value for fact in next_turn(house, **about).follower.facts]  # type: ignore[arg-type]


def answer_with(card: Card) -> Outcome:
    return replace(answer(), card=card)


# Who it is given to


def test_what_was_told_comes_with_the_followers_next_direct_message(house: House) -> None:
    say(house, "My name is Ana. I prefer decaf.", id="m-told")
    assert [(fact.kind, fact.value, fact.message_id) for fact in next_turn(house).follower.facts] == [
        (FactKind.PREFERENCE, "I prefer decaf", "m-told"),
        (FactKind.NAME, "Ana", "m-told"),
    ]


@pytest.mark.parametrize("surface", [Surface.COMMENT, Surface.LIVE])
def test_it_never_leaves_direct_messages(house: House, surface: Surface) -> None:
    say(house, "My name is Ana")
    seen = next_turn(house, surface=surface)
    assert seen.follower.facts == ()
    assert all("Ana" not in line.text for line in seen.history)
    assert known(house) == ["Ana"], "it is still there"


def test_public_and_private_turns_that_are_read_together_stay_apart(house: House) -> None:
    say(house, "My name is Ana")
    private = write(house, "And now?")
    house.tell("message", "In public?", who="ann", where="thread-1")
    public = house.claim_one(Surface.COMMENT)
    seen = house.do(assemble_all, [private.id, public.id], house.now)
    assert [fact.value for fact in seen[private.id].turn.follower.facts] == ["Ana"]
    assert seen[public.id].turn.follower.facts == ()


def test_what_is_said_in_public_is_not_remembered(house: House) -> None:
    say(house, "My name is Ana", surface=Surface.COMMENT)
    assert house.rows(facts) == []


def test_it_is_never_given_to_another_follower_of_the_same_name(house: House) -> None:
    say(house, "My name is Ana", name="Ana")
    assert known(house, who="bob", name="Ana") == []


def test_the_same_person_is_somebody_else_to_another_creator(house: House) -> None:
    """Two accounts, followers of one name and one id: what one creator's avatar was told, the other's does not know."""
    _, other = house.add_creator("otto", "other-account")
    say(house, "My name is Ana", who="ann", where="dm of tilly")
    assert known(house, who="ann", where="dm of otto", account=other) == []
    assert {row.creator_id for row in house.rows(facts)} == {house.creator.id}


# When it is remembered


@pytest.mark.parametrize(("mode", "kept"), [(Mode.AUTO, 1), (Mode.REVIEW, 1), (Mode.SHADOW, 0)])
def test_an_avatar_that_does_not_speak_remembers_nothing(house: House, mode: Mode, kept: int) -> None:
    house.set_mode(mode, surface=Surface.DM)
    say(house, "My name is Ana")
    assert len(house.rows(facts)) == kept


def test_what_was_given_to_a_person_is_remembered_too(house: House) -> None:
    say(house, "My name is Ana", outcome=Escalate(Card(reasons=("unsupported",))))
    assert known(house) == ["Ana"]


def test_where_the_creator_answered_meanwhile_nothing_is_remembered(house: House) -> None:
    claimed = write(house, "My name is Ana", where="dm")
    found = told(house.do(assemble, claimed.id, house.now).turn, answer(), SPAN)
    house.tell("takeover", "I am here", who="me", where="dm", surface=Surface.DM)
    assert house.conclude_all([claimed], None, found) == ["done"]
    assert house.rows(facts) == []


def test_what_was_taken_back_while_the_answer_was_written_is_not_remembered(house: House) -> None:
    house.tell("message", "My name is Ana", id="m-name", where="dm", surface=Surface.DM)
    house.tell("message", "I prefer decaf", id="m-taste", where="dm", surface=Surface.DM)
    claimed = house.claim_one(Surface.DM)
    found = told(house.do(assemble, claimed.id, house.now).turn, answer(), SPAN)
    for _ in range(house.policy.turn_rewrites):
        house.tell("edited", f"hm {house.later(seconds=1)}", id="m-taste", where="dm", surface=Surface.DM)
        assert house.conclude_all([claimed], None, found) == ["stale"]
        claimed = house.claim_one(Surface.DM)
    house.tell("deleted", id="m-name", where="dm", surface=Surface.DM)
    assert house.conclude_all([claimed], None, found) == ["done"], "no more rewrites"
    assert house.rows(facts) == []


def test_another_name_takes_the_place_of_the_first(house: House) -> None:
    say(house, "My name is Ana")
    say(house, "call me Annie please")
    assert known(house) == ["Annie"]


def test_the_same_said_again_is_one_fact_and_is_kept_longer(house: House) -> None:
    say(house, "I prefer decaf")
    first = house.row(facts)
    say(house, "i prefer decaf")
    again = house.row(facts)
    assert again.expires_at > first.expires_at


def test_newer_facts_push_out_the_oldest(house: House) -> None:
    asked = [f"Do you bake bread number {word}?" for word in "one two three four five six seven eight nine".split()]
    for question in asked:
        say(house, question)
    kept = [row.value for row in house.rows(facts)]
    assert kept == asked[-MOST[FactKind.QUESTION] :]


def test_one_batch_keeps_the_followers_of_its_turns_apart(house: House) -> None:
    seen: list[tuple[Claimed, Sequence[Fact]]] = []
    for who, text in [("ann", "My name is Ana"), ("bob", "My name is Bob"), ("bob", "I'm vegan")]:
        claimed = write(house, text, who=who, where=f"{who} {text}")
        seen.append((claimed, told(house.do(assemble, claimed.id, house.now).turn, answer(), SPAN)))
    batch = [Conclusion(claimed, answer(), house.now + timedelta(hours=1), found) for claimed, found in seen]
    assert house.do(conclude_all, batch, 2, house.now) == ["done"] * 3
    assert known(house) == ["Ana"]
    assert set(known(house, who="bob")) == {"Bob", "I'm vegan"}


# How it goes


def test_it_expires_and_the_sweep_erases_it(house: House) -> None:
    say(house, "My name is Ana")
    house.later(days=100)
    say(house, "I prefer decaf")
    house.later(days=81)
    assert known(house) == ["I prefer decaf"]
    assert house.do(memory.sweep, house.now) == 1
    assert house.row(facts).value == "I prefer decaf"


def test_one_sweep_takes_a_bounded_number_the_oldest_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.duties, "SWEPT", 2)
    for text in ("My name is Ana", "I prefer decaf", "I'm vegan"):
        say(house, text)
    house.later(days=200)
    assert [house.do(memory.sweep, house.now) for _ in range(3)] == [2, 1, 0]


@pytest.mark.parametrize("kind", ["deleted", "edited"])
def test_it_goes_with_the_message_it_was_told_in(house: House, kind: str) -> None:
    say(house, "My name is Ana", id="m-name", where="dm")
    say(house, "I prefer decaf", where="dm")
    house.tell(kind, "My name is", id="m-name", where="dm", surface=Surface.DM)
    assert [row.value for row in house.rows(facts)] == ["I prefer decaf"]


def test_it_goes_where_the_platform_takes_away_all_that_somebody_wrote(house: House) -> None:
    say(house, "My name is Ana", where="dm")
    say(house, "My name is Bob", who="bob", where="dm of bob")
    cleared = house.event("deleted", "", who="ann", where="dm", surface=Surface.DM)
    cleared["message"]["id"] = ""
    house.keep(cleared)
    house.take_in()
    assert [row.value for row in house.rows(facts)] == ["Bob"]


def test_who_asks_to_be_forgotten_is_and_hears_of_it(house: House) -> None:
    say(house, "My name is Ana")
    say(house, "My name is Bob", who="bob")
    claimed = say(house, "forget me", outcome=answer_with(FORGET))
    assert [row.value for row in house.rows(facts)] == ["Bob"]
    assert house.row(followers, platform_user_id="ann").forgotten_at == house.now
    assert house.row(replies, turn_id=claimed.id).state == "due"


def test_the_avatar_is_shown_nothing_of_what_was_said_before(house: House) -> None:
    say(house, "I baked your bread", where="dm")
    say(house, "forget me", where="dm", outcome=answer_with(FORGET))
    say(house, "Something new", where="dm")
    assert [line.text for line in next_turn(house, where="dm").history] == ["Something new"]


def test_forgetting_reaches_what_was_told_in_private_also_from_public(house: House) -> None:
    say(house, "My name is Ana")
    say(house, "forget me", surface=Surface.COMMENT, outcome=answer_with(FORGET))
    assert house.rows(facts) == []


@pytest.mark.parametrize("mode", [Mode.SHADOW, Mode.REVIEW])
def test_forgetting_waits_for_nobody(house: House, mode: Mode) -> None:
    say(house, "My name is Ana")
    house.set_mode(mode, surface=Surface.DM)
    say(house, "forget me", outcome=answer_with(FORGET))
    assert house.rows(facts) == []


def test_what_was_told_before_and_is_only_concluded_now_stays_away(house: House) -> None:
    claimed = write(house, "My name is Ana", where="dm")
    found = told(house.do(assemble, claimed.id, house.now).turn, answer(), SPAN)
    say(house, "forget me", surface=Surface.COMMENT, outcome=answer_with(FORGET))
    assert house.conclude_all([claimed], None, found) == ["done"]
    assert house.rows(facts) == []
    say(house, "Call me Annie please", where="dm")
    assert known(house, where="dm") == ["Annie"], "what is told later is remembered"


def test_who_is_not_answered_is_forgotten_all_the_same(house: House) -> None:
    say(house, "My name is Ana")
    say(house, "forget me", outcome=Skip(Card(reasons=("opted_out", "forget_me"))))
    assert house.rows(facts) == []


def test_who_is_forgotten_while_the_creator_answers_is_forgotten(house: House) -> None:
    say(house, "My name is Ana", where="dm")
    claimed = write(house, "forget me", where="dm")
    house.tell("takeover", "Hello", who="me", where="dm", surface=Surface.DM)
    house.conclude(claimed, answer_with(FORGET))
    assert house.rows(facts) == []


@pytest.mark.parametrize("alone", [True, False], ids=["one by one", "together"])
def test_a_wish_that_nobody_answers_is_carried_out_at_once(house: House, alone: bool) -> None:
    """The creator is in the talk, so the message opens no turn."""
    say(house, "My name is Ana", where="dm")
    say(house, "My name is Bob", who="bob", where="dm of bob")
    house.tell("takeover", "Hello", who="me", where="dm", surface=Surface.DM)
    events = [house.event("message", text, who="ann", where="dm", surface=Surface.DM) for text in ("hm", "forget me")]
    edit = house.event("edited", "hm?", id=events[0]["message"]["id"], who="ann", where="dm", surface=Surface.DM)
    house.keep(*events, *([edit] if alone else []))
    assert house.take_in().failures == {}
    assert [row.value for row in house.rows(facts)] == ["Bob"]
    assert house.row(followers, platform_user_id="ann").forgotten_at == house.now


def test_no_answer_to_a_message_that_wishes_nothing_forgets_nobody(house: House) -> None:
    say(house, "My name is Ana", where="dm")
    house.tell("takeover", "Hello", who="me", where="dm", surface=Surface.DM)
    house.tell("message", "forget it", who="ann", where="dm", surface=Surface.DM)
    assert [row.value for row in house.rows(facts)] == ["Ana"]


def test_a_wish_that_was_taken_back_is_none(house: House) -> None:
    say(house, "My name is Ana", where="dm")
    claimed = write(house, "forget me", id="wish", where="dm")
    house.tell("deleted", id="wish", where="dm", surface=Surface.DM)
    for _ in range(house.policy.turn_rewrites + 1):
        if house.conclude(claimed, answer_with(FORGET)) == "done":
            break
        claimed = house.claim_one(Surface.DM)
    assert [row.value for row in house.rows(facts)] == ["Ana"]


def test_erasing_a_follower_erases_what_they_told(house: House) -> None:
    say(house, "My name is Ana. I prefer decaf.")
    say(house, "My name is Bob", who="bob")
    assert house.do(forget_follower, "paper", "ann")["facts"] == 2
    assert [row.value for row in house.rows(facts)] == ["Bob"]


def test_an_export_holds_what_followers_told_this_creator(house: House) -> None:
    _, other = house.add_creator("otto", "other-account")
    say(house, "My name is Ana", where="dm of tilly")
    say(house, "My name is Bob", who="bob", where="dm of otto", account=other)
    with house.db.reading() as tx:
        rows = [row for row in rows_of(tx, house.creator.id) if row["table"] == "facts"]
    assert [(row["kind"], row["value"]) for row in rows] == [("name", "Ana")]


def test_facts_are_told_newest_first(house: House) -> None:
    for text in ("My name is Ana", "I prefer decaf", "I'm vegan"):
        say(house, text)
    told_at = [fact.told_at for fact in next_turn(house).follower.facts]
    assert all(newer > older for newer, older in pairwise(told_at))
