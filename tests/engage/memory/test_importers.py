"""Files as people have them: every format, and everything that can be wrong with one."""

import json
from pathlib import Path

import pytest

from engage.memory.importers import formats, read_paths, recognise
from engage.memory.importers.rows import Faq, Pair, Product, Rejected, Row, Said

GOOD = '{"id": "1", "text": "I film every Tuesday."}'


def rows_of(path: Path) -> list[Row | Rejected]:
    return list(read_paths([path]))


def written(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_every_documented_json_row_is_understood(tmp_path: Path) -> None:
    lines = [
        {"id": "a", "text": "Hello", "date": "2026-01-31", "title": "First", "source": "https://example.com/a", "x": 1},
        {"id": "a", "question": "Which mic?", "reply": "An old one.", "date": "2026-01-31T10:00:00Z", "asker": "u"},
        {"id": 7, "question": "Do you ship?", "answer": "Yes."},
        {"id": "p", "name": "Mug", "text": "Holds tea.", "price": 12.5, "url": "https://example.com/mug"},
    ]
    said, pair, faq, product = rows_of(written(tmp_path, "x.jsonl", "\n".join(json.dumps(line) for line in lines)))
    assert isinstance(said, Said)
    assert (said.title, said.url) == ("First", "https://example.com/a")
    assert isinstance(pair, Pair)
    assert pair.said_at is not None
    assert pair.said_at.tzinfo is not None
    assert isinstance(faq, Faq)
    assert faq.id == "7"
    assert isinstance(product, Product)
    assert product.price == "12.5"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{broken", "not JSON"),
        ('["a"]', "not a JSON object"),
        ('{"text": "no id"}', "id is missing"),
        ('{"id": "1"}', "no known shape"),
        ('{"id": "1", "text": "   "}', "text is empty"),
        ('{"id": "1", "text": 5}', "text must be a text"),
        ('{"id": "1", "question": "Q?"}', "needs a reply"),
        ('{"id": "1", "question": "", "reply": "R"}', "question is empty"),
        ('{"id": "1", "text": "hi", "date": "the 3rd of May"}', "is not understood: write it as 2026-01-31"),
        ('{"id": "1", "text": "\\ud83d"}', "surrogate"),
        (f'{{"id": "{"x" * 300}", "text": "hi"}}', "1 to 190"),
        ("[" * 5000, "not JSON"),
    ],
)
def test_a_bad_line_is_named_and_costs_no_other_line(tmp_path: Path, line: str, reason: str) -> None:
    path = written(tmp_path, "x.jsonl", f"{GOOD}\n{line}\n\n{GOOD.replace('1', '2')}\n{GOOD.replace('1', '3')}\n")
    first, bad, *rest = rows_of(path)
    assert isinstance(bad, Rejected)
    assert (bad.path, bad.line) == (str(path), 2)
    assert reason in bad.reason
    assert len([first, *rest]) == 3


def test_content_decides_the_format_not_the_name(tmp_path: Path) -> None:
    assert recognise(written(tmp_path, "a.txt", GOOD)) == "jsonl"
    assert recognise(written(tmp_path, "b.txt", f"[{GOOD}]")) == "jsonl"
    assert recognise(written(tmp_path, "c.txt", "id,text\n1,Hello\n")) == "csv"
    assert recognise(written(tmp_path, "d.txt", "# Title\n\nSome words.\n")) == "markdown"
    assert recognise(written(tmp_path, "e.dat", "Only some words.\nAnd more, of course.\n")) == "text"
    assert list(formats())[-4:] == ["jsonl", "csv", "markdown", "text"], "the general ones come last"


def test_prose_under_a_tables_name_is_refused_with_the_way_out(tmp_path: Path) -> None:
    found = recognise(written(tmp_path, "a.jsonl", "Dear diary,\nnothing here is JSON.\n"))
    assert isinstance(found, Rejected)
    assert "name it .txt" in found.reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_windows_encodings_of_unicode_are_read(tmp_path: Path, encoding: str) -> None:
    (row,) = rows_of(written(tmp_path, "a.jsonl", '{"id": "1", "text": "¡Qué tal!"}'.encode(encoding)))
    assert isinstance(row, Said)
    assert row.text == "¡Qué tal!"


