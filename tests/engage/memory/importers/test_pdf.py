"""PDFs: their words in paragraphs, and what is said of those that have none."""

import io
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from engage.memory.importers import pdf
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.pdf import FORMAT, PICTURES
from engage.memory.importers.rows import Dropped, Rejected, Said

PARAGRAPH = [
    "A wheel is true when the rim runs straight between the pads, and tight when every",
    "spoke carries its share. Most wheels that come to me are neither, and the reason is",
    "nearly always the same one.",
]


def made(pages: Sequence[Sequence[str]], title: str = "", password: str = "") -> bytes:
    """A PDF with these lines on its pages; "" leaves a line blank."""
    writer = PdfWriter()
    for lines in pages:
        page = writer.add_blank_page(612, 792)
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        fonts = DictionaryObject({NameObject("/F1"): _dictionary(font)})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        shown = " T* ".join(f"({line}) Tj" if line else "" for line in lines)
        content = DecodedStreamObject()
        content.set_data(f"BT /F1 11 Tf 14 TL 60 760 Td {shown} ET".encode("latin-1"))
        page[NameObject("/Contents")] = writer._add_object(content)
    if title:
        writer.add_metadata({"/Title": title})
    if password:
        writer.encrypt(password, algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _dictionary(values: dict[str, str]) -> DictionaryObject:
    return DictionaryObject({NameObject(key): NameObject(value) for key, value in values.items()})


def read(content: bytes) -> list[Any]:
    file = in_memory("a/talk.pdf", "talk.pdf", content)
    return list(FORMAT.read(Source(file, Export([file]))))


def claimed(content: bytes) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x", "x", content)))


def test_lines_become_paragraphs_and_words_cut_at_line_ends_are_whole() -> None:
    second = ["Spokes first. Bring all of them to the same ten-", "sion, by ear or with a tool, be-", "fore you look."]
    (said,) = read(made([[*PARAGRAPH, *second]], title="True and tight"))
    assert said == Said(
        "talk.pdf",
        " ".join(PARAGRAPH) + "\n\nSpokes first. Bring all of them to the same tension, by ear or with a tool, before "
        "you look.",
        title="True and tight",
    )


def test_a_word_that_has_its_hyphen_elsewhere_keeps_it() -> None:
    lines = ["A well-made wheel lasts for years, and nobody who has ridden on a well-", "made wheel goes back."]
    assert read(made([lines]))[0].text.endswith("ridden on a well-made wheel goes back.")


def test_points_of_a_list_stand_on_lines_of_their_own() -> None:
    lines = [
        "What you need for all of it, whatever the wheel and whatever its age:",
        "1. a stand",
        "2. a key",
        "- patience",
    ]
    assert "\n1. a stand\n2. a key\n- patience" in read(made([lines]))[0].text


def test_headers_footers_and_page_numbers_are_no_words_and_a_paragraph_goes_on_over_the_page() -> None:
    halves = [
        "the rim is the last thing to look at, whatever the man in the shop says, and number",
        "be patient with old rims, since they have been bent more often than you have been on",
    ]
    pages = [
        [
            "The spoke book",
            f"{halves[n % 2]} {'abcdefghij'[n]}",
            f"and so it goes on here, {'klmnopqrst'[n]}",
            f"Page {n + 3}",
        ]
        for n in range(8)
    ]
    (said,) = read(made(pages))
    assert "spoke book" not in said.text
    assert "Page" not in said.text
    assert "\n" not in said.text
    assert all(f"goes on here, {letter}" in said.text for letter in "klmnopqr")


def test_left_and_right_pages_may_have_headers_of_their_own() -> None:
    pages = [
        [("Wheels by Tilly" if n % 2 else f"{n} Second part"), f"words of page {'abcdefghij'[n]} as they go on"]
        for n in range(10)
    ]
    (said,) = read(made(pages))
    assert "Tilly" not in said.text
    assert "Second part" not in said.text
    assert said.text.count("words of page") == 10


def test_a_numbered_heading_on_every_page_is_kept() -> None:
    pages = [[f"Tip {n + 1}", f"Words about it, and they are {'abcdef'[n]}."] for n in range(6)]
    (said,) = read(made(pages))
    assert all(f"Tip {n}" in said.text for n in range(1, 7))


def test_without_a_title_in_it_the_first_line_is_the_title_and_a_files_name_is_none() -> None:
    content = made([["How to true a wheel", *PARAGRAPH]], title="Microsoft Word - final2.docx")
    assert read(content)[0].title == "How to true a wheel"


def test_a_locked_one_is_refused_with_what_to_do() -> None:
    with pytest.raises(Unreadable, match="without one"):
        read(made([PARAGRAPH], password="hidden"))


def test_one_that_everybody_may_read_but_not_change_is_read() -> None:
    writer = PdfWriter(io.BytesIO(made([PARAGRAPH])))
    writer.encrypt("", "owner", algorithm="AES-256")
    out = io.BytesIO()
    writer.write(out)
    assert read(out.getvalue())[0].text == " ".join(PARAGRAPH)


def test_a_scanned_one_is_told_to_be_recognised_first() -> None:
    with pytest.raises(Unreadable, match="OCR"):
        read(made([[], []]))


def test_scanned_pages_among_others_are_counted() -> None:
    writer = PdfWriter(io.BytesIO(made([PARAGRAPH, []])))
    picture = DictionaryObject({NameObject("/Im1"): DictionaryObject()})
    writer.pages[1][NameObject("/Resources")] = DictionaryObject({NameObject("/XObject"): picture})
    out = io.BytesIO()
    writer.write(out)
    said, dropped = read(out.getvalue())
    assert isinstance(said, Said)
    assert dropped == Dropped("a/talk.pdf", PICTURES, 1)


def test_a_damaged_page_costs_only_itself_and_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = pdf.PdfReader.pages.fget  # type: ignore[attr-defined]

    class Pages(list[Any]):
        def __getitem__(self, place: Any) -> Any:
            if place == 1:
                raise KeyError("/Contents")
            return super().__getitem__(place)

    monkeypatch.setattr(pdf.PdfReader, "pages", property(lambda reader: Pages(whole(reader))))
    said, rejected = read(made([PARAGRAPH, PARAGRAPH, ["The third."]]))
    assert said.text.endswith("The third.")
    assert (rejected.line, "page 2 is damaged" in rejected.reason) == (2, True)


def test_a_very_large_one_is_several_documents_and_pages_beyond_the_limit_are_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pdf, "_LARGEST", 300)
    monkeypatch.setattr(pdf, "_PART", 2)
    monkeypatch.setattr(pdf, "PAGES", 5)
    *said, rejected = read(made([[f"{line} {'abcdef'[n]}" for line in PARAGRAPH] for n in range(6)], title="Wheels"))
    assert [(row.id, row.title) for row in said] == [(f"talk.pdf#{n}", "Wheels") for n in (1, 2, 3)]
    assert said[-1].text.endswith("one. e")
    assert isinstance(rejected, Rejected)
    assert rejected.line == 6


def test_only_a_pdf_is_claimed() -> None:
    assert claimed(made([PARAGRAPH]))
    assert claimed(b"\0\0junk" + made([PARAGRAPH]))
    assert not claimed(b"# The %PDF- mark\n\nis how a PDF begins.\n")
    assert not claimed(b'{"id": "1", "text": "%PDF-1.7"}\n')
    assert not claimed(b"<!doctype html><p>%PDF-1.7</p>")
    assert not claimed(b"id,text\n1,%PDF-\n")


WHOLE = made([PARAGRAPH, PARAGRAPH], title="x")


@settings(max_examples=60)
@given(cut=st.integers(0, len(WHOLE)), place=st.integers(0, len(WHOLE) - 1), byte=st.binary(min_size=1, max_size=8))
def test_no_damage_raises_anything_but_unreadable(cut: int, place: int, byte: bytes) -> None:
    content = WHOLE[:place] + byte + WHOLE[place + len(byte) :]
    for damaged in (content, content[:cut]):
        try:
            found = read(damaged)
        except Unreadable:
            continue
        assert all(isinstance(row, (Said, Rejected, Dropped)) for row in found)
