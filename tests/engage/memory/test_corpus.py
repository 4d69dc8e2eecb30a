"""Importing: repeated, corrected, broken off, and by two creators."""

from collections.abc import Callable, Iterator

import pytest

from engage.ledger.database import Database
from engage.memory import library
from engage.memory.corpus import counts, forget, load_passages, replies_of_others, versions
from engage.memory.importers.rows import Pair, Private, Product, Row, Said
from engage.memory.library import import_rows
from engage.models import Passage

Add = Callable[[str], str]
ROWS: list[Row] = [
    Said("1", "I film on Tuesdays. I rest on Sundays."),
    Pair("1", "Do you film at night?", "Never, the light is bad."),
    Product("mug", "Mug", "Holds tea.", "12 €"),
]


def passages(db: Database, creator: str) -> list[Passage]:
    with db.reading() as tx:
        return load_passages(tx, creator)


def version(db: Database, creator: str) -> str:
    with db.reading() as tx:
        return versions(tx, creator)[0]


def test_importing_twice_changes_nothing(ledger: Database, add: Add) -> None:
    creator = add("ann")
    first = import_rows(ledger, creator, ROWS)
    before = passages(ledger, creator), version(ledger, creator)
    again = import_rows(ledger, creator, ROWS)
    assert (first.documents, first.pairs, first.products, first.unchanged) == (3, 1, 1, 0)
    assert (again.documents, again.passages, again.unchanged) == (0, 0, 3)
    assert (passages(ledger, creator), version(ledger, creator)) == before


def test_a_post_and_a_reply_of_the_same_id_are_both_kept(ledger: Database, add: Add) -> None:
    creator = add("ann")
    import_rows(ledger, creator, ROWS)
    assert sorted(one.source_id for one in passages(ledger, creator)) == ["1", "1", "mug"]


def test_a_corrected_row_replaces_all_of_the_old_one(ledger: Database, add: Add) -> None:
    creator = add("ann")
    import_rows(ledger, creator, [Said("1", "Old words. " * 200), Said("10", "Other words.")])
    before = version(ledger, creator)
    stored = import_rows(ledger, creator, [Said("1", "New words.")])
    assert (stored.documents, stored.passages) == (1, 1)
    assert sorted(one.text for one in passages(ledger, creator)) == ["New words.", "Other words."]
    assert version(ledger, creator) != before


def test_of_two_rows_with_one_id_the_later_one_counts(ledger: Database, add: Add) -> None:
    creator = add("ann")
    rows: list[Row] = [
        Said("1", "First try."),
        *(Said(str(n), "x y z") for n in range(2, 700)),
        Said("1", "Second try."),
    ]
    import_rows(ledger, creator, rows)
    assert [one.text for one in passages(ledger, creator) if one.source_id == "1"] == ["Second try."]
    assert import_rows(ledger, creator, rows).documents == 0


def test_breaking_off_keeps_whole_batches_and_running_again_completes(
    ledger: Database, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = add("ann")
    monkeypatch.setattr(library, "ROWS", 10)
    rows = [Said(str(n), f"Post number {n}.") for n in range(35)]

    def stop(done: int) -> None:
        if len(passages(ledger, creator)) == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_rows(ledger, creator, rows, stop)
    assert len(passages(ledger, creator)) == 20
    assert import_rows(ledger, creator, rows).documents == 15
    assert len(passages(ledger, creator)) == 35


def test_a_failing_batch_leaves_nothing_half_written(
    ledger: Database, add: Add, monkeypatch: pytest.MonkeyPatch
) -> None:
    creator = add("ann")

    def broken(rows: Iterator[Row]) -> Iterator[Row]:
        raise RuntimeError

    monkeypatch.setattr("engage.memory.corpus.cut", broken)
    with pytest.raises(RuntimeError):
        import_rows(ledger, creator, ROWS)
    assert version(ledger, creator).startswith("0@")


def test_creators_do_not_see_each_others_words(ledger: Database, add: Add) -> None:
    ann, bob = add("ann"), add("bob")
    import_rows(ledger, ann, ROWS)
    import_rows(ledger, bob, [Said("1", "I am Bob.")])
    with ledger.transaction() as tx:
        forget(tx, ann)
    assert passages(ledger, ann) == []
    assert [one.text for one in passages(ledger, bob)] == ["I am Bob."]


def test_what_waits_for_its_vector_is_counted(ledger: Database, add: Add) -> None:
    creator = add("ann")
    import_rows(ledger, creator, ROWS)
    with ledger.reading() as tx:
        assert counts(tx, creator) == {"post": 1, "pair": 1, "product": 1, "waiting": 3}


def test_a_voice_is_told_from_what_other_creators_replied_and_nothing_else_of_theirs(
    ledger: Database, add: Add
) -> None:
    ann, bob = add("ann"), add("bob")
    import_rows(ledger, ann, [Pair("1", "Hi?", "Hello from Ann.")])
    import_rows(
        ledger, bob, [Pair("1", "Hi?", "Hello from Bob."), Said("2", "Bob's post."), Private("3", "Bob's secret.")]
    )
    with ledger.reading() as tx:
        assert replies_of_others(tx, ann) == ["Hello from Bob."]
        assert replies_of_others(tx, bob) == ["Hello from Ann."]


def test_of_very_many_other_creators_a_few_are_asked(ledger: Database, add: Add) -> None:
    ann, *others = [add(f"creator-{number}") for number in range(12)]
    for other in others:
        import_rows(ledger, other, [Pair(str(n), f"{n}?", f"{n} by {other}") for n in range(3)])
    with ledger.reading() as tx:
        assert len(replies_of_others(tx, ann)) == 8 * 3