def test_other_encodings_are_refused_and_the_fix_is_named(tmp_path: Path) -> None:
    (row,) = rows_of(written(tmp_path, "a.txt", "Crème brûlée à la façon de Zoë".encode("latin-1")))
    assert isinstance(row, Rejected)
    assert "iconv" in row.reason


def test_one_line_in_another_encoding_costs_only_itself(tmp_path: Path) -> None:
    bad = '{"id": "2", "text": "Zoë"}'.encode("latin-1")
    path = written(tmp_path, "a.jsonl", b"\n".join([GOOD.encode(), bad, GOOD.replace("1", "3").encode()]))
    found = rows_of(path)
    assert [row.line for row in found if isinstance(row, Rejected)] == [2]
    assert [row.id for row in found if isinstance(row, Said)] == ["1", "3"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"  \n", "empty"),
        (b"%PDF-1.7 ...", "PDF"),
        (b"PK\x03\x04....", "Office"),
        (bytes(range(256)), "binary"),
    ],
)
def test_what_is_no_text_is_refused_with_what_to_do(tmp_path: Path, content: bytes, reason: str) -> None:
    (row,) = rows_of(written(tmp_path, "a.txt", content))
    assert isinstance(row, Rejected)
    assert reason in row.reason


def test_a_missing_file_is_a_line_of_the_report(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path / "gone.jsonl")
    assert isinstance(row, Rejected)
    assert row.line == 0


def test_a_spreadsheet_export_is_read_whatever_its_delimiter(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'Question;Reply;Extra\n"Where; exactly?";"Berlin,\nKreuzberg";1\n\nno reply;;\n')
    pair, bad = rows_of(path)
    assert isinstance(pair, Pair)
    assert (pair.question, pair.reply) == ("Where; exactly?", "Berlin,\nKreuzberg")
    assert isinstance(bad, Rejected)
    assert bad.line == 5


def test_csv_rows_without_ids_get_the_same_one_every_time(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", "text,title\nHello there,One\nHello there,Two\n")
    first, second = ([row.id for row in rows_of(path) if isinstance(row, Said)] for _ in range(2))
    assert first == second
    assert len(set(first)) == 2


def test_a_markdown_page_is_a_document_and_its_questions_are_faq(tmp_path: Path) -> None:
    page = (
        "---\ntitle: My studio\ndate: 2026-02-01\n---\n# Gear\nI use **one** [lamp](https://x.y/z).\n"
        "```\ncode\n```\n## Do you teach?\nYes, on *Mondays*.\n## Empty?\n"
    )
    faq, said = rows_of(written(tmp_path, "page.md", page))
    assert isinstance(faq, Faq)
    assert (faq.question, faq.answer) == ("Do you teach?", "Yes, on Mondays.")
    assert isinstance(said, Said)
    assert said.title == "My studio"
    assert "I use one lamp." in said.text
    assert "code" not in said.text


def test_plain_text_with_questions_and_answers_is_faq(tmp_path: Path) -> None:
    text = "Q: Which camera?\nA: An old one.\n\nQ: Which lamp?\nA: None.\nReally.\n"
    found = rows_of(written(tmp_path, "a.txt", text))
    assert [(row.question, row.answer) for row in found if isinstance(row, Faq)] == [
        ("Which camera?", "An old one."),
        ("Which lamp?", "None.\nReally."),
    ]


def test_a_folder_is_read_deeply_without_its_hidden_files(tmp_path: Path) -> None:
    (tmp_path / "posts" / ".git").mkdir(parents=True)
    written(tmp_path / "posts", "one.txt", "First words.")
    written(tmp_path / "posts" / ".git", "config.txt", "Not these.")
    assert [row.id for row in rows_of(tmp_path) if isinstance(row, Said)] == ["posts/one.txt"]


def test_entities_and_control_characters_do_not_reach_a_follower(tmp_path: Path) -> None:
    (row,) = rows_of(written(tmp_path, "a.jsonl", '{"id": "1", "text": "Tom &amp; I said &quot;hi&quot;\\u0000"}'))
    assert isinstance(row, Said)
    assert row.text == 'Tom & I said "hi"'
