"""A ledger, vectors and a provider for the tests that change the embeddings."""

from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from types import SimpleNamespace

from sqlalchemy import select, update

from engage.ledger import encoders, indexes
from engage.ledger.creators import add_creator
from engage.ledger.database import Database
from engage.ledger.tables import indexes as table
from engage.memory.importers.rows import Faq, Row, Said
from engage.memory.library import import_rows, index_passages
from engage.memory.reindexing import Reindexing
from engage.memory.search import Memory
from engage.memory.vectors import Vectors
from engage.models import Persona
from engage.settings import Settings
from workers import doctor, embeddings
from workers.encoders import Encoders
from workers.reindexing import Changing

OTHER = "openai:other"
KEY = "sk-test-key-0123456789"
ANN: list[Row] = [
    Faq("ship", "Do you ship to Canada?", "Yes, it takes nine days and costs 14 dollars."),
    Said("oil", "I always rub the cutting boards with linseed oil. It needs two weeks to harden."),
    Said("dog", "My dog sleeps through every single recording."),
    Said("bread", "The bread needs eighteen hours before it goes into the oven."),
]
PARCEL = "can you ship a parcel to canada"


class House:
    """A ledger, vectors, and what workers would do under some settings."""

    def __init__(self, db: Database, vectors: Vectors, settings: Callable[..., Settings], url: str) -> None:
        self.db = db
        self.vectors = vectors
        self.url = url
        self.settings = settings
        self.to_other = settings()
        self.memory = Memory(db, vectors, others=Encoders(self.to_other, db))

    def creator(self, name: str, rows: list[Row]) -> str:
        with self.db.transaction() as tx:
            creator_id = add_creator(tx, Persona("", name, name), datetime.now(UTC)).id
        import_rows(self.db, creator_id, rows)
        return creator_id

    def ann(self) -> str:
        """A creator whom the built-in encoder serves."""
        ann = self.creator("ann", ANN)
        assert index_passages(self.db, self.vectors, ann) == len(ANN)
        return ann

    def worker(self, settings: Settings | None = None, owner: str = "one") -> Changing:
        return Changing(SimpleNamespace(settings=settings or self.to_other, db=self.db), owner)  # type: ignore[arg-type]

    def serving(self, creator_id: str) -> str:
        with self.db.reading() as tx:
            return indexes.serving(tx, creator_id).spec

    def states(self, creator_id: str) -> dict[str, str]:
        with self.db.reading() as tx:
            found = tx.execute(select(table.c.spec, table.c.state).where(table.c.creator_id == creator_id))
            return {row.spec: row.state for row in found}

    def step(self, creator_id: str) -> Reindexing:
        """A change of one creator's, begun, with the encoder of the settings."""
        made = Encoders(self.to_other, self.db)
        made.keep_access()
        return Reindexing(self.db, self.vectors, creator_id, made(OTHER))

    def told(self, settings: Settings | None = None) -> doctor.Check:
        return doctor.Check("embeddings", *embeddings.examine(settings or self.to_other))

    def stored(self, holder: str) -> set[str]:
        """As another process sees it."""
        with closing(Vectors(self.url)) as looking:
            return looking.ids(holder)

    def rest_is_over(self) -> None:
        with self.db.transaction() as tx:
            tx.execute(update(encoders.encoders).values(again_at=datetime.now(UTC)))


def asks(house: House, creator_id: str, question: str = PARCEL) -> tuple[str, bool, str]:
    found = house.memory.search(creator_id, question)
    return found.passages[0].passage.source_id, found.supported, found.note
