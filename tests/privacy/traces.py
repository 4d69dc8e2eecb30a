"""A follower of whom something is everywhere: rows of every kind, vectors, keys, raw deliveries."""

from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import redis

from engage.facts import Fact, FactKind
from engage.ledger.erasure import find
from engage.ledger.tables import messages, suggestions, turns
from engage.memory.corpus import load_passages, mark_indexed, store
from engage.memory.importers.rows import Correction, Faq, Said
from engage.memory.texts import vector_ids
from engage.memory.vectors import WIDTH, Vectors
from engage.models import Surface
from engage.pacing.shared import PREFIX
from tests.ledger.house import House, answer
from workers.proving import words_of

WHO, NAME = "u_4711", "Annabel Quist"
ASKED = "Does the walnut bowl survive a dishwasher, or not?"
TOLD = "My name is Annabel and I prefer the walnut one, always"


@dataclass
class Somebody:
    """What a test asks of them."""

    house: House
    vectors: Vectors
    keys: redis.Redis

    @classmethod
    def arrive(cls, house: House, vectors: Vectors, keys: redis.Redis) -> "Somebody":
        """Asks in public, tells in private, is answered by hand, and another follower does the same."""
        self = cls(house, vectors, keys)
        self.talk(WHO, NAME, "dm:u_4711", TOLD, ASKED)
        self.talk("u_47110", "Bo Falk", "dm:u_47110", "I am Bo, and like maple", "Is the maple bowl heavy, or not?")
        for who, name in ((WHO, NAME), ("u_47110", "Bo Falk")):  # nobody has taken these in yet
            house.keep(house.event("message", "And?", who=who, name=name, where="later"), key=f"{who}:late")
        return self

    def talk(self, who: str, name: str, place: str, told: str, asked: str) -> None:
        house, about = self.house, {"who": who, "name": name}
        house.tell(text=told, id=f"{who}-1", where=place, surface=Surface.DM, **about)
        claimed = house.claim_one(Surface.DM)
        ends = house.now + timedelta(days=90)
        fact = Fact(FactKind.PREFERENCE, told, f"{who}-1", house.now, ends)
        assert house.conclude_all([claimed], told=[fact]) == ["done"]
        house.tell(text=asked, id=f"{who}-2", where="thread-1", **about)
        claimed = house.claim_one()
        assert house.conclude(claimed, answer(f"No, {name}.")) == "done"
        house.tell("takeover", f"No, {name}, it does not.", who="me", where=place, surface=Surface.DM)
        learnt = [
            Correction(claimed.id, asked, f"No, {name}.", house.now, Surface.COMMENT),
            Said("dog", "My dog sleeps a lot."),
        ]
        faq = Faq(f"question:{claimed.id}", "Are the bowls robust?", "They last.", house.now)
        with house.tx() as tx:
            store(tx, house.creator.id, [*learnt, faq], house.now)
            values = {
                "creator_id": house.creator.id,
                "turn_id": claimed.id,
                "state": "dismissed",
                "settled_at": house.now,
            }
            tx.execute(suggestions.insert().values(question=asked, **values))
        self.index()
        self.keys.set(f"{PREFIX}{house.account}:reply:60s:{place}", "1")

    def index(self) -> None:
        """As a worker does, with vectors that say nothing: to make true ones takes a test ten times as long."""
        with self.house.tx() as tx:
            known = load_passages(tx, self.house.creator.id)
            names = [name for passage in known for name in vector_ids(passage)]
            self.vectors.add(self.house.creator.id, names, np.ones((len(names), WIDTH), np.float32))
            mark_indexed(tx, self.house.creator.id, known, self.house.now)

    def words(self) -> list[str]:
        with self.house.db.reading() as tx:
            return [WHO, *words_of(tx, find(tx, "paper", WHO))]

    def is_there(self) -> bool:
        return bool(self.house.rows(messages, text=ASKED)) and bool(self.house.rows(turns))
