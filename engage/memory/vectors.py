"""Vectors in a Chroma server: one collection a creator, two vectors a passage (its text, and what it answered).

Vectors of another encoder than the built-in one are in collections of their own: `holder_of` names what to ask for.

A server, never the embedded client: two processes on one directory lose vectors without a word.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from engage.errors import Unavailable
from engage.ledger.indexes import BUILT_IN
from engage.memory.floats import Floats

if TYPE_CHECKING:
    from chromadb.api import ClientAPI
    from chromadb.api.models.Collection import Collection

SEARCH_EF = 200  # measured on 10,858 real passages: 97 % of the 40 nearest and 99 % of the nearest (100: 95 %, 97 %)
BATCH = 500
PAGE = 1000  # vectors read at once: 8 MB of JSON
WIDTH = 384  # of the built-in encoder's vectors
DIGEST = "digest"  # of the passage that a vector was made of
TIMEOUT_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A stored vector near a query; `cosine` -1..1."""

    id: str
    cosine: float


class Vectors:
    """A Chroma server's vectors. Thread-safe. Every method raises Unavailable where the server does not answer."""

    def __init__(self, url: str) -> None:
        """url: like http://127.0.0.1:8000."""
        self.url = url
        self._client: ClientAPI | None = None
        self._collections: dict[str, Collection] = {}
        self._lock = Lock()

    def add(self, creator_id: str, ids: Sequence[str], vectors: Floats, digests: Sequence[str] | None = None) -> None:
        """Store vectors (ids, width), replacing those of the same id. digests: of what they were made of."""
        with self._collection(creator_id) as collection:
            for start in range(0, len(ids), BATCH):
                part = slice(start, start + BATCH)
                known: list[Mapping[str, Any]] | None = [{DIGEST: one} for one in digests[part]] if digests else None
                collection.upsert(ids=list(ids[part]), embeddings=vectors[part], metadatas=known)

    def digests(self, creator_id: str) -> dict[str, str]:
        """The ids of all the creator's vectors, and the digests they were stored with; "" where with none."""
        found: dict[str, str] = {}
        with self._collection(creator_id) as collection:
            while True:
                page = collection.get(limit=PAGE, offset=len(found), include=["metadatas"])
                kept = page["metadatas"] or [{}] * len(page["ids"])
                for name, one in zip(page["ids"], kept, strict=True):
                    found[name] = str((one or {}).get(DIGEST, ""))
                if len(page["ids"]) < PAGE:
                    return found

    def nearest(self, creator_id: str, vector: Floats, count: int) -> list[Hit]:
        """The creator's vectors nearest to one of (width,), nearest first."""
        with self._collection(creator_id) as collection:
            found = collection.query(query_embeddings=vector[None, :], n_results=count, include=["distances"])
        distances = (found["distances"] or [[]])[0]
        return [Hit(name, 1.0 - float(distance)) for name, distance in zip(found["ids"][0], distances, strict=True)]

    def cosines(self, creator_id: str, vector: Floats, ids: Sequence[str]) -> list[Hit]:
        """How near the named vectors are to one of (width,); unknown ids are left out."""
        return [Hit(name, float(one @ vector)) for name, one in self.some(creator_id, ids).items()]

    def some(self, creator_id: str, ids: Sequence[str]) -> dict[str, Floats]:
        """The named vectors; unknown ids are left out."""
        import numpy as np

        if not ids:
            return {}
        with self._collection(creator_id) as collection:
            found = collection.get(ids=list(ids), include=["embeddings"])
        rows = np.asarray(found["embeddings"], np.float32)
        return dict(zip(found["ids"], rows, strict=True))

    def ids(self, creator_id: str) -> set[str]:
        """The ids of all the creator's vectors."""
        with self._collection(creator_id) as collection:
            return set(collection.get(include=[])["ids"])

    def everything(self, creator_id: str, most: int) -> tuple[list[str], Floats] | None:
        """All the creator's vectors, their ids and (ids, width), or None where they need more room than `most` of 384.

        A small collection costs one question.
        """
        import numpy as np

        ids: list[str] = []
        parts: list[Floats] = []
        with self._collection(creator_id) as collection:
            while True:
                page = collection.get(limit=PAGE, offset=len(ids), include=["embeddings"])
                ids += page["ids"]
                if page["ids"]:
                    parts.append(np.asarray(page["embeddings"], dtype=np.float32))
                if len(page["ids"]) < PAGE:
                    return ids, np.concatenate(parts) if parts else np.empty((0, WIDTH), np.float32)
                if len(ids) == PAGE and collection.count() * parts[0].shape[1] > most * WIDTH:
                    return None

    def delete(self, creator_id: str, ids: Sequence[str]) -> None:
        """Remove vectors; unknown ids are no error."""
        with self._collection(creator_id) as collection:
            for start in range(0, len(ids), BATCH):
                collection.delete(ids=list(ids[start : start + BATCH]))

    def drop(self, creator_id: str) -> None:
        """Remove everything of the creator's."""
        from chromadb.errors import NotFoundError

        with outage_as_unavailable(self.url):
            self._collections.pop(creator_id, None)
            try:
                self._connect().delete_collection(collection_name(creator_id))
            except NotFoundError:
                return

    def look_again(self, creator_id: str) -> None:
        """The collection may have been dropped and made anew by another process since."""
        self._collections.pop(creator_id, None)

    def close(self) -> None:
        """Give the connections back; the next call opens new ones."""
        with self._lock:
            self._collections.clear()
            close = getattr(self._client, "close", None)  # the client class has it, its interface does not
            self._client = None
        if close is not None:
            close()

    @contextmanager
    def _collection(self, creator_id: str) -> Iterator["Collection"]:
        """The creator's collection, made where it is missing; a handle that fails is not used again."""
        try:
            with outage_as_unavailable(self.url):
                yield self._open(creator_id)
        except BaseException:
            self._collections.pop(creator_id, None)
            raise

    def _open(self, creator_id: str) -> "Collection":
        if (known := self._collections.get(creator_id)) is not None:
            return known
        collection = self._connect().get_or_create_collection(
            collection_name(creator_id),
            embedding_function=None,  # the default one would download a model
            configuration={"hnsw": {"space": "cosine", "ef_search": SEARCH_EF}},
        )
        self._collections[creator_id] = collection
        return collection

    def _connect(self) -> "ClientAPI":
        with self._lock:
            if self._client is None:
                self._client = connect(self.url)
            return self._client


