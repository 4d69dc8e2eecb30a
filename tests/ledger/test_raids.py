"""A raid begins where many strangers come, ends by itself, and at once where a person says so."""

from datetime import timedelta

from engage.ledger import audit, raids
from engage.ledger.assemble import assemble
from engage.models import Card, Skip, Surface
from engage.raids import Level, Thresholds
from tests.ledger.house import House

LIMITS = Thresholds(people=5, silent=8, quiet=timedelta(minutes=30))
RUDE = "nobody wants you here anymore"


def attack(house: House, people: int, text: str = RUDE, first: int = 0) -> None:
    for n in range(first, first + people):
        house.keep(house.event(text=text, who=f"raider{n}", where=f"video-{n}"))
    house.take_in()


def level(house: House) -> Level | None:
    found = house.do(raids.standing, house.now).get(house.creator.id)
    return found.level if found else None


def watched(house: House) -> int:
    found = house.do(raids.look, LIMITS, house.now)
    return house.do(raids.keep, found, LIMITS, house.now)


def test_many_strangers_with_like_words_are_kept_out_of_public_answers(house: House) -> None:
    house.tell(who="ann", where="video")
    house.conclude(house.claim_one())
    house.later(hours=2)
    attack(house, 6)
    assert watched(house) == 1
    assert level(house) is Level.SLOW
    house.tell(who="ann", where="video")
    house.later(seconds=2)
    seen = [house.do(assemble, one.id, house.now).turn for one in house.claim()]
    assert {turn.raided for turn in seen} == {"slow"}
    assert {turn.follower.id: turn.stranger for turn in seen if turn.follower.id in ("ann", "raider0")} == {
        "ann": False,
        "raider0": True,
    }
    entry = house.do(audit.entries, house.creator.id)[0]
    assert (entry.action, entry.subject, entry.details) == ("raid", "slow", {"people": 6})


def test_it_grows_and_never_shrinks_while_it_lasts(house: House) -> None:
    attack(house, 6)
    watched(house)
    attack(house, 4, first=6)
    watched(house)
    assert level(house) is Level.SILENT
    house.later(minutes=11)
    attack(house, 5, first=20)
    watched(house)
    assert level(house) is Level.SILENT


def test_what_triage_found_abusive_counts_in_any_words(house: House) -> None:
    for n in range(6):
        house.keep(house.event(text=f"{'abcdef'[n] * 3} is word {n} of {'uvwxyz'[n] * 4}", who=f"r{n}", where=f"v{n}"))
    house.take_in()
    assert watched(house) == 0
    house.later(seconds=2)
    house.conclude_all(house.claim(), Skip(Card(reasons=("abuse",), labels={"abuse": 0.9})))
    assert watched(house) == 1


def test_it_ends_by_itself(house: House) -> None:
    attack(house, 6)
    watched(house)
    house.later(minutes=29)
    assert level(house) is Level.SLOW
    house.later(minutes=2)
    assert level(house) is None
    assert watched(house) == 0


def test_a_person_ends_it_at_once_and_is_not_overruled(house: House) -> None:
    attack(house, 6)
    watched(house)
    assert house.do(raids.end, house.now, LIMITS.quiet, house.creator.id) == 1
    assert level(house) is None
    assert watched(house) == 0
    house.later(minutes=31)
    attack(house, 6, first=10)
    assert watched(house) == 1


def test_another_creator_is_not_meant(house: House) -> None:
    other, account = house.add_creator("olga", "me-too")
    attack(house, 6)
    watched(house)
    assert house.do(raids.standing, house.now, {other.id}) == {}
    house.tell(account=account, surface=Surface.COMMENT)
    house.later(seconds=2)
    mine = [one for one in house.claim() if one.account_id == account]
    assert house.do(assemble, mine[0].id, house.now).turn.raided == ""


def test_old_followers_are_no_raid(house: House) -> None:
    attack(house, 6, text="hello there everybody friends")
    house.later(minutes=20)
    attack(house, 6)
    assert watched(house) == 0
