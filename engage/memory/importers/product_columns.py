"""How shops lay out their tables of products: by which headings each is known (sources: product_offers.py). Pure."""

from collections.abc import Callable
from dataclasses import dataclass

from engage.memory.importers.product_offers import Fields, etsy, google, shopify, woocommerce
from engage.memory.importers.products import Products


@dataclass(frozen=True, slots=True)
class Shop:
    """A layout: by which headings it is known, and what a row of it is. any_of: one of them too."""

    name: str
    known_by: frozenset[str]
    any_of: frozenset[str]
    add: Callable[[Products, Fields], None]  # raises BadRow


def shop_of(headings: frozenset[str]) -> Shop | None:
    """Whose table it is."""
    return next((one for one in SHOPS if one.known_by <= headings and (one.any_of & headings)), None)


def heading(cell: str) -> str:
    """A heading in its normal form."""
    return " ".join(cell.strip().lower().removeprefix("g:").replace("_", " ").split())


SHOPS = (
    Shop(
        "shopify", frozenset(("handle", "title")), frozenset(("body (html)", "variant price", "option1 name")), shopify
    ),
    Shop("shopify", frozenset(("url handle", "title")), frozenset(("option1 name", "price", "description")), shopify),
    Shop(
        "woocommerce",
        frozenset(("id", "type", "sku", "name", "published")),
        frozenset(("regular price",)),
        woocommerce,
    ),
    Shop("etsy", frozenset(("title", "description", "price", "currency code")), frozenset(("quantity", "tags")), etsy),
    Shop("merchant", frozenset(("id", "title", "link", "price")), frozenset(("availability", "description")), google),
)
