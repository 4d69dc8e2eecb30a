"""Google Merchant's feeds: RSS and Atom with products in them."""

import itertools
import tracemalloc
from collections.abc import Iterator
from typing import IO, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import feed
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, File, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.product_feed import FORMAT
from engage.memory.importers.rows import Dropped, Product, Rejected

HEAD = '<?xml version="1.0"?>\n<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title>'
BELL = (
    "<g:id>1</g:id><title>Bell</title><link>https://shop.example/bell</link>"
    "<description>&lt;p&gt;Rings.&lt;/p&gt;</description><g:price>19.90 EUR</g:price>"
    "<g:availability>in_stock</g:availability>"
)


def rss(*items: str) -> bytes:
    return (HEAD + "".join(f"<item>{item}</item>" for item in items) + "</channel></rss>").encode()


def atom(*entries: str) -> bytes:
    inside = "".join(f"<entry>{entry}</entry>" for entry in entries)
    return (
        '<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom" '
        f'xmlns:g="http://base.google.com/ns/1.0"><title>Shop</title>{inside}</feed>'
    ).encode()


def read(content: bytes) -> list[Any]:
    file = in_memory("shop/feed.xml", "feed.xml", content)
    return list(FORMAT.read(Source(file, Export([file]))))


def claimed(content: bytes) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x", "x", content)))


def test_rss_and_atom_give_the_same_product() -> None:
    wanted = Product("merchant:1", "Bell", "Rings.\nAvailability: in stock", "19.90 EUR", "https://shop.example/bell")
    entry = (
        '<g:id>1</g:id><title>Bell</title><link href="https://shop.example/bell"/><summary>Rings.</summary>'
        "<g:price>19.90 EUR</g:price><g:availability>in stock</g:availability>"
    )
    assert read(rss(BELL)) == [wanted]
    assert read(atom(entry)) == [wanted]


def test_googles_own_title_and_description_go_before_those_of_the_feed() -> None:
    (product,) = read(rss(f"<g:title>Brass bell</g:title>{BELL}<g:description>Rings well.</g:description>"))
    assert (product.name, product.text.split("\n")[0]) == ("Brass bell", "Rings well.")


def test_variants_are_one_product_and_a_sale_with_dates_may_be_over() -> None:
    group = "<g:item_group_id>bells</g:item_group_id>"
    first = f"{BELL}{group}<g:color>Brass</g:color><g:sale_price>15.00 EUR</g:sale_price>"
    second = f"{BELL.replace('>1<', '>2<')}{group}<g:color>Steel</g:color><g:sale_price>5 EUR</g:sale_price>" + (
        "<g:sale_price_effective_date>2020-01-01/2020-02-01</g:sale_price_effective_date>"
    )
    (product,) = read(rss(first, second))
    assert (product.id, product.price) == ("merchant:bells", "15.00 EUR – 19.90 EUR")
    assert "Colour: Brass, Steel" in product.text


def test_a_bad_item_costs_only_itself_and_is_named() -> None:
    rejected, other, product = read(rss("<title>No id</title>", "<g:id>2</g:id>", BELL))
    assert [(row.line, row.path) for row in (rejected, other)] == [(1, "shop/feed.xml"), (2, "shop/feed.xml")]
    assert product.name == "Bell"


def test_a_feed_that_breaks_off_keeps_what_came_before_and_one_with_nothing_is_refused() -> None:
    product, rejected = read(rss(BELL, BELL.replace(">1<", ">2<"))[:-60])
    assert product.name == "Bell"
    assert (rejected.line, "download it again" in rejected.reason) == (2, True)
    with pytest.raises(Unreadable, match="download it again"):
        read((HEAD + "<item>").encode())


def test_entities_of_its_own_are_refused_and_no_file_is_opened() -> None:
    bomb = (
        '<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a SYSTEM "file:///etc/passwd">]>' + HEAD[22:] + "<item>&a;</item>"
    )
    with pytest.raises(Unreadable, match="entities of its own"):
        read(bomb.encode())


def test_a_large_feed_is_read_as_a_stream() -> None:
    """The stream has no end: only a reader that does not wait for it gives the first refusal."""

    class Endless:
        def __init__(self) -> None:
            self._parts: Iterator[bytes] = itertools.chain([HEAD.encode()], itertools.repeat(b"<item></item>" * 2000))

        def read(self, size: int = -1) -> bytes:
            return next(self._parts)

        def __enter__(self) -> "Endless":
            return self

        def __exit__(self, *_: object) -> None:
            return None

    def opened() -> IO[bytes]:
        return Endless()  # type: ignore[return-value]

    file = File("feed.xml", "feed.xml", 1 << 40, opened)
    rejected = next(FORMAT.read(Source(file, Export([file]))))
    assert isinstance(rejected, Rejected)


def test_what_was_read_of_a_feed_does_not_stay_in_memory() -> None:
    content = rss(*[f"{BELL}<g:item_group_id>b</g:item_group_id>"] * 5000)
    tracemalloc.start()
    try:
        assert len(read(content)) == 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < len(content) / 2


def test_only_feeds_with_products_are_claimed_which_the_general_feed_would_take_too() -> None:
    assert claimed(rss(BELL))
    assert claimed(atom("<g:id>1</g:id>"))
    assert feed.FORMAT.sniff(sample_of(in_memory("x", "x", rss(BELL))))  # so it has to come after
    assert not claimed(b'<rss version="2.0"><channel><item><title>g:price</title></item></channel></rss>')
    assert not claimed(rss("<title>A blog that declares it and has no products</title>"))
    assert not claimed(b'<!doctype html><p>xmlns:g="http://base.google.com/ns/1.0" &lt;g:price>')
    assert not claimed(b'{"id": "1", "text": "g:price"}\n')
    assert not claimed(b"id,text\n1,x\n")
    assert not claimed(b"As in: " + rss(BELL))
    assert not claimed(b"# Feeds\n\nAs g:price.\n")


WHOLE = rss(BELL, BELL.replace(">1<", ">2<"))


@given(place=st.integers(0, len(WHOLE)), cut=st.integers(0, len(WHOLE)), put=st.binary(max_size=12))
def test_no_damage_raises_anything_but_unreadable(place: int, cut: int, put: bytes) -> None:
    for content in (WHOLE[:place] + put + WHOLE[place:], WHOLE[:cut] + put):
        try:
            found = read(content)
        except Unreadable:
            continue
        assert all(isinstance(row, (Product, Rejected, Dropped)) for row in found)
