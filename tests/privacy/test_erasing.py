"""Erasing somebody: afterwards nothing of them is found anywhere, and the others have lost nothing."""

from collections import Counter
from types import SimpleNamespace

import pytest
import redis
from cryptography.fernet import Fernet

from engage.ledger import erasure, erasures
from engage.ledger.erasure import find
from engage.ledger.tables import audit, conversations, deliveries, documents, facts, followers, messages, metadata
from engage.ledger.tables import erasures as requests
from engage.ledger.tenancy import OF_NOBODY
from engage.memory.vectors import Vectors
from engage.models import Surface
from engage.raids import Thresholds
from engage.secrets import Vault
from engage.settings import load
from tests.ledger.house import House
from tests.privacy.traces import ASKED, NAME, TOLD, WHO, Somebody
from workers import erasing, upkeep
from workers.erasure_requests import ErasureRequests
from workers.proving import prove
from workers.runtime import utc_now
from workers.upkeep import Upkeep


def erase(ann: Somebody) -> dict[str, int]:
    house = ann.house
    with house.db.reading() as tx:
        people, places = find(tx, "paper", WHO), erasing.places_of(tx, find(tx, "paper", WHO))
    done = erasing.erase(house.db, people, [house.account], WHO, "cli", house.now, lambda: ann.vectors)
    erasing.forget_keys(ann.keys, [*places, WHO])
    return done


def left(ann: Somebody, words: list[str]) -> dict[str, int]:
    found: dict[str, int] = prove(ann.house.db, ann.vectors.url, ann.keys, words)["found"]
    return found


def stage(ann: Somebody) -> SimpleNamespace:
    """What those who erase need of a runtime."""
    settings = load(chroma_url=ann.vectors.url)
    quiet = Thresholds(people=0)
    vault = Vault([Fernet.generate_key().decode()], "test")
    return SimpleNamespace(db=ann.house.db, settings=settings, vault=vault, turn_expiry={}, raid_thresholds=quiet)


def test_before_an_erasure_the_search_finds_all_of_somebody(ann: Somebody) -> None:
    found = left(ann, ann.words())
    places = {"followers.platform_user_id", "followers.name", "messages.text", "facts.value", "deliveries.body"}
    places |= {"deliveries.dedupe_key", "conversations.platform_id", "suggestions.question", "passages.question"}
    assert places <= found.keys()
    assert found["redis"] == 1


def test_after_an_erasure_the_search_finds_nothing(ann: Somebody) -> None:
    words = [*ann.words(), NAME, ASKED, TOLD]
    done = erase(ann)
    assert left(ann, words) == {}
    assert done["followers"] == done["facts"] == done["conversations"] == 1
    assert done["messages"] == 2
    assert done["deliveries"] >= 3
    scanned = prove(ann.house.db, ann.vectors.url, ann.keys, words)
    assert scanned["count"] == 0
    assert scanned["scanned"]["tables"] == len(metadata.tables)
    assert scanned["scanned"]["vectors"] > 0
    assert scanned["scanned"]["redis_keys"] > 0


def test_the_others_keep_all_of_theirs(ann: Somebody) -> None:
    erase(ann)
    bo = left(ann, ["u_47110"])
    assert bo["followers.platform_user_id"] == bo["redis"] == 1
    assert [row.value for row in ann.house.rows(facts)] == ["I am Bo, and like maple"]
    assert {row.text for row in ann.house.rows(messages, author="follower")} == {
        "I am Bo, and like maple",
        "Is the maple bowl heavy, or not?",
    }
    assert Counter(row.id.partition(":")[0] for row in ann.house.rows(documents))["correction"] == 1


def test_what_was_learnt_of_them_has_no_vector_any_more(ann: Somebody) -> None:
    with ann.house.db.reading() as tx:
        asked = erasure.asked_by(tx, [one.id for one in find(tx, "paper", WHO)])
    names = [f"{name}#0|" for name in erasure.learnt_of(asked)]

    def held() -> list[str]:
        return [one for one in ann.vectors.ids(ann.house.creator.id) if one.startswith(tuple(names))]

    assert len(held()) == 2
    erase(ann)
    assert held() == []


