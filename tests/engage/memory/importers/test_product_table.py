"""Tables of products from shops: what is for sale, at what price, in which variants."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engage.memory.importers import comma_separated
from engage.memory.importers.content import Unreadable
from engage.memory.importers.files import Export, in_memory
from engage.memory.importers.format import Source, sample_of
from engage.memory.importers.product_table import FORMAT
from engage.memory.importers.products import UNPUBLISHED
from engage.memory.importers.rows import BadRow, Dropped, Product, Rejected

SHOPIFY = (
    "Handle,Title,Body (HTML),Vendor,Type,Tags,Published,Option1 Name,Option1 Value,Option2 Name,Option2 Value,"
    "Variant SKU,Variant Price,Variant Compare At Price,Image Src,Status"
).split(",")
SHOPIFY_NOW = (
    "Title,URL handle,Description,Vendor,Published on online store,Status,SKU,Option1 name,Option1 value,Price"
).split(",")
WOO = (
    "ID,Type,SKU,Name,Published,Is featured?,Short description,Description,Date sale price ends,In stock?,Sale price,"
    "Regular price,Parent,External URL,Attribute 1 name,Attribute 1 value(s)"
).split(",")
ETSY = (
    "TITLE,DESCRIPTION,PRICE,CURRENCY_CODE,QUANTITY,TAGS,SKU,VARIATION 1 TYPE,VARIATION 1 NAME,VARIATION 1 VALUES"
).split(",")
GOOGLE = "id,title,description,link,price,availability,item_group_id,color,size,sale_price".split(",")


def table(headings: list[str], *rows: dict[str, str], delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, headings, restval="", delimiter=delimiter)
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def read(content: bytes) -> list[Any]:
    file = in_memory("shop/products.csv", "products.csv", content)
    return list(FORMAT.read(Source(file, Export([file]))))


def claimed(content: bytes) -> bool:
    return FORMAT.sniff(sample_of(in_memory("x", "x.csv", content)))


def test_shopifys_variants_are_one_product_with_the_span_of_prices_and_the_options() -> None:
    first = {
        "Handle": "truing-stand",
        "Title": "Truing stand",
        "Body (HTML)": "<p>Steel, <b>folds</b> flat.</p><p>Two years&#39; warranty.</p>",
        "Published": "TRUE",
        "Status": "active",
    }
    small = {"Option1 Name": "Size", "Option1 Value": "S", "Variant Price": "49.00"}
    large = {"Handle": "truing-stand", "Option1 Name": "Size", "Option1 Value": "XL", "Variant Price": "129.00"}
    picture = {"Handle": "truing-stand", "Image Src": "https://cdn.example/2.jpg"}
    assert read(table(SHOPIFY, {**first, **small}, large, picture)) == [
        Product(
            "shopify:truing-stand",
            "Truing stand",
            "Steel, folds flat.\n\nTwo years' warranty.\nSize: S, XL",
            "49.00 – 129.00",
        )
    ]


def test_shopifys_newer_headings_are_known_and_its_default_title_is_no_option() -> None:
    row = {
        "Title": "Key",
        "URL handle": "key",
        "Description": "Turns.",
        "Status": "Active",
        "Price": "5.00",
        "Option1 name": "Title",
        "Option1 value": "Default Title",
    }
    assert read(table(SHOPIFY_NOW, row)) == [Product("shopify:key", "Key", "Turns.", "5.00")]


@pytest.mark.parametrize("hidden", [{"Status": "draft"}, {"Status": "archived"}, {"Published": "FALSE"}])
def test_what_the_shop_does_not_show_is_left_out_with_its_variants_and_counted(hidden: dict[str, str]) -> None:
    shown = {"Handle": "a", "Title": "A", "Variant Price": "1", "Status": "active", "Published": "true"}
    other = {"Handle": "b", "Title": "B", "Variant Price": "2", **hidden}
    variant = {"Handle": "b", "Variant Price": "3"}
    product, dropped = read(table(SHOPIFY, other, variant, shown))
    assert product.name == "A"
    assert dropped == Dropped("shop/products.csv", UNPUBLISHED, 1)


def test_woocommerces_variations_come_to_their_parent_by_id_and_by_sku_also_before_it() -> None:
    parent = {
        "ID": "7",
        "Type": "variable",
        "SKU": "cap",
        "Name": "Cap",
        "Published": "1",
        "Short description": "Warm.",
        "Description": "<p>Of wool.</p>",
        "Attribute 1 name": "Colour",
        "Attribute 1 value(s)": "Red, Blue",
    }
    red = {
        "ID": "8",
        "Type": "variation",
        "Name": "Cap - Red",
        "Published": "1",
        "Regular price": "19",
        "Parent": "cap",
    }
    blue = {**red, "ID": "9", "Name": "Cap - Blue", "Regular price": "24.5", "Parent": "id:7", "In stock?": "0"}
    red |= {"Attribute 1 name": "Colour", "Attribute 1 value(s)": "Red", "In stock?": "1"}
    blue |= {"Attribute 1 name": "Colour", "Attribute 1 value(s)": "Blue"}
    (product,) = read(table(WOO, red, parent, blue))
    assert product == Product(
        "woocommerce:7",
        "Cap",
        "Warm.\n\nOf wool.\nColour: Blue, Red\nAvailability: out of stock; in stock: Red",
        "19 – 24.5",
    )


def test_variations_of_a_draft_are_left_out_with_it_however_they_name_it() -> None:
    draft = {"ID": "7", "Type": "variable", "SKU": "cap", "Name": "Cap", "Published": "-1"}
    variant = {"ID": "8", "Type": "variation", "Name": "Cap - Red", "Published": "1", "Regular price": "19"}
    found = read(table(WOO, draft, {**variant, "Parent": "cap"}, {**variant, "ID": "9", "Parent": "id:7"}))
    assert found == [Dropped("shop/products.csv", UNPUBLISHED, 1)]


def test_woocommerces_drafts_and_private_ones_are_left_out_and_a_sale_counts_unless_it_may_be_over() -> None:
    base = {"Type": "simple", "Published": "1", "Regular price": "20", "Sale price": "15", "In stock?": "1"}
    sale = {**base, "ID": "1", "Name": "Oil", "External URL": "https://shop.example/oil"}
    over = {**base, "ID": "2", "Name": "Grease", "Date sale price ends": "2020-01-01"}
    draft = {**base, "ID": "3", "Name": "Draft", "Published": "-1"}
    private = {**base, "ID": "4", "Name": "Private", "Published": "0"}
    oil, grease, dropped = read(table(WOO, sale, over, draft, private))
    assert (oil.price, oil.url, oil.text) == ("15", "https://shop.example/oil", "Oil\nAvailability: in stock")
    assert grease.price == "20"
    assert dropped.count == 2


def test_etsys_listing_has_its_price_with_the_currency_and_the_same_id_when_the_price_changes() -> None:
    row = {
        "TITLE": "Mug for cyclists",
        "DESCRIPTION": "Holds tea.\nAnd oil.",
        "PRICE": "24.00",
        "CURRENCY_CODE": "EUR",
        "QUANTITY": "0",
        "VARIATION 1 NAME": "Glaze",
        "VARIATION 1 VALUES": "Blue,Green",
    }
    (product,) = read(table(ETSY, row))
    assert (product.price, product.text) == (
        "24.00 EUR",
        "Holds tea.\nAnd oil.\nGlaze: Blue, Green\nAvailability: out of stock",
    )
    assert read(table(ETSY, {**row, "PRICE": "30.00"}))[0].id == product.id


def test_googles_table_is_read_with_tabs_and_with_the_prefix_of_its_feed() -> None:
    row = {
        "title": "Bell",
        "description": "Rings; a lot.",
        "link": "https://shop.example/bell",
        "availability": "in_stock",
        "item_group_id": "B",
    }
    brass = {**row, "id": "1", "price": "1.299,00 EUR", "color": "Brass"}
    steel = {**row, "id": "2", "price": "990,50 EUR", "color": "Steel", "availability": "out_of_stock"}
    (product,) = read(table(GOOGLE, brass, steel, delimiter="\t"))
    assert product == Product(
        "merchant:B",
        "Bell",
        "Rings; a lot.\nColour: Brass, Steel\nAvailability: in stock; out of stock: Steel",
        "990,50 EUR – 1.299,00 EUR",
        "https://shop.example/bell",
    )
    prefixed = table([f"g:{name}" for name in GOOGLE], {f"g:{name}": value for name, value in brass.items()})
    assert read(prefixed)[0].id == "merchant:B"


def test_prices_in_several_currencies_are_all_told() -> None:
    row = {"title": "Bell", "item_group_id": "B"}
    (product,) = read(table(GOOGLE, {**row, "id": "1", "price": "9 EUR"}, {**row, "id": "2", "price": "10 USD"}))
    assert product.price == "9 EUR, 10 USD"


def test_a_bad_row_costs_only_itself_and_is_named_with_its_line() -> None:
    good = {"id": "1", "title": "Bell", "link": "https://shop.example/", "price": "9 EUR", "description": "a\nb"}
    content = table(GOOGLE, good, {"title": "No id"}, {"id": "3"}) + b"4,too,many,,,,,,,,,cells\n"
    *rejected, product = read(content)
    assert [(row.line, row.path) for row in rejected] == [(n, "shop/products.csv") for n in (4, 5, 6)]
    assert "id" in rejected[0].reason
    assert product.name == "Bell"


def test_variants_without_their_product_are_named() -> None:
    row = {
        "ID": "8",
        "Type": "variation",
        "Name": "Cap - Red",
        "Published": "1",
        "Regular price": "19",
        "Parent": "id:7",
    }
    (rejected,) = read(table(WOO, row))
    assert "'7' has no name" in rejected.reason


def test_only_tables_of_shops_are_claimed_and_the_general_table_is_not() -> None:
    tables = [table(headings) for headings in (SHOPIFY, SHOPIFY_NOW, WOO, ETSY, GOOGLE)]
    assert all(claimed(one) for one in tables)
    assert not any(comma_separated.FORMAT.sniff(sample_of(in_memory("x", "x.csv", one))) for one in tables)
    others = [
        b"id,text,date\n1,hello,2026-01-01\n",
        b"id,name,text,price,url\n1,Bell,Rings,9 EUR,\n",
        b"question,answer\nWhy?,So.\n",
        b'{"id": "1", "title": "Bell", "link": "x", "price": "9"}\n',
        b"# Handle, Title\n\nBody (HTML)\n",
        b"<!doctype html><html><body>id,title,link,price,availability</body></html>",
        b"",
    ]
    assert not any(map(claimed, others))


@given(
    text=st.text(max_size=300),
    cut=st.integers(0, 200),
    headings=st.sampled_from([SHOPIFY, WOO, ETSY, GOOGLE]),
    values=st.lists(st.text(max_size=8), max_size=18),
)
def test_whatever_stands_under_the_headings_nothing_breaks(
    text: str, cut: int, headings: list[str], values: list[str]
) -> None:
    body = ",".join(values) + "\n" + text
    content = table(headings) + body.encode("utf-8", "surrogatepass")
    try:
        found = read(content[: len(content) - cut])
    except (Unreadable, BadRow):
        return
    assert all(isinstance(row, (Product, Rejected, Dropped)) for row in found)
