"""What comes together: folders and archives, and what is left out of them."""

import zipfile
from pathlib import Path

import pytest

from engage.ledger.database import Database
from engage.memory.corpus import counts
from engage.memory.importers import read_paths
from engage.memory.importers.files import Export, File, in_memory
from engage.memory.importers.format import Me
from engage.memory.importers.rows import (
    CONFIDENTIAL,
    NO_WORDS,
    OTHER_PARTS,
    Dropped,
    Faq,
    Pair,
    Private,
    Rejected,
    Row,
    Said,
)
from engage.memory.library import import_read, import_rows
from engage.memory.search import Memory
from engage.voice.scoring import Voices
from tests.engage.memory.test_corpus import Add

HELLO = '{"id": "1", "text": "I film every Tuesday."}\n'


def archive(path: Path, **files: str | bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            made.writestr(name.replace("__", "/").replace("_DOT_", "."), content)
    return path


def test_an_archive_is_read_like_the_folder_it_holds(tmp_path: Path) -> None:
    inside = {"words__a_DOT_jsonl": HELLO, "words__b_DOT_md": "# Tea\n\nI like tea.\n"}
    from_archive = list(read_paths([archive(tmp_path / "x.zip", **inside)]))
    folder = tmp_path / "x"
    (folder / "words").mkdir(parents=True)
    (folder / "words/a.jsonl").write_text(HELLO)
    (folder / "words/b.md").write_text("# Tea\n\nI like tea.\n")
    assert from_archive == list(read_paths([folder]))
    assert [row.id for row in from_archive if isinstance(row, Said)] == ["1", "words/b.md"]


def test_a_file_in_an_archive_is_named_with_both(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.zip", words__a_DOT_jsonl=HELLO + "{broken\n")
    (rejected,) = [row for row in read_paths([path]) if isinstance(row, Rejected)]
    assert (rejected.path, rejected.line) == (f"{path}/words/a.jsonl", 2)


def test_pictures_are_left_out_and_counted_and_hidden_files_are_not_seen(tmp_path: Path) -> None:
    inside = {"a_DOT_jsonl": HELLO, "b_DOT_JPG": b"\xff\xd8\0\0", "__MACOSX/a_DOT_jsonl": HELLO, "_DOT_DS_Store": b"\0"}
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
        for name, content in inside.items():
            made.writestr(name.replace("_DOT_", "."), content)
    said, dropped = read_paths([tmp_path / "x.zip"])
    assert isinstance(said, Said)
    assert dropped == Dropped(f"{tmp_path / 'x.zip'}/b.JPG", NO_WORDS)


def test_a_picture_that_is_named_itself_is_refused(tmp_path: Path) -> None:
    (tmp_path / "b.jpg").write_bytes(b"\xff\xd8\0\0")
    (row,) = read_paths([tmp_path / "b.jpg"])
    assert isinstance(row, Rejected)
    assert "binary" in row.reason


def test_a_damaged_archive_costs_only_what_is_damaged(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.zip", a_DOT_jsonl=HELLO * 200, b_DOT_jsonl='{"id": "2", "text": "Tea."}')
    data = bytearray(path.read_bytes())
    data[60:70] = b"\xff" * 10
    path.write_bytes(data)
    found = list(read_paths([path]))
    assert [row.id for row in found if isinstance(row, Said)] == ["2"]
    (rejected,) = [row for row in found if isinstance(row, Rejected)]
    assert rejected.path.endswith("/a.jsonl")
    assert "download it again" in rejected.reason


def test_half_an_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "x.zip", a_DOT_jsonl=HELLO * 200)
    path.write_bytes(path.read_bytes()[:50])
    (row,) = read_paths([path])
    assert isinstance(row, Rejected)


def test_what_lies_beside_a_file_is_found_by_its_name() -> None:
    files = [in_memory(name, name, b"") for name in ("x/data/account.js", "x/data/tweets.js", "x/other/account.json")]
    export = Export(files)
    assert [file.name for file in export.ending("Account.js")] == ["x/data/account.js"]
    assert [file.name for file in export.beside(files[0])] == ["x/data/tweets.js"]


@pytest.mark.parametrize("name", ["ada", "@Ada", " ADA "])
def test_case_and_at_signs_make_nobody_somebody_else(name: str) -> None:
    assert name in Me.of("@ada", "")
    assert "" not in Me.of("ada", "")


def test_confidential_texts_are_left_out_and_counted(ledger: Database, add: Add) -> None:
    creator = add("ann")
    rows: list[Row | Rejected | Dropped] = [
        Said("1", "The key is sk-abcdefghijklmnopqrstuvwx, keep it."),
        Pair("2", "my card is 4111 1111 1111 1111", "Got it!"),
        Faq("3", "Where?", "In the shop."),
        Dropped("x", NO_WORDS, 3),
    ]
    report = import_read(ledger, creator, rows)
    assert report.dropped == {CONFIDENTIAL: 2, NO_WORDS: 3}
    assert (report.stored.documents, report.stored.pairs) == (1, 1)


def test_what_was_written_in_private_teaches_the_voice_and_is_never_found(ledger: Database, add: Add) -> None:
    creator = add("ann")
    import_rows(ledger, creator, [Private(str(n), f"My secret garden number {n} blooms in May.") for n in range(30)])
    memory = Memory(ledger, None)
    assert memory.search(creator, "What about your secret garden, when does it bloom?").passages == ()
    assert Voices(memory).voice(creator).style is not None
    with ledger.reading() as tx:
        assert counts(tx, creator)["waiting"] == 0


def test_a_file_may_be_opened_again() -> None:
    file: File = in_memory("x", "x", b"words")
    assert file.head() == file.head() == b"words"


def test_beside_an_export_a_talk_is_read_and_what_may_be_anything_is_left_out(tmp_path: Path) -> None:
    """The settings of an account are no words of the creator's; captions that lie in the same folder are."""
    (tmp_path / "data").mkdir()
    tweet = '{"tweet": {"id_str": "1", "created_at": "Wed Oct 10 20:19:24 +0000 2018", "full_text": "New lens!"}}'
    (tmp_path / "data/tweets.js").write_text(f"window.YTD.tweets.part0 = [{tweet}]")
    (tmp_path / "README.txt").write_text("This archive contains your data.")
    (tmp_path / "settings.csv").write_text("text\nDark mode\n")
    (tmp_path / "talk.srt").write_text("1\n00:00:01,000 --> 00:00:03,000\nI film every Tuesday.\n")
    found = list(read_paths([tmp_path]))
    assert sorted(row.text for row in found if isinstance(row, Said)) == ["I film every Tuesday.", "New lens!"]
    assert [row.reason for row in found if isinstance(row, Dropped)] == [OTHER_PARTS, OTHER_PARTS]