def test_a_delivery_that_was_not_taken_in_yet_brings_nothing_back(ann: Somebody) -> None:
    assert len(ann.house.rows(deliveries, state="received")) == 2
    erase(ann)
    assert ann.house.take_in().failures == {}
    assert [row.name for row in ann.house.rows(followers)] == ["Bo Falk"]


def test_the_audit_tells_that_somebody_was_erased_and_not_who(ann: Somebody) -> None:
    erase(ann)
    (row,) = ann.house.rows(audit, action="forget")
    assert row.details["followers"] == 1
    assert WHO not in str(row)


def test_an_id_that_begins_another_is_not_found_in_it(ann: Somebody) -> None:
    erase(ann)
    assert left(ann, ["u_4711"]) == {}
    assert left(ann, ["u_47110"]) != {}


def test_words_are_found_as_json_escapes_them(house: House, vectors: Vectors, keys: redis.Redis) -> None:
    words = 'Zoë said "no" — Жанна'
    house.tell(text=words)
    found = prove(house.db, vectors.url, keys, [words])["found"]
    assert found == {"messages.text": 1, "deliveries.body": 1}


@pytest.mark.parametrize("kind", ["string", "list", "set", "hash", "zset", "stream"])
def test_every_kind_of_key_is_looked_into(kind: str, house: House, vectors: Vectors, keys: redis.Redis) -> None:
    writes = {
        "string": lambda: keys.set("k", "of zoe1"),
        "list": lambda: keys.rpush("k", "of zoe1"),
        "set": lambda: keys.sadd("k", "of zoe1"),
        "hash": lambda: keys.hset("k", "of zoe1", "1"),
        "zset": lambda: keys.zadd("k", {"of zoe1": 1}),
        "stream": lambda: keys.xadd("k", {"of": "zoe1"}),
    }
    writes[kind]()
    assert prove(house.db, vectors.url, keys, ["zoe1"])["found"] == {"redis": 1}


def test_a_document_and_its_metadata_are_looked_into(house: House, vectors: Vectors, keys: redis.Redis) -> None:
    from engage.memory.vectors import connect

    collection = connect(vectors.url).get_or_create_collection("foreign", embedding_function=None)
    collection.add(
        ids=["a", "b"], embeddings=[[1.0], [1.0]], documents=["of zoe2", "-"], metadatas=[{"x": 1}, {"x": "zoe2"}]
    )
    found = prove(house.db, vectors.url, keys, ["zoe2"])["found"]
    connect(vectors.url).delete_collection("foreign")
    assert found == {"chroma.foreign": 2}


async def test_who_writes_forget_me_is_erased_a_moment_later(ann: Somebody) -> None:
    house = ann.house
    with house.tx() as tx:
        from engage.ledger.facts import forget

        forget(tx, [find(tx, "paper", WHO)[0].id], house.now)
    words = [*ann.words(), ASKED, TOLD]
    sweeper = Upkeep(stage(ann), "one", lambda: None)  # type: ignore[arg-type]
    await sweeper._forget(house.now + upkeep.TOLD / 2)
    assert ann.is_there()  # they are told first
    await sweeper._forget(house.now + upkeep.TOLD)
    erasing.forget_keys(ann.keys, [WHO])
    assert left(ann, words) == {}
    assert [row.name for row in house.rows(followers)] == ["Bo Falk"]


async def test_upkeep_erases_who_asked_for_it(ann: Somebody) -> None:
    house = ann.house
    with house.tx() as tx:
        from engage.ledger.facts import forget

        forget(tx, [find(tx, "paper", WHO)[0].id], house.now - 2 * upkeep.TOLD)
    await Upkeep(stage(ann), "one", lambda: None).sweep()  # type: ignore[arg-type]
    assert [row.name for row in house.rows(followers)] == ["Bo Falk"]


def test_from_the_wish_to_the_last_memory_of_it_takes_less_than_a_minute() -> None:
    from workers import forgetting

    assert (upkeep.TOLD + upkeep.EVERY + forgetting.EVERY).total_seconds() < 60