def holder_of(creator_id: str, spec: str) -> str:
    """By which name a creator's vectors of an encoder are asked for: their id alone for the built-in one."""
    return creator_id if spec == BUILT_IN else f"{creator_id} {spec}"


def collection_name(creator_id: str) -> str:
    """A valid name for any id: Chroma allows 512 characters of a small alphabet."""
    return f"creator-{hashlib.sha256(creator_id.encode()).hexdigest()[:40]}"


def connect(url: str) -> "ClientAPI":
    """A client of the server. Raises what chromadb raises where it does not answer."""
    import chromadb
    from chromadb.config import Settings

    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    settings = Settings(anonymized_telemetry=False)
    client: ClientAPI = chromadb.HttpClient(host=parts.hostname or "", port=port, ssl=secure, settings=settings)
    # Chroma's client waits for ever by default: a hung server would hold every worker thread.
    session = getattr(getattr(client, "_server", None), "_session", None)
    if session is not None:
        session.timeout = TIMEOUT_SECONDS
    return client


@contextmanager
def outage_as_unavailable(url: str) -> Iterator[None]:
    """Chroma reports an outage as ValueError, httpx errors or its own, by version: all mean the same to us."""
    import httpx
    from chromadb.errors import ChromaError

    try:
        yield
    except (ChromaError, httpx.HTTPError, ValueError, OSError) as error:
        raise Unavailable(f"Chroma at {url} cannot be used: {_brief(error)}") from error


def _brief(error: BaseException) -> Any:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
