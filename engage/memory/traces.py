"""Whether a Chroma server still holds anything of somebody: ids, documents and metadata of every collection."""

import json
from collections.abc import Callable
from itertools import zip_longest
from typing import TYPE_CHECKING

from engage.ledger.traces import Traces, Wanted
from engage.memory.vectors import PAGE, connect, outage_as_unavailable

if TYPE_CHECKING:
    from chromadb.api.models.Collection import Collection


def in_chroma(url: str, wanted: Wanted, traces: Traces) -> None:
    """Adds what the server's collections hold of it. Raises Unavailable."""
    with outage_as_unavailable(url):
        client, start = connect(url), 0
        while some := client.list_collections(limit=PAGE, offset=start):
            for collection in some:
                traces.looked_at["collections"] += 1
                _look(collection, wanted, traces)
            start += len(some)


def _look(collection: "Collection", wanted: Wanted, traces: Traces) -> None:
    note = _noting(f"chroma.{collection.name}", wanted, traces)
    note(collection.name)
    start = 0
    while (page := collection.get(limit=PAGE, offset=start, include=["documents", "metadatas"]))["ids"]:
        texts, metadatas = page["documents"] or [], page["metadatas"] or []
        for name, text, more in zip_longest(page["ids"], texts, metadatas):
            traces.looked_at["vectors"] += 1
            note(f"{name}\n{text or ''}\n{json.dumps(more, ensure_ascii=False)}")
        start += len(page["ids"])


def _noting(place: str, wanted: Wanted, traces: Traces) -> Callable[[str], None]:
    def note(text: str) -> None:
        if wanted.are_in(text):
            traces.found[place] += 1

    return note
