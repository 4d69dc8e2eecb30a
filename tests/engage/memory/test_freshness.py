"""Words in memory are used while the ledger's count of their changes stands, and not a moment longer."""

from collections.abc import Callable

import pytest

from engage.ledger.changes import changes_of
from engage.ledger.database import Database
from engage.memory import freshness
from engage.memory.encoder import SentenceEncoder
from engage.memory.importers.rows import Faq, Row
from engage.memory.library import import_rows
from engage.memory.search import Memory
from tests.engage.memory.in_memory import InMemoryVectors

WORDS: list[Row] = [Faq("ship", "Do you ship to Canada?", "Yes, in nine days.")]
MORE: list[Row] = [Faq("paint", "Which paint do you use?", "Milk paint, always.")]


@pytest.fixture
def memory(ledger: Database, encoder: SentenceEncoder) -> Memory:
    return Memory(ledger, InMemoryVectors(), encoder)


@pytest.fixture
def stock(ledger: Database, add: Callable[[str], str]) -> Callable[..., str]:
    """Adds a creator with words; returns the id."""

    def creator(name: str, rows: list[Row]) -> str:
        creator_id = add(name)
        import_rows(ledger, creator_id, rows)
        return creator_id

    return creator


def counted(ledger: Database, creator_id: str) -> int:
    with ledger.reading() as tx:
        return changes_of(tx, [creator_id])[creator_id]


def test_words_that_have_not_changed_are_not_read_again(
    ledger: Database, memory: Memory, stock: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ann = stock("ann", WORDS)
    first = memory.corpus(ann)
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 0.0)
    assert not memory.is_known(ann)
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 600.0)
    memory.hear(ann, counted(ledger, ann))
    assert memory.is_known(ann)
    assert memory.corpus(ann) is first


def test_changed_words_are_read_as_soon_as_their_count_is_heard(
    ledger: Database, memory: Memory, stock: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "FRESH_SECONDS", 600.0)
    ann = stock("ann", WORDS)
    assert len(memory.corpus(ann).passages) == 1
    import_rows(ledger, ann, MORE)
    assert len(memory.corpus(ann).passages) == 1  # nobody has told it
    memory.hear(ann, counted(ledger, ann))
    assert not memory.is_known(ann)
    assert len(memory.corpus(ann).passages) == 2
    assert memory.is_known(ann)


def test_a_count_is_kept_of_so_many_creators_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(freshness, "NOTED", 3)
    known = freshness.Freshness()
    for name in "abcd":
        known.hear(name, 1)
    assert len(known._notes) == 1