def test_a_worker_whose_turn_or_reply_was_erased_ends_its_work(ann: Somebody) -> None:
    house = ann.house
    house.take_in()
    house.later(seconds=5)
    while waiting := house.claim():
        house.conclude_all(waiting)
    reply = house.answered(who=WHO, where="thread-9", text="No.")
    sending = next(one for one in house.claim_replies() if one.outgoing.id == reply.id)
    house.tell(who=WHO, where="thread-10")
    claimed = house.claim_one()
    erase(ann)
    assert house.conclude(claimed) == "lost"
    assert not house.post(sending)
    from engage.ledger import outbox
    from engage.models import Receipt

    assert house.do(outbox.mark_all_sent, [(sending, Receipt("r", house.now))]) == [False]
    assert not house.do(outbox.mark_uncertain, sending, house.now, "who knows")


def test_an_erased_creator_leaves_nothing(ann: Somebody) -> None:
    house = ann.house
    other, account = house.add_creator("bea", "bea-id")
    house.tell(who="cem", account=account, where="thread-b", text="Where do you live, Bea?")
    mine = house.creator.id
    with house.tx() as tx:
        accounts = erasing.silence(tx, mine, "cli", house.now)
    done = erasing.erase_creator(house.db, mine, "cli", house.now, lambda: ann.vectors)
    erasing.forget_keys(ann.keys, accounts)
    assert left(ann, [mine, *accounts, WHO, ASKED, TOLD, "My dog sleeps a lot."]) == {}
    assert done["creators"] == done["accounts"] == 1
    kept = {table.name for table in metadata.sorted_tables if table.name not in OF_NOBODY and house.rows(table)}
    assert {"creators", "accounts", "messages", "followers", "deliveries", "turns"} <= kept
    assert {row.creator_id for row in house.rows(conversations)} == {other.id}


def test_a_large_creator_goes_in_portions(ann: Somebody, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "PORTION", 1)
    mine = ann.house.creator.id
    with ann.house.tx() as tx:
        erasing.silence(tx, mine, "cli", ann.house.now)
    done = erasing.erase_creator(ann.house.db, mine, "cli", ann.house.now, lambda: ann.vectors)
    assert done["messages"] == 6
    assert left(ann, [mine]) == {}


def test_what_the_creator_told_them_in_private_goes_with_them(ann: Somebody) -> None:
    assert len(ann.house.rows(messages, author="creator")) == 2
    erase(ann)
    assert [row.text for row in ann.house.rows(messages, author="creator")] == ["No, Bo Falk, it does not."]


def test_a_public_thread_stays_with_what_others_wrote(ann: Somebody) -> None:
    ann.house.tell("takeover", f"It does not, {NAME}.", who="me", where="thread-1", reply_to=f"{WHO}-2")
    ann.house.tell(who="cem", where="thread-1", text="Same here.", reply_to=f"{WHO}-2")
    erase(ann)
    rows = [row for row in ann.house.rows(messages) if row.text in ("Same here.", f"It does not, {NAME}.")]
    assert [(row.text, row.reply_to_id) for row in rows] == [("Same here.", None)]
    assert Surface.COMMENT.value in {row.surface for row in ann.house.rows(conversations)}


async def test_a_platform_s_request_erases_a_follower_s_vectors_too(ann: Somebody) -> None:
    words = [*ann.words(), ASKED, TOLD]
    with ann.house.tx() as tx:
        code = erasures.ask(tx, "paper", WHO, "request 1", utc_now())
    await ErasureRequests(stage(ann)).step()  # type: ignore[arg-type]
    erasing.forget_keys(ann.keys, [WHO])
    assert left(ann, words) == {}
    assert ann.house.row(requests, code=code).erased > 0


async def test_a_request_is_told_as_carried_out_while_chroma_is_away(ann: Somebody) -> None:
    with ann.house.tx() as tx:
        code = erasures.ask(tx, "paper", WHO, "request 1", utc_now())
    without = stage(ann)
    without.settings = load(chroma_url="http://127.0.0.1:1")
    await ErasureRequests(without).step()  # type: ignore[arg-type]
    request = ann.house.row(requests, code=code)
    assert request.done_at is not None
    assert request.erased > 0
    assert [row.name for row in ann.house.rows(followers)] == ["Bo Falk"]
