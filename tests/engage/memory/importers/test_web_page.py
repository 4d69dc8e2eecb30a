"""A web page: its main words, what it says of itself, and the questions it answers."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.rows import BadRow, Faq, Rejected, Said
from engage.memory.importers.web_page import FORMAT

FIRST = (
    "I build a wheel in the order in which I would like to repair it: first the spokes that I can still reach, then "
    "the ones behind them, and the rim comes last because it is what you will want to take off again on a wet evening."
)
SECOND = (
    "There is no secret in the tension. I turn every nipple by the same quarter, and I listen to the tone of the "
    "spokes, as my own teacher did, until all of them sing alike; it takes an hour and is the best hour of my week."
)
MENU = '<nav><ul><li><a href="/">Home</a></li><li><a href="/shop">Shop</a></li></ul></nav>'
FOOT = '<footer><p>© 2026 <a href="/legal">Legal</a> · <a href="/cookies">Cookies</a></p></footer>'


def page(head: str = "", body: str = f"<h1>Wheels</h1><p>{FIRST}</p><p>{SECOND}</p>", lang: str = "en") -> str:
    top = f'<!DOCTYPE html>\n<html lang="{lang}"><head><title>Wheels – shop</title>{head}</head>'
    return f"{top}<body>{MENU}{body}{FOOT}</body></html>"


def linked(value: Any) -> str:
    return f'<script type="application/ld+json">{json.dumps(value)}</script>'


def read(content: str | bytes, path: str = "wheels.html") -> list[Any]:
    file = in_memory(path, "wheels.html", content.encode() if isinstance(content, str) else content)
    return list(FORMAT.read(Source(file, Export([file]))))


def question(asked: Any, told: Any) -> dict[str, Any]:
    return {"@type": "Question", "name": asked, "acceptedAnswer": {"@type": "Answer", "text": told}}


@pytest.mark.parametrize("lang", ["en", "xx", ""])
def test_a_page_is_its_main_text_without_menu_and_footer(lang: str) -> None:
    head = '<link rel="canonical" href="https://tilly.example/wheels"><meta property="og:title" content="Wheels">'
    (said,) = read(
        page(head + '<meta property="article:published_time" content="2026-03-01T12:00:00+02:00">', lang=lang)
    )
    assert said == Said(
        "https://tilly.example/wheels",
        f"{FIRST}\n\n{SECOND}",
        datetime(2026, 3, 1, 10, tzinfo=UTC),
        "Wheels",
        "https://tilly.example/wheels",
    )


def test_a_paragraph_in_a_dense_script_is_as_long_as_one_of_many_letters() -> None:
    text = "我每天早上都会先检查辐条的张力，然后再慢慢调整车轮，直到所有的声音都一样为止。" * 2
    (said,) = read(page(body=f"<div><p>{text}</p></div>", lang="zh-CN"))
    assert said.text == text


@pytest.mark.parametrize(
    "head",
    [
        linked({"@type": "BlogPosting", "datePublished": "2026-03-01"}),
        linked({"@graph": [{"@type": "Article", "datePublished": "2026-03-01"}]}),
        '<meta itemprop="datePublished" content="2026-03-01">',
        '<meta property="article:published_time" content="last spring">' + linked([{"datePublished": "2026-03-01"}]),
    ],
)
def test_the_date_is_found_where_pages_put_it(head: str) -> None:
    assert read(page(head))[0].said_at == datetime(2026, 3, 1, tzinfo=UTC)


def test_a_date_in_the_text_counts_where_nothing_else_says_one_and_no_date_is_no_fault() -> None:
    assert read(page(body=f"<time datetime='2026-03-01'>1 March</time><p>{FIRST}</p>"))[0].said_at is not None
    assert read(page())[0].said_at is None


def test_a_page_without_an_address_of_its_own_has_that_where_it_was_fetched_or_the_files_name() -> None:
    address = "https://tilly.example/a/wheels"
    assert read(page(), address)[0].url == address
    assert read(page('<link rel="canonical" href="/wheels">'), address)[0].id == "https://tilly.example/wheels"
    (saved,) = read(page('<link rel="canonical" href="javascript:x">'))
    assert (saved.id, saved.url) == ("wheels.html", None)


def test_the_questions_of_a_marked_faq_page_are_faq_and_are_not_said_twice() -> None:
    body = f"<h1>Questions</h1><p>{FIRST}</p><h2>Do you ship?</h2><p>{SECOND}</p>"
    marked = {
        "@type": ["WebPage", "FAQPage"],
        "mainEntity": [question("Do you ship?", f"<p>{SECOND}</p>"), question("Empty?", ""), 5],
    }
    faq, said = read(page(linked({"@graph": [marked]}), body), "https://tilly.example/faq")
    assert isinstance(faq, Faq)
    assert (faq.id[:25], faq.question, faq.answer) == ("https://tilly.example/faq", "Do you ship?", SECOND)
    assert FIRST in said.text
    assert SECOND not in said.text


def test_a_page_of_short_lines_is_what_it_marks_as_its_main_part_else_it_is_refused() -> None:
    (said,) = read(page(body="<main><p>I true wheels.</p><p>Since 2009.</p></main>"))
    assert said.text == "I true wheels.\n\nSince 2009."
    with pytest.raises(BadRow, match="copy it into"):
        read(page(body="<div>Hi.</div>"))


def test_old_encodings_are_read_as_the_page_names_them() -> None:
    text = FIRST.replace("wheel", "vélo")
    named = page('<meta http-equiv="Content-Type" content="text/html; charset=iso-8859-1">', f"<p>{text}</p>")
    for encoding in ("latin-1", "utf-8"):
        content = named.replace("–", "-").replace("©", "").replace("·", "").encode(encoding)
        assert read(content)[0].text == text


def test_a_page_as_deep_as_a_well_is_read_or_refused() -> None:
    with suppress(Unreadable, BadRow):
        assert read(page(body="<div>" * 50_000 + FIRST))


def test_only_pages_are_claimed() -> None:
    def claimed(content: str) -> bool:
        return FORMAT.sniff(sample_of(in_memory("x", "x.html", content.encode())))

    assert all(
        map(
            claimed,
            [page(), "<html>x", "\ufeff<!-- saved --><!doctype HTML><p>x", "<?xml version='1.0'?>\n<html lang='de'>"],
        )
    )
    others = [
        "<p>x</p>",
        "Hello <html>",
        "# <html>\n",
        "<htmlx>",
        '{"text": "<html>"}',
        "text\n<html>\n",
        "<rss><channel/></rss>",
    ]
    assert not any(map(claimed, others))


WHOLE = page(
    linked({"@type": "FAQPage", "mainEntity": [question("Q?", "A.")]}) + '<meta name="date" content="2026">'
).encode()
JUNK = st.recursive(
    st.one_of(st.none(), st.integers(), st.text(max_size=5)),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["@type", "text", "name", "acceptedAnswer"]), inner, max_size=3)
    ),
)


@settings(deadline=None)
@given(at=st.integers(0, len(WHOLE) - 1), to=st.binary(min_size=1, max_size=3), cut=st.integers(0, 1500))
def test_no_damage_breaks_the_reading(at: int, to: bytes, cut: int) -> None:
    content = WHOLE[:at] + to + WHOLE[at + 1 :]
    with suppress(Unreadable, BadRow):
        assert all(isinstance(row, (Said, Faq, Rejected)) for row in read(content[: len(content) - cut]))


@settings(deadline=None)
@given(entity=JUNK, kind=JUNK, published=JUNK)
def test_no_mark_of_another_type_breaks_the_reading(entity: Any, kind: Any, published: Any) -> None:
    marked = [
        {"@type": "FAQPage", "mainEntity": entity, "datePublished": published},
        {"@type": kind, "mainEntity": entity},
    ]
    assert all(isinstance(row, (Said, Faq)) for row in read(page(linked(marked))))
