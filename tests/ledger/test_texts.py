"""Texts as people and their phones really send them."""

from datetime import UTC, datetime

from sqlalchemy import select

from engage.intake import storable
from engage.ledger import inbox
from engage.ledger.inbox import Incoming
from engage.ledger.tables import deliveries, messages
from engage.models import Author, Message, Surface
from tests.ledger.house import House


def test_what_no_database_keeps_is_taken_out_of_a_text_and_the_rest_is_kept() -> None:
    broken = Message(
        id="m",
        conversation_id="c",
        surface=Surface.DM,
        author=Author("f", "Zo\x00e"),
        text="hello\x00 there \ud83d!",
        sent_at=datetime(2026, 11, 22, tzinfo=UTC),
    )
    clean = storable(broken)
    assert (clean.text, clean.author.name) == ("hello there ?!", "Zoe")


def test_a_message_with_a_nul_character_is_answered_like_any_other(house: House) -> None:
    house.tell(text="how long\x00?", id="m1")
    with house.db.reading() as tx:
        assert tx.execute(select(messages.c.text)).scalar_one() == "how long?"


def test_a_delivery_with_a_very_long_key_is_kept_once_and_costs_no_other(house: House) -> None:
    long = Incoming(house.account, "k" * 500, "webhook", b"[]")
    short = Incoming(house.account, "k", "webhook", b"[]")
    for _ in range(2):
        with house.db.transaction() as tx:
            inbox.store(tx, [long, short], house.now)
    with house.db.reading() as tx:
        assert len(tx.execute(select(deliveries.c.id)).all()) == 2
