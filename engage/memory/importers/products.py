"""What is for sale, from offers: variants of one product are one row, with the span of their prices. Pure."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from engage.memory.importers.html_text import readable
from engage.memory.importers.product_prices import span
from engage.memory.importers.rows import LONGEST_ID, BadRow, Dropped, Product, clean

UNPUBLISHED = "products that are not published"
_MOST = 30  # values of one option that are told
_SOLD_OUT = 10  # variants that are named one by one


@dataclass(frozen=True, slots=True)
class Offer:
    """One thing that can be bought; texts as they came, "" where there is none.

    Offers of the same `product` are its variants.
    """

    product: str
    name: str = ""
    description: str = ""  # HTML or plain
    price: str = ""
    stock: str = ""  # as the shop says: "in stock", "out of stock", …
    url: str = ""
    options: tuple[tuple[str, str], ...] = ()  # what sets it apart: ("Size", "XL")


@dataclass
class _Gathered:
    """The offers of one product so far. stock: how the shop calls it → the variants that are so."""

    name: str = ""
    description: str = ""
    url: str = ""
    prices: dict[str, None] = field(default_factory=dict)
    options: dict[str, dict[str, None]] = field(default_factory=dict)
    stock: dict[str, list[str]] = field(default_factory=dict)

    def add(self, offer: Offer) -> None:
        self.name = self.name or offer.name
        self.description = self.description or offer.description
        self.url = self.url or offer.url
        if offer.price:
            self.prices[offer.price] = None
        for option, value in offer.options:
            self.options.setdefault(option, {})[value] = None
        if offer.stock:
            self.stock.setdefault(offer.stock, []).append(" / ".join(value for _, value in offer.options))

    def join(self, other: "_Gathered") -> None:
        """Variants that came under another name."""
        self.prices |= other.prices
        for option, values in other.options.items():
            self.options.setdefault(option, {}).update(values)
        for stock, variants in other.stock.items():
            self.stock.setdefault(stock, []).extend(variants)


class Products:
    """Takes offers in any order; `rows` are the products, in the order of their first offers."""

    def __init__(self, shop: str) -> None:
        self._shop = shop
        self._gathered: dict[str, _Gathered] = {}
        self._hidden: set[str] = set()
        self._called: dict[str, str] = {}

    def add(self, offer: Offer) -> None:
        """One offer. Raises BadRow where a text in it cannot be used."""
        cleaned = Offer(
            clean(offer.product),
            " ".join(clean(offer.name).split()),
            readable(offer.description),
            " ".join(clean(offer.price).split()),
            clean(offer.stock),
            clean(offer.url),
            tuple((clean(name), clean(value)) for name, value in offer.options if value.strip()),
        )
        if not cleaned.product:
            raise BadRow("the product has no id: export it again")
        self._gathered.setdefault(cleaned.product, _Gathered()).add(cleaned)

    def hide(self, product: str) -> None:
        """A product that the shop does not show."""
        self._hidden.add(clean(product))

    def known_as(self, name: str, product: str) -> None:
        """Another name, by which variants may call the product, whichever comes first."""
        self._called[clean(name)] = clean(product)

    def rows(self, path: str) -> Iterator[Product | Dropped]:
        """What may be told, and how many may not."""
        self._settle()
        for product, gathered in self._gathered.items():
            if product not in self._hidden and gathered.name:
                yield _row(self._id(product), gathered)
        if self._hidden:
            yield Dropped(path, UNPUBLISHED, len(self._hidden))

    def nameless(self) -> list[str]:
        """Products of which only variants came; to be asked after the rows."""
        return [one for one, found in self._gathered.items() if not found.name and one not in self._hidden]

    def _settle(self) -> None:
        """Variants that called their product by another name come to it."""
        for name, product in self._called.items():
            if name != product and (found := self._gathered.pop(name, None)):
                self._gathered.setdefault(product, _Gathered()).join(found)

    def _id(self, product: str) -> str:
        full = f"{self._shop}:{product}"
        return full if len(full) <= LONGEST_ID else f"{self._shop}:{hashlib.sha256(full.encode()).hexdigest()[:20]}"


def _row(name: str, gathered: _Gathered) -> Product:
    lines = [f"{option}: {_listed(values)}" for option, values in gathered.options.items()]
    if stock := _stock(gathered.stock):
        lines.append(f"Availability: {stock}")
    text = "\n".join([gathered.description or gathered.name, *lines])
    url = gathered.url if gathered.url.lower().startswith(("http://", "https://")) else None
    return Product(name, gathered.name, text, span([*gathered.prices]), url)


def _listed(values: Mapping[str, None]) -> str:
    return ", ".join([*values][:_MOST]) + (", …" if len(values) > _MOST else "")


def _stock(found: Mapping[str, list[str]]) -> str:
    """As most variants are, and which are not."""
    if not found:
        return ""
    usual = max(found, key=lambda one: len(found[one]))
    parts = [usual]
    for stock, variants in found.items():
        if stock != usual:
            named = ", ".join([one for one in variants if one][:_SOLD_OUT])
            parts.append(f"{stock}: {named}" if named else f"some {stock}")
    return "; ".join(parts)
