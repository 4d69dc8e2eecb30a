"""The offer in a row of a shop's table or feed, by the names that its fields have there. Pure.

Fields: Shopify's help, "Using CSV files to import and export products" (the names before and since 2025); WooCommerce,
includes/export/class-wc-product-csv-exporter.php; Google Merchant's product data specification; Etsy's "Download data",
as its sellers' tools read it. Read 2026-11-27.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import replace

from engage.memory.importers.products import Offer, Products
from engage.memory.importers.rows import BadRow

Fields = Mapping[str, str]  # by heading: lower case, blanks for underscores, no "g:" before it
_GOOGLE = {"color": "Colour", "size": "Size", "material": "Material", "pattern": "Pattern"}
_NO = ("false", "0", "no")
_STOCK = {"1": "in stock", "0": "out of stock", "backorder": "on backorder"}
_ATTRIBUTE = re.compile(r"\Aattribute (\d+) name\Z")


def google(products: Products, fields: Fields) -> None:
    """An item of Google Merchant, of a table or a feed."""
    own, name = fields.get("id", "").strip(), fields.get("title", "")
    if not own:
        raise BadRow("the product has no id: give each one its own")
    if not name.strip():
        raise BadRow("the product has no title")
    # A sale with dates may be over.
    is_on_sale = fields.get("sale price") and not fields.get("sale price effective date")
    products.add(
        Offer(
            fields.get("item group id", "").strip() or own,
            name,
            fields.get("description", ""),
            fields["sale price"] if is_on_sale else fields.get("price", ""),
            fields.get("availability", "").replace("_", " ").lower(),
            fields.get("link", ""),
            tuple((shown, fields[name]) for name, shown in _GOOGLE.items() if fields.get(name)),
        )
    )


def shopify(products: Products, fields: Fields) -> None:
    """Only the first row of a product has its title; rows without a price are more pictures of it."""
    product = fields.get("handle") or fields.get("url handle") or ""
    if not product:
        raise BadRow("the row has no handle: export the products again")
    shown = fields.get("published") or fields.get("published on online store") or ""
    if fields.get("status", "active").lower() not in ("", "active") or shown.lower() in _NO:
        products.hide(product)
    options = ((fields.get(f"option{place} name", ""), fields.get(f"option{place} value", "")) for place in (1, 2, 3))
    products.add(
        Offer(
            product,
            fields.get("title", ""),
            fields.get("body (html)") or fields.get("description", ""),
            fields.get("variant price") or fields.get("price", ""),
            options=tuple((name, value) for name, value in options if value and value != "Default Title"),
        )
    )


def woocommerce(products: Products, fields: Fields) -> None:
    """A variation names its parent, as "id:12" or by its SKU; the parent has the words and no price."""
    own, kinds = fields.get("id", "").strip(), fields.get("type", "").lower()
    parent, sku = fields.get("parent", "").strip(), fields.get("sku", "").strip()
    is_variant = "variation" in kinds
    if not own or (is_variant and not parent):
        raise BadRow("the product has no id: export it again" if not own else "a variation without its parent")
    if sku and not is_variant:
        products.known_as(f"sku {sku}", own)
    if fields.get("published", "1").strip() not in ("", "1"):
        if not is_variant:  # of a product that is shown a variation may be switched off
            products.hide(own)
        return
    on_sale = fields.get("sale price") and not fields.get("date sale price ends")
    offer = Offer(
        own,
        fields.get("name", ""),
        "\n\n".join(filter(None, (fields.get("short description"), fields.get("description")))),
        fields["sale price"] if on_sale else fields.get("regular price", ""),
        "" if "variable" in kinds else _STOCK.get(fields.get("in stock?", "").strip(), ""),
        fields.get("external url", ""),
        () if "variable" in kinds else _attributes(fields),
    )
    products.add(replace(offer, product=_family(parent), name="", description="") if is_variant else offer)


def _family(parent: str) -> str:
    return parent.removeprefix("id:").strip() if parent.startswith("id:") else f"sku {parent}"


def _attributes(fields: Fields) -> tuple[tuple[str, str], ...]:
    numbers = (number for name in fields if (number := _ATTRIBUTE.sub(r"\1", name)) != name)
    found = ((fields[f"attribute {one} name"], fields.get(f"attribute {one} value(s)", "")) for one in numbers)
    return tuple((name, value) for name, value in found if name and value)


def etsy(products: Products, fields: Fields) -> None:
    """No id of Etsy's is in it: title and SKU stand for it."""
    title, sku = fields.get("title", "").strip(), fields.get("sku", "").strip()
    if not title:
        raise BadRow("the product has no title")
    price = " ".join(filter(None, (fields.get("price", "").strip(), fields.get("currency code", "").strip())))
    varied = (
        (fields.get(f"variation {place} name", ""), fields.get(f"variation {place} values", "")) for place in (1, 2)
    )
    products.add(
        Offer(
            hashlib.sha256("\x1f".join((title, sku)).encode("utf-8", "replace")).hexdigest()[:20],
            title,
            fields.get("description", ""),
            price if fields.get("price", "").strip() else "",
            {"": "", "0": "out of stock"}.get(fields.get("quantity", "").strip(), "in stock"),
            options=tuple(
                (name, ", ".join(filter(None, values.split(",")))) for name, values in varied if name and values
            ),
        )
    )
