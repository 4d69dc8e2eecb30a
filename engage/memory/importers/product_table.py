"""Tables of products (CSV, TSV) as shops hand them out: Shopify, WooCommerce, Etsy, Google Merchant."""

import csv
import io
from collections.abc import Iterator

from engage.memory.importers.format import Format, Sample, Source
from engage.memory.importers.product_columns import Shop, heading, shop_of
from engage.memory.importers.products import Products
from engage.memory.importers.rows import BadRow, Dropped, Product, Rejected

HELP = "Products as CSV or TSV from Shopify, WooCommerce, Etsy and Google Merchant; variants are one product"
_DELIMITERS = ",\t;|"
_LONGEST_CELL = 10_000_000


def sniff(sample: Sample) -> bool:
    """The first line has the headings of a shop."""
    return _told(sample.text) is not None


def read(source: Source) -> Iterator[Product | Rejected | Dropped]:
    """Every product that is published."""
    csv.field_size_limit(_LONGEST_CELL)
    text, path = source.text.lstrip("\ufeff"), source.path
    delimiter, shop = _told(text) or (",", None)
    if shop is None:
        raise BadRow("the first line has no headings of a shop that is known: export the products again")
    lines = _lines(text, delimiter)
    headings = [heading(cell) for cell in next(lines, (1, None))[1] or ()]
    products = Products(shop.name)
    for line, cells in lines:
        try:
            _add(products, shop, headings, cells)
        except BadRow as error:
            yield Rejected(path, line, str(error))
    yield from products.rows(path)
    for product in products.nameless():
        yield Rejected(
            path, 0, f"{product[:60]!r} has no name: export all columns and the products of its variants too"
        )


def _add(products: Products, shop: Shop, headings: list[str], cells: list[str] | None) -> None:
    if cells is None:
        raise BadRow("not CSV: a quote is not closed, or a cell is too long")
    if any(cell.strip() for cell in cells[len(headings) :]):
        raise BadRow(f"{len(cells)} cells under {len(headings)} headings: quote texts that hold a delimiter")
    shop.add(products, {name: cell for name, cell in zip(headings, cells, strict=False) if cell.strip()})


def _lines(text: str, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """(line where it begins, its cells) of every row that is not blank; None for what is no row."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    while True:
        line = reader.line_num + 1
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            yield line, None
            continue
        if any(cell.strip() for cell in cells):
            yield line, cells


def _told(text: str) -> tuple[str, Shop] | None:
    """(delimiter, whose table it is) by the first line."""
    first = text.lstrip("\ufeff\r\n").split("\n", 1)[0][:20_000]
    for delimiter in _DELIMITERS:
        try:
            cells = next(csv.reader([first], delimiter=delimiter), [])
        except csv.Error:
            continue
        if shop := shop_of(frozenset(map(heading, cells))):
            return delimiter, shop
    return None


FORMAT = Format("products", HELP, sniff, read)
