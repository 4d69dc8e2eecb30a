"""What was kept long enough goes: by surface, by what a platform demands, a portion at a time."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import update

from connectors import platforms
from engage.facts import Fact, FactKind
from engage.ledger import duties
from engage.ledger import facts as told
from engage.ledger.ids import first_id_at, new_id
from engage.ledger.tables import (
    accounts,
    conversations,
    decisions,
    deliveries,
    documents,
    drafts,
    facts,
    followers,
    messages,
    replies,
    suggestions,
    turns,
)
from engage.memory.corpus import store
from engage.memory.importers.rows import Correction
from engage.models import Mode, Surface
from engage.raids import Thresholds
from engage.settings import load
from tests.ledger.house import House
from workers.retaining import ANEW, REST, Retaining, data_days, keeping_of
from workers.runtime import utc_now

WORDS = (messages, drafts, decisions, replies, turns, followers, conversations)


async def sweep(house: House, now: datetime, **settings: float) -> Retaining:
    """Walk until the end."""
    walks = Retaining(load(**{f"retention_{name}": seconds for name, seconds in settings.items()}), house.db)
    while await walks.step(now) == duties.SWEPT:
        pass
    return walks


def days(count: float) -> timedelta:
    return timedelta(days=count)


@pytest.fixture
def house(db: object) -> House:
    return House(db, now=utc_now())  # type: ignore[arg-type]


def post_all(house: House) -> None:
    for sending in house.claim_replies():
        assert house.post(sending, sending.outgoing.id)


def test_ids_tell_when_they_were_made() -> None:
    now = utc_now()
    assert first_id_at(now - timedelta(seconds=1)) < new_id() < first_id_at(now + timedelta(seconds=5))


async def test_after_ninety_days_nothing_of_a_talk_is_left(house: House) -> None:
    house.answered()
    post_all(house)
    await sweep(house, utc_now() + days(89))
    assert all(house.rows(table) for table in WORDS)
    await sweep(house, utc_now() + days(91))
    assert {table.name for table in WORDS if house.rows(table)} == set()
    (delivery,) = house.rows(deliveries)
    assert delivery.body == b""  # its key stays: what comes again is known


async def test_each_surface_has_its_own_time(house: House) -> None:
    for surface in Surface:
        house.set_mode(Mode.SHADOW, surface=surface)
        house.tell(where=surface.value, surface=surface, text=surface.value)
        house.conclude(house.claim_one(surface))
    day = 24 * 3600
    await sweep(house, utc_now() + days(10), live=day, comment=9 * day, dm=0)
    assert [row.text for row in house.rows(messages)] == ["dm"]
    assert [row.surface for row in house.rows(turns)] == ["dm"]
    await sweep(house, utc_now() + days(10_000), live=day, comment=9 * day, dm=0)
    assert [row.text for row in house.rows(messages)] == ["dm"]


async def test_what_opened_no_turn_goes_too(house: House) -> None:
    house.set_mode(Mode.OFF)
    house.tell()
    house.tell("takeover", "I am here.", who="me")
    assert len(house.rows(messages)) == 2
    await sweep(house, utc_now() + days(91))
    assert house.rows(messages) == []


async def test_a_fact_keeps_its_message_without_words_as_long_as_it_stands(house: House) -> None:
    house.tell(text="I like rye", id="m1", surface=Surface.DM)
    fact = Fact(FactKind.PREFERENCE, "I like rye", "m1", house.now, house.now + days(180))
    house.conclude_all([house.claim_one(Surface.DM)], told=[fact])
    post_all(house)
    await sweep(house, utc_now() + days(91))
    assert [row.text for row in house.rows(messages)] == [""]
    assert [row.value for row in house.rows(facts)] == ["I like rye"]
    house.do(told.sweep, utc_now() + days(181))
    await sweep(house, utc_now() + days(181))
    assert house.rows(messages) == house.rows(turns) == house.rows(followers) == []


async def test_corrections_and_settled_questions_of_the_creator_stay(house: House) -> None:
    reply = house.answered()
    post_all(house)
    with house.tx() as tx:
        words = Correction(reply.turn_id, "How long?", "An hour.", house.now, Surface.COMMENT)
        store(tx, house.creator.id, [words], house.now)
        values = {"creator_id": house.creator.id, "turn_id": reply.turn_id, "question": "How long?"}
        tx.execute(suggestions.insert().values(state="approved", settled_at=house.now, **values))
    await sweep(house, utc_now() + days(91))
    assert len(house.rows(documents)) == len(house.rows(suggestions)) == len(house.rows(turns)) == 1
    assert house.rows(messages) == house.rows(replies) == house.rows(decisions) == []


async def test_what_waits_is_not_swept_away(house: House) -> None:
    house.answered(where="b", who="bob")
    house.tell(where="a")
    house.keep(house.event(where="c"))
    await sweep(house, utc_now() + days(91))
    assert {row.state for row in house.rows(turns)} == {"collecting", "answered"}
    assert [row.state for row in house.rows(replies)] == ["due"]
    assert [row.body != b"" for row in house.rows(deliveries, state="received")] == [True]


async def test_who_wants_no_answers_or_is_blocked_stays_so(house: House) -> None:
    for who, column in (("ann", "opted_out_at"), ("bob", "blocked_at"), ("cem", "")):
        house.set_mode(Mode.OFF)
        house.tell(who=who, where=who)
        if column:
            with house.tx() as tx:
                tx.execute(update(followers).where(followers.c.platform_user_id == who).values(**{column: house.now}))
    await sweep(house, utc_now() + days(91))
    assert [row.platform_user_id for row in house.rows(followers)] == ["ann", "bob"]


async def test_a_talk_that_goes_on_keeps_its_follower_and_place(house: House) -> None:
    house.set_mode(Mode.OFF)
    house.tell(text="old")
    with house.tx() as tx:  # as if it had come in long ago
        tx.execute(update(messages).values(id=first_id_at(utc_now() - days(91))))
    house.tell(text="new")
    await sweep(house, utc_now() + days(1))
    assert [row.text for row in house.rows(messages)] == ["new"]
    assert len(house.rows(followers)) == len(house.rows(conversations)) == 1


async def test_a_platform_that_lends_its_data_gets_it_back_after_its_days(house: House) -> None:
    """YouTube's is not kept longer than 30 days, whatever the settings say."""
    for who in ("ann", "bob"):
        house.answered(who=who, where=who)
    post_all(house)
    with house.tx() as tx:
        tx.execute(accounts.update().values(platform="youtube"))
        tx.execute(conversations.update().values(post_text="A title"))
    everything = {"comment": 0.0, "dm": 0.0, "live": 0.0}
    await sweep(house, utc_now() + days(29), **everything)
    assert len(house.rows(messages)) == 2
    await sweep(house, utc_now() + days(31), **everything)
    assert {table.name for table in (*WORDS, deliveries) if house.rows(table)} == set()


async def test_what_a_post_was_called_goes_where_its_thread_lives_on(house: House) -> None:
    house.tell(where="long")
    with house.tx() as tx:
        tx.execute(accounts.update().values(platform="youtube"))
        tx.execute(conversations.update().values(post_text="A title"))
    await sweep(house, utc_now() + days(31))
    assert [row.post_text for row in house.rows(conversations)] == [None]


def test_youtube_lends_for_thirty_days_and_its_connector_says_so() -> None:
    assert {name: found for name in platforms() if (found := data_days(name)) is not None} == {"youtube": 30}
    assert data_days("gone-platform") is None
    kept = keeping_of(load(retention_live=3600), ["youtube", "twitch"])
    assert kept.of("comment", "youtube") == days(30)
    assert kept.of("live", "youtube") == timedelta(hours=1)
    assert kept.of("comment", "twitch") == days(90)
    assert kept.of_account("twitch") == timedelta(hours=1)
    assert replace(kept, surfaces=dict.fromkeys(Surface)).spans() == [days(30)]


async def test_much_goes_a_portion_at_a_time_and_is_walked_past_once(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(duties, "SWEPT", 2)
    house.set_mode(Mode.OFF)
    for number in range(5):
        house.tell(where=f"thread-{number}")
    walks, now = Retaining(load(), house.db), utc_now() + days(91)
    left = []
    for _ in range(3):
        await walks.step(now)
        left.append(len(house.rows(messages)))
    assert left == [3, 1, 0]
    assert await walks.step(now) == 0
    house.tell(where="another")
    assert await walks.step(now + REST / 2) == 0  # it rests
    await walks.step(now + REST)
    assert house.rows(messages) == []


async def test_what_could_not_go_is_looked_at_again_the_next_day(house: House) -> None:
    house.answered()
    now = utc_now() + days(91)
    walks = await sweep(house, now)
    assert len(house.rows(messages)) == 1  # its reply is not posted
    post_all(house)
    await walks.step(now + REST)
    assert len(house.rows(messages)) == 1
    await walks.step(now + ANEW)
    assert house.rows(messages) == []


async def test_upkeep_sweeps_it(house: House) -> None:
    from types import SimpleNamespace

    from workers.upkeep import Upkeep

    house.set_mode(Mode.OFF)
    house.tell()
    with house.tx() as tx:
        tx.execute(update(messages).values(id=first_id_at(utc_now() - days(91))))
    stage = SimpleNamespace(db=house.db, settings=load(), turn_expiry={}, raid_thresholds=Thresholds(people=0))
    await Upkeep(stage, "one", lambda: None).sweep()  # type: ignore[arg-type]
    assert house.rows(messages) == []
